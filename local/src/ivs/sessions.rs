//! Ingest sessions as they are stored, from the accepted key to the last event, and what AWS answers about them. A change
//! of a session and the event that tells of it are one transaction.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::channels::Channel;
use super::recording::Recording;
use super::recording_configurations::RecordingConfiguration;
use super::refusal::{Kind, refuse};
use super::resources::{self, Page};
use super::{Ivs, arn, events};
use crate::bus::Event;
use crate::state::now_ms;

/// How long AWS keeps a session.
const KEPT_MS: i64 = 60 * 24 * 3600 * 1000;
/// The most events of a session that are answered.
const MAX_EVENTS: usize = 500;

/// One ingest session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) stream_id: String,
    /// The channel as it was at the start.
    pub(super) channel: Channel,
    pub(super) recording_configuration: Option<RecordingConfiguration>,
    /// Milliseconds since 1970, as the others.
    pub(super) started_at: i64,
    /// When the first part could be watched.
    pub(super) live_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    /// `ingestConfiguration` on the wire: what the encoder announced.
    pub(super) ingest: Option<Value>,
    /// The recording that is not concluded.
    pub(super) recording: Option<Recording>,
    /// Oldest first.
    pub(super) events: Vec<Noted>,
}

/// An event of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Noted {
    name: String,
    r#type: String,
    at: i64,
}

impl Session {
    /// A session of `channel` that begins now.
    pub(super) fn new(channel: Channel, recording_configuration: Option<RecordingConfiguration>) -> Self {
        Self {
            stream_id: format!("st-{}", arn::random(23)),
            channel,
            recording_configuration,
            started_at: now_ms(),
            live_at: None,
            ended_at: None,
            ingest: None,
            recording: None,
            events: Vec::new(),
        }
    }

