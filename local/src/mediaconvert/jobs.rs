//! Jobs as they are stored. A change of state and the event that tells of it are one transaction.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bus::{Bus, Event};
use crate::state::{State, now_ms};
use crate::world::{ACCOUNT, REGION};

/// The tables of this module.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, status TEXT NOT NULL, token TEXT, input TEXT NOT NULL,
    queue TEXT NOT NULL, job TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_status ON jobs (status, created_at);";

/// How long a request token names the job it made, as on AWS.
const TOKEN_LIFE_MS: i64 = 60_000;

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    Submitted,
    Progressing,
    Complete,
    Canceled,
    Error,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "SUBMITTED",
            Self::Progressing => "PROGRESSING",
            Self::Complete => "COMPLETE",
            Self::Canceled => "CANCELED",
            Self::Error => "ERROR",
        }
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Canceled | Self::Error)
    }
}

/// One job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) created_at: i64,
    pub(super) started_at: Option<i64>,
    pub(super) finished_at: Option<i64>,
    pub(super) status: Status,
    pub(super) phase: Option<String>,
    pub(super) percent: Option<u32>,
    pub(super) queue: String,
    pub(super) role: String,
    pub(super) token: Option<String>,
    pub(super) user_metadata: BTreeMap<String, String>,
    pub(super) settings: Value,
    pub(super) input: String,
    pub(super) error: Option<(u32, String)>,
    pub(super) output_groups: Option<Value>,
}

impl Job {
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:mediaconvert:{REGION}:{ACCOUNT}:jobs/{}", self.id)
    }

    fn event(&self, status: &str, more: Value) -> Event {
        let mut detail = json!({
            "timestamp": now_ms(),
            "accountId": ACCOUNT,
            "queue": self.queue,
            "jobId": self.id,
            "status": status,
            "userMetadata": self.user_metadata,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            detail[name] = value.clone();
        }
        Event::of_service("aws.mediaconvert", "MediaConvert Job State Change", vec![self.arn()], detail)
    }
}

/// The stored jobs. Cheap to clone.
#[derive(Clone)]
pub(super) struct Jobs {
    state: State,
    bus: Bus,
}

impl Jobs {
    pub(super) fn new(state: State, bus: Bus) -> Self {
        Self { state, bus }
    }

    /// Stores a job, or answers the one that its token made a moment ago.
    pub(super) fn create(&self, job: Job) -> anyhow::Result<Job> {
        self.state.transact(|transaction| {
            if let Some(token) = &job.token {
                let query = "SELECT job FROM jobs WHERE token = ?1 AND created_at > ?2";
                let known = params![token, now_ms() - TOKEN_LIFE_MS];
                if let Some(job) = transaction.query_row(query, known, read).optional()? {
                    return Ok(serde_json::from_str(&job)?);
                }
            }
            store(transaction, &job)?;
            Ok(job)
        })
    }

    pub(super) fn get(&self, id: &str) -> anyhow::Result<Option<Job>> {
        self.state.transact(|transaction| get(transaction, id))
    }

    /// Newest first, at most `most`.
    pub(super) fn list(
        &self,
        status: Option<&str>,
        input: Option<&str>,
        queue: Option<&str>,
        most: usize,
    ) -> anyhow::Result<Vec<Job>> {
        let query = "SELECT job FROM jobs WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR input = ?2)
             AND (?3 IS NULL OR queue = ?3) ORDER BY created_at DESC, rowid DESC LIMIT ?4";
        self.state.transact(|transaction| {
            let mut query = transaction.prepare_cached(query)?;
            let rows = query.query_map(params![status, input, queue, most], read)?;
            rows.map(|job| Ok(serde_json::from_str(&job?)?)).collect()
        })
    }

    /// The job to be run next: one that was cut off, else the oldest that waits.
    pub(super) fn next(&self) -> anyhow::Result<Option<Job>> {
        let query = "SELECT job FROM jobs WHERE status IN ('PROGRESSING', 'SUBMITTED')
             ORDER BY status, created_at, rowid LIMIT 1";
        self.state.transact(|transaction| {
            let job = transaction.query_row(query, [], read).optional()?;
            Ok(job.map(|job| serde_json::from_str(&job)).transpose()?)
        })
    }

    /// Changes a job that is not at its end, and puts an event. Answers whether it was not.
    pub(super) fn change(
        &self,
        id: &str,
        event_status: &str,
        more: Value,
        change: impl FnOnce(&mut Job),
    ) -> anyhow::Result<bool> {
        self.state.transact(|transaction| {
            let Some(mut job) = get(transaction, id)?.filter(|job| !job.status.is_final()) else { return Ok(false) };
            change(&mut job);
            store(transaction, &job)?;
            self.bus.put(transaction, &job.event(event_status, more))?;
            Ok(true)
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}

fn get(transaction: &Transaction<'_>, id: &str) -> anyhow::Result<Option<Job>> {
    let job = transaction.query_row("SELECT job FROM jobs WHERE id = ?1", [id], read).optional()?;
    Ok(job.map(|job| serde_json::from_str(&job)).transpose()?)
}

fn store(transaction: &Transaction<'_>, job: &Job) -> anyhow::Result<()> {
    let text = serde_json::to_string(job)?;
    transaction.execute(
        "INSERT OR REPLACE INTO jobs (id, created_at, status, token, input, queue, job)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![job.id, job.created_at, job.status.as_str(), job.token, job.input, job.queue, text],
    )?;
    Ok(())
}
