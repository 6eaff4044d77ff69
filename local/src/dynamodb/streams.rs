//! Plays the event source mappings of DynamoDB's streams: hands a table's records to a function, in order, a batch at a
//! time, from a checkpoint that survives everything. A batch that fails holds up those behind it, as on AWS.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::bus::Pattern;
use crate::lambda::{Invocation, Lambda};
use crate::sqs::Queues;
use crate::state::State;
use crate::world::{ACCOUNT, REGION, StreamMapping};

/// The table of this module: the number of the last record that a mapping is done with.
pub const SCHEMA: &str =
    "CREATE TABLE IF NOT EXISTS stream_checkpoints (mapping TEXT PRIMARY KEY, sequence INTEGER NOT NULL);";

/// The pauses after a first, second, ... failure of the same record.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(5)];
/// Records that were written while nobody told are found after this.
const LOOK: Duration = Duration::from_secs(1);

/// Hands the records of one mapping over.
pub struct Consumer {
    mapping: StreamMapping,
    filters: Vec<Pattern>,
    file: Arc<PathBuf>,
    state: State,
    lambda: Lambda,
    queues: Queues,
    /// The most records of the next batch: fewer after one failed, to find the record that is at fault.
    size: usize,
    /// Number of the record that is known to fail, and how often it has.
    failing: Option<(i64, u32)>,
}

/// One record as it is stored.
struct Record {
    sequence: i64,
    created_at: i64,
    wire: Value,
}

/// How a batch ended.
enum Outcome {
    /// All records are done.
    Done,
    /// Those before this number are done.
    FailedAt(i64),
    /// Nobody knows which are done.
    Failed,
}

impl Consumer {
    /// A consumer of the records in the database at `file`.
    ///
    /// # Errors
    /// When a filter is no event pattern.
    pub fn new(
        mapping: StreamMapping,
        file: &Path,
        state: State,
        lambda: Lambda,
        queues: Queues,
    ) -> anyhow::Result<Self> {
        let filters = mapping.filters.iter().map(Pattern::new).collect::<Result<_, _>>()?;
        let (file, size) = (Arc::new(file.to_owned()), mapping.batch_size);
        Ok(Self { mapping, filters, file, state, lambda, queues, size, failing: None })
    }

