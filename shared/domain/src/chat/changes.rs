//! What happened in the table that people in a room are to be told.

use jiff::Timestamp;

use super::Message;
use super::connection::Seat;
use crate::ids::{MessageId, StreamId, UserId};
use crate::outbox::DomainEvent;
use crate::stream::health::Sample;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Something was said.
    Said(Message),
    /// Something that was said was deleted.
    Unsaid {
        /// The room.
        stream_id: StreamId,
        /// The message.
        id: MessageId,
    },
    /// Somebody came.
    Joined(Seat),
    /// Somebody left.
    Left {
        /// The room.
        stream_id: StreamId,
    },
    /// Something happened to the stream.
    Stream {
        /// The stream.
        stream_id: StreamId,
        /// What.
        event: DomainEvent,
    },
    /// Somebody may not be in the rooms of the channel any more.
    Banned {
        /// The room in which it was said.
        stream_id: StreamId,
        /// Who: `usr_...` or `guest:...`.
        user_id: String,
        /// Until when; for good when absent.
        until: Option<Timestamp>,
    },
    /// A user has ended a session.
    SignedOut(UserId),
    /// The encoder's signal was measured.
    Measured {
        /// The stream.
        stream_id: StreamId,
        /// The measurement.
        sample: Sample,
    },
}

impl Change {
    /// The room it concerns; none for what concerns a user everywhere.
    pub fn stream_id(&self) -> Option<StreamId> {
        match self {
            Self::Said(message) => Some(message.stream_id),
            Self::Joined(seat) => Some(seat.stream_id),
            Self::Unsaid { stream_id, .. }
            | Self::Left { stream_id }
            | Self::Stream { stream_id, .. }
            | Self::Banned { stream_id, .. }
            | Self::Measured { stream_id, .. } => Some(*stream_id),
            Self::SignedOut(_) => None,
        }
    }
}
