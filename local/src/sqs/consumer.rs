//! Hands a queue's messages to a function, as Lambda's pollers do: what the function is done with is deleted, what failed
//! becomes visible again when its time-out is over, and goes to the dead-letter queue when it was received too often.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::Queues;
use crate::lambda::{Invocation, Lambda};
use crate::world::{ACCOUNT, Queue, QueueMapping, REGION};

/// One look at an empty queue, as long as SQS allows.
const LOOK: Duration = Duration::from_secs(20);

/// Hands the messages of one mapping over.
pub struct Consumer {
    mapping: QueueMapping,
    queue: Queue,
    queues: Queues,
    lambda: Lambda,
}

impl Consumer {
    /// A consumer of the mapping's queue.
    ///
    /// # Errors
    /// When there is no such queue.
    pub fn new(mapping: QueueMapping, queues: Queues, lambda: Lambda) -> anyhow::Result<Self> {
        let queue =
            queues.queues.get(&mapping.queue).with_context(|| format!("there is no queue {}", mapping.queue))?;
        Ok(Self { queue: queue.clone(), mapping, queues, lambda })
    }

    /// Hands messages over until `stop` turns true. What a function is working on then comes again after its time-out.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let consumer = Arc::new(self);
        let places = Arc::new(Semaphore::new(consumer.mapping.concurrency));
        loop {
            // The semaphore is never closed.
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let (queue, most) = (&consumer.queue, consumer.mapping.batch_size);
            let received = tokio::select! {
                received = consumer.queues.receive_waiting(queue, most, queue.visibility_timeout, LOOK) => received,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            match received {
                Ok(messages) if messages.is_empty() => {}
                Ok(messages) => {
                    let (consumer, stop) = (consumer.clone(), stop.clone());
                    tokio::spawn(async move {
                        consumer.hand_over(&messages, &stop).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::error!(queue = queue.name, %error, "messages cannot be received");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    async fn hand_over(&self, messages: &[Value], stop: &watch::Receiver<bool>) {
        let records: Vec<Value> = messages.iter().map(|message| self.record(message)).collect();
        let payload = json!({ "Records": records }).to_string();
        let invocation = self.lambda.invoke(&self.mapping.function, payload.into()).await;
        if *stop.borrow() {
            return;
        }
        let done = self.done(&invocation, messages);
        if done.len() < messages.len() {
            let failed = messages.len() - done.len();
            tracing::warn!(queue = self.queue.name, failed, "messages fail and come again");
        }
        if let Err(error) = self.queues.delete(&self.queue, &done) {
            tracing::error!(queue = self.queue.name, %error, "messages cannot be deleted; they come again");
        }
    }

    /// A message in the event a function receives.
    fn record(&self, message: &Value) -> Value {
        let mut attributes = message["Attributes"].clone();
        attributes["SenderId"] = json!(ACCOUNT);
        json!({
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": attributes,
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": crate::template::queue_arn(&self.queue.name),
            "awsRegion": REGION,
        })
    }

    /// The receipts of the messages that the function is done with.
    fn done(&self, invocation: &Invocation, messages: &[Value]) -> Vec<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(default)]
            batch_item_failures: Option<Vec<Failure>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Failure {
            item_identifier: Option<String>,
        }
        let Ok(answer) = &invocation.outcome else { return Vec::new() };
        let failures = match serde_json::from_slice::<Option<Answer>>(answer) {
            Ok(Some(answer)) if self.mapping.reports_failures => answer.batch_item_failures.unwrap_or_default(),
            _ => Vec::new(),
        };
        let text = |message: &Value, field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let ids: Vec<String> = messages.iter().map(|message| text(message, "MessageId")).collect();
        let mut failed = Vec::new();
        for failure in failures {
            match failure.item_identifier {
                Some(id) if ids.contains(&id) => failed.push(id),
                // An identifier that names nothing fails the whole batch.
                _ => return Vec::new(),
            }
        }
        let is_done = |message: &&Value| !failed.contains(&text(message, "MessageId"));
        messages.iter().filter(is_done).map(|message| text(message, "ReceiptHandle")).collect()
    }
}
