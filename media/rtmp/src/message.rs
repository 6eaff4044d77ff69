//! Messages (6.1) and the ones that control the protocol itself (5.4, 6.2).

mod aggregate;

use bytes::{Buf, BufMut, Bytes, BytesMut};

pub use self::aggregate::Aggregate;
use crate::Error;

/// Message type ids (5.4, 6.2, 7.1).
pub mod kind {
    /// Set Chunk Size.
    pub const SET_CHUNK_SIZE: u8 = 1;
    /// Abort Message.
    pub const ABORT: u8 = 2;
    /// Acknowledgement.
    pub const ACKNOWLEDGEMENT: u8 = 3;
    /// User Control Messages.
    pub const USER_CONTROL: u8 = 4;
    /// Window Acknowledgement Size.
    pub const WINDOW_ACKNOWLEDGEMENT_SIZE: u8 = 5;
    /// Set Peer Bandwidth.
    pub const SET_PEER_BANDWIDTH: u8 = 6;
    /// Audio.
    pub const AUDIO: u8 = 8;
    /// Video.
    pub const VIDEO: u8 = 9;
    /// Data in AMF3, which in practice is a zero byte and AMF0.
    pub const DATA_AMF3: u8 = 15;
    /// A command in AMF3, which in practice is a zero byte and AMF0.
    pub const COMMAND_AMF3: u8 = 17;
    /// Data in AMF0.
    pub const DATA: u8 = 18;
    /// A command in AMF0.
    pub const COMMAND: u8 = 20;
    /// Several messages in one.
    pub const AGGREGATE: u8 = 22;
}

/// User Control event types (7.1.7).
pub mod user_control {
    /// The server tells that a message stream may be used.
    pub const STREAM_BEGIN: u16 = 0;
    /// Asks for a [`PING_RESPONSE`] with the same time.
    pub const PING_REQUEST: u16 = 6;
    /// Answers a ping.
    pub const PING_RESPONSE: u16 = 7;
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is: one of [`kind`].
    pub kind: u8,
    /// Message stream id; 0 is the connection itself.
    pub stream: u32,
    /// Milliseconds, wrapping at 32 bits.
    pub timestamp: u32,
    /// Its body.
    pub payload: Bytes,
}

impl Message {
    /// A message of the connection itself at time 0.
    pub fn control(kind: u8, payload: impl Into<Bytes>) -> Self {
        Self { kind, stream: 0, timestamp: 0, payload: payload.into() }
    }

    /// Set Chunk Size, Acknowledgement or Window Acknowledgement Size: a number of bytes.
    pub fn bytes(kind: u8, bytes: u32) -> Self {
        Self::control(kind, bytes.to_be_bytes().to_vec())
    }

    /// Set Peer Bandwidth with the limit type "dynamic" (5.4.5).
    pub fn peer_bandwidth(bytes: u32) -> Self {
        let mut payload = BytesMut::with_capacity(5);
        payload.put_u32(bytes);
        payload.put_u8(2);
        Self::control(kind::SET_PEER_BANDWIDTH, payload)
    }

    /// A User Control Message with one number.
    pub fn user_control(event: u16, value: u32) -> Self {
        let mut payload = BytesMut::with_capacity(6);
        payload.put_u16(event);
        payload.put_u32(value);
        Self::control(kind::USER_CONTROL, payload)
    }

    /// The number of a message that [`Message::bytes`] makes.
    pub fn number(&self) -> Result<u32, Error> {
        self.payload.clone().try_get_u32().map_err(|_| Error::Protocol("control message cut off"))
    }
}
