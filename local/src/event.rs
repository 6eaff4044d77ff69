//! The EventBridge envelope, and the traits by which the services of the local cloud reach one another.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::{ACCOUNT, REGION};

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
            "time": self.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": REGION,
            "resources": self.resources,
            "detail": self.detail,
        })
    }
}

/// Where services put their events.
pub trait EventSink: Send + Sync {
    /// Stores the event; it is durable when this returns and reaches every matching rule's target at least once.
    fn put(&self, event: Event) -> anyhow::Result<()>;
}

/// How a synchronous invocation ended.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The request id the function saw.
    pub request_id: String,
    /// The function's answer, or its error.
    pub outcome: Result<Bytes, FunctionError>,
}

/// An error a function returned, or that ended it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct FunctionError {
    /// `Sandbox.Timedout`, `Runtime.ExitError` or the function's own type.
    pub error_type: String,
    /// The function's message.
    pub message: String,
}

/// Synchronous invocation of functions.
#[async_trait]
pub trait Invoke: Send + Sync {
    /// Runs `function` (`video-handler`) once with `payload` and waits for its end.
    async fn invoke(&self, function: &str, payload: Bytes) -> Invocation;
}
