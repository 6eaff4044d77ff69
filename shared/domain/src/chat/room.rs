//! The chat of one stream: what is known of it in one read, and who may do what in it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, StreamId, UserId};
use crate::stream::status::Status;
use crate::stream::{ChatMode, ChatSettings, Ingest, State, Stream, Visibility};

/// How long a room stays open once its stream has ended.
pub const AFTERGLOW: SignedDuration = SignedDuration::from_mins(10);
/// Viewers of one shard: more of them make another one.
pub const SHARD_VIEWERS: u32 = 2_000;

/// The chat of one stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// Its stream.
    pub id: StreamId,
    /// The stream's owner.
    pub user_id: UserId,
    /// The stream's channel: moderators and bans belong to it.
    pub channel_id: ChannelId,
    /// Who finds the stream.
    pub visibility: Visibility,
    /// Whether there is a chat, and who may write.
    pub chat: ChatSettings,
    /// Where the stream is in its life.
    pub state: State,
    /// What its encoder does.
    pub ingest: Ingest,
    /// When it is announced for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// The most viewers at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent_viewers: Option<u32>,
    /// When nothing is said any more; absent while the stream goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Timestamp>,
    /// In how many parts its connections are kept. It grows by itself: saving the stream leaves it alone.
    #[serde(default = "one", skip_serializing)]
    pub connection_shards: u32,
}

fn one() -> u32 {
    1
}

/// What somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The stream is theirs.
    Owner,
    /// The owner trusts them.
    Moderator,
}

impl Room {
    /// The room of a stream.
    pub fn of(stream: &Stream) -> Self {
        let ended = stream.ended_at.or(stream.stopped_at).unwrap_or(stream.updated_at);
        let closes_at = match stream.state {
            State::Created | State::Starting | State::Running => None,
            State::Deleted => Some(stream.updated_at),
            State::Stopping | State::Stopped | State::Archiving | State::Archived | State::Failed => {
                Some(ended + AFTERGLOW)
            }
        };
        Self {
            id: stream.id,
            user_id: stream.user_id,
            channel_id: stream.channel_id,
            visibility: stream.visibility,
            chat: stream.settings.chat.clone(),
            state: stream.state,
            ingest: stream.ingest.clone(),
            scheduled_at: stream.scheduled_at,
            max_concurrent_viewers: stream.settings.max_concurrent_viewers,
            closes_at,
            connection_shards: 1,
        }
    }

    /// Whether something may be said in it at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.chat.enabled && self.closes_at.is_none_or(|end| end > now)
    }

    /// What people are told of the stream at `now`.
    pub fn status(&self, now: Timestamp) -> Status {
        Status::of(self.state, &self.ingest, self.scheduled_at, now)
    }

    /// Whether somebody with these roles may know of it.
    pub fn is_shown_to(&self, roles: &[Role]) -> bool {
        self.state != State::Deleted && (self.visibility != Visibility::Private || !roles.is_empty())
    }

    /// Whether guests may write.
    pub fn takes_guests(&self) -> bool {
        self.chat.mode == ChatMode::Open
    }
}
