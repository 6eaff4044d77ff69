//! The state machine of a stream: [`decide`] says which event a command leads to, [`Stream::apply`] what the event changes.
//! A stream is the fold of its events.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::{ChatMode, GRACE, Ingest, IngestRef, State, StopReason, Stream, Visibility};
use crate::error::{Error, Result};
use crate::ids::VideoId;
use crate::outbox::{Change, DomainEvent};

/// What is asked of a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Wait for an encoder.
    Start,
    /// An encoder's key was taken; there is no picture yet.
    Connect,
    /// The picture of an ingest session is there.
    GoLive(IngestRef),
    /// An ingest session is over.
    Drop {
        /// Which.
        ingest_id: String,
        /// Since when.
        at: Timestamp,
    },
    /// The grace is over.
    Lose,
    /// Something went wrong with an encoder; it may come again.
    Note {
        /// What.
        reason: String,
    },
    /// End it.
    Stop(StopReason),
    /// IVS says that it is over, or had its time to.
    Settle,
    /// Make a video of its recordings.
    Archive,
    /// The video plays.
    Publish(VideoId),
    /// There is no video yet.
    FailArchive {
        /// Why.
        reason: String,
    },
    /// It cannot go on.
    Fail {
        /// Why.
        reason: String,
    },
    /// Change words and settings.
    Edit(Box<Edit>),
    /// Delete it.
    Delete,
}

/// Changes of a stream; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Edit {
    /// 1-140 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// At most 2,000 characters; an empty text removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it is announced for; `Some(None)` removes it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub scheduled_at: Option<Option<Timestamp>>,
    /// Who finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Whether it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_enabled: Option<bool>,
    /// Whether viewers may go back in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dvr_enabled: Option<bool>,
    /// How far, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dvr_window_in_minutes: Option<u32>,
    /// Whether viewers see it within about three seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_latency_enabled: Option<bool>,
    /// Whether an encoder that connects begins it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_start: Option<bool>,
    /// How long it waits for an encoder that is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect_window_seconds: Option<u32>,
    /// The most viewers at a time; `Some(None)` removes the bound.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub max_concurrent_viewers: Option<Option<u32>>,
    /// The only countries it is shown in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_countries: Option<Vec<String>>,
    /// Countries it is not shown in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_countries: Option<Vec<String>>,
    /// Its room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatEdit>,
}

/// Changes of a stream's room; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChatEdit {
    /// Whether there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Who may write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ChatMode>,
    /// Seconds between two messages of one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_mode_seconds: Option<u32>,
}

/// A field that is there, be it null: absent and null are different things.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What has happened to a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// It was announced; the first event of each stream.
    StreamCreated(Box<Stream>),
    /// It waits for its encoder.
    StreamStarting {},
    /// It has its first picture.
    StreamStarted(IngestRef),
    /// An encoder came after the first, or the news of it came late.
    EncoderConnected(IngestRef),
    /// The encoder is gone.
    EncoderDropped {
        /// The ingest session that is over.
        ingest_id: String,
        /// Since when.
        since: Timestamp,
        /// Until then viewers are told nothing.
        grace_until: Timestamp,
    },
    /// It did not come back in time to go unnoticed.
    EncoderLost {
        /// Since when it is gone.
        since: Timestamp,
        /// Until then it is waited for.
        window_until: Timestamp,
    },
    /// Something went wrong with an encoder.
    EncoderFailed {
        /// What.
        reason: String,
    },
    /// It is being ended.
    StreamStopping {
        /// Why.
        reason: StopReason,
    },
    /// It is over.
    StreamStopped {},
    /// Its recordings become a video.
    StreamArchiving {},
    /// There is no video yet.
    StreamArchiveFailed {
        /// Why.
        reason: String,
    },
    /// Its video plays.
    StreamArchived {
        /// The video.
        video_id: VideoId,
    },
    /// It ended with an error.
    StreamFailed {
        /// Why.
        reason: String,
    },
    /// Its words or settings were changed.
    StreamEdited(Box<Edit>),
    /// It was deleted.
    StreamDeleted {},
}

