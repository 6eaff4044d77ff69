//! Plays SQS: durable standard queues with delays, visibility time-outs and dead-letter queues, in AWS's JSON protocol,
//! and the event source mappings that hand a queue's messages to a function.

mod consumer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use md5::{Digest, Md5};
use rusqlite::{OptionalExtension, Transaction, params};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Notify;

pub use self::consumer::Consumer;
use crate::state::{State, now_ms};
use crate::tap::{Tap, target_operation};
use crate::world::{ACCOUNT, Queue};

/// The tables of this module.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    body TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    first_received_at INTEGER,
    receives INTEGER NOT NULL,
    receipt TEXT
);
CREATE INDEX IF NOT EXISTS messages_visible ON messages (queue, visible_at);";

/// SQS's limits.
const MAX_BODY: usize = 1024 * 1024;
const MAX_DELAY: u64 = 900;
const MAX_VISIBILITY: u64 = 12 * 3600;

/// The queues of a stack. Cheap to clone.
#[derive(Clone)]
pub struct Queues {
    queues: Arc<BTreeMap<String, Queue>>,
    state: State,
    arrived: Arc<Notify>,
}

impl Queues {
    /// The queues of the template.
    pub fn new(queues: &[Queue], state: State) -> Self {
        let queues = queues.iter().map(|queue| (queue.name.clone(), queue.clone())).collect();
        Self { queues: Arc::new(queues), state, arrived: Arc::default() }
    }

    /// Stores a message in the caller's transaction and answers its id; without `delay` the queue's own holds.
    pub fn send(
        &self,
        transaction: &Transaction<'_>,
        queue: &str,
        body: &str,
        delay: Option<Duration>,
    ) -> anyhow::Result<String> {
        let queue = self.queues.get(queue).with_context(|| format!("there is no queue {queue}"))?;
        let id = uuid::Uuid::new_v4().to_string();
        let now = now_ms();
        let delay = i64::try_from(delay.unwrap_or(queue.delay).as_millis())?;
        transaction.execute(
            "INSERT INTO messages (id, queue, body, sent_at, visible_at, receives) VALUES (?1, ?2, ?3, ?4, ?5, 0)",
            params![id, queue.name, body, now, now + delay],
        )?;
        self.arrived.notify_waiters();
        Ok(id)
    }

    /// What answers SQS's calls. A queue's URL is `<this service>/<account>/<name>`.
    pub fn router(&self, tap: &Tap) -> Router {
        let routes = Router::new().route("/", post(answer)).fallback(post(answer)).with_state(self.clone());
        tap.wrap("sqs", target_operation, routes)
    }