    /// Hands records over until `stop` turns true. `written` changes with each write to the database.
    pub async fn run(mut self, mut written: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
        loop {
            written.mark_unchanged();
            let pause = match self.step().await {
                Ok(Some(pause)) => pause,
                Ok(None) => Duration::ZERO,
                Err(error) => {
                    tracing::error!(mapping = self.mapping.name, %error, "stream records cannot be read");
                    LOOK
                }
            };
            let is_idle = pause == LOOK;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // An error means that the table is gone: the next look tells.
                _ = written.changed(), if is_idle => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Hands over one batch. Answers how long to wait before the next.
    async fn step(&mut self) -> anyhow::Result<Option<Duration>> {
        let checkpoint = self.checkpoint()?;
        let (file, table, size) = (self.file.clone(), self.mapping.table.clone(), self.size);
        let records = tokio::task::spawn_blocking(move || read(&file, &table, checkpoint, size)).await??;
        let Some(last) = records.last().map(|record| record.sequence) else { return Ok(Some(LOOK)) };
        let mut wanted = Vec::new();
        for record in &records {
            if self.wants(&record.wire)? {
                wanted.push(record);
            }
        }
        let Some(first) = wanted.first() else {
            self.advance(last)?;
            return Ok(None);
        };
        let batch: Vec<&Value> = wanted.iter().map(|record| &record.wire).collect();
        let payload = json!({ "Records": batch }).to_string();
        let invocation = self.lambda.invoke(&self.mapping.function, payload.into()).await;
        let failed = match self.outcome(&invocation, &wanted) {
            Outcome::Done => {
                self.failing = None;
                self.size = self.mapping.batch_size;
                self.advance(last)?;
                return Ok(None);
            }
            Outcome::FailedAt(failed) => failed,
            Outcome::Failed if wanted.len() == 1 => first.sequence,
            Outcome::Failed => {
                self.size = (self.size / 2).max(1);
                return Ok(Some(PAUSES[0]));
            }
        };
        if failed > first.sequence {
            self.advance(failed - 1)?;
        }
        let tries = match self.failing {
            Some((sequence, tries)) if sequence == failed => tries + 1,
            _ => 1,
        };
        self.failing = Some((failed, tries));
        if let Some(record) = wanted.iter().find(|record| record.sequence == failed)
            && let Some(condition) = self.is_hopeless(record, tries)
        {
            self.give_up(record, &invocation, condition, tries)?;
            self.failing = None;
            self.size = self.mapping.batch_size;
            return Ok(None);
        }
        let pause = PAUSES[usize::try_from(tries - 1)?.min(PAUSES.len() - 1)];
        tracing::warn!(mapping = self.mapping.name, sequence = failed, tries, ?pause, "a stream record fails");
        Ok(Some(pause))
    }

    fn wants(&self, record: &Value) -> anyhow::Result<bool> {
        if self.filters.is_empty() {
            return Ok(true);
        }
        for filter in &self.filters {
            if filter.matches(record)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the function's answer means for a batch.
    fn outcome(&self, invocation: &Invocation, batch: &[&Record]) -> Outcome {
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
        let Ok(answer) = &invocation.outcome else { return Outcome::Failed };
        if !self.mapping.reports_failures {
            return Outcome::Done;
        }
        let answer: Option<Answer> =
            serde_json::from_slice(answer).unwrap_or(Some(Answer { batch_item_failures: None }));
        let failures = answer.and_then(|answer| answer.batch_item_failures).unwrap_or_default();
        if failures.is_empty() {
            return Outcome::Done;
        }
        // An identifier that names nothing fails the whole batch.
        let numbers: Option<Vec<i64>> = failures
            .iter()
            .map(|failure| {
                let number = failure.item_identifier.as_ref()?.parse().ok()?;
                batch.iter().any(|record| record.sequence == number).then_some(number)
            })
            .collect();
        numbers.and_then(|numbers| numbers.into_iter().min()).map_or(Outcome::Failed, Outcome::FailedAt)
    }

    /// Why a record that failed is not tried again.
    fn is_hopeless(&self, record: &Record, tries: u32) -> Option<&'static str> {
        let age = Timestamp::now().as_second() - record.created_at;
        if self.mapping.max_retries.is_some_and(|retries| tries > retries) {
            return Some("RetryAttemptsExhausted");
        }
        (u64::try_from(age).unwrap_or_default() > self.mapping.max_age.as_secs()).then_some("RecordAgeExceeded")
    }

    /// Tells the failure queue of a record and goes on behind it, in one transaction.
    fn give_up(&self, record: &Record, invocation: &Invocation, condition: &str, tries: u32) -> anyhow::Result<()> {
        tracing::error!(mapping = self.mapping.name, sequence = record.sequence, condition, "a record is given up");
        let at = Timestamp::from_second(record.created_at)?;
        let note = json!({
            "requestContext": {
                "requestId": invocation.request_id,
                "functionArn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.mapping.function),
                "condition": condition,
                "approximateInvokeCount": tries,
            },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "version": "1.0",
            "timestamp": Timestamp::now(),
            "DDBStreamBatchInfo": {
                "shardId": SHARD,
                "startSequenceNumber": record.sequence.to_string(),
                "endSequenceNumber": record.sequence.to_string(),
                "approximateArrivalOfFirstRecord": at,
                "approximateArrivalOfLastRecord": at,
                "batchSize": 1,
                "streamArn": stream_arn(&self.mapping.table),
            },
        });
        self.state.transact(|transaction| {
            if let Some(queue) = &self.mapping.on_failure {
                self.queues.send(transaction, queue, &note.to_string(), None)?;
            }
            store(transaction, &self.mapping.name, record.sequence)
        })
    }

    fn checkpoint(&self) -> anyhow::Result<i64> {
        self.state.transact(|transaction| checkpoint(transaction, &self.mapping.name))
    }

    fn advance(&self, sequence: i64) -> anyhow::Result<()> {
        self.state.transact(|transaction| store(transaction, &self.mapping.name, sequence))
    }
}

const SHARD: &str = "shardId-00000000000000000000-00000000";

/// The ARN of a table's stream.
pub(crate) fn stream_arn(table: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/2026-01-01T00:00:00.000")
}

fn checkpoint(connection: &Connection, mapping: &str) -> anyhow::Result<i64> {
    let query = "SELECT sequence FROM stream_checkpoints WHERE mapping = ?1";
    Ok(connection.query_row(query, [mapping], |row| row.get(0)).optional()?.unwrap_or(0))
}

fn store(connection: &Connection, mapping: &str, sequence: i64) -> anyhow::Result<()> {
    connection.execute(
        "INSERT INTO stream_checkpoints (mapping, sequence) VALUES (?1, ?2)
         ON CONFLICT (mapping) DO UPDATE SET sequence = excluded.sequence",
        params![mapping, sequence],
    )?;
    Ok(())
}

/// The records of `table` behind number `after`, in order, at most `most`.
fn read(file: &Path, table: &str, after: i64, most: usize) -> anyhow::Result<Vec<Record>> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let mut query = connection.prepare(
        "SELECT CAST(sequence_number AS INTEGER), event_name, keys_json, new_image, old_image, created_at,
             user_identity, event_id
         FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2
         ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3",
    )?;
    let mut rows = query.query(params![table, after, most])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let sequence: i64 = row.get(0)?;
        let created_at: i64 = row.get(5)?;
        let image = |column: usize| -> anyhow::Result<Option<Value>> {
            let text: Option<String> = row.get(column)?;
            Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
        };
        let keys: String = row.get(2)?;
        let (new, old) = (image(3)?, image(4)?);
        let size = keys.len() + [&new, &old].into_iter().flatten().map(|image| image.to_string().len()).sum::<usize>();
        let mut change = json!({
            "ApproximateCreationDateTime": created_at,
            "Keys": serde_json::from_str::<Value>(&keys)?,
            "SequenceNumber": sequence.to_string(),
            "SizeBytes": size,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        });
        for (name, image) in [("NewImage", new), ("OldImage", old)] {
            if let Some(image) = image {
                change[name] = image;
            }
        }
        let mut wire = json!({
            "eventID": row.get::<_, Option<String>>(7)?.unwrap_or_else(|| sequence.to_string()),
            "eventName": row.get::<_, String>(1)?,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": change,
            "eventSourceARN": stream_arn(table),
        });
        // Only expired items have one.
        if row.get::<_, Option<String>>(6)?.is_some() {
            wire["userIdentity"] = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
        }
        records.push(Record { sequence, created_at, wire });
    }
    Ok(records)
}

/// Deletes the records that every mapping is done with once they are as old as AWS keeps them, until `stop` turns true.
pub async fn purge(mappings: Vec<StreamMapping>, file: PathBuf, state: State, mut stop: watch::Receiver<bool>) {
    let mut timer = tokio::time::interval(Duration::from_secs(60));
    loop {
        tokio::select! {
            _ = timer.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let (mappings, file, state) = (mappings.clone(), file.clone(), state.clone());
        let purged = tokio::task::spawn_blocking(move || purge_once(&mappings, &file, &state)).await;
        if let Err(error) = purged.map_err(anyhow::Error::from).flatten() {
            tracing::error!(error = format!("{error:#}"), "stream records cannot be purged");
        }
    }
}

fn purge_once(mappings: &[StreamMapping], file: &Path, state: &State) -> anyhow::Result<()> {
    let done: Vec<i64> = state
        .transact(|transaction| mappings.iter().map(|mapping| checkpoint(transaction, &mapping.name)).collect())?;
    let oldest = Timestamp::now().as_second() - i64::try_from(RETENTION.as_secs())?;
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // The newest record stays whatever its age: the next one is numbered after it.
    connection.execute(
        "DELETE FROM _stream_records WHERE created_at < ?1 AND CAST(sequence_number AS INTEGER) <= ?2
             AND id < (SELECT MAX(id) FROM _stream_records)",
        params![oldest, done.into_iter().min().unwrap_or(i64::MAX)],
    )?;
    Ok(())
}

/// How long AWS keeps stream records.
const RETENTION: Duration = Duration::from_secs(24 * 3600);
