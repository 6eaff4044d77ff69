//! Turns the bytes of a client into messages, without any I/O. It holds what has arrived of one frame and of one message,
//! so memory grows with received bytes; an idle connection holds nothing.

use super::frame::{Close, Header, MAX_MESSAGE, Opcode, unmask};

/// What a client has said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Close),
}

/// The reading side of one connection.
#[derive(Default)]
pub(super) struct Decoder {
    /// Bytes that have arrived; those before `read` are done with.
    buffer: Vec<u8>,
    read: usize,
    /// A message whose last fragment is still to come.
    message: Option<Message>,
}

struct Message {
    is_text: bool,
    bytes: Vec<u8>,
    /// How much of a text is known to be UTF-8.
    valid: usize,
}

impl Decoder {
    /// Takes bytes from the socket. What was fed before must have been read with [`Self::next`].
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.read);
        self.read = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// What was said next; `None` when more bytes are needed, an error when the connection must be closed for it.
    pub(super) fn next(&mut self) -> Result<Option<Heard>, Close> {
        while let Some(header) = Header::parse(&self.buffer[self.read..])? {
            self.check_order(&header)?;
            let start = self.read + header.size;
            let end = start + header.payload;
            let Some(payload) = self.buffer.get_mut(start..end) else { break };
            unmask(payload, header.mask);
            self.read = end;
            let payload = &self.buffer[start..end];
            match header.opcode {
                Opcode::Close => return Close::parse(payload).map(|close| Some(Heard::Close(close))),
                Opcode::Ping => return Ok(Some(Heard::Ping(payload.to_vec()))),
                Opcode::Pong => return Ok(Some(Heard::Pong)),
                Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                    let is_text = header.opcode == Opcode::Text;
                    let message = self.message.get_or_insert_with(|| Message { is_text, bytes: Vec::new(), valid: 0 });
                    message.add(payload, header.is_final)?;
                    if header.is_final {
                        return self.message.take().map(Message::finish).transpose();
                    }
                }
            }
        }
        if self.read == self.buffer.len() {
            // An idle connection holds no buffer.
            self.buffer = Vec::new();
            self.read = 0;
        }
        Ok(None)
    }

    /// Fragments follow their first frame (section 5.4), and a message has a limit that its headers show.
    fn check_order(&self, header: &Header) -> Result<(), Close> {
        match (header.opcode, &self.message) {
            (Opcode::Continuation, None) => Err(Close::protocol_error("there is no message to continue")),
            (Opcode::Text | Opcode::Binary, Some(_)) => Err(Close::protocol_error("a message is not finished")),
            (Opcode::Continuation, Some(message)) if message.bytes.len() + header.payload > MAX_MESSAGE => {
                Err(Close::too_big())
            }
            _ => Ok(()),
        }
    }
}

impl Message {
    fn add(&mut self, payload: &[u8], is_final: bool) -> Result<(), Close> {
        self.bytes.extend_from_slice(payload);
        if !self.is_text {
            return Ok(());
        }
        // Fail with the fragment that is wrong, not with the last one; a character may be cut by a fragment's end.
        match std::str::from_utf8(&self.bytes[self.valid..]) {
            Ok(text) => self.valid += text.len(),
            Err(error) if error.error_len().is_none() && !is_final => self.valid += error.valid_up_to(),
            Err(_) => return Err(Close::not_utf8()),
        }
        Ok(())
    }

    fn finish(self) -> Result<Heard, Close> {
        if !self.is_text {
            return Ok(Heard::Binary(self.bytes));
        }
        String::from_utf8(self.bytes).map(Heard::Text).map_err(|_| Close::not_utf8())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's frame: `first` is its first byte.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        let mut frame = vec![first];
        match payload.len() {
            short @ 0..=125 => frame.push(0x80 | short as u8),
            medium => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&(medium as u16).to_be_bytes());
            }
        }
        frame.extend_from_slice(&mask);
        let mut masked = payload.to_vec();
        unmask(&mut masked, mask);
        frame.extend_from_slice(&masked);
        frame
    }

    #[test]
    fn any_cut_of_the_bytes_gives_the_same_messages() {
        let mut bytes = frame(0x01, "h\u{e9}l".as_bytes());
        bytes.extend(frame(0x89, b"ping"));
        bytes.extend(frame(0x80, "lo \u{1f600}".as_bytes()));
        bytes.extend(frame(0x82, &[0xff; 300]));
        bytes.extend(frame(0x8a, b""));
        for piece in [1, 2, 3, 7, 64, bytes.len()] {
            let mut decoder = Decoder::default();
            let mut heard = Vec::new();
            for bytes in bytes.chunks(piece) {
                decoder.feed(bytes);
                while let Some(next) = decoder.next().unwrap() {
                    heard.push(next);
                }
            }
            let wanted = [
                Heard::Ping(b"ping".to_vec()),
                Heard::Text("h\u{e9}llo \u{1f600}".to_owned()),
                Heard::Binary(vec![0xff; 300]),
                Heard::Pong,
            ];
            assert_eq!(heard, wanted, "in pieces of {piece}");
            assert_eq!(decoder.buffer.capacity(), 0);
        }
    }

    #[test]
    fn a_declared_length_reserves_nothing() {
        let mut decoder = Decoder::default();
        decoder.feed(&[0x82, 0xfe, 0x7f, 0xff, 0, 0, 0, 0, 1, 2, 3]);
        assert_eq!(decoder.next(), Ok(None));
        assert!(decoder.buffer.capacity() < 64);
    }

    #[test]
    fn a_bad_text_fails_with_the_fragment_that_shows_it() {
        let mut decoder = Decoder::default();
        decoder.feed(&frame(0x01, &[0xce, 0xba, 0xe1]));
        assert_eq!(decoder.next(), Ok(None));
        decoder.feed(&frame(0x00, &[0xbd]));
        assert_eq!(decoder.next(), Ok(None));
        decoder.feed(&frame(0x00, &[0xc3]));
        assert_eq!(decoder.next(), Err(Close::not_utf8()));
    }
}
