use std::ops::RangeInclusive;
use std::time::Duration;

/// Bounds of one connection.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For the whole handshake.
    pub handshake: Duration,
    /// From the handshake to `publish`.
    pub publish: Duration,
    /// Without a byte, once published.
    pub silence: Duration,
    /// Of one message, and of all unfinished messages together.
    pub message_bytes: usize,
    /// Of one message before `publish` is accepted, and of one command or metadata at any time.
    pub command_bytes: usize,
    /// Chunk streams that the peer may open.
    pub chunk_streams: usize,
    /// What the peer may set as its chunk size. Less breaks the session; more counts as the end of the range, which is
    /// harmless while that is no less than `message_bytes`.
    pub chunk_bytes: RangeInclusive<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            publish: Duration::from_secs(10),
            silence: Duration::from_secs(10),
            message_bytes: 8 * 1024 * 1024,
            command_bytes: 64 * 1024,
            chunk_streams: 64,
            chunk_bytes: 1..=0xff_ffff,
        }
    }
}
