//! Who is in a room: tickets to it, connections, and the people behind them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::room::Role;
use crate::ids::{ChannelId, MessageId, StreamId, UserId};

/// How long a ticket is good.
pub const TICKET_LIFE: SignedDuration = SignedDuration::from_secs(60);
/// How long a connection can last: API Gateway's limit, and a little more for clocks that differ.
pub const CONNECTION_LIFE: SignedDuration = SignedDuration::from_mins(130);

/// Somebody who may speak in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// `usr_...` or `guest:...`.
    pub user_id: String,
    /// The name to be shown.
    pub username: String,
    /// What they are in the room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
}

impl Person {
    /// Whether nobody vouches for them.
    pub fn is_guest(&self) -> bool {
        self.member().is_none()
    }

    /// The user they are.
    pub fn member(&self) -> Option<UserId> {
        self.user_id.parse().ok()
    }

    /// Whether they keep order.
    pub fn keeps_order(&self) -> bool {
        !self.roles.is_empty()
    }
}

/// Permission to enter a room once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Digest of the secret.
    pub digest: String,
    /// The room.
    pub stream_id: StreamId,
    /// For whom; absent for somebody who only reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// An open connection, found by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// API Gateway's id.
    pub id: String,
    /// The room.
    pub stream_id: StreamId,
    /// In which part of the room's connections it is kept.
    pub shard: u32,
    /// Whose it is; absent for somebody who only reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// Whether whoever has it was banned since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_banned: bool,
    /// Whether it takes several frames in one.
    pub is_batch: bool,
    /// The last message the client had seen before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<MessageId>,
    /// When it was made.
    pub connected_at: Timestamp,
    /// When the client was last heard of.
    pub seen_at: Timestamp,
}

/// What the room knows of a connection: all that is needed to send it something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// API Gateway's id.
    pub connection_id: String,
    /// The room.
    pub stream_id: StreamId,
    /// In which part of the room's connections it is kept.
    pub shard: u32,
    /// Whether it takes several frames in one.
    pub is_batch: bool,
    /// Whether it is the owner's.
    pub is_owner: bool,
    /// When it was made.
    pub connected_at: Timestamp,
}

/// Somebody who may not enter the rooms of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ban {
    /// The channel.
    pub channel_id: ChannelId,
    /// The room in which it was said.
    pub stream_id: StreamId,
    /// Who: `usr_...` or `guest:...`.
    pub user_id: String,
    /// By whom.
    pub banned_by: UserId,
    /// When.
    pub banned_at: Timestamp,
    /// Until when; for good when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Ban {
    /// Whether it holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// Somebody whom the owner of a channel trusts with its rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moderator {
    /// The channel.
    pub channel_id: ChannelId,
    /// Who.
    pub user_id: UserId,
    /// Their name when they were appointed.
    pub username: String,
    /// When.
    pub appointed_at: Timestamp,
}

/// How many watch a stream, and when they may be counted again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Open connections when they were last counted.
    pub viewer_count: u32,
    /// The most there were.
    pub peak: u32,
    /// When they may be counted again; absent before the first count.
    pub next_count_at: Option<Timestamp>,
    /// IVS's own count of playback sessions.
    pub playback_sessions: u32,
}
