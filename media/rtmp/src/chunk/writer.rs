use bytes::{BufMut, BytesMut};

use super::{DEFAULT_CHUNK_BYTES, EXTENDED};
use crate::message::Message;

/// Cuts messages into chunks. It saves no header bytes: a server that ingests says little.
#[derive(Debug)]
pub struct ChunkWriter {
    chunk_bytes: usize,
}

impl Default for ChunkWriter {
    fn default() -> Self {
        Self { chunk_bytes: DEFAULT_CHUNK_BYTES }
    }
}

impl ChunkWriter {
    /// From the next message on, chunks have this size; the peer must have been told.
    pub fn set_chunk_bytes(&mut self, bytes: usize) {
        self.chunk_bytes = bytes.max(1);
    }

    /// Appends a message as chunks of the chunk stream `id`, which is 2 to 63. A payload must be shorter than 16 MiB.
    pub fn write(&self, out: &mut BytesMut, id: u8, message: &Message) {
        let extended = message.timestamp >= EXTENDED;
        let mut pieces = message.payload.chunks(self.chunk_bytes);
        out.put_u8(id & 0x3f);
        out.put_uint(u64::from(message.timestamp.min(EXTENDED)), 3);
        out.put_uint(message.payload.len() as u64, 3);
        out.put_u8(message.kind);
        out.put_u32_le(message.stream);
        if extended {
            out.put_u32(message.timestamp);
        }
        out.put_slice(pieces.next().unwrap_or_default());
        for piece in pieces {
            out.put_u8(0xc0 | id & 0x3f);
            if extended {
                out.put_u32(message.timestamp);
            }
            out.put_slice(piece);
        }
    }
}