    /// Takes up to `most` visible messages and hides them for `visibility`.
    fn receive(&self, queue: &Queue, most: usize, visibility: Duration) -> anyhow::Result<Vec<Value>> {
        self.state.transact(|transaction| {
            let now = now_ms();
            let oldest = now - i64::try_from(queue.retention.as_millis())?;
            transaction
                .execute("DELETE FROM messages WHERE queue = ?1 AND sent_at < ?2", params![queue.name, oldest])?;
            if let Some((dead_letters, receives)) = &queue.redrive {
                transaction.execute(
                    "UPDATE messages SET queue = ?1, receipt = NULL
                     WHERE queue = ?2 AND visible_at <= ?3 AND receives >= ?4",
                    params![dead_letters, queue.name, now, receives],
                )?;
            }
            let hidden_until = now + i64::try_from(visibility.as_millis())?;
            let mut query = transaction.prepare_cached(
                "UPDATE messages SET receives = receives + 1, visible_at = ?3, receipt = ?4 || id,
                     first_received_at = COALESCE(first_received_at, ?2)
                 WHERE id IN (SELECT id FROM messages WHERE queue = ?1 AND visible_at <= ?2
                              ORDER BY visible_at, rowid LIMIT ?5)
                 RETURNING id, body, receipt, receives, sent_at, first_received_at",
            )?;
            let receipt = uuid::Uuid::new_v4().to_string();
            let found = query.query_map(params![queue.name, now, hidden_until, receipt, most], |row| {
                let body: String = row.get(1)?;
                Ok(json!({
                    "MessageId": row.get::<_, String>(0)?,
                    "MD5OfBody": md5_hex(&body),
                    "Body": body,
                    "ReceiptHandle": row.get::<_, String>(2)?,
                    "Attributes": {
                        "ApproximateReceiveCount": row.get::<_, i64>(3)?.to_string(),
                        "SentTimestamp": row.get::<_, i64>(4)?.to_string(),
                        "ApproximateFirstReceiveTimestamp": row.get::<_, i64>(5)?.to_string(),
                    },
                }))
            })?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    fn delete(&self, queue: &Queue, receipts: &[String]) -> anyhow::Result<()> {
        let delete = "DELETE FROM messages WHERE queue = ?1 AND receipt = ?2";
        self.state.transact(|transaction| {
            for receipt in receipts {
                transaction.execute(delete, params![queue.name, receipt])?;
            }
            Ok(())
        })
    }

    async fn receive_waiting(
        &self,
        queue: &Queue,
        most: usize,
        visibility: Duration,
        wait: Duration,
    ) -> anyhow::Result<Vec<Value>> {
        let until = tokio::time::Instant::now() + wait;
        loop {
            let arrived = self.arrived.notified();
            let messages = self.receive(queue, most, visibility)?;
            if !messages.is_empty() || tokio::time::Instant::now() >= until {
                return Ok(messages);
            }
            // A message may also become visible by time, so look once a second at least.
            let next = until.min(tokio::time::Instant::now() + Duration::from_secs(1));
            tokio::select! {
                () = arrived => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }
}

fn md5_hex(body: &str) -> String {
    Md5::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Call {
    #[serde(default)]
    queue_url: String,
    #[serde(default)]
    queue_name: String,
    message_body: Option<String>,
    delay_seconds: Option<u64>,
    receipt_handle: Option<String>,
    visibility_timeout: Option<u64>,
    max_number_of_messages: Option<usize>,
    wait_time_seconds: Option<u64>,
}

/// What is wrong with a call: SQS's error type and its words.
type Refusal = (&'static str, &'static str);

const NO_QUEUE: Refusal = ("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.");

async fn answer(Extracted(queues): Extracted<Queues>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let Ok(call) = serde_json::from_slice::<Call>(&body) else {
        return refuse(("com.amazon.coral.service#SerializationException", "the request is not understood"));
    };
    match queues.call(target.rsplit('.').next().unwrap_or_default(), host, call).await {
        Ok(Ok(answer)) => Json(answer).into_response(),
        Ok(Err(refusal)) => refuse(refusal),
        Err(error) => {
            tracing::error!(%error, "a queue cannot be used");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn refuse((kind, message): Refusal) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "__type": kind, "message": message }))).into_response()
}

impl Queues {
    async fn call(&self, operation: &str, host: &str, call: Call) -> anyhow::Result<Result<Value, Refusal>> {
        let name = call.queue_url.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(&call.queue_name);
        let Some(queue) = self.queues.get(name) else { return Ok(Err(NO_QUEUE)) };
        match operation {
            "GetQueueUrl" => Ok(Ok(json!({ "QueueUrl": format!("http://{host}/{ACCOUNT}/{}", queue.name) }))),
            "SendMessage" => self.send_message(queue, &call),
            "ReceiveMessage" => {
                let most = call.max_number_of_messages.unwrap_or(1);
                let visibility = call.visibility_timeout.map_or(queue.visibility_timeout, Duration::from_secs);
                let wait = call.wait_time_seconds.unwrap_or(0);
                if most == 0 || most > 10 || wait > 20 || visibility.as_secs() > MAX_VISIBILITY {
                    return Ok(Err(("com.amazonaws.sqs#InvalidParameterValue", "a number is out of its range")));
                }
                let messages = self.receive_waiting(queue, most, visibility, Duration::from_secs(wait)).await?;
                Ok(Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) }))
            }
            "DeleteMessage" => {
                self.delete(queue, &[call.receipt_handle.unwrap_or_default()])?;
                Ok(Ok(json!({})))
            }
            "ChangeMessageVisibility" => {
                let seconds = call.visibility_timeout.unwrap_or(MAX_VISIBILITY + 1);
                if seconds > MAX_VISIBILITY {
                    return Ok(Err(("com.amazonaws.sqs#InvalidParameterValue", "VisibilityTimeout is 0 to 43200")));
                }
                let visible_at = now_ms() + i64::try_from(seconds * 1000)?;
                let receipt = call.receipt_handle.unwrap_or_default();
                let change = "UPDATE messages SET visible_at = ?3 WHERE queue = ?1 AND receipt = ?2";
                let changed = self.state.transact(|transaction| {
                    Ok(transaction.execute(change, params![queue.name, receipt, visible_at])?)
                })?;
                self.arrived.notify_waiters();
                let unknown = ("com.amazonaws.sqs#ReceiptHandleIsInvalid", "The receipt handle is not known.");
                Ok(if changed == 0 { Err(unknown) } else { Ok(json!({})) })
            }
            "PurgeQueue" => {
                let purge = "DELETE FROM messages WHERE queue = ?1";
                self.state.transact(|transaction| Ok(transaction.execute(purge, [&queue.name])?))?;
                Ok(Ok(json!({})))
            }
            "GetQueueAttributes" => self.attributes(queue).map(Ok),
            _ => Ok(Err(("com.amazonaws.sqs#UnsupportedOperation", "the local cloud does not know this operation"))),
        }
    }

    fn send_message(&self, queue: &Queue, call: &Call) -> anyhow::Result<Result<Value, Refusal>> {
        let body = call.message_body.as_deref().unwrap_or_default();
        if body.is_empty() || body.len() > MAX_BODY {
            return Ok(Err(("com.amazonaws.sqs#InvalidParameterValue", "a message has 1 byte to 1 MiB")));
        }
        if call.delay_seconds.is_some_and(|delay| delay > MAX_DELAY) {
            return Ok(Err(("com.amazonaws.sqs#InvalidParameterValue", "DelaySeconds is 0 to 900")));
        }
        let delay = call.delay_seconds.map(Duration::from_secs);
        let id = self.state.transact(|transaction| self.send(transaction, &queue.name, body, delay))?;
        Ok(Ok(json!({ "MessageId": id, "MD5OfMessageBody": md5_hex(body) })))
    }

    fn attributes(&self, queue: &Queue) -> anyhow::Result<Value> {
        let count = "SELECT SUM(visible_at <= ?2), SUM(visible_at > ?2 AND receipt IS NOT NULL),
             SUM(visible_at > ?2 AND receipt IS NULL) FROM messages WHERE queue = ?1";
        let counts = self.state.transact(|transaction| {
            let counts = transaction.query_row(count, params![queue.name, now_ms()], |row| {
                let number = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.unwrap_or(0));
                Ok([number(0)?, number(1)?, number(2)?])
            });
            Ok(counts.optional()?.unwrap_or_default())
        })?;
        Ok(json!({ "Attributes": {
            "QueueArn": crate::template::queue_arn(&queue.name),
            "ApproximateNumberOfMessages": counts[0].to_string(),
            "ApproximateNumberOfMessagesNotVisible": counts[1].to_string(),
            "ApproximateNumberOfMessagesDelayed": counts[2].to_string(),
        } }))
    }
}
