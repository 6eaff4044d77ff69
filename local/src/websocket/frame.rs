//! Frames of RFC 6455: their headers (section 5.2), masks (5.3) and the bodies of close frames (5.5.1).

use bytes::Bytes;

/// The largest payload of a frame, in bytes: API Gateway's quota.
pub const MAX_FRAME: usize = 32 * 1024;
/// The largest message, in bytes: API Gateway's quota.
pub const MAX_MESSAGE: usize = 128 * 1024;
/// The largest payload of a control frame (section 5.5).
const MAX_CONTROL: usize = 125;

/// What a frame carries (section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// Why a connection ends: what a close frame says (section 7.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    /// 1005 and 1006 stand for a close frame without a code and for none at all; they are never sent.
    pub(super) code: u16,
    pub(super) reason: String,
}

impl Close {
    pub(super) fn new(code: u16, reason: &str) -> Self {
        Self { code, reason: reason.to_owned() }
    }

    /// The peer broke the protocol.
    pub(super) fn protocol_error(reason: &str) -> Self {
        Self::new(1002, reason)
    }

    /// A text is not UTF-8.
    pub(super) fn not_utf8() -> Self {
        Self::new(1007, "Invalid frame payload data")
    }

    /// A frame or a message is larger than the quotas.
    pub(super) fn too_big() -> Self {
        Self::new(1009, "Message too big")
    }

    /// API Gateway's words for a connection that was idle or lived too long.
    pub(super) fn going_away() -> Self {
        Self::new(1001, "Going away")
    }

    /// The body of a client's close frame.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Self> {
        match body {
            [] => Ok(Self::new(1005, "Client-side close frame status code not set")),
            [_] => Err(Self::protocol_error("a close code has two bytes")),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                // Section 7.4 and IANA's registry: the others are reserved or stand for what is never sent.
                if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                    return Err(Self::protocol_error("this close code is not for the wire"));
                }
                match std::str::from_utf8(reason) {
                    Ok(reason) => Ok(Self::new(code, reason)),
                    Err(_) => Err(Self::not_utf8()),
                }
            }
        }
    }

    /// The frame that says so.
    pub(super) fn frame(&self) -> Bytes {
        if matches!(self.code, 1005 | 1006) {
            return encode(Opcode::Close, b"");
        }
        let mut body = self.code.to_be_bytes().to_vec();
        let most = self.reason.floor_char_boundary(MAX_CONTROL - 2);
        body.extend_from_slice(&self.reason.as_bytes()[..most]);
        encode(Opcode::Close, &body)
    }
}

/// The header of a client's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) is_final: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: [u8; 4],
    /// Bytes of the header itself.
    pub(super) size: usize,
    /// Bytes of the payload.
    pub(super) payload: usize,
}

impl Header {
    /// Reads a client's header; `None` when more bytes are needed. What is wrong is found at the first byte that shows it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, Close> {
        let [first, rest @ ..] = bytes else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(Close::protocol_error("reserved bits are set"));
        }
        let opcode = match first & 0x0f {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xa => Opcode::Pong,
            _ => return Err(Close::protocol_error("the opcode is reserved")),
        };
        let is_final = first & 0x80 != 0;
        if opcode.is_control() && !is_final {
            return Err(Close::protocol_error("a control frame is fragmented"));
        }
        let [second, rest @ ..] = rest else { return Ok(None) };
        if second & 0x80 == 0 {
            return Err(Close::protocol_error("a client's frame is not masked"));
        }
        let short = second & 0x7f;
        if opcode.is_control() && usize::from(short) > MAX_CONTROL {
            return Err(Close::protocol_error("a control frame is too long"));
        }
        let (payload, rest, size) = match (short, rest) {
            (126, [a, b, rest @ ..]) => {
                let length = u16::from_be_bytes([*a, *b]);
                if length < 126 {
                    return Err(Close::protocol_error("a length is not written in its shortest form"));
                }
                (u64::from(length), rest, 8)
            }
            (127, [a, b, c, d, e, f, g, h, rest @ ..]) => {
                let length = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
                if length <= u64::from(u16::MAX) || length > i64::MAX.unsigned_abs() {
                    return Err(Close::protocol_error("a length is not written in its shortest form"));
                }
                (length, rest, 14)
            }
            (126 | 127, _) => return Ok(None),
            (short, rest) => (u64::from(short), rest, 6),
        };
        let payload =
            usize::try_from(payload).ok().filter(|payload| *payload <= MAX_FRAME).ok_or_else(Close::too_big)?;
        let [a, b, c, d, ..] = rest else { return Ok(None) };
        Ok(Some(Self { is_final, opcode, mask: [*a, *b, *c, *d], size, payload }))
    }
}

/// Takes the mask off a payload, or puts it on.
pub(super) fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let (chunks, rest) = payload.as_chunks_mut::<4>();
    for chunk in chunks {
        *chunk = (u32::from_ne_bytes(*chunk) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

/// The longest header of a server's frame, which is not masked.
const MAX_HEADER: usize = 10;

/// Writes the header of a whole message of `length` bytes and answers its size.
fn write_header(opcode: Opcode, length: usize, header: &mut [u8; MAX_HEADER]) -> usize {
    header[0] = 0x80
        | match opcode {
            Opcode::Continuation => 0x0,
            Opcode::Text => 0x1,
            Opcode::Binary => 0x2,
            Opcode::Close => 0x8,
            Opcode::Ping => 0x9,
            Opcode::Pong => 0xa,
        };
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => {
            header[1] = short;
            2
        }
        (_, Ok(medium)) => {
            header[1] = 126;
            header[2..4].copy_from_slice(&medium.to_be_bytes());
            4
        }
        _ => {
            header[1] = 127;
            header[2..].copy_from_slice(&(length as u64).to_be_bytes());
            MAX_HEADER
        }
    }
}

/// A server's frame with a whole message, ready for the wire.
pub(super) fn encode(opcode: Opcode, payload: &[u8]) -> Bytes {
    let mut header = [0; MAX_HEADER];
    let size = write_header(opcode, payload.len(), &mut header);
    let mut frame = Vec::with_capacity(size + payload.len());
    frame.extend_from_slice(&header[..size]);
    frame.extend_from_slice(payload);
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_twice_changes_nothing() {
        for length in 0..20 {
            let payload: Vec<u8> = (0..length).collect();
            let mut masked = payload.clone();
            unmask(&mut masked, [1, 2, 3, 4]);
            let by_hand: Vec<u8> =
                payload.iter().enumerate().map(|(index, byte)| byte ^ [1, 2, 3, 4][index % 4]).collect();
            assert_eq!(masked, by_hand);
            unmask(&mut masked, [1, 2, 3, 4]);
            assert_eq!(masked, payload);
        }
    }

    #[test]
    fn lengths_are_written_in_their_shortest_form() {
        for (length, header) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 0xff, 0xff]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = encode(Opcode::Text, &vec![b'x'; length]);
            assert_eq!(frame[..header.len()], header);
            assert_eq!(frame.len(), header.len() + length);
        }
    }

    #[test]
    fn a_long_reason_is_cut_at_a_letter() {
        let frame = Close::new(1000, &"é".repeat(100)).frame();
        assert_eq!((frame[0], frame[1]), (0x88, 124));
        assert!(std::str::from_utf8(&frame[4..]).is_ok());
    }
}
