//! What goes over a room's WebSocket: one JSON object a frame, its fields in snake_case. The wire types themselves are
//! [`skylark_domain::chat::frames`]; these declare them, and a test holds the one against the other.
#![allow(dead_code, reason = "these types only carry the declarations of frames")]

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::RoleName;
use crate::operations::streams::StreamStatusName;

/// What a client says. Frames of at most 32 KiB; `type` chooses the route.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChatClientFrame {
    /// To be said in the room. Its echo, a `CHAT_BROADCAST`, is the acknowledgement.
    Chat {
        /// 1-200 characters after normalisation, at most 1 KiB.
        content: String,
        /// The client's own name for it: 1-64 visible characters of ASCII. The same one within ten minutes is the same
        /// message.
        #[schema(required = false, min_length = 1, max_length = 64)]
        client_id: Option<String>,
    },
    /// The first frame of a client that wants a full `JOINED`.
    Hello {
        /// The last message it has seen: `msg_...`.
        #[schema(required = false)]
        after: Option<String>,
        /// Messages.
        #[schema(required = false, minimum = 1, maximum = 100)]
        limit: Option<u32>,
    },
    /// What was said before a message, or after it.
    History {
        /// `msg_...`.
        #[schema(required = false)]
        after: Option<String>,
        /// `msg_...`.
        #[schema(required = false)]
        before: Option<String>,
        /// Messages.
        #[schema(required = false, minimum = 1, maximum = 100)]
        limit: Option<u32>,
    },
    /// Still there; at least every ten minutes.
    Ping {
        /// Comes back.
        #[schema(required = false)]
        t: Option<Value>,
    },
    /// A message to be taken back, by those who keep order.
    Delete {
        /// `msg_...`.
        id: String,
    },
}

/// What a server says.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChatServerFrame {
    /// The client is in the room. Everything from `user_id` on is told only to those who say `HELLO`.
    Joined {
        /// `str_...`.
        stream_id: String,
        /// Open connections.
        count: u32,
        /// RFC 3339, UTC, milliseconds.
        #[schema(format = "date-time")]
        timestamp: String,
        /// Who they are; null for somebody who only reads.
        #[schema(required = false)]
        user_id: Option<String>,
        /// Their name.
        #[schema(required = false)]
        username: Option<String>,
        /// What they are in the room.
        #[schema(required = false)]
        roles: Vec<RoleName>,
        /// Whether they may write now.
        #[schema(required = false)]
        can_write: bool,
        /// What people are told of the stream.
        #[schema(required = false)]
        status: StreamStatusName,
        /// Seconds between two messages of one person.
        #[schema(required = false)]
        slow_mode: u32,
        /// The latest messages, or those after the one that was named; oldest first.
        #[schema(required = false)]
        history: Vec<ChatBroadcast>,
        /// Whether there are more after the last one.
        #[schema(required = false)]
        more: bool,
    },
    /// Something was said.
    ChatBroadcast(ChatSaid),
    /// What was asked of the history.
    History {
        /// `str_...`.
        stream_id: String,
        /// Oldest first.
        messages: Vec<ChatBroadcast>,
        /// Whether there is more beyond the last one, in the direction that was asked for.
        more: bool,
    },
    /// How many watch: at most one in three seconds, and always the last change.
    ViewUpdate {
        /// `str_...`.
        stream_id: String,
        /// Open connections.
        count: u32,
        /// RFC 3339, UTC, milliseconds.
        #[schema(format = "date-time")]
        timestamp: String,
    },
    /// Something happened to the stream.
    StreamStatus {
        /// `str_...`.
        stream_id: String,
        /// What people are told of it.
        status: StreamStatusName,
        /// `CREATED` ... `ARCHIVED`, `FAILED`, `DELETED`.
        state: String,
        /// `NONE`, `CONNECTED`, `RECONNECTING`, `LOST`.
        ingest: String,
        /// RFC 3339, UTC, milliseconds.
        #[schema(format = "date-time")]
        timestamp: String,
    },
    /// The encoder's signal, for the owner.
    IngestStats {
        /// `str_...`.
        stream_id: String,
        /// Kilobits per second.
        bitrate_kbps: f64,
        /// Frames per second.
        fps: f64,
        /// Pixels; 0 when unknown.
        width: u32,
        /// Pixels; 0 when unknown.
        height: u32,
        /// How far the encoder's clock is from ours, in milliseconds.
        drift_ms: f64,
        /// RFC 3339, UTC, milliseconds.
        #[schema(format = "date-time")]
        timestamp: String,
    },
    /// Something that was said is to be forgotten.
    MessageDeleted {
        /// `str_...`.
        stream_id: String,
        /// `msg_...`.
        id: String,
    },
    /// Somebody is not in the room any more.
    UserBanned {
        /// `str_...`.
        stream_id: String,
        /// `usr_...` or `guest:...`.
        user_id: String,
        /// For good when absent.
        #[schema(required = false, format = "date-time")]
        until: Option<String>,
    },
    /// How long one waits between two messages.
    SlowMode {
        /// `str_...`.
        stream_id: String,
        /// 0 is no bound.
        seconds: u32,
    },
    /// What the client said was not done.
    Error {
        /// One plain sentence.
        content: String,
        /// RFC 3339, UTC, milliseconds.
        #[schema(format = "date-time")]
        timestamp: String,
        /// Stable.
        code: ChatErrorCode,
        /// When to try again.
        #[schema(required = false)]
        retry_after_ms: Option<u64>,
        /// The message that was refused, by its author's name for it.
        #[schema(required = false)]
        client_id: Option<String>,
    },
    /// The answer to a `PING`.
    Pong {
        /// As it came.
        #[schema(required = false)]
        t: Option<Value>,
    },
    /// Several frames in one, for clients that connect with `batch=1`.
    Batch {
        /// In their order.
        #[schema(no_recursion)]
        messages: Vec<ChatServerFrame>,
    },
}

/// A message in a list of them.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChatBroadcast {
    /// Something was said.
    ChatBroadcast(ChatSaid),
}

/// Something that was said in a room.
#[derive(Serialize, ToSchema)]
pub struct ChatSaid {
    /// `str_...`.
    stream_id: String,
    /// `usr_...` or `guest:...`.
    user_id: String,
    /// Its author's name: text, never markup.
    username: String,
    /// Text, never markup.
    content: String,
    /// When it was taken: RFC 3339, UTC, milliseconds.
    #[schema(format = "date-time")]
    timestamp: String,
    /// `msg_...`. Clients recognise repetitions by it.
    id: String,
    /// The author's own name for it.
    #[schema(required = false)]
    client_id: Option<String>,
    /// What its author was in the room.
    #[schema(required = false)]
    roles: Vec<RoleName>,
}

/// Why something was not done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChatErrorCode {
    /// Too many messages in a second; the connection is closed.
    RateLimited,
    /// More than 200 characters, or more than 1 KiB.
    TooLong,
    /// It says nothing.
    Empty,
    /// No JSON object, or a field that makes no sense.
    BadJson,
    /// A `type` that is not known.
    UnknownType,
    /// The caller may not do this.
    Forbidden,
    /// The caller may not be here.
    Banned,
    /// Too soon after the last message.
    SlowMode,
    /// Nothing is said here any more.
    ChatClosed,
    /// There is no such thing.
    NotFound,
    /// Something we depend on is down: try again.
    Unavailable,
}
