//! Events in AWS's shapes: source `aws.ivs`, field names in snake case, the channel's ARN as the resource.

use serde_json::{Value, json};

use super::sessions::Session;
use crate::bus::Event;

const SOURCE: &str = "aws.ivs";

/// `IVS Stream State Change`.
pub(super) fn state(session: &Session, name: &str, more: Value) -> Event {
    of_session(session, "IVS Stream State Change", merged(json!({ "event_name": name }), more))
}

/// `IVS Stream Health Change`.
pub(super) fn health(session: &Session, name: &str) -> Event {
    of_session(session, "IVS Stream Health Change", json!({ "event_name": name }))
}

/// A limit of ingest that was broken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Breach {
    /// `Ingest Bitrate`, `Ingest Resolution`.
    pub(super) limit: &'static str,
    pub(super) value: u64,
    pub(super) exceeded_by: u64,
    /// `bits per second`, `total pixels`, `pixels per edge`.
    pub(super) unit: &'static str,
}

/// `IVS Limit Breach`.
pub(super) fn breach(session: &Session, breach: &Breach) -> Event {
    let detail = json!({
        "limit_name": breach.limit,
        "limit_value": breach.value,
        "exceeded_by": breach.exceeded_by,
        "limit_unit": breach.unit,
    });
    of_session(session, "IVS Limit Breach", detail)
}

/// A recording, as its events tell of it.
pub(super) struct RecordingChange<'a> {
    /// `Recording Start`, `Recording End`, `Recording Start Failure`, `Recording End Failure`.
    pub(super) status: &'a str,
    pub(super) reason: &'a str,
    pub(super) bucket: &'a str,
    pub(super) prefix: &'a str,
    pub(super) duration_ms: u64,
    pub(super) recording_session_id: &'a str,
}

/// `IVS Recording State Change`.
pub(super) fn recording(session: &Session, change: &RecordingChange<'_>) -> Event {
    let mut detail = json!({
        "recording_status": change.status,
        "recording_status_reason": change.reason,
        "recording_s3_bucket_name": change.bucket,
        "recording_s3_key_prefix": change.prefix,
        "recording_duration_ms": change.duration_ms,
        "recording_session_id": change.recording_session_id,
    });
    if change.status.starts_with("Recording End") {
        detail["recording_session_stream_ids"] = json!([session.stream_id]);
    }
    of_session(session, "IVS Recording State Change", detail)
}

fn of_session(session: &Session, kind: &str, detail: Value) -> Event {
    let whose = json!({ "channel_name": session.channel.name, "stream_id": session.stream_id });
    Event::of_service(SOURCE, kind, vec![session.channel.arn.clone()], merged(detail, whose))
}

fn merged(mut detail: Value, more: Value) -> Value {
    if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
        detail.extend(more);
    }
    detail
}
