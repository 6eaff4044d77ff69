//! What is measured of a stream while it runs: the encoder's signal, and how many watch.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skylark_domain::PortError;
use skylark_domain::ids::StreamId;
use skylark_domain::ports::Measurements;
use skylark_domain::stream::health::Sample;
use skylark_domain::stream::queries::Viewers;

use crate::entity::Item;
use crate::error::corrupt;
use crate::keys;
use crate::table::{Expression, Table};

/// Seconds of one stored measurement.
const ROLL_UP: i64 = 10;
/// How long measurements are kept.
const SAMPLE_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Measurements of ten seconds, added up.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RollUp {
    at: Timestamp,
    samples: f64,
    period_ms: u64,
    bitrate_sum: f64,
    fps_sum: f64,
    width: u32,
    height: u32,
    keyframe_ms: f64,
    drift_ms: f64,
}

impl From<RollUp> for Sample {
    fn from(sum: RollUp) -> Self {
        Self {
            at: sum.at,
            period_ms: sum.period_ms,
            bitrate_kbps: sum.bitrate_sum / sum.samples,
            fps: sum.fps_sum / sum.samples,
            width: sum.width,
            height: sum.height,
            keyframe_ms: sum.keyframe_ms,
            drift_ms: sum.drift_ms,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Statistics {
    stream_id: Option<StreamId>,
    viewer_count: u32,
    peak: u32,
    playback_sessions: u32,
}

impl From<Statistics> for Viewers {
    fn from(stored: Statistics) -> Self {
        Self { count: stored.viewer_count, peak: stored.peak, playback_sessions: stored.playback_sessions }
    }
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[async_trait]
impl Measurements for Table {
    async fn note_sample(&self, stream: StreamId, sample: &Sample) -> Result<(), PortError> {
        let begin = sample.at.as_second() / ROLL_UP * ROLL_UP;
        // Told twice is measured once.
        let add = Expression::new(
            "SET #at = :at, width = :width, height = :height, keyframeMs = :keyframe, driftMs = :drift, #ttl = :ttl
             ADD samples :one, periodMs :period, bitrateSum :bitrate, fpsSum :fps",
            "attribute_not_exists(#at) OR #at < :at",
        )
        .name("#at", "at")
        .name("#ttl", keys::TTL)
        .value(":at", AttributeValue::S(sample.at.to_string()))
        .value(":width", number(sample.width))
        .value(":height", number(sample.height))
        .value(":keyframe", number(sample.keyframe_ms))
        .value(":drift", number(sample.drift_ms))
        .value(":ttl", number((sample.at + SAMPLE_LIFE).as_second()))
        .value(":one", number(1))
        .value(":period", number(sample.period_ms))
        .value(":bitrate", number(sample.bitrate_kbps))
        .value(":fps", number(sample.fps));
        self.update(keys::health(stream, begin), add).await.map(|_| ())
    }

    async fn samples(&self, stream: StreamId, since: Timestamp) -> Result<Vec<Sample>, PortError> {
        let (from, to) = (keys::health(stream, since.as_second()).sk, keys::health(stream, i64::MAX).sk);
        let items = self.query_first(keys::stream_partition(stream), from, to, usize::MAX).await?;
        let sample = |item: Item| serde_dynamo::from_item::<_, RollUp>(item).map(Sample::from).map_err(corrupt);
        items.into_iter().map(sample).collect()
    }

    async fn viewers_of(&self, streams: &[StreamId]) -> Result<HashMap<StreamId, Viewers>, PortError> {
        let keys = streams.iter().map(|id| keys::stream_statistics(*id)).collect();
        let mut counts = HashMap::new();
        for item in self.get_items(keys).await? {
            let stored: Statistics = serde_dynamo::from_item(item).map_err(corrupt)?;
            counts.extend(stored.stream_id.map(|id| (id, stored.into())));
        }
        Ok(counts)
    }

    async fn viewers(&self, stream: StreamId) -> Result<Viewers, PortError> {
        let item = self.get_item(keys::stream_statistics(stream)).await?.unwrap_or_default();
        serde_dynamo::from_item::<_, Statistics>(item).map(Viewers::from).map_err(corrupt)
    }

    async fn note_playback_sessions(&self, stream: StreamId, count: u32) -> Result<(), PortError> {
        let set = Expression::always("SET playbackSessions = :count, streamId = :id")
            .value(":id", AttributeValue::S(stream.to_string()))
            .value(":count", number(count));
        self.update(keys::stream_statistics(stream), set).await.map(|_| ())
    }

    /// Those who watch, and those who were let in since they were counted.
    async fn admit(&self, stream: StreamId, most: u32) -> Result<bool, PortError> {
        let admit = Expression::new("ADD admitted :one", "attribute_not_exists(admitted) OR admitted < :most")
            .value(":one", number(1))
            .value(":most", number(most));
        Ok(self.update(keys::stream_statistics(stream), admit).await?.is_some())
    }
}