/// The event a command leads to, or `None` where it has nothing to say to a stream in this state: a repetition, or news
/// that came too late.
///
/// # Errors
/// `IllegalTransition`.
pub fn decide(stream: &Stream, command: Command) -> Result<Option<Event>> {
    use Command as C;
    use State as S;
    let is_known = |session: &IngestRef| stream.sessions.contains(&session.ingest_id);
    let is_connected =
        |id: &str| matches!(&stream.ingest, Ingest::Connected { ingest_id, .. } if ingest_id.as_str() == id);
    let event = match (stream.state, command) {
        (S::Created, C::Start) => Event::StreamStarting {},
        (S::Starting | S::Running, C::Start) => return Ok(None),

        (S::Created, C::Connect) if stream.settings.auto_start => Event::StreamStarting {},
        (_, C::Connect) => return Ok(None),

        (_, C::GoLive(session)) if is_known(&session) => return Ok(None),
        // Where the key was taken but nobody said so, the picture says both.
        (S::Created, C::GoLive(session)) if stream.settings.auto_start => Event::StreamStarted(session),
        (S::Created, C::GoLive(_)) => return Ok(None),
        (S::Starting, C::GoLive(session)) => Event::StreamStarted(session),
        (S::Running | S::Stopping | S::Stopped | S::Archiving, C::GoLive(session)) => Event::EncoderConnected(session),
        (S::Archived | S::Failed | S::Deleted, C::GoLive(_)) => return Ok(None),

        (S::Running, C::Drop { ingest_id, at }) if is_connected(&ingest_id) => {
            Event::EncoderDropped { ingest_id, since: at, grace_until: at + GRACE }
        }
        (S::Stopping, C::Drop { ingest_id, .. }) if is_connected(&ingest_id) => Event::StreamStopped {},
        (_, C::Drop { .. }) => return Ok(None),

        (S::Running, C::Lose) => match &stream.ingest {
            Ingest::Reconnecting { since, .. } => {
                Event::EncoderLost { since: *since, window_until: *since + stream.reconnect_window() }
            }
            Ingest::None | Ingest::Connected { .. } | Ingest::Lost { .. } => return Ok(None),
        },
        (_, C::Lose) => return Ok(None),

        (S::Created | S::Starting | S::Running, C::Note { reason })
            if stream.failure_reason != Some(reason.clone()) =>
        {
            Event::EncoderFailed { reason }
        }
        (_, C::Note { .. }) => return Ok(None),

        (S::Starting | S::Running, C::Stop(reason)) => Event::StreamStopping { reason },
        (S::Stopping, C::Stop(_)) => return Ok(None),

        (S::Stopping, C::Settle) => Event::StreamStopped {},
        (_, C::Settle) => return Ok(None),

        (S::Stopped, C::Archive) => Event::StreamArchiving {},
        (S::Archiving, C::Archive) => return Ok(None),
        (S::Archiving, C::Publish(video_id)) => Event::StreamArchived { video_id },
        (_, C::Publish(_)) => return Ok(None),
        (S::Archiving, C::FailArchive { reason }) if stream.archive_error != Some(reason.clone()) => {
            Event::StreamArchiveFailed { reason }
        }
        (_, C::FailArchive { .. }) => return Ok(None),

        (S::Created | S::Starting | S::Running, C::Fail { reason }) => Event::StreamFailed { reason },
        (_, C::Fail { .. }) => return Ok(None),

        (S::Deleted, C::Delete) => return Ok(None),
        (S::Created | S::Stopped | S::Archived | S::Failed, C::Delete) => Event::StreamDeleted {},
        (state, C::Edit(edit)) if state != S::Deleted => Event::StreamEdited(edit),
        (state, C::Start | C::Stop(_) | C::Archive | C::Edit(_) | C::Delete) => {
            return Err(Error::IllegalTransition { state: state.name(), allowed: allowed(stream) });
        }
    };
    Ok(Some(event))
}

/// What an owner may ask of a stream now.
pub fn allowed(stream: &Stream) -> Vec<&'static str> {
    match stream.state {
        State::Created => vec!["edit", "start", "delete"],
        State::Starting | State::Running => vec!["edit", "start", "stop"],
        State::Stopping => vec!["edit", "stop"],
        State::Stopped => vec!["edit", "archive", "delete"],
        State::Archiving => vec!["edit", "archive"],
        State::Archived | State::Failed => vec!["edit", "delete"],
        State::Deleted => Vec::new(),
    }
}

