//! Rooms, who is in them, and what is said there.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::chat::Message;
use crate::chat::connection::{Ban, Connection, Moderator, Seat, Statistics, Ticket};
use crate::chat::room::{Role, Room};
use crate::error::PortError;
use crate::ids::{ChannelId, MessageId, StreamId, UserId};

/// How somebody entered a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// They are in.
    Done,
    /// They are not: the ticket is spent, or its time is over.
    TicketSpent,
}

/// Whether a connection may speak now. The times of its last five tries move with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It may, and that is noted.
    Taken(Box<Connection>),
    /// It has spoken five times within the last second.
    TooSoon {
        /// When the fifth last time is a second ago.
        again_at: Timestamp,
    },
    /// There is no such connection.
    Unknown,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Done,
    /// It was stored before, as this one.
    Before(MessageId),
}

/// Who is in rooms, and who may enter.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Keeps a ticket.
    async fn keep_ticket(&self, ticket: &Ticket) -> Result<(), PortError>;
    /// The ticket of this digest, those past their time included.
    async fn ticket(&self, digest: &str) -> Result<Option<Ticket>, PortError>;
    /// Lets a connection in and spends its ticket, if it came with one, in one transaction.
    async fn enter(&self, connection: &Connection, ticket: Option<&str>) -> Result<Entered, PortError>;
    /// The connection of this id, read strongly.
    async fn connection(&self, id: &str) -> Result<Option<Connection>, PortError>;
    /// Notes that a client was heard of, and answers its connection.
    async fn note_seen(&self, id: &str, now: Timestamp) -> Result<Option<Connection>, PortError>;
    /// Removes a connection in one transaction; one that is gone is no error.
    async fn leave(&self, connection: &Connection) -> Result<(), PortError>;
    /// Removes many connections.
    async fn remove(&self, seats: &[Seat]) -> Result<(), PortError>;
    /// The open connections of a user or a guest that may write, read strongly.
    async fn connections_of(&self, user_id: &str) -> Result<Vec<Connection>, PortError>;
    /// How many these are.
    async fn count_connections_of(&self, user_id: &str) -> Result<u32, PortError>;
    /// Notes that whoever has a connection is banned: nothing is heard or told over it any more.
    async fn note_banned(&self, connection: &Connection) -> Result<(), PortError>;
    /// Notes what somebody is in a room from now on.
    async fn note_roles(&self, connection: &Connection, roles: &[Role]) -> Result<(), PortError>;
    /// The connections of one part of a room, those whose time is over at `now` left out.
    async fn seats(&self, id: StreamId, shard: u32, now: Timestamp) -> Result<Vec<Seat>, PortError>;
    /// Which of these connections were last heard of before `since`.
    async fn silent(&self, seats: &[Seat], since: Timestamp) -> Result<Vec<Seat>, PortError>;

    /// Takes the turn of a connection to speak, in one conditional write: five in a second, more for those who keep order.
    async fn take_turn(&self, id: &str, now: Timestamp) -> Result<Turn, PortError>;
    /// Takes somebody's turn in the slow mode of a room, in one conditional write: `None` when at least `pause` has passed since
    /// the last one, or when it was taken for the same message; else when it will have.
    async fn take_slow_turn(
        &self,
        room: StreamId,
        user_id: &str,
        client_id: Option<&str>,
        pause: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, PortError>;
}

/// What is said in rooms.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Stores a message, once for each of its author's names for it.
    async fn keep(&self, message: &Message) -> Result<Kept, PortError>;
    /// The message, deleted or not.
    async fn message(&self, room: StreamId, id: MessageId) -> Result<Option<Message>, PortError>;
    /// Deletes what a message says, and answers whether there was one that was not deleted.
    async fn unsay(&self, room: StreamId, id: MessageId, by: UserId, now: Timestamp) -> Result<bool, PortError>;
    /// The first messages of a room after a time, or after a message, oldest first, at most `limit`; read strongly. Those that
    /// were deleted or whose time is over are left out of them.
    async fn messages_after(
        &self,
        room: StreamId,
        after: Position,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Message>, PortError>;
    /// The last messages of a room before another, oldest first, as above; read strongly or not.
    async fn messages_before(
        &self,
        room: StreamId,
        before: Option<MessageId>,
        limit: usize,
        now: Timestamp,
        strongly: bool,
    ) -> Result<Vec<Message>, PortError>;
}

/// Rooms: what they are, who keeps order in them, and how many are there.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// The room of a stream, read strongly.
    async fn room(&self, id: StreamId) -> Result<Option<Room>, PortError>;
    /// Keeps the connections of a room in this many parts from now on, unless they are more already.
    async fn raise_shards(&self, id: StreamId, shards: u32) -> Result<(), PortError>;

    /// The ban of somebody, one that is over included.
    async fn ban(&self, channel: ChannelId, user_id: &str) -> Result<Option<Ban>, PortError>;
    /// Keeps a ban.
    async fn keep_ban(&self, ban: &Ban) -> Result<(), PortError>;
    /// Lifts a ban; none is no error.
    async fn lift_ban(&self, channel: ChannelId, user_id: &str) -> Result<(), PortError>;
    /// The bans of a channel.
    async fn bans(&self, channel: ChannelId) -> Result<Vec<Ban>, PortError>;
    /// Somebody who keeps order in the rooms of a channel.
    async fn moderator(&self, channel: ChannelId, user: UserId) -> Result<Option<Moderator>, PortError>;
    /// All of them.
    async fn moderators(&self, channel: ChannelId) -> Result<Vec<Moderator>, PortError>;
    /// Appoints one.
    async fn appoint(&self, moderator: &Moderator) -> Result<(), PortError>;
    /// Dismisses one; none is no error.
    async fn dismiss(&self, channel: ChannelId, user: UserId) -> Result<(), PortError>;

    /// How many watch.
    async fn statistics(&self, id: StreamId) -> Result<Statistics, PortError>;
    /// Notes a count, in one write, if nobody has counted since `before` was read; answers whether it was noted.
    async fn note_count(
        &self,
        id: StreamId,
        before: &Statistics,
        count: u32,
        next_count_at: Timestamp,
    ) -> Result<bool, PortError>;
    /// Notes that a room has connections now.
    async fn note_busy(&self, id: StreamId, now: Timestamp) -> Result<(), PortError>;
    /// The rooms that had connections within the last hours.
    async fn busy_rooms(&self, now: Timestamp) -> Result<Vec<StreamId>, PortError>;
    /// All connections of all rooms, when they were last added up.
    async fn total_connections(&self) -> Result<u32, PortError>;
    /// Notes how many these are.
    async fn note_total_connections(&self, count: u32) -> Result<(), PortError>;
}

/// Where a list of messages goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// After everything that was said before this time.
    Time(Timestamp),
    /// After this message.
    Message(MessageId),
}
