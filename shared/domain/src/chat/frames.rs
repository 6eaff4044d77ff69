//! What goes over a socket: one JSON object a frame. Fields are snake_case, as seed 002's clients expect them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Message;
use super::room::{Role, Room};
use crate::ids::{MessageId, StreamId};
use crate::stream::State;
use crate::stream::health::Sample;
use crate::stream::status::Status;

/// What a server says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServerFrame {
    /// The client is in the room.
    Joined(Box<Joined>),
    /// Something was said. The echo to its author is the acknowledgement.
    ChatBroadcast(Said),
    /// What was asked of the history, oldest first.
    History {
        /// The room.
        stream_id: StreamId,
        /// Each is a `CHAT_BROADCAST`.
        messages: Vec<ServerFrame>,
        /// Whether there is more beyond the last one, in the direction that was asked for.
        more: bool,
    },
    /// How many watch.
    ViewUpdate {
        /// The stream.
        stream_id: StreamId,
        /// Open connections.
        count: u32,
        /// RFC 3339, UTC, milliseconds.
        timestamp: String,
    },
    /// Something happened to the stream.
    StreamStatus {
        /// The stream.
        stream_id: StreamId,
        /// What people are told of it.
        status: Status,
        /// Where it is in its life.
        state: State,
        /// What its encoder does.
        ingest: &'static str,
        /// RFC 3339, UTC, milliseconds.
        timestamp: String,
    },
    /// The encoder's signal, for the owner.
    IngestStats {
        /// The stream.
        stream_id: StreamId,
        /// Kilobits each second.
        bitrate_kbps: f64,
        /// Pictures each second.
        fps: f64,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// How far the encoder's clock is from ours, in milliseconds.
        drift_ms: f64,
        /// RFC 3339, UTC, milliseconds.
        timestamp: String,
    },
    /// Something that was said is to be forgotten.
    MessageDeleted {
        /// The room.
        stream_id: StreamId,
        /// The message.
        id: MessageId,
    },
    /// Somebody is not in the room any more.
    UserBanned {
        /// The room.
        stream_id: StreamId,
        /// Who.
        user_id: String,
        /// RFC 3339; for good when absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String>,
    },
    /// How long one waits between two messages.
    SlowMode {
        /// The room.
        stream_id: StreamId,
        /// 0 is no bound.
        seconds: u32,
    },
    /// What the client said was not done.
    Error(Refusal),
    /// The answer to a `PING`.
    Pong {
        /// As it came.
        #[serde(skip_serializing_if = "Option::is_none")]
        t: Option<serde_json::Value>,
    },
}

/// The welcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Joined {
    /// The room.
    pub stream_id: StreamId,
    /// Open connections.
    pub count: u32,
    /// RFC 3339, UTC, milliseconds.
    pub timestamp: String,
    /// What only those who say `HELLO` are told.
    #[serde(flatten)]
    pub more: Option<Welcome>,
}

/// What somebody who says `HELLO` is told of themselves and the room.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Welcome {
    /// Who they are; null for somebody who only reads.
    pub user_id: Option<String>,
    /// Their name.
    pub username: Option<String>,
    /// What they are in the room.
    pub roles: Vec<Role>,
    /// Whether they may write now.
    pub can_write: bool,
    /// What people are told of the stream.
    pub status: Status,
    /// Seconds between two messages of one person.
    pub slow_mode: u32,
    /// The latest messages, or those after the one that was named; oldest first.
    pub history: Vec<ServerFrame>,
    /// Whether there are more after the last one.
    pub more: bool,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The room.
    pub stream_id: StreamId,
    /// Who said it.
    pub user_id: String,
    /// Their name: text, never markup.
    pub username: String,
    /// Text, never markup.
    pub content: String,
    /// When it was taken: RFC 3339, UTC, milliseconds.
    pub timestamp: String,
    /// The message.
    pub id: MessageId,
    /// The author's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What the author was in the room.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// One plain sentence.
    pub content: &'static str,
    /// RFC 3339, UTC, milliseconds.
    pub timestamp: String,
    /// Stable.
    pub code: Code,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The message that was refused, by its author's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// The kinds of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
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

