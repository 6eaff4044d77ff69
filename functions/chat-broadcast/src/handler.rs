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
const FIRST_LATE_TRY: Duration = Duration::from_millis(500);

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

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
    use aws_smithy_types::retry::RetryConfig;
    use aws_types::SdkConfig;
    use aws_types::region::Region;
    use skylark_domain::testing::{FakeSockets, FixedClock, SentCounts};
    use skylark_store::Table;

    use super::*;

    /// With a table that does not answer: what is understood has to come again.
    fn broadcaster() -> Arc<Broadcaster> {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            // The discard port: nobody listens there.
            .endpoint_url("http://127.0.0.1:9")
            .build();
        let table = Arc::new(Table::new(&config, "table".into()));
        let clock = Arc::new(FixedClock::at("2026-11-21T10:00:03Z".parse().unwrap()));
        let (sockets, counts) = (Arc::<FakeSockets>::default(), Arc::<SentCounts>::default());
        Arc::new(Broadcaster::new(table, sockets, counts, clock.clone(), clock, 10_000))
    }

    async fn failed(event: &str) -> Vec<String> {
        let answer = handle(&broadcaster(), serde_json::from_str(event).unwrap()).await.unwrap();
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }

    macro_rules! sample {
        ($case:literal) => {
            failed(include_str!(concat!("../../../events/chat-broadcast/", $case, ".json"))).await
        };
    }

    #[tokio::test]
    async fn what_is_understood_comes_again_while_the_table_is_away() {
        assert_eq!(sample!("message"), ["1795255200000101"]);
        assert_eq!(sample!("message-deleted"), ["1795255200000102"]);
        assert_eq!(sample!("joined"), ["1795255200000104"]);
        assert_eq!(sample!("left"), ["1795255200000105"]);
        assert_eq!(sample!("left-by-ttl"), ["1795255200000106"]);
        assert_eq!(sample!("stream-stopped"), ["1795255200000107"]);
        assert_eq!(sample!("slow-mode"), ["1795255200000108"]);
        assert_eq!(sample!("banned"), ["1795255200000109"]);
        assert_eq!(sample!("signed-out"), ["1795255200000110"]);
        assert_eq!(sample!("sample"), ["1795255200000112"]);
        assert_eq!(sample!("count-due"), ["19dd0b57-b21e-4ac1-bd88-01bbb068cb78"]);
    }

    #[tokio::test]
    async fn what_is_nothing_to_rooms_or_makes_no_sense_holds_nobody_up() {
        assert!(sample!("not-for-rooms").is_empty());
        assert!(sample!("token-expired").is_empty());
        assert!(sample!("message-malformed").is_empty());
        assert!(sample!("count-due-malformed").is_empty());
        assert!(failed(r#"{"Records":[]}"#).await.is_empty());
    }

    #[tokio::test]
    async fn the_first_record_of_a_room_is_named_whatever_stands_before_it() {
        let read = |event: &str| serde_json::from_str::<serde_json::Value>(event).unwrap()["Records"][0].clone();
        let records = [
            read(include_str!("../../../events/chat-broadcast/not-for-rooms.json")),
            read(include_str!("../../../events/chat-broadcast/message-malformed.json")),
            read(include_str!("../../../events/chat-broadcast/stream-stopped.json")),
            read(include_str!("../../../events/chat-broadcast/slow-mode.json")),
        ];
        let batch = serde_json::json!({ "Records": records }).to_string();
        assert_eq!(failed(&batch).await, ["1795255200000107"]);
    }
}
