//! Two kinds of input: an event of EventBridge, and a batch of messages of the queue.

mod report;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use skylark_domain::Error;
use skylark_domain::ports::Nudge;
use skylark_domain::stream::Live;
use skylark_domain::stream::health::Sample;
use skylark_domain::stream::ingest::Taken;

/// What the function is invoked with.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Input {
    Messages(SqsEvent),
    Event(Box<EventBridgeEvent<Value>>),
}

/// A measurement of an encoder's signal, as it is put on the bus.
#[derive(Debug, Deserialize)]
struct IngestSample {
    stream_id: String,
    sampled_at: Timestamp,
    period_ms: u64,
    bitrate_bps: f64,
    fps: f64,
    width: u32,
    height: u32,
    keyframe_interval_ms: f64,
    drift_ms: f64,
}

pub(crate) async fn handle(live: &Live, input: Input) -> Result<SqsBatchResponse, Error> {
    match input {
        Input::Messages(batch) => Ok(take_messages(live, batch).await),
        Input::Event(event) => take_event(live, *event).await.map(|()| SqsBatchResponse::default()),
    }
}

/// Messages that could not be taken come again.
async fn take_messages(live: &Live, batch: SqsEvent) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in batch.records {
        let id = message.message_id.unwrap_or_default();
        let nudge = match serde_json::from_str::<Nudge>(&message.body.unwrap_or_default()) {
            Ok(nudge) => nudge,
            Err(error) => {
                tracing::error!(message = id, %error, "a message that makes no sense");
                continue;
            }
        };
        if let Err(error) = live.take_nudge(&nudge).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(stream = %nudge.stream_id, error, "a stream cannot be looked after now");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    response
}

async fn take_event(live: &Live, event: EventBridgeEvent<Value>) -> Result<(), Error> {
    let kind = event.detail_type.clone();
    let arn = event.resources.iter().flatten().next().cloned().unwrap_or_default();
    if kind == "Ingest Sample" {
        let sample: IngestSample = match serde_json::from_value(event.detail) {
            Ok(sample) => sample,
            Err(error) => {
                tracing::error!(%error, "a measurement that makes no sense");
                return Ok(());
            }
        };
        let ingest_id = sample.stream_id.clone();
        live.take_sample(&arn, &ingest_id, &sample.into()).await?;
        return Ok(());
    }
    let Some(report) = report::read(event)? else {
        tracing::info!(kind, arn, "an event that says nothing to us");
        return Ok(());
    };
    let (ingest, news) = (report.ingest_id.clone(), format!("{:?}", report.news));
    match live.take_report(report).await? {
        Taken::By(stream) => tracing::info!(%stream, ingest, news, "a stream was told"),
        Taken::ByNone => tracing::info!(arn, ingest, news, "no stream is concerned"),
        Taken::Foreign => tracing::warn!(arn, ingest, "a channel that is none of ours"),
    }
    Ok(())
}

impl From<IngestSample> for Sample {
    fn from(sample: IngestSample) -> Self {
        Self {
            at: sample.sampled_at,
            period_ms: sample.period_ms,
            bitrate_kbps: sample.bitrate_bps / 1000.0,
            fps: sample.fps,
            width: sample.width,
            height: sample.height,
            keyframe_ms: sample.keyframe_interval_ms,
            drift_ms: sample.drift_ms,
        }
    }
}
