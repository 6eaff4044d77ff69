//! Streams: broadcasts on a channel, from being announced to becoming a video.
//!
//! `state` is the machine: which event each command leads to, and how an event changes a stream; `status` is what people
//! are told of it. `session` holds what IVS said of one connection of an encoder, and `ingest` lets it change the stream.
//! `pursuit` does what a stored stream asks for: timers, calls to IVS, the `archive` of its recordings. `commands`,
//! `queries`, `playback` and `health` are what owners and viewers ask, `reconciliation` what nobody does, and `lost_recordings` belongs to it.

pub mod archive;
pub mod commands;
pub mod health;
pub mod ingest;
mod lost_recordings;
pub mod playback;
pub mod playlists;
pub mod pursuit;
pub mod queries;
pub mod reconciliation;
pub mod session;
pub mod state;
pub mod status;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::channel::{self, Channel, LatencyMode};
use crate::ids::{ChannelId, StreamId, UserId, VideoId};
use crate::ports;
use crate::video::names;

/// How long a stream stays LIVE without its encoder.
pub const GRACE: SignedDuration = SignedDuration::from_secs(10);
/// How long an armed stream waits for its first encoder.
pub const START_PATIENCE: SignedDuration = SignedDuration::from_mins(30);
/// How long a stream may run.
pub const MAX_RUNNING: SignedDuration = SignedDuration::from_hours(12);
/// How long IVS has to say that a stopped stream is over.
pub const STOP_PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// How long recordings are awaited once a stream is over.
pub const RECORDING_PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// One broadcast on a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stream {
    /// Identifier.
    pub id: StreamId,
    /// The owner.
    pub user_id: UserId,
    /// The owner's name, which never changes; absent in streams that were made before it was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Where it takes place.
    pub channel_id: ChannelId,
    /// The multivariant playlist of its channel.
    pub playback_url: String,
    /// 1-140 characters.
    pub title: String,
    /// At most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it is announced for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// Who finds it.
    pub visibility: Visibility,
    /// How it is made.
    pub settings: Settings,
    /// Where it is in its life.
    pub state: State,
    /// What its encoder does.
    pub ingest: Ingest,
    /// One more with each change of `ingest`.
    pub ingest_seq: u64,
    /// The latest of its ingest sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<IngestRef>,
    /// Its ingest sessions, by their order of arrival.
    pub sessions: Vec<String>,
    /// When it began to wait for its encoder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub armed_at: Option<Timestamp>,
    /// When its first picture came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was decided to end it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// When its video was READY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Why it was ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
    /// What went wrong with it or its encoder, last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Why its recordings are no video yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_error: Option<String>,
    /// The video of its recordings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_id: Option<VideoId>,
    /// Key of the latest picture of its latest recording. It is noted underneath: saving the stream leaves it alone.
    #[serde(default, skip_serializing, rename = "thumbnail")]
    pub picture: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// 1, then one more with each change.
    pub version: u64,
}

/// Where a stream is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// It is announced.
    Created,
    /// It waits for its encoder.
    Starting,
    /// It has had a picture.
    Running,
    /// It is being ended.
    Stopping,
    /// It is over.
    Stopped,
    /// Its recordings become a video.
    Archiving,
    /// Its video plays.
    Archived,
    /// It ended with an error.
    Failed,
    /// It is gone; what is left says so for a day.
    Deleted,
}

/// What the encoder of a stream does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "UPPERCASE", rename_all_fields = "camelCase")]
pub enum Ingest {
    /// None has come.
    None,
    /// It sends.
    Connected {
        /// The ingest session.
        ingest_id: String,
        /// Since when.
        since: Timestamp,
    },
    /// It is gone a moment ago.
    Reconnecting {
        /// Since when.
        since: Timestamp,
        /// Until then viewers are told nothing.
        grace_until: Timestamp,
    },
    /// It is gone.
    Lost {
        /// Since when.
        since: Timestamp,
        /// Until then the stream waits for it.
        window_until: Timestamp,
    },
}

/// An ingest session and its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IngestRef {
    /// IVS's `stream_id`.
    pub ingest_id: String,
    /// When its first picture came.
    pub started_at: Timestamp,
}

/// Who finds a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Whoever has the link.
    Unlisted,
    /// Whom its owner gives a token.
    Private,
}

/// Why a stream was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StopReason {
    /// Its owner said so.
    Command,
    /// Its encoder did not come back in time.
    ReconnectWindow,
    /// No encoder came in time.
    NoEncoder,
    /// It ran as long as a stream may.
    MaxDuration,
}

/// How a stream is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Whether it is recorded, and its recording becomes a video.
    pub recording_enabled: bool,
    /// Whether viewers may go back in it.
    pub dvr_enabled: bool,
    /// How far, in minutes, 1-720.
    pub dvr_window_in_minutes: u32,
    /// Whether viewers see it within about three seconds.
    pub low_latency_enabled: bool,
    /// Whether an encoder that connects begins it.
    pub auto_start: bool,
    /// How long it waits for an encoder that is gone, 0-1,800.
    pub reconnect_window_seconds: u32,
    /// The most viewers at a time; no bound when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent_viewers: Option<u32>,
    /// ISO 3166 alpha-2 codes of the only countries it is shown in; everywhere when empty.
    #[serde(default)]
    pub allowed_countries: Vec<String>,
    /// ISO 3166 alpha-2 codes of countries it is not shown in.
    #[serde(default)]
    pub blocked_countries: Vec<String>,
    /// Its room.
    pub chat: ChatSettings,
}

