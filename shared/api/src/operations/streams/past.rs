//! What was measured of a stream, and what has happened to it.

use serde::Serialize;
use skylark_domain::outbox::RecordedEvent;
use skylark_domain::stream::health::{Advice, Health, Sample, Verdict};
use utoipa::ToSchema;

use crate::clock::rfc3339;

/// The signal of a stream's encoder.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamHealth {
    /// The measurements of the last ten minutes, oldest first.
    pub samples: Vec<SampleView>,
    /// `NONE`, `GOOD`, `FAIR`, `POOR`: what the last minute adds up to.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// What its owner can do, one plain sentence each.
    pub advice: Vec<&'static str>,
}

/// The signal over some time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sample)]
pub struct SampleView {
    /// Its end.
    #[schema(format = "date-time")]
    pub at: String,
    /// The time it is about, in milliseconds.
    pub period_ms: u64,
    /// Kilobits per second.
    pub bitrate_kbps: f64,
    /// Frames per second.
    pub fps: f64,
    /// Pixels; 0 when unknown.
    pub width: u32,
    /// Pixels; 0 when unknown.
    pub height: u32,
    /// Milliseconds between key frames; 0 when unknown.
    pub keyframe_ms: f64,
    /// Milliseconds that media time is ahead of the clock; negative when behind.
    pub drift_ms: f64,
}

impl From<Sample> for SampleView {
    fn from(sample: Sample) -> Self {
        Self {
            at: rfc3339(sample.at),
            period_ms: sample.period_ms,
            bitrate_kbps: sample.bitrate_kbps,
            fps: sample.fps,
            width: sample.width,
            height: sample.height,
            keyframe_ms: sample.keyframe_ms,
            drift_ms: sample.drift_ms,
        }
    }
}

impl From<Health> for StreamHealth {
    fn from(health: Health) -> Self {
        Self {
            samples: health.samples.into_iter().map(SampleView::from).collect(),
            verdict: health.verdict,
            advice: health.advice.into_iter().map(Advice::message).collect(),
        }
    }
}

/// What has happened to a stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamHistory {
    /// In order.
    pub items: Vec<HistoryEntry>,
}

/// One thing that has happened.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// `evt_...`.
    pub id: String,
    /// `StreamStarted`.
    pub name: String,
    /// When.
    #[schema(format = "date-time")]
    pub at: String,
    /// The version of the stream it led to.
    pub version: u64,
    /// What changed.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}

impl From<RecordedEvent> for HistoryEntry {
    fn from(recorded: RecordedEvent) -> Self {
        let event = recorded.event;
        Self {
            id: event.id.to_string(),
            name: event.name,
            at: rfc3339(event.at),
            version: recorded.version,
            data: event.data,
        }
    }
}