impl State {
    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Stopping => "STOPPING",
            Self::Stopped => "STOPPED",
            Self::Archiving => "ARCHIVING",
            Self::Archived => "ARCHIVED",
            Self::Failed => "FAILED",
            Self::Deleted => "DELETED",
        }
    }
}

impl Stream {
    /// The stream after an event.
    fn apply(mut self, event: &Event, at: Timestamp) -> Self {
        match event.clone() {
            Event::StreamCreated(stream) => return *stream,
            Event::StreamStarting {} => {
                self.state = State::Starting;
                self.armed_at = Some(at);
            }
            Event::StreamStarted(session) => {
                self.state = State::Running;
                self.started_at = Some(session.started_at);
                self.failure_reason = None;
                self.attach(session);
            }
            Event::EncoderConnected(session) => self.attach(session),
            Event::EncoderDropped { since, grace_until, .. } => {
                self.set_ingest(Ingest::Reconnecting { since, grace_until });
            }
            Event::EncoderLost { since, window_until } => self.set_ingest(Ingest::Lost { since, window_until }),
            Event::EncoderFailed { reason } => self.failure_reason = Some(reason),
            Event::StreamStopping { reason } => {
                self.state = State::Stopping;
                self.stop_reason = Some(reason);
                self.ended_at = Some(at);
            }
            Event::StreamStopped {} => {
                self.state = State::Stopped;
                self.stopped_at = Some(at);
                self.set_ingest(Ingest::None);
            }
            Event::StreamArchiving {} => self.state = State::Archiving,
            Event::StreamArchiveFailed { reason } => self.archive_error = Some(reason),
            Event::StreamArchived { video_id } => {
                self.state = State::Archived;
                self.archived_at = Some(at);
                self.archive_error = None;
                self.video_id = Some(video_id);
            }
            Event::StreamFailed { reason } => {
                self.state = State::Failed;
                self.failure_reason = Some(reason);
                self.ended_at = Some(at);
                self.set_ingest(Ingest::None);
            }
            Event::StreamEdited(edit) => self.edit(*edit),
            Event::StreamDeleted {} => self.state = State::Deleted,
        }
        self.updated_at = at;
        self.version += 1;
        self
    }

    fn set_ingest(&mut self, ingest: Ingest) {
        if self.ingest != ingest {
            self.ingest = ingest;
            self.ingest_seq += 1;
        }
    }

    /// One more ingest session. Only the latest says what the encoder does, whatever the order of the news.
    fn attach(&mut self, session: IngestRef) {
        self.sessions.push(session.ingest_id.clone());
        if self.latest.as_ref().is_some_and(|latest| latest.started_at >= session.started_at) {
            return;
        }
        self.latest = Some(session.clone());
        if matches!(self.state, State::Running | State::Stopping) {
            self.set_ingest(Ingest::Connected { ingest_id: session.ingest_id, since: session.started_at });
        }
    }

    fn edit(&mut self, edit: Edit) {
        fn set<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        set(&mut self.title, edit.title);
        if let Some(description) = edit.description {
            self.description = Some(description).filter(|text| !text.is_empty());
        }
        set(&mut self.scheduled_at, edit.scheduled_at);
        set(&mut self.visibility, edit.visibility);
        let settings = &mut self.settings;
        set(&mut settings.recording_enabled, edit.recording_enabled);
        set(&mut settings.dvr_enabled, edit.dvr_enabled);
        set(&mut settings.dvr_window_in_minutes, edit.dvr_window_in_minutes);
        set(&mut settings.low_latency_enabled, edit.low_latency_enabled);
        set(&mut settings.auto_start, edit.auto_start);
        set(&mut settings.reconnect_window_seconds, edit.reconnect_window_seconds);
        set(&mut settings.max_concurrent_viewers, edit.max_concurrent_viewers);
        set(&mut settings.allowed_countries, edit.allowed_countries);
        set(&mut settings.blocked_countries, edit.blocked_countries);
        let chat = edit.chat.unwrap_or_default();
        set(&mut settings.chat.enabled, chat.enabled);
        set(&mut settings.chat.mode, chat.mode);
        set(&mut settings.chat.slow_mode_seconds, chat.slow_mode_seconds);
    }

    /// The change that `event` makes, ready to be saved.
    pub fn change(self, event: &Event, at: Timestamp) -> Result<Change<Self>> {
        let next = self.apply(event, at);
        Ok(Change { next, event: DomainEvent::record(event, at)? })
    }

