//! Sending over open WebSocket connections.

use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::error::PortError;

/// A text frame. It holds its digest: every post is signed over it, and one frame goes to many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    text: Bytes,
    sha256: [u8; 32],
}

impl Frame {
    /// A frame of this text, at most 128 KiB of UTF-8.
    pub fn new(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        Self { sha256: Sha256::digest(&text).into(), text }
    }

    /// The text.
    pub fn text(&self) -> &Bytes {
        &self.text
    }

    /// The text's SHA-256.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

/// What became of a frame for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// Handed over.
    Done,
    /// There is no such connection any more, or not yet: it cannot be posted to while `$connect` runs.
    Gone,
    /// Asked to slow down, or the client's buffer is full.
    Throttled,
}

/// Open connections of the WebSocket API.
#[async_trait]
pub trait SocketPush: Send + Sync {
    /// Sends one text frame.
    async fn post(&self, connection_id: &str, frame: &Frame) -> Result<Posted, PortError>;
    /// Whether it is open.
    async fn is_open(&self, connection_id: &str) -> Result<bool, PortError>;
    /// Closes it; one that is gone is no error.
    async fn close(&self, connection_id: &str) -> Result<(), PortError>;
}
