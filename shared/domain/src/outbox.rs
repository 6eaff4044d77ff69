//! Domain events, and the one shape in which an aggregate is saved. The store commits a [`Change`] in one transaction, so
//! an event can neither be forgotten nor invented; the table's stream then is the ordered, durable outbox.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::ids::{EventId, new_id};

/// A fact that has happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DomainEvent {
    /// Consumers recognise repetitions by it.
    pub id: EventId,
    /// Past tense: `UserRegistered`.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// The request that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// What changed. Never a secret.
    pub data: Value,
}

/// An event where it stands in the history of its aggregate, and as the bus carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedEvent {
    /// `VIDEO#vid_...`.
    pub aggregate: String,
    /// The version of the aggregate it led to.
    pub version: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: DomainEvent,
}

/// The next value of an aggregate and the event that led to it.
#[derive(Debug, Clone)]
pub struct Change<T> {
    /// The value to store; its version is one above the stored one, 1 for a new aggregate.
    pub next: T,
    /// What happened.
    pub event: DomainEvent,
}

impl DomainEvent {
    /// The record of an event that is written as its name and its data (`#[serde(tag = "name", content = "data")]`).
    ///
    /// # Errors
    /// `Internal` for a type that is written otherwise.
    pub fn record<E: Serialize>(event: &E, at: Timestamp) -> Result<Self> {
        #[derive(Deserialize)]
        struct Named {
            name: String,
            #[serde(default)]
            data: Value,
        }
        let named = serde_json::to_value(event).and_then(serde_json::from_value::<Named>);
        let Named { name, data } = named.map_err(|error| Error::Internal(Box::new(error)))?;
        Ok(Self { id: new_id(at), name, at, correlation_id: None, data })
    }

    /// The event that was recorded.
    ///
    /// # Errors
    /// `Internal` for a record of another type.
    pub fn read<E: DeserializeOwned>(&self) -> Result<E> {
        let value = json!({ "name": self.name, "data": self.data });
        serde_json::from_value(value).map_err(|error| Error::Internal(Box::new(error)))
    }
}
