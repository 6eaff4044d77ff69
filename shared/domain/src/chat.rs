//! Rooms: the chat of streams. Each stream has one, which is open from its announcement until ten minutes after its end.
//!
//! `room` says who may do what where, `content` what a message may be, `frames` what goes over a socket. People enter by
//! `tickets` and `connecting`, are heard in `talking`, and are kept in check in `moderation`. Whatever is stored reaches
//! the others through the table's stream, as a [`changes::Change`], by `broadcast`; `counting` says when viewers are counted. `replay` exports what was said beside a recording.

pub mod broadcast;
pub mod changes;
pub mod connecting;
pub mod connection;
pub mod content;
pub mod counting;
pub mod frames;
pub mod history;
pub mod housekeeping;
pub mod moderation;
pub mod moderators;
pub mod replay;
pub mod room;
pub mod talking;
pub mod tickets;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::{MessageId, StreamId, UserId};
use crate::ports;
use room::{Role, Room};

/// How long messages are kept.
pub const MESSAGE_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a resent message is recognised.
pub const RESEND_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Something that was said in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Identifier. It holds the time the message was taken, by which messages are ordered, to the millisecond.
    pub id: MessageId,
    /// The room.
    pub stream_id: StreamId,
    /// Who said it: `usr_...` or `guest:...`.
    pub user_id: String,
    /// The name to be shown: text, never markup.
    pub username: String,
    /// What was said, 1-200 characters; empty when it was deleted.
    pub content: String,
    /// What its author was in the room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// The author's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Who deleted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_by: Option<UserId>,
}

impl Message {
    /// When it was taken.
    pub fn at(&self) -> Timestamp {
        crate::ids::made_at(self.id)
    }
}

/// The commands and queries of rooms.
#[derive(Clone)]
pub struct Chat {
    /// Where rooms are kept.
    pub rooms: Arc<dyn ports::Rooms>,
    /// Where connections are kept.
    pub connections: Arc<dyn ports::Connections>,
    /// Where messages are kept.
    pub messages: Arc<dyn ports::Messages>,
    /// Where tries are counted.
    pub attempts: Arc<dyn ports::Attempts>,
    /// The time.
    pub clock: Arc<dyn ports::Clock>,
}

impl Chat {
    /// With every repository in one table.
    pub fn new<T>(table: Arc<T>, clock: Arc<dyn ports::Clock>) -> Self
    where
        T: ports::Rooms + ports::Connections + ports::Messages + ports::Attempts + 'static,
    {
        Self { rooms: table.clone(), connections: table.clone(), messages: table.clone(), attempts: table, clock }
    }

    /// A room that the caller may know of: PRIVATE ones are for the owner and the moderators.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn room(&self, caller: Option<UserId>, id: StreamId) -> Result<(Room, Vec<Role>)> {
        let room = self.rooms.room(id).await?.ok_or(Error::NotFound { what: "stream" })?;
        let roles = match caller {
            Some(caller) => self.roles(&room, caller).await?,
            None => Vec::new(),
        };
        if room.is_shown_to(&roles) { Ok((room, roles)) } else { Err(Error::NotFound { what: "stream" }) }
    }

    async fn roles(&self, room: &Room, caller: UserId) -> Result<Vec<Role>> {
        if room.user_id == caller {
            return Ok(vec![Role::Owner]);
        }
        let is_moderator = self.rooms.moderator(room.channel_id, caller).await?.is_some();
        Ok(if is_moderator { vec![Role::Moderator] } else { Vec::new() })
    }
}
