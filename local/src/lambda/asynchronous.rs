//! Asynchronous invocations: stored first, then run until they succeed, their retries are used up or they are too old;
//! then the function's failure queue is told. A restart runs what was under way once more.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Transaction, params};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use super::pool::MAX_PROCESSES;
use super::{Invocation, Lambda};
use crate::sqs::Queues;
use crate::state::{State, now_ms};
use crate::world::{ACCOUNT, Function, REGION, World};

/// The tables of this module.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS async_invocations (
    id TEXT PRIMARY KEY,
    function TEXT NOT NULL,
    payload BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS async_invocations_due ON async_invocations (due_at);";

/// The oldest event that is still tried, as on AWS.
const MAX_AGE: Duration = Duration::from_secs(6 * 3600);
/// The wait before each retry. AWS waits one and two minutes; nobody at a laptop wants to.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// The waiting invocations. Cheap to clone.
#[derive(Clone, Default)]
pub struct AsyncInvocations {
    wake: Arc<Notify>,
    running: Arc<Mutex<HashSet<String>>>,
}

struct Due {
    id: String,
    function: String,
    payload: Bytes,
    attempts: u32,
    accepted_at: i64,
}

/// What running invocations needs.
pub struct Runner {
    /// Where they wait.
    pub invocations: AsyncInvocations,
    /// Where they are stored.
    pub state: State,
    /// Runs them.
    pub lambda: Lambda,
    /// Told of failures.
    pub queues: Queues,
    /// Retries and failure queue by function.
    pub functions: BTreeMap<String, Function>,
}

impl AsyncInvocations {
    /// Stores one invocation in the caller's transaction; it runs after the commit.
    pub fn put(&self, transaction: &Transaction<'_>, function: &str, payload: &[u8]) -> anyhow::Result<()> {
        let now = now_ms();
        transaction.execute(
            "INSERT INTO async_invocations (id, function, payload, attempts, accepted_at, due_at)
             VALUES (?1, ?2, ?3, 0, ?4, ?4)",
            params![uuid::Uuid::new_v4().to_string(), function, payload, now],
        )?;
        // The runner reads only after this transaction: it waits for the same connection.
        self.wake.notify_one();
        Ok(())
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runner {
    /// The runner of a world's functions.
    pub fn new(world: &World, invocations: AsyncInvocations, state: State, lambda: Lambda, queues: Queues) -> Self {
        Self { invocations, state, lambda, queues, functions: world.functions.clone() }
    }

    /// Runs what is due until `stop` turns true. What runs then is not counted as tried.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let runner = Arc::new(self);
        loop {
            let wait = match runner.start_due(&stop) {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(%error, "asynchronous invocations cannot be read");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = runner.invocations.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Starts what is due and not running, and answers how long nothing else will be.
    fn start_due(self: &Arc<Self>, stop: &watch::Receiver<bool>) -> anyhow::Result<Duration> {
        let now = now_ms();
        let (due, next) = self.state.transact(|transaction| {
            let mut query = transaction.prepare_cached(
                "SELECT id, function, payload, attempts, accepted_at FROM async_invocations
                 WHERE due_at <= ?1 ORDER BY due_at, rowid LIMIT 1000",
            )?;
            let due = query
                .query_map([now], |row| {
                    Ok(Due {
                        id: row.get(0)?,
                        function: row.get(1)?,
                        payload: row.get::<_, Vec<u8>>(2)?.into(),
                        attempts: row.get(3)?,
                        accepted_at: row.get(4)?,
                    })
                })?
                .collect::<Result<Vec<_>, _>>()?;
            let next: Option<i64> =
                transaction.query_row("SELECT MIN(due_at) FROM async_invocations WHERE due_at > ?1", [now], |row| {
                    row.get(0)
                })?;
            Ok((due, next))
        })?;
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for due in due {
            // Those beyond a function's processes wait here, where they are durable.
            let taken = places.entry(due.function.clone()).or_default();
            *taken += 1;
            if *taken > MAX_PROCESSES || !self.invocations.running().insert(due.id.clone()) {
                continue;
            }
            let (runner, stop) = (self.clone(), stop.clone());
            tokio::spawn(async move {
                let id = due.id.clone();
                let invocation = runner.lambda.invoke(&due.function, due.payload.clone()).await;
                if !*stop.borrow()
                    && let Err(error) = runner.settle(due, invocation)
                {
                    tracing::error!(%error, "the end of an invocation cannot be stored; it will run again");
                }
                runner.invocations.running().remove(&id);
                runner.invocations.wake.notify_one();
            });
        }
        let wait = next.map_or(Duration::from_secs(3600), |next| {
            Duration::from_millis(u64::try_from(next - now).unwrap_or_default())
        });
        Ok(wait)
    }

    fn settle(&self, due: Due, invocation: Invocation) -> anyhow::Result<()> {
        self.state.transact(|transaction| {
            let Err(error) = &invocation.outcome else {
                transaction.execute("DELETE FROM async_invocations WHERE id = ?1", [&due.id])?;
                return Ok(());
            };
            let function = self.functions.get(&due.function);
            let attempts = due.attempts + 1;
            let age = Duration::from_millis(u64::try_from(now_ms() - due.accepted_at).unwrap_or_default());
            let retries = function.map_or(0, |function| function.async_retries);
            if attempts <= retries && age < MAX_AGE {
                let delay = RETRY_DELAYS[usize::try_from(due.attempts)?.min(RETRY_DELAYS.len() - 1)];
                transaction.execute(
                    "UPDATE async_invocations SET attempts = ?2, due_at = ?3 WHERE id = ?1",
                    params![due.id, attempts, now_ms() + i64::try_from(delay.as_millis())?],
                )?;
                return Ok(());
            }
            let condition = if attempts > retries { "RetriesExhausted" } else { "EventAgeExceeded" };
            tracing::error!(function = due.function, %error, condition, attempts, "an event is given up");
            if let Some(function) = function
                && let Some(queue) = &function.on_failure
            {
                let record = failure_record(function, &due, &invocation, condition, attempts);
                self.queues.send(transaction, queue, &record.to_string(), None)?;
            }
            transaction.execute("DELETE FROM async_invocations WHERE id = ?1", [&due.id])?;
            Ok(())
        })
    }
}

/// What Lambda tells a failure destination.
fn failure_record(function: &Function, due: &Due, invocation: &Invocation, condition: &str, attempts: u32) -> Value {
    let payload: Value = serde_json::from_slice(&due.payload).unwrap_or(Value::Null);
    let error = invocation.outcome.as_ref().err();
    json!({
        "version": "1.0",
        "timestamp": Timestamp::now(),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}:$LATEST", function.deployed_name),
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": payload,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": {
            "errorType": error.map(|error| &error.error_type),
            "errorMessage": error.map(|error| &error.message),
        },
    })
}
