use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::RangeInclusive;

use bytes::{Buf, Bytes, BytesMut};

use super::{DEFAULT_CHUNK_BYTES, EXTENDED};
use crate::message::{Message, kind};
use crate::{Error, Limits};

/// Puts messages together from chunks. Abort and Set Chunk Size concern it alone: it obeys them and does not hand them
/// on.
#[derive(Debug)]
pub struct ChunkReader {
    chunk_bytes: usize,
    allowed_chunk_bytes: RangeInclusive<usize>,
    max_streams: usize,
    message_bytes: usize,
    streams: HashMap<u32, ChunkStream>,
    /// Bytes of unfinished messages.
    unfinished: usize,
    /// The chunk whose payload is arriving: its stream, and how much is missing.
    open: Option<(u32, usize)>,
}

/// What the last header of a chunk stream said, and its unfinished message.
#[derive(Debug, Default)]
struct ChunkStream {
    kind: u8,
    stream: u32,
    length: usize,
    timestamp: u32,
    /// The time field of the last header of types 0 to 2; a message that starts with type 3 adds it again (5.3.1.2.4).
    field: u32,
    extended: bool,
    payload: BytesMut,
    /// Whether a message has begun and is not complete.
    begun: bool,
}

impl ChunkStream {
    fn message(&mut self, payload: Bytes) -> Message {
        self.begun = false;
        Message { kind: self.kind, stream: self.stream, timestamp: self.timestamp, payload }
    }
}

/// A header as it stands in the input.
struct Header {
    id: u32,
    /// Types 0 to 3 (5.3.1.2).
    kind: u8,
    field: u32,
    length: usize,
    message_kind: u8,
    message_stream: u32,
    bytes: usize,
}

impl ChunkReader {
    /// A reader within these limits. Messages may have `message_bytes`.
    pub fn new(limits: &Limits, message_bytes: usize) -> Self {
        Self {
            chunk_bytes: DEFAULT_CHUNK_BYTES,
            allowed_chunk_bytes: limits.chunk_bytes.clone(),
            max_streams: limits.chunk_streams,
            message_bytes,
            streams: HashMap::new(),
            unfinished: 0,
            open: None,
        }
    }

    /// From now on a message, and all unfinished ones together, may have this size.
    pub fn set_message_bytes(&mut self, bytes: usize) {
        self.message_bytes = bytes;
    }

    /// Takes bytes from `input` until a message is complete. `None`: more bytes are needed.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Message>, Error> {
        loop {
            let (id, missing) = match self.open {
                Some(open) => open,
                None => match self.begin(input)? {
                    Some(open) => open,
                    None => return Ok(None),
                },
            };
            let Some(message) = self.fill(id, missing, input)? else {
                if self.open.is_some() {
                    return Ok(None);
                }
                continue;
            };
            match message.kind {
                kind::SET_CHUNK_SIZE => self.resize(&message)?,
                kind::ABORT => self.abort(message.number()?),
                _ => return Ok(Some(message)),
            }
        }
    }

    /// Reads a header, if it is there as a whole, and answers the chunk's stream and its bytes of payload.
    fn begin(&mut self, input: &mut BytesMut) -> Result<Option<(u32, usize)>, Error> {
        let Some(mut header) = parse(input) else { return Ok(None) };
        let count = self.streams.len();
        let stream = match self.streams.entry(header.id) {
            Entry::Occupied(stream) => stream.into_mut(),
            // Type 1 is the first header that some encoders send on a control stream.
            Entry::Vacant(_) if header.kind > 1 => return Err(Error::Chunk("first header of a stream is not whole")),
            Entry::Vacant(_) if count >= self.max_streams => {
                return Err(Error::Limit { what: "chunk streams", limit: self.max_streams });
            }
            Entry::Vacant(place) => place.insert(ChunkStream::default()),
        };
        if stream.begun && header.kind < 3 {
            return Err(Error::Chunk("header of a message within another message"));
        }
        let mut extended = stream.extended;
        if header.kind < 3 {
            extended = header.field == EXTENDED;
        }
        if extended {
            let Some(mut field) = input.get(header.bytes..header.bytes + 4) else { return Ok(None) };
            let field = field.get_u32();
            // Type 3 repeats the extended time; encoders that do not are known by what stands there instead.
            if header.kind < 3 || field == stream.field || field == stream.timestamp {
                header.field = field;
                header.bytes += 4;
            }
        }
        if header.kind < 2 && header.length > self.message_bytes {
            return Err(Error::Limit { what: "bytes of a message", limit: self.message_bytes });
        }
        input.advance(header.bytes);
        stream.extended = extended;
        if header.kind < 3 {
            stream.field = header.field;
        }
        if header.kind < 2 {
            stream.length = header.length;
            stream.kind = header.message_kind;
        }
        if header.kind == 0 {
            stream.stream = header.message_stream;
        }
        if !stream.begun {
            stream.begun = true;
            stream.timestamp = match header.kind {
                0 => stream.field,
                _ => stream.timestamp.wrapping_add(stream.field),
            };
        }
        let missing = (stream.length - stream.payload.len()).min(self.chunk_bytes);
        self.open = Some((header.id, missing));
        Ok(self.open)
    }

    /// Moves what is there of a chunk's payload, and answers the message if that completes it.
    fn fill(&mut self, id: u32, missing: usize, input: &mut BytesMut) -> Result<Option<Message>, Error> {
        let Some(stream) = self.streams.get_mut(&id) else { return Err(Error::Chunk("stream is gone")) };
        if stream.payload.is_empty() && missing == stream.length && input.len() >= missing {
            self.open = None;
            return Ok(Some(stream.message(input.split_to(missing).freeze())));
        }
        let arrived = missing.min(input.len());
        if self.unfinished + arrived > self.message_bytes {
            return Err(Error::Limit { what: "bytes of unfinished messages", limit: self.message_bytes });
        }
        self.unfinished += arrived;
        stream.payload.extend_from_slice(&input[..arrived]);
        input.advance(arrived);
        self.open = (arrived < missing).then_some((id, missing - arrived));
        if stream.payload.len() < stream.length {
            return Ok(None);
        }
        self.unfinished -= stream.length;
        let payload = std::mem::take(&mut stream.payload).freeze();
        Ok(Some(stream.message(payload)))
    }

    fn resize(&mut self, message: &Message) -> Result<(), Error> {
        let bytes = usize::try_from(message.number()?).unwrap_or(usize::MAX);
        if bytes < *self.allowed_chunk_bytes.start() {
            return Err(Error::Chunk("chunk size too small"));
        }
        self.chunk_bytes = bytes.min(*self.allowed_chunk_bytes.end()).max(1);
        Ok(())
    }

    /// Drops the unfinished message of a chunk stream (5.4.2).
    fn abort(&mut self, id: u32) {
        if let Some(stream) = self.streams.get_mut(&id) {
            self.unfinished -= stream.payload.len();
            stream.payload = BytesMut::new();
            stream.begun = false;
        }
    }
}

