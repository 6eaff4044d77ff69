//! Circuits of the circuit breaker, where every process sees them.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skylark_domain::ports::{Circuits, Reachable};
use skylark_domain::resilience::{Circuit, WINDOW};
use skylark_domain::{PortError, PortErrorKind};

use crate::entity::Entity;
use crate::error::corrupt;
use crate::keys::{self, Key};
use crate::table::{Expression, Table, Write};

/// How long a counter outlives its window.
const COUNTER_LIFE: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    dependency: String,
    #[serde(flatten)]
    circuit: Circuit,
}

impl Entity for Stored {
    const TYPE: &'static str = "Circuit";

    fn key(&self) -> Key {
        keys::circuit(&self.dependency)
    }
}

/// Whether calls to a dependency are made: asking it itself would cost a call of its quota each time.
pub struct CircuitHealth {
    table: Arc<Table>,
    dependency: &'static str,
}

impl CircuitHealth {
    /// Of this dependency.
    pub fn new(table: Arc<Table>, dependency: &'static str) -> Self {
        Self { table, dependency }
    }
}

#[async_trait]
impl Reachable for CircuitHealth {
    async fn ping(&self) -> Result<(), PortError> {
        match self.table.circuit(self.dependency).await?.open_since {
            None => Ok(()),
            Some(since) => {
                let message = format!("{} has not answered since {since}", self.dependency);
                Err(PortError::new("circuits", PortErrorKind::Unavailable, message))
            }
        }
    }
}

fn window(now: Timestamp) -> i64 {
    now.as_second() / WINDOW.as_secs()
}

#[async_trait]
impl Circuits for Table {
    async fn circuit(&self, dependency: &str) -> Result<Circuit, PortError> {
        let stored: Option<Stored> = self.get(keys::circuit(dependency)).await?;
        Ok(stored.map(|stored| stored.circuit).unwrap_or_default())
    }

    async fn count_failure(&self, dependency: &str, now: Timestamp) -> Result<u32, PortError> {
        let count = Expression::always("ADD failures :one SET #ttl = :end")
            .name("#ttl", keys::TTL)
            .value(":one", AttributeValue::N("1".into()))
            .value(":end", AttributeValue::N((now + COUNTER_LIFE).as_second().to_string()));
        let item = self.update(keys::failures(dependency, window(now)), count).await?.unwrap_or_default();
        #[derive(Deserialize)]
        struct Counted {
            failures: u32,
        }
        serde_dynamo::from_item(item).map(|Counted { failures }| failures).map_err(corrupt)
    }

    async fn forget_failures(&self, dependency: &str, now: Timestamp) -> Result<(), PortError> {
        self.delete(keys::failures(dependency, window(now))).await
    }

    async fn change(&self, dependency: &str, before: &Circuit, next: &Circuit) -> Result<bool, PortError> {
        let next = Stored { dependency: dependency.to_owned(), circuit: next.clone() };
        let write = match before.version {
            0 => Write::create(&next),
            version => Write::replace(&next, version),
        };
        Ok(self.transact(vec![write]).await?.is_ok())
    }
}