    fn wire(&self, ivs: &Ivs) -> anyhow::Result<Value> {
        let mut wire = json!({
            "streamId": self.stream_id,
            "startTime": time(self.started_at)?,
            "channel": self.channel.wire(ivs)?,
        });
        if let Some(at) = self.ended_at {
            wire["endTime"] = json!(time(at)?);
        }
        if let Some(ingest) = &self.ingest {
            wire["ingestConfiguration"] = ingest.clone();
            let list = |kind: &str| -> Vec<Value> { ingest.get(kind).cloned().into_iter().collect() };
            wire["ingestConfigurations"] =
                json!({ "videoConfigurations": list("video"), "audioConfigurations": list("audio") });
        }
        if let Some(configuration) = &self.recording_configuration {
            wire["recordingConfiguration"] = serde_json::to_value(configuration)?;
        }
        let noted = |event: &Noted| -> anyhow::Result<Value> {
            Ok(json!({ "name": event.name, "type": event.r#type, "eventTime": time(event.at)? }))
        };
        let events = self.events.iter().rev().take(MAX_EVENTS).map(noted).collect::<anyhow::Result<Vec<_>>>()?;
        wire["truncatedEvents"] = json!(events);
        Ok(wire)
    }
}

/// A time on the wire.
pub(super) fn time(ms: i64) -> anyhow::Result<String> {
    Ok(Timestamp::from_millisecond(ms)?.to_string())
}

/// Whether an encoder is connected to the channel.
pub(super) fn is_live(transaction: &Transaction<'_>, channel: &str) -> anyhow::Result<bool> {
    let query = "SELECT 1 FROM ivs_sessions WHERE channel = ?1 AND ended_at IS NULL";
    Ok(transaction.prepare_cached(query)?.exists([channel])?)
}

/// Stores a new session and tells of it. Sessions that are too old go.
pub(super) fn begin(ivs: &Ivs, session: &mut Session) -> anyhow::Result<()> {
    let event = events::state(session, "Session Created", json!({}));
    note(session, &event);
    ivs.state.transact(|transaction| {
        transaction.execute("DELETE FROM ivs_sessions WHERE ended_at < ?1", [now_ms() - KEPT_MS])?;
        store(transaction, session)?;
        ivs.bus.put(transaction, &event)
    })
}

/// Changes a session and puts the events that `change` answers.
pub(super) fn change(
    ivs: &Ivs,
    stream_id: &str,
    change: impl FnOnce(&mut Session) -> anyhow::Result<Vec<Event>>,
) -> anyhow::Result<()> {
    ivs.state.transact(|transaction| {
        let Some(mut session) = find(transaction, stream_id)? else { return Ok(()) };
        let events = change(&mut session)?;
        for event in &events {
            note(&mut session, event);
            ivs.bus.put(transaction, event)?;
        }
        store(transaction, &session)
    })
}

fn note(session: &mut Session, event: &Event) {
    let text = |field: &str| event.detail[field].as_str();
    let name = text("event_name").or(text("recording_status")).or(text("limit_name")).unwrap_or_default();
    let noted = Noted { name: name.to_owned(), r#type: event.detail_type.clone(), at: event.time.as_millisecond() };
    session.events.push(noted);
    if session.events.len() > MAX_EVENTS {
        session.events.remove(0);
    }
}

/// Sessions without an end, and those whose recording has none: what was live when the process was killed.
pub(super) fn unfinished(ivs: &Ivs) -> anyhow::Result<Vec<Session>> {
    ivs.state.transact(|transaction| {
        let mut query = transaction.prepare("SELECT session FROM ivs_sessions WHERE is_open ORDER BY number")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|text| Ok(serde_json::from_str(&text?)?)).collect()
    })
}

fn find(transaction: &Transaction<'_>, stream_id: &str) -> anyhow::Result<Option<Session>> {
    let query = "SELECT session FROM ivs_sessions WHERE stream_id = ?1";
    let found: Option<String> = transaction.query_row(query, [stream_id], |row| row.get(0)).optional()?;
    Ok(found.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn store(transaction: &Transaction<'_>, session: &Session) -> anyhow::Result<()> {
    let is_open = session.ended_at.is_none() || session.recording.is_some();
    transaction.execute(
        "INSERT INTO ivs_sessions (stream_id, channel, started_at, live_at, ended_at, is_open, session)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (stream_id) DO UPDATE SET live_at = ?4, ended_at = ?5, is_open = ?6, session = ?7",
        params![
            session.stream_id,
            session.channel.arn,
            session.started_at,
            session.live_at,
            session.ended_at,
            is_open,
            serde_json::to_string(session)?
        ],
    )?;
    Ok(())
}

/// Sessions that can be watched now, with their numbers, in the order of their beginnings.
pub(super) fn watchable(ivs: &Ivs, channel: Option<&str>) -> anyhow::Result<Vec<(i64, Session)>> {
    ivs.state.transact(|transaction| {
        let mut query = transaction.prepare_cached(
            "SELECT number, session FROM ivs_sessions
             WHERE is_open AND ended_at IS NULL AND live_at IS NOT NULL AND (?1 IS NULL OR channel = ?1) ORDER BY number",
        )?;
        let rows = query.query_map([channel], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (number, text) = row?;
            Ok((number, serde_json::from_str(&text)?))
        })
        .collect()
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Get {
    channel_arn: String,
    stream_id: Option<String>,
}

pub(super) fn get(ivs: &Ivs, input: Get) -> anyhow::Result<Value> {
    arn::check(arn::CHANNEL, &input.channel_arn)?;
    let query = "SELECT session FROM ivs_sessions WHERE channel = ?1 AND (?2 IS NULL OR stream_id = ?2)
         ORDER BY number DESC LIMIT 1";
    let found: Option<String> = ivs.state.transact(|transaction| {
        let found = transaction.query_row(query, params![input.channel_arn, input.stream_id], |row| row.get(0));
        Ok(found.optional()?)
    })?;
    let Some(text) = found else { return refuse(Kind::NotFound, "there is no such stream session") };
    let session: Session = serde_json::from_str(&text)?;
    Ok(json!({ "streamSession": session.wire(ivs)? }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    channel_arn: String,
    next_token: Option<String>,
    max_results: Option<i64>,
}

/// Newest first.
pub(super) fn list(ivs: &Ivs, input: List) -> anyhow::Result<Value> {
    let page = Page::ask(input.next_token.as_deref(), input.max_results, 100, 100)?;
    let before = if page.after == 0 { i64::MAX } else { page.after };
    let found = ivs.state.transact(|transaction| {
        resources::need::<Channel>(transaction, &input.channel_arn)?;
        let mut query = transaction.prepare_cached(
            "SELECT number, session FROM ivs_sessions WHERE channel = ?1 AND number < ?2
             ORDER BY number DESC LIMIT ?3",
        )?;
        let rows = query.query_map(params![input.channel_arn, before, page.most + 1], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (number, text) = row?;
            let session: Session = serde_json::from_str(&text)?;
            let mut wire = json!({
                "streamId": session.stream_id,
                "startTime": time(session.started_at)?,
                "hasErrorEvent": session.events.iter().any(|event| event.name == "Stream Failure"),
            });
            if let Some(at) = session.ended_at {
                wire["endTime"] = json!(time(at)?);
            }
            Ok((number, wire))
        })
        .collect::<anyhow::Result<Vec<_>>>()
    })?;
    let (sessions, next) = page.cut(found);
    Ok(json!({ "streamSessions": sessions, "nextToken": next }))
}