/// The room of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatSettings {
    /// Whether there is one.
    pub enabled: bool,
    /// Who may write.
    pub mode: ChatMode,
    /// Seconds between two messages of one person; 0 is no bound.
    pub slow_mode_seconds: u32,
}

/// Who may write in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ChatMode {
    /// Whoever is signed in.
    Members,
    /// Everybody.
    Open,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            recording_enabled: true,
            dvr_enabled: true,
            dvr_window_in_minutes: 120,
            low_latency_enabled: true,
            auto_start: true,
            reconnect_window_seconds: 300,
            max_concurrent_viewers: None,
            allowed_countries: Vec::new(),
            blocked_countries: Vec::new(),
            chat: ChatSettings { enabled: true, mode: ChatMode::Members, slow_mode_seconds: 0 },
        }
    }
}

impl Stream {
    /// Whether its playback URL alone plays nothing.
    pub fn needs_token(&self) -> bool {
        let settings = &self.settings;
        self.visibility != Visibility::Public
            || settings.max_concurrent_viewers.is_some()
            || !settings.allowed_countries.is_empty()
            || !settings.blocked_countries.is_empty()
    }

    /// Whether somebody with its link may see it: PUBLIC and UNLISTED ones everybody, PRIVATE ones their owner.
    pub fn is_shown_to(&self, caller: Option<UserId>) -> bool {
        let is_known = self.visibility != Visibility::Private || caller == Some(self.user_id);
        is_known && self.state != State::Deleted
    }

    /// What it wants of the IVS channel.
    pub fn options(&self, channel: &Channel) -> channel::Options {
        channel::Options {
            latency_mode: if self.settings.low_latency_enabled { LatencyMode::Low } else { LatencyMode::Normal },
            channel_type: channel.channel_type,
            recording: self.settings.recording_enabled,
            authorized: self.needs_token(),
        }
    }

    /// Key of the picture that stands for it: the latest one while it runs, the poster of its video afterwards.
    pub fn thumbnail(&self) -> Option<String> {
        thumbnail_of(self.user_id, self.video_id, self.state, self.picture.as_ref())
    }

    /// Whether it holds its channel.
    pub fn is_active(&self) -> bool {
        matches!(self.state, State::Starting | State::Running | State::Stopping)
    }

    /// How long it waits for an encoder that is gone.
    pub fn reconnect_window(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.settings.reconnect_window_seconds))
    }
}

fn thumbnail_of(user: UserId, video: Option<VideoId>, state: State, picture: Option<&String>) -> Option<String> {
    match video {
        Some(video) => Some(names::poster(user, video)),
        None => picture.filter(|_| state == State::Running).cloned(),
    }
}

/// The commands and queries of channels and streams.
#[derive(Clone)]
pub struct Live {
    /// Where channels are kept.
    pub channels: Arc<dyn ports::Channels>,
    /// Where streams and ingest sessions are kept.
    pub streams: Arc<dyn ports::Streams>,
    /// Where measurements of streams are kept.
    pub measurements: Arc<dyn ports::Measurements>,
    /// Where what was said in rooms is kept.
    pub messages: Arc<dyn ports::Messages>,
    /// Where users are kept.
    pub accounts: Arc<dyn ports::Accounts>,
    /// Where the videos of recordings go.
    pub videos: Arc<dyn ports::VideoCatalog>,
    /// Where commands that were done are remembered.
    pub idempotency: Arc<dyn ports::Idempotency>,
    /// IVS.
    pub provider: Arc<dyn ports::LiveProvider>,
    /// The bucket recordings are in.
    pub media: Arc<dyn ports::Objects>,
    /// Messages to ourselves that come later.
    pub nudges: Arc<dyn ports::Nudges>,
    /// The time.
    pub clock: Arc<dyn ports::Clock>,
    /// Channels that one user may have.
    pub max_channels: u32,
}

impl Live {
    /// With every repository in one table.
    pub fn new<T>(
        table: Arc<T>,
        provider: Arc<dyn ports::LiveProvider>,
        media: Arc<dyn ports::Objects>,
        nudges: Arc<dyn ports::Nudges>,
        clock: Arc<dyn ports::Clock>,
        max_channels: u32,
    ) -> Self
    where
        T: ports::Channels
            + ports::Streams
            + ports::Measurements
            + ports::Messages
            + ports::Accounts
            + ports::VideoCatalog
            + ports::Idempotency
            + 'static,
    {
        Self {
            channels: table.clone(),
            streams: table.clone(),
            measurements: table.clone(),
            messages: table.clone(),
            accounts: table.clone(),
            videos: table.clone(),
            idempotency: table,
            provider,
            media,
            nudges,
            clock,
            max_channels,
        }
    }
}