/// Reads basic header and message header (5.3.1.1, 5.3.1.2); `None` if they are not there as a whole.
fn parse(input: &[u8]) -> Option<Header> {
    let mut rest = input;
    let first = rest.try_get_u8().ok()?;
    let id = match first & 0x3f {
        0 => 64 + u32::from(rest.try_get_u8().ok()?),
        1 => 64 + u32::from(rest.try_get_u16_le().ok()?),
        id => u32::from(id),
    };
    let kind = first >> 6;
    let mut header = Header { id, kind, field: 0, length: 0, message_kind: 0, message_stream: 0, bytes: 0 };
    if rest.len() < [11, 7, 3, 0][usize::from(kind)] {
        return None;
    }
    if kind < 3 {
        header.field = rest.get_uint(3) as u32;
    }
    if kind < 2 {
        header.length = rest.get_uint(3) as usize;
        header.message_kind = rest.get_u8();
    }
    if kind == 0 {
        header.message_stream = rest.get_u32_le();
    }
    header.bytes = input.len() - rest.len();
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> ChunkReader {
        ChunkReader::new(&Limits::default(), Limits::default().message_bytes)
    }

    #[test]
    fn memory_grows_with_what_arrived_and_not_with_what_is_declared() {
        let mut reader = reader();
        let mut input = BytesMut::from(&[4, 0, 0, 0, 0x7f, 0xff, 0xff, kind::VIDEO, 1, 0, 0, 0][..]);
        input.extend_from_slice(&[0; 100]);
        assert_eq!(reader.next(&mut input).unwrap(), None);
        assert!(reader.streams[&4].payload.capacity() < 1024);
        assert_eq!(reader.unfinished, 100);
    }

    #[test]
    fn what_is_complete_or_dropped_counts_no_more() {
        let mut reader = reader();
        let mut input = BytesMut::from(&[4, 0, 0, 0, 0, 0, 200, kind::VIDEO, 1, 0, 0, 0][..]);
        input.extend_from_slice(&[0; 128]);
        assert_eq!(reader.next(&mut input).unwrap(), None);
        assert_eq!(reader.unfinished, 128);
        input.extend_from_slice(&[2, 0, 0, 0, 0, 0, 4, kind::ABORT, 0, 0, 0, 0, 0, 0, 0, 4]);
        assert_eq!(reader.next(&mut input).unwrap(), None);
        assert_eq!((reader.unfinished, reader.streams[&4].payload.capacity()), (0, 0));
        for byte in [&[0x84, 0, 0, 9][..], &[0; 128], &[0xc4], &[0; 71]].concat() {
            input.extend_from_slice(&[byte]);
            assert_eq!(reader.next(&mut input).unwrap(), None);
        }
        input.extend_from_slice(&[0]);
        let message = reader.next(&mut input).unwrap().unwrap();
        assert_eq!((message.timestamp, message.payload.len(), reader.unfinished), (9, 200, 0));
    }

    #[test]
    fn a_message_in_one_chunk_is_not_copied() {
        let mut input = BytesMut::from(&[4, 0, 0, 0, 0, 0, 3, kind::AUDIO, 1, 0, 0, 0, 1, 2, 3][..]);
        let place = input[12..].as_ptr();
        let message = reader().next(&mut input).unwrap().unwrap();
        assert_eq!(message.payload.as_ptr(), place);
    }
}
