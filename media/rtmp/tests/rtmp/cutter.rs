//! Cuts messages into interleaved chunks and uses every kind of header that the specification allows.

use std::collections::{BTreeMap, VecDeque};

use skylark_rtmp::message::{Message, kind};

const EXTENDED: u32 = 0xff_ffff;

/// What the reader remembers of a chunk stream.
struct Last {
    kind: u8,
    stream: u32,
    length: usize,
    timestamp: u32,
    field: u32,
}

/// A message that is being written.
struct Open {
    message: Message,
    written: usize,
    field: u32,
}

/// The writer. `choose` answers a number below its argument, and so decides what the specification leaves open.
pub(crate) struct Cutter<F> {
    pub(crate) out: Vec<u8>,
    /// The messages in the order in which they become complete.
    pub(crate) complete: Vec<Message>,
    choose: F,
    chunk_bytes: usize,
    last: BTreeMap<u32, Last>,
    waiting: BTreeMap<u32, VecDeque<Message>>,
    open: BTreeMap<u32, Open>,
}

impl<F: FnMut(usize) -> usize> Cutter<F> {
    pub(crate) fn new(choose: F) -> Self {
        Self {
            out: Vec::new(),
            complete: Vec::new(),
            choose,
            chunk_bytes: 128,
            last: BTreeMap::new(),
            waiting: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, id: u32, message: Message) {
        self.waiting.entry(id).or_default().push_back(message);
    }

    /// Writes all messages.
    pub(crate) fn run(mut self) -> Self {
        while !self.waiting.is_empty() {
            if (self.choose)(16) == 0 {
                self.resize();
            }
            let index = (self.choose)(self.waiting.len());
            let id = *self.waiting.keys().nth(index).unwrap();
            self.write_chunk(id);
        }
        self
    }

    /// Sets another chunk size, in the middle of whatever is open.
    fn resize(&mut self) {
        let bytes = [1, 7, 128, 4096, 0x7fff_ffff][(self.choose)(5)];
        let message = Message::bytes(kind::SET_CHUNK_SIZE, bytes);
        let mut open = self.begin(2, message);
        while open.written < open.message.payload.len() {
            self.write(2, &mut open);
        }
        self.chunk_bytes = bytes as usize;
    }

    fn write_chunk(&mut self, id: u32) {
        let mut open = match self.open.remove(&id) {
            Some(open) => open,
            None => {
                let message = self.waiting.get_mut(&id).unwrap().pop_front().unwrap();
                self.begin(id, message)
            }
        };
        if open.written < open.message.payload.len() {
            self.write(id, &mut open);
        }
        if open.written < open.message.payload.len() {
            self.open.insert(id, open);
            return;
        }
        self.complete.push(open.message);
        if self.waiting[&id].is_empty() {
            self.waiting.remove(&id);
        }
    }

    /// Writes the first header of a message and its first piece.
    fn begin(&mut self, id: u32, message: Message) -> Open {
        let length = message.payload.len();
        let mut allowed = vec![0];
        let mut delta = 0;
        if let Some(last) = self.last.get(&id) {
            delta = message.timestamp.wrapping_sub(last.timestamp);
            if message.stream == last.stream {
                allowed.push(1);
                if (message.kind, length) == (last.kind, last.length) {
                    allowed.push(2);
                    if delta == last.field {
                        allowed.push(3);
                    }
                }
            }
        }
        let kind = allowed[(self.choose)(allowed.len())];
        let field = if kind == 0 { message.timestamp } else { delta };
        self.basic_header(id, kind);
        if kind < 3 {
            self.out.extend_from_slice(&field.min(EXTENDED).to_be_bytes()[1..]);
        }
        if kind < 2 {
            self.out.extend_from_slice(&(length as u32).to_be_bytes()[1..]);
            self.out.push(message.kind);
        }
        if kind == 0 {
            self.out.extend_from_slice(&message.stream.to_le_bytes());
        }
        self.extended(field);
        let (kind, stream, timestamp) = (message.kind, message.stream, message.timestamp);
        self.last.insert(id, Last { kind, stream, length, timestamp, field });
        let mut open = Open { message, written: 0, field };
        self.piece(&mut open);
        open
    }

    /// Writes a piece that goes on.
    fn write(&mut self, id: u32, open: &mut Open) {
        self.basic_header(id, 3);
        self.extended(open.field);
        self.piece(open);
    }

    fn piece(&mut self, open: &mut Open) {
        let rest = &open.message.payload[open.written..];
        let piece = &rest[..rest.len().min(self.chunk_bytes)];
        self.out.extend_from_slice(piece);
        open.written += piece.len();
    }

    fn extended(&mut self, field: u32) {
        if field >= EXTENDED {
            self.out.extend_from_slice(&field.to_be_bytes());
        }
    }

    fn basic_header(&mut self, id: u32, kind: u8) {
        let kind = kind << 6;
        let far = id.wrapping_sub(64);
        match id {
            0..=63 => self.out.push(kind | id as u8),
            // Ids up to 319 have a form of two bytes and one of three.
            64..=319 if (self.choose)(2) == 0 => self.out.extend([kind, far as u8]),
            _ => self.out.extend([kind | 1, far as u8, (far >> 8) as u8]),
        }
    }
}
