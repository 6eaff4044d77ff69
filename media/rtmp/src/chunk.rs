//! Chunks (5.3): messages of several chunk streams, cut into pieces and interleaved.

mod reader;
mod writer;

pub use self::reader::ChunkReader;
pub use self::writer::ChunkWriter;

/// Chunk size of both sides until they set another (5.4.1).
pub const DEFAULT_CHUNK_BYTES: usize = 128;

/// A time that does not fit three bytes stands behind the header, and this in its place (5.3.1.3).
const EXTENDED: u32 = 0xff_ffff;

/// Chunk stream of protocol control messages (5.4).
pub const CONTROL_STREAM: u8 = 2;
