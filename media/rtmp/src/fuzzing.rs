//! One entrance per parser for the fuzzer and for the replay of what it found. None may panic, whatever comes.

use bytes::{Bytes, BytesMut};

use crate::chunk::ChunkReader;
use crate::flv::Demuxer;
use crate::handshake::Handshake;
use crate::{Limits, amf0};

/// Reads a handshake that arrives in pieces of the size that the first byte names.
pub fn handshake(data: &[u8]) {
    let Some((size, data)) = data.split_first() else { return };
    let mut handshake = Handshake::default();
    let (mut input, mut out) = (BytesMut::new(), BytesMut::new());
    for piece in data.chunks(usize::from(*size) + 1) {
        input.extend_from_slice(piece);
        if !matches!(handshake.advance(&mut input, &mut out), Ok(false)) {
            return;
        }
    }
}

/// Reads chunks that arrive in pieces of the size that the first byte names.
pub fn chunks(data: &[u8]) {
    let Some((size, data)) = data.split_first() else { return };
    let limits = Limits { message_bytes: 64 * 1024, ..Limits::default() };
    let mut reader = ChunkReader::new(&limits, limits.message_bytes);
    let mut input = BytesMut::new();
    for piece in data.chunks(usize::from(*size) + 1) {
        input.extend_from_slice(piece);
        loop {
            match reader.next(&mut input) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

/// Reads values, and writes and reads them again.
pub fn amf0(data: &[u8]) {
    let Ok(values) = amf0::read_all(data) else { return };
    let mut out = BytesMut::new();
    for value in &values {
        amf0::write(&mut out, value);
    }
    // Compared as text, in which NaN equals itself.
    let again = amf0::read_all(&out).map(|values| format!("{values:?}"));
    assert!(again.is_ok_and(|again| again == format!("{values:?}")), "what was written reads otherwise");
}

/// Reads tags: each is two bytes of length, one whose lowest bit tells video from audio, four of time, and the body.
pub fn flv(mut data: &[u8]) {
    let mut demuxer = Demuxer::default();
    while let Some((&[high, low, kind, a, b, c, d], rest)) = data.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
        let (body, rest) = rest.split_at(length);
        data = rest;
        let (time, body) = (u32::from_be_bytes([a, b, c, d]), Bytes::copy_from_slice(body));
        let read = if kind & 1 == 0 { demuxer.audio(time, body) } else { demuxer.video(time, body) };
        if read.is_err() {
            return;
        }
    }
}
