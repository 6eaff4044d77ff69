//! What audio and video share in Enhanced RTMP v2: packet types, and extensions in front of the FourCC.

use bytes::{Buf, Bytes};

use crate::Error;

pub(super) const SEQUENCE_START: u8 = 0;
pub(super) const CODED_FRAMES: u8 = 1;

const MULTITRACK_VIDEO: u8 = 6;
const MULTITRACK_AUDIO: u8 = 5;
const MOD_EX: u8 = 7;

/// Which of the two a tag is: their packet types differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Track {
    Audio,
    Video,
}

/// The head of an enhanced tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// A packet of this type in this codec.
    Packet(u8, [u8; 4]),
    /// Several tracks in one stream.
    Multitrack,
}

/// Skips the extensions that stand before the FourCC and reads it. `packet` is the type that the first byte names.
pub(super) fn head(track: Track, mut packet: u8, body: &mut Bytes) -> Result<Head, Error> {
    while packet == MOD_EX {
        let mut bytes = usize::from(body.try_get_u8().map_err(cut_off)?) + 1;
        if bytes == 256 {
            bytes = usize::from(body.try_get_u16().map_err(cut_off)?) + 1;
        }
        if body.len() < bytes {
            return Err(Error::Flv("cut off"));
        }
        body.advance(bytes);
        packet = body.try_get_u8().map_err(cut_off)? & 0x0f;
    }
    let multitrack = match track {
        Track::Audio => MULTITRACK_AUDIO,
        Track::Video => MULTITRACK_VIDEO,
    };
    if packet == multitrack {
        return Ok(Head::Multitrack);
    }
    let mut codec = [0; 4];
    body.try_copy_to_slice(&mut codec).map_err(cut_off)?;
    Ok(Head::Packet(packet, codec))
}

/// A FourCC as text, fit for a message.
pub(super) fn name(codec: [u8; 4]) -> String {
    codec.escape_ascii().to_string()
}

pub(super) fn cut_off<E>(_: E) -> Error {
    Error::Flv("cut off")
}
