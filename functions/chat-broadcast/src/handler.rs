//! Two kinds of input: a batch of the table's stream, and a batch of messages of the queue. Both are answered alike.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use serde::Deserialize;
use skylark_domain::chat::broadcast::{Broadcaster, Outcome, Parcel};
use skylark_domain::chat::changes::Change;
use skylark_domain::ports::CountDue;
use skylark_domain::{Error, PortError};
use skylark_store::changes::{self, Became};

/// How long the answer waits for young connections: for their first try. On Lambda the others go on with the next batch.
const FIRST_LATE_TRY: Duration = Duration::from_millis(300);

/// What the function is invoked with.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Input {
    Records(Event),
    Messages(SqsEvent),
}

pub(crate) async fn handle(broadcaster: &Arc<Broadcaster>, input: Input) -> Result<SqsBatchResponse, Error> {
    let failed = match input {
        Input::Records(batch) => take_records(broadcaster, batch.records).await,
        Input::Messages(batch) => {
            let taken = batch.records.into_iter().map(|message| take_message(broadcaster, message));
            join_all(taken).await.into_iter().flatten().collect()
        }
    };
    let mut answer = SqsBatchResponse::default();
    answer.batch_item_failures = failed
        .into_iter()
        .map(|identifier| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = identifier;
            failure
        })
        .collect();
    Ok(answer)
}

/// Answers the sequence numbers of records that have to come again.
async fn take_records(broadcaster: &Arc<Broadcaster>, records: Vec<EventRecord>) -> Vec<String> {
    let (mut numbers, mut changes) = (Vec::new(), Vec::new());
    for record in records {
        let number = record.change.sequence_number.clone().unwrap_or_default();
        match change(record) {
            Ok(Some(change)) => {
                numbers.push(number);
                changes.push(change);
            }
            Ok(None) => tracing::debug!(number, "a record that is nothing to rooms"),
            Err(error) => {
                tracing::error!(number, error = &error as &dyn std::error::Error, "a record that makes no sense");
            }
        }
    }
    let mut outcome = broadcaster.broadcast(&changes).await;
    let failed = std::mem::take(&mut outcome.failed);
    finish(broadcaster, outcome).await;
    failed.into_iter().filter_map(|index| numbers.get(index).cloned()).collect()
}

fn change(record: EventRecord) -> Result<Option<Change>, PortError> {
    let became = match record.event_name.as_str() {
        "INSERT" => Became::Inserted,
        "MODIFY" => Became::Modified,
        _ => {
            let by = record.user_identity.unwrap_or_default();
            Became::Removed { by_ttl: by.type_ == "Service" && by.principal_id == "dynamodb.amazonaws.com" }
        }
    };
    changes::change(became, record.change.old_image.into_inner(), record.change.new_image.into_inner())
}

/// Answers the id of a message that has to come again.
async fn take_message(broadcaster: &Arc<Broadcaster>, message: SqsMessage) -> Option<String> {
    let id = message.message_id.unwrap_or_default();
    let due = match serde_json::from_str::<CountDue>(&message.body.unwrap_or_default()) {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(message = id, %error, "a message that makes no sense");
            return None;
        }
    };
    match broadcaster.count_due(&due).await {
        Ok(outcome) => {
            finish(broadcaster, outcome).await;
            None
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(stream = %due.stream_id, error, "viewers cannot be counted now");
            Some(id)
        }
    }
}

async fn finish(broadcaster: &Arc<Broadcaster>, outcome: Outcome) {
    for trouble in &outcome.troubles {
        tracing::warn!(error = trouble as &dyn std::error::Error, "something went wrong beside");
    }
    for told in &outcome.told {
        let (posted, gone, throttled, failed) = (told.posted, told.gone, told.throttled, told.failed);
        if throttled + failed > 0 {
            tracing::warn!(stream = %told.stream_id, posted, gone, throttled, failed, "some in a room miss something");
        } else {
            tracing::info!(stream = %told.stream_id, posted, gone, "a room was told");
        }
    }
    if !outcome.late.is_empty() {
        deliver_late(broadcaster.clone(), outcome.late).await;
    }
}

async fn deliver_late(broadcaster: Arc<Broadcaster>, late: Vec<Parcel>) {
    let delivered = tokio::spawn(async move {
        if let Err(error) = broadcaster.deliver_late(late).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "connections that are gone cannot be removed");
        }
    });
    // Dropping the handle does not end the task.
    if tokio::time::timeout(FIRST_LATE_TRY, delivered).await.is_err() {
        tracing::debug!("young connections are still awaited");
    }
}
