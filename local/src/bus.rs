//! Plays EventBridge: an event reaches the target of every rule whose pattern it matches, at least once. What is put
//! here is durable with the transaction it is put in.

mod pattern;
mod schedules;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use rusqlite::Transaction;
use serde::Deserialize;
use serde_json::{Value, json};

pub use self::pattern::Pattern;
pub use self::schedules::run as run_schedules;
use crate::lambda::AsyncInvocations;
use crate::state::State;
use crate::tap::{Tap, target_operation};
use crate::world::{ACCOUNT, REGION, World};

/// One event on a bus.
#[derive(Debug, Clone)]
pub struct Event {
    /// UUID.
    pub id: String,
    /// `default` or the name of a custom bus.
    pub bus: String,
    /// `aws.s3`, `aws.mediaconvert`, `skylark`.
    pub source: String,
    /// `Object Created`.
    pub detail_type: String,
    /// When it happened.
    pub time: Timestamp,
    /// ARNs.
    pub resources: Vec<String>,
    /// The payload.
    pub detail: Value,
}

impl Event {
    /// An event of an AWS service on the default bus, now.
    pub fn of_service(source: &str, detail_type: &str, resources: Vec<String>, detail: Value) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            bus: "default".into(),
            source: source.into(),
            detail_type: detail_type.into(),
            time: Timestamp::now(),
            resources,
            detail,
        }
    }

    /// EventBridge's JSON, as rules match it and targets receive it.
    pub fn envelope(&self) -> Value {
        json!({
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": ACCOUNT,
            "time": self.time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "region": REGION,
            "resources": self.resources,
            "detail": self.detail,
        })
    }
}

struct Rule {
    bus: String,
    pattern: Pattern,
    function: String,
}

/// The buses of a stack. Cheap to clone.
#[derive(Clone)]
pub struct Bus {
    rules: Arc<Vec<Rule>>,
    buses: Arc<BTreeSet<String>>,
    invocations: AsyncInvocations,
    state: State,
}

impl Bus {
    /// The buses and rules of `world`.
    ///
    /// # Errors
    /// When a pattern is not one of EventBridge's.
    pub fn new(world: &World, invocations: AsyncInvocations, state: State) -> anyhow::Result<Self> {
        let mut rules = Vec::with_capacity(world.rules.len());
        for rule in &world.rules {
            rules.push(Rule {
                bus: rule.bus.clone(),
                pattern: Pattern::new(&rule.pattern)?,
                function: rule.function.clone(),
            });
        }
        let buses = world.buses.iter().cloned().chain(["default".to_owned()]).collect();
        Ok(Self { rules: Arc::new(rules), buses: Arc::new(buses), invocations, state })
    }

    /// Stores what `event` starts, in the transaction of the change it tells of.
    pub fn put(&self, transaction: &Transaction<'_>, event: &Event) -> anyhow::Result<()> {
        let envelope = event.envelope();
        for rule in self.rules.iter().filter(|rule| rule.bus == event.bus) {
            if rule.pattern.matches(&envelope)? {
                self.invocations.put(transaction, &rule.function, envelope.to_string().as_bytes())?;
            }
        }
        Ok(())
    }

    /// What answers `PutEvents`.
    pub fn router(&self, tap: &Tap) -> Router {
        tap.wrap("events", target_operation, Router::new().route("/", post(answer)).with_state(self.clone()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    #[serde(default)]
    event_bus_name: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    time: Option<f64>,
}

impl Entry {
    /// The event, or EventBridge's words for what is wrong with it.
    fn event(self) -> Result<Event, (&'static str, &'static str)> {
        let (Some(source), Some(detail_type), Some(detail)) = (self.source, self.detail_type, self.detail) else {
            return Err(("InvalidArgument", "Source, DetailType and Detail are needed."));
        };
        if source.starts_with("aws.") {
            return Err(("NotAuthorizedForSourceException", "Not authorized for the source."));
        }
        if detail_type.len() > 128 {
            return Err(("InvalidArgument", "DetailType is longer than 128 characters."));
        }
        let Ok(detail @ Value::Object(_)) = serde_json::from_str(&detail) else {
            return Err(("MalformedDetail", "Detail is malformed."));
        };
        let bus = self.event_bus_name.unwrap_or_else(|| "default".to_owned());
        let time = self.time.and_then(|seconds| Timestamp::from_millisecond((seconds * 1000.0) as i64).ok());
        Ok(Event {
            bus: bus.rsplit('/').next().unwrap_or_default().to_owned(),
            time: time.unwrap_or_else(Timestamp::now),
            resources: self.resources,
            ..Event::of_service(&source, &detail_type, Vec::new(), detail)
        })
    }
}

/// The most entries of one call, and the most bytes.
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 1024 * 1024;

async fn answer(Extracted(bus): Extracted<Bus>, headers: HeaderMap, body: Bytes) -> Response {
    if headers.get("x-amz-target").is_none_or(|target| target != "AWSEvents.PutEvents") {
        return refuse("UnknownOperationException", "only PutEvents is known here");
    }
    let Ok(request) = serde_json::from_slice::<PutEvents>(&body) else {
        return refuse("SerializationException", "the request is not understood");
    };
    if request.entries.is_empty() || request.entries.len() > MAX_ENTRIES || body.len() > MAX_BYTES {
        return refuse("ValidationException", "PutEvents takes 1 to 10 entries of together less than 1 MB");
    }
    match bus.put_entries(request.entries) {
        Ok(results) => {
            let failed = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
            Json(json!({ "FailedEntryCount": failed, "Entries": results })).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "events cannot be stored");
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "__type": "InternalException" }))).into_response()
        }
    }
}

impl Bus {
    fn put_entries(&self, entries: Vec<Entry>) -> anyhow::Result<Vec<Value>> {
        self.state.transact(|transaction| {
            let mut results = Vec::with_capacity(entries.len());
            for entry in entries {
                results.push(match entry.event() {
                    Ok(event) => {
                        // An unknown bus is answered like a known one, as on AWS; the log tells.
                        if !self.buses.contains(&event.bus) {
                            tracing::warn!(bus = event.bus, "an event for a bus that does not exist is dropped");
                        }
                        self.put(transaction, &event)?;
                        json!({ "EventId": event.id })
                    }
                    Err((code, message)) => json!({ "ErrorCode": code, "ErrorMessage": message }),
                });
            }
            Ok(results)
        })
    }
}

fn refuse(kind: &str, message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "__type": kind, "message": message }))).into_response()
}