    /// The stream that a sequence of events leads to.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a DomainEvent>) -> Result<Option<Self>> {
        let mut stream: Option<Self> = None;
        for recorded in events {
            let event = recorded.read::<Event>()?;
            stream = match (stream, &event) {
                (None, Event::StreamCreated(first)) => Some((**first).clone()),
                (Some(stream), event) => Some(stream.apply(event, recorded.at)),
                (None, _) => None,
            };
        }
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::testing::sample_stream;

    fn session(id: &str, second: i64) -> IngestRef {
        let started_at = sample_stream().created_at + SignedDuration::from_secs(second);
        IngestRef { ingest_id: id.into(), started_at }
    }

    fn commands() -> Vec<(&'static str, Command)> {
        let at = session("", 9).started_at;
        let text = || "words".to_owned();
        vec![
            ("start", Command::Start),
            ("connect", Command::Connect),
            ("go live", Command::GoLive(session("st-2", 5))),
            ("go live again", Command::GoLive(session("st-1", 1))),
            ("drop", Command::Drop { ingest_id: "st-1".into(), at }),
            ("drop other", Command::Drop { ingest_id: "st-0".into(), at }),
            ("lose", Command::Lose),
            ("note", Command::Note { reason: text() }),
            ("stop", Command::Stop(StopReason::Command)),
            ("settle", Command::Settle),
            ("archive", Command::Archive),
            ("publish", Command::Publish(VideoId::from_uuid(uuid::Uuid::nil()))),
            ("fail archive", Command::FailArchive { reason: text() }),
            ("fail", Command::Fail { reason: text() }),
            ("edit", Command::Edit(Box::new(Edit { title: Some("New".into()), ..Edit::default() }))),
            ("delete", Command::Delete),
        ]
    }

    fn streams() -> Vec<(&'static str, Stream)> {
        let first = session("st-1", 1);
        let (since, later) = (first.started_at, first.started_at + GRACE);
        let connected = Ingest::Connected { ingest_id: "st-1".into(), since };
        let at = |state, ingest: Ingest| {
            let begun = state != State::Created && state != State::Starting;
            let sessions = if begun { vec!["st-1".to_owned()] } else { Vec::new() };
            Stream { state, ingest, sessions, latest: begun.then(|| first.clone()), ..sample_stream() }
        };
        let waiting = Stream {
            settings: super::super::Settings { auto_start: false, ..super::super::Settings::default() },
            ..at(State::Created, Ingest::None)
        };
        vec![
            ("CREATED", at(State::Created, Ingest::None)),
            ("CREATED by hand", waiting),
            ("STARTING", at(State::Starting, Ingest::None)),
            ("RUNNING", at(State::Running, connected.clone())),
            ("RUNNING grace", at(State::Running, Ingest::Reconnecting { since, grace_until: later })),
            ("RUNNING lost", at(State::Running, Ingest::Lost { since, window_until: later })),
            ("STOPPING", at(State::Stopping, connected)),
            ("STOPPED", at(State::Stopped, Ingest::None)),
            ("ARCHIVING", at(State::Archiving, Ingest::None)),
            ("ARCHIVED", at(State::Archived, Ingest::None)),
            ("FAILED", at(State::Failed, Ingest::None)),
            ("DELETED", at(State::Deleted, Ingest::None)),
        ]
    }

    #[test]
    fn every_state_answers_every_command() {
        let mut table = String::new();
        for (state, stream) in streams() {
            for (name, command) in commands() {
                let answer = match decide(&stream, command) {
                    Ok(Some(event)) => {
                        let change = stream.clone().change(&event, stream.updated_at).unwrap();
                        let next = change.next;
                        format!("{} -> {} {}", change.event.name, next.state.name(), next.ingest.name())
                    }
                    Ok(None) => "nothing".to_owned(),
                    Err(Error::IllegalTransition { allowed, .. }) => format!("illegal, allowed: {}", allowed.join(" ")),
                    Err(error) => panic!("{error}"),
                };
                table.push_str(&format!("{state:15} {name:13} {answer}\n"));
            }
        }
        let published = include_str!("../../../../docs/stream-states.md");
        assert!(published.contains(table.trim_end()), "docs/stream-states.md must hold this table:\n{table}");
    }

