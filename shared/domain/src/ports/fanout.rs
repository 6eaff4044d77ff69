//! What a fan-out needs beside stores and sockets: time that passes, and messages to itself.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::PortError;
use crate::ids::StreamId;

/// Time that passes.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Comes back after this.
    async fn sleep(&self, time: Duration);
}

/// A message that comes later: the viewers of a stream are to be counted then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountDue {
    /// The stream.
    pub stream_id: StreamId,
    /// When they may be counted again. Who counts then or later has done what this is for.
    pub at: Timestamp,
}

/// Messages to ourselves that come later.
#[async_trait]
pub trait LateCounts: Send + Sync {
    /// Sends a message that comes after `delay`, in whole seconds, rounded up.
    async fn send(&self, due: &CountDue, delay: Duration) -> Result<(), PortError>;
}
