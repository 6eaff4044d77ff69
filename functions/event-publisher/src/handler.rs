//! Stream records to events on the bus, in order: at the first that cannot go out, the rest waits.

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use skylark_domain::Error;
use skylark_domain::outbox::RecordedEvent;
use skylark_domain::ports::EventBus;

pub(crate) async fn handle(bus: &dyn EventBus, batch: Event) -> Result<DynamoDbEventResponse, Error> {
    let (mut numbers, mut events) = (Vec::new(), Vec::new());
    for record in batch.records {
        numbers.push(record.change.sequence_number);
        match serde_dynamo::from_item::<_, RecordedEvent>(record.change.new_image) {
            Ok(event) => events.push(event),
            Err(error) => {
                // What makes no sense holds up those behind it until somebody has looked: order is a promise.
                tracing::error!(%error, sequence = ?numbers.last(), "a record is no domain event");
                break;
            }
        }
    }
    let published = bus.publish(&events).await;
    tracing::info!(published, of = numbers.len(), "domain events went out");
    let mut answer = DynamoDbEventResponse::default();
    answer.batch_item_failures = numbers
        .into_iter()
        .nth(published)
        .map(|number| {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = number;
            failure
        })
        .into_iter()
        .collect();
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use serde_json::{Value, json};

    use super::*;

    /// Takes so many events and no more.
    struct Full(usize, Mutex<Vec<String>>);

    #[async_trait]
    impl EventBus for Full {
        async fn publish(&self, events: &[RecordedEvent]) -> usize {
            let taken = events.iter().take(self.0).map(|event| event.event.name.clone());
            let mut seen = self.1.lock().unwrap();
            seen.extend(taken);
            seen.len()
        }
    }

    fn record(number: u64, image: Value) -> Value {
        json!({
            "eventID": number.to_string(), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1", "eventSourceARN": "arn:aws:dynamodb:us-east-1:0:table/t/stream/2026",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_255_200, "Keys": {}, "SequenceNumber": number.to_string(),
                "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES", "NewImage": image,
            },
        })
    }

    fn event(number: u64) -> Value {
        record(
            number,
            json!({
                "aggregate": { "S": "VIDEO#v" }, "version": { "N": number.to_string() }, "name": { "S": format!("E{number}") },
                "id": { "S": "evt_01kas8xy7me2t8sr0v0bjhvw5w" }, "at": { "S": "2026-11-21T10:00:00Z" }, "data": { "M": {} },
            }),
        )
    }

    async fn failed(takes: usize, records: Vec<Value>) -> (Vec<String>, Vec<Option<String>>) {
        let bus = Full(takes, Mutex::default());
        let batch = serde_json::from_value(json!({ "Records": records })).unwrap();
        let answer = handle(&bus, batch).await.unwrap();
        let failed = answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        (bus.1.into_inner().unwrap(), failed)
    }

    #[tokio::test]
    async fn the_first_event_that_cannot_go_out_is_named() {
        let three = || vec![event(7), event(8), event(9)];
        assert_eq!(failed(9, three()).await, (vec!["E7".into(), "E8".into(), "E9".into()], vec![]));
        assert_eq!(failed(1, three()).await, (vec!["E7".into()], vec![Some("8".into())]));
        assert_eq!(failed(0, three()).await, (vec![], vec![Some("7".into())]));
        let nonsense = vec![event(7), record(8, json!({ "name": { "S": "x" } })), event(9)];
        assert_eq!(failed(9, nonsense).await, (vec!["E7".into()], vec![Some("8".into())]));
    }
}
