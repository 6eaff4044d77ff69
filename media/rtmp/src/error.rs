use std::io;
use std::time::Duration;

/// Why a session was broken off. The peer gets no status: it broke the protocol, or is gone.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The transport failed.
    #[error("transport: {0}")]
    Io(#[from] io::Error),
    /// C0 names a version that is not 3. Encrypted RTMP and HTTP end here.
    #[error("version {0} of RTMP is not spoken here")]
    Version(u8),
    /// The handshake was not complete in time.
    #[error("no handshake within {0:?}")]
    SlowHandshake(Duration),
    /// The peer shook hands and then published nothing.
    #[error("nothing published within {0:?} of the handshake")]
    SlowPublish(Duration),
    /// The peer stopped reading what it was sent.
    #[error("the peer takes no answers")]
    Stalled,
    /// Chunks break the rules of chapter 5.3.
    #[error("chunk: {0}")]
    Chunk(&'static str),
    /// More than a limit allows: what, and how much the limit is.
    #[error("{what} beyond the limit of {limit}")]
    Limit {
        /// What there was too much of.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
    /// A value of a command or of metadata is malformed.
    #[error("AMF0: {0}")]
    Amf0(&'static str),
    /// The body of an audio or video message is malformed.
    #[error("FLV: {0}")]
    Flv(&'static str),
    /// A message comes at the wrong time or lacks a part.
    #[error("protocol: {0}")]
    Protocol(&'static str),
}