impl Code {
    /// What people read. The first is seed 002's, to the letter.
    pub fn content(self) -> &'static str {
        match self {
            Self::RateLimited => "Rate limit exceeded. Connection closed.",
            Self::TooLong => "A message has at most 200 characters.",
            Self::Empty => "The message says nothing.",
            Self::BadJson => "This is not understood.",
            Self::UnknownType => "This type of frame is not known.",
            Self::Forbidden => "You may not do this here.",
            Self::Banned => "You are banned from this chat.",
            Self::SlowMode => "Slow mode is on: wait a little.",
            Self::ChatClosed => "This chat is closed.",
            Self::NotFound => "There is no such thing.",
            Self::Unavailable => "Not available right now: try again.",
        }
    }
}

impl ServerFrame {
    /// A message.
    pub fn said(message: &Message) -> Self {
        Self::ChatBroadcast(Said {
            stream_id: message.stream_id,
            user_id: message.user_id.clone(),
            username: message.username.clone(),
            content: message.content.clone(),
            timestamp: timestamp(message.at()),
            id: message.id,
            client_id: message.client_id.clone(),
            roles: message.roles.clone(),
        })
    }

    /// What happened to a stream.
    pub fn status(room: &Room, now: Timestamp) -> Self {
        Self::StreamStatus {
            stream_id: room.id,
            status: room.status(now),
            state: room.state,
            ingest: room.ingest.name(),
            timestamp: timestamp(now),
        }
    }

    /// A measurement of the encoder's signal.
    pub fn measured(stream_id: StreamId, sample: &Sample) -> Self {
        Self::IngestStats {
            stream_id,
            bitrate_kbps: sample.bitrate_kbps,
            fps: sample.fps,
            width: sample.width,
            height: sample.height,
            drift_ms: sample.drift_ms,
            timestamp: timestamp(sample.at),
        }
    }
}

impl Refusal {
    /// At `now`.
    pub fn new(code: Code, now: Timestamp) -> Self {
        Self { content: code.content(), timestamp: timestamp(now), code, retry_after_ms: None, client_id: None }
    }
}

/// RFC 3339, UTC, milliseconds.
pub fn timestamp(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// What a client says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientFrame {
    /// To be said in the room.
    Chat {
        /// 1-200 characters.
        content: String,
        /// 1-64 visible characters of ASCII; the same one within ten minutes is the same message.
        #[serde(default)]
        client_id: Option<String>,
    },
    /// The first frame of a client that wants a full welcome.
    Hello {
        /// The last message it has seen.
        #[serde(default)]
        after: Option<MessageId>,
        /// Messages, 1-100.
        #[serde(default)]
        limit: Option<usize>,
    },
    /// What was said before, or after.
    History {
        /// Messages after this one.
        #[serde(default)]
        after: Option<MessageId>,
        /// Messages before this one.
        #[serde(default)]
        before: Option<MessageId>,
        /// Messages, 1-100.
        #[serde(default)]
        limit: Option<usize>,
    },
    /// Still there.
    Ping {
        /// Comes back.
        #[serde(default)]
        t: Option<serde_json::Value>,
    },
    /// To be forgotten.
    Delete {
        /// The message.
        id: MessageId,
    },
}

impl ClientFrame {
    /// Reads a frame.
    ///
    /// # Errors
    /// `BadJson`, `UnknownType`.
    pub fn read(body: &str) -> Result<Self, Code> {
        const TYPES: [&str; 5] = ["CHAT", "HELLO", "HISTORY", "PING", "DELETE"];
        let value: serde_json::Value = serde_json::from_str(body).map_err(|_| Code::BadJson)?;
        match value.get("type") {
            Some(serde_json::Value::String(name)) if TYPES.contains(&name.as_str()) => {}
            Some(serde_json::Value::String(_)) => return Err(Code::UnknownType),
            _ => return Err(Code::BadJson),
        }
        serde_json::from_value(value).map_err(|_| Code::BadJson)
    }
}