    #[test]
    fn what_is_allowed_is_what_decide_takes() {
        let asked = ["start", "stop", "archive", "edit", "delete"];
        for (state, stream) in streams() {
            for (name, command) in commands().into_iter().filter(|(name, _)| asked.contains(name)) {
                let is_refused = matches!(decide(&stream, command), Err(Error::IllegalTransition { .. }));
                let is_tombstone = stream.state == State::Deleted && name == "delete";
                assert_eq!(!is_refused, allowed(&stream).contains(&name) || is_tombstone, "{name} in {state}");
            }
        }
    }

    #[test]
    fn an_edit_of_the_room_leaves_the_rest_of_it_alone() {
        let edit = |stream: Stream, chat| {
            let command = Command::Edit(Box::new(Edit { chat: Some(chat), ..Edit::default() }));
            let event = decide(&stream, command).unwrap().unwrap();
            stream.change(&event, sample_stream().created_at).unwrap()
        };
        let open = edit(sample_stream(), ChatEdit { mode: Some(ChatMode::Open), ..ChatEdit::default() });
        let slow = edit(open.next, ChatEdit { slow_mode_seconds: Some(5), ..ChatEdit::default() });
        let chat = &slow.next.settings.chat;
        assert_eq!((chat.enabled, chat.mode, chat.slow_mode_seconds), (true, ChatMode::Open, 5));
        assert_eq!(slow.event.data, serde_json::json!({ "chat": { "slowModeSeconds": 5 } }));
    }

    #[test]
    fn an_edit_that_was_recorded_with_the_whole_room_still_folds() {
        let first = sample_stream();
        let created = DomainEvent::record(&Event::StreamCreated(Box::new(first.clone())), first.created_at).unwrap();
        let chat = serde_json::json!({ "enabled": false, "mode": "OPEN", "slowModeSeconds": 7 });
        let edited = DomainEvent {
            name: "StreamEdited".into(),
            data: serde_json::json!({ "chat": chat }),
            ..DomainEvent::record(&Event::StreamStarting {}, first.created_at).unwrap()
        };
        let stream = Stream::fold(&[created, edited]).unwrap().unwrap();
        assert_eq!(serde_json::to_value(&stream.settings.chat).unwrap(), chat);
    }

    #[test]
    fn a_stream_is_the_fold_of_its_events() {
        let first = sample_stream();
        let created = Event::StreamCreated(Box::new(first.clone()));
        let mut events = vec![DomainEvent::record(&created, first.created_at).unwrap()];
        let mut stream = first;
        let edit = |edit| Command::Edit(Box::new(edit));
        let at = session("", 3).started_at;
        let steps = [
            edit(Edit { scheduled_at: Some(Some(at)), max_concurrent_viewers: Some(Some(5)), ..Edit::default() }),
            edit(Edit { scheduled_at: Some(None), max_concurrent_viewers: Some(None), ..Edit::default() }),
            Command::Connect,
            Command::Note { reason: "no video".into() },
            Command::GoLive(session("st-1", 1)),
            Command::Drop { ingest_id: "st-1".into(), at },
            Command::Lose,
            Command::GoLive(session("st-2", 5)),
            // Its news come late: it changes nothing but the list of sessions.
            Command::GoLive(session("st-0", 0)),
            Command::Stop(StopReason::MaxDuration),
            Command::Settle,
            Command::Archive,
            Command::FailArchive { reason: "not yet".into() },
            Command::Publish(VideoId::from_uuid(uuid::Uuid::nil())),
            Command::Delete,
        ];
        for command in steps {
            let event = decide(&stream, command.clone()).unwrap();
            let event = event.unwrap_or_else(|| panic!("{command:?} says nothing to {stream:?}"));
            let later = stream.updated_at + SignedDuration::from_secs(1);
            let change = stream.change(&event, later).unwrap();
            events.push(change.event);
            stream = change.next;
            assert_eq!(Stream::fold(&events).unwrap().unwrap(), stream);
        }
        assert_eq!((stream.state, stream.version, stream.ingest_seq), (State::Deleted, 16, 5));
        assert_eq!(stream.sessions, ["st-1", "st-2", "st-0"]);
        assert_eq!((stream.archive_error, stream.latest.unwrap().ingest_id), (None, "st-2".to_owned()));
    }
}
