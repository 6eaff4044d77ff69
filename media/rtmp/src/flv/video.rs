use bytes::{Buf, Bytes};

use super::enhanced::{self, CODED_FRAMES, Head, SEQUENCE_START, Track, cut_off};
use crate::Error;

/// The first byte of an enhanced tag has this bit.
const ENHANCED: u8 = 0x80;

const KEY_FRAME: u8 = 1;
/// A command to the player instead of a picture.
const COMMAND_FRAME: u8 = 5;

const AVC: u8 = 7;

/// Packet types of AVC (E.4.3.1).
const AVC_SEQUENCE_HEADER: u8 = 0;
const AVC_NALU: u8 = 1;

/// Coded frames whose composition time is 0 and left out.
const CODED_FRAMES_X: u8 = 3;

pub(super) enum Tag {
    Packet(Packet),
    Nothing,
    Unsupported(String),
}

pub(super) enum Packet {
    Config(Bytes),
    Frame { keyframe: bool, composition_ms: i32, data: Bytes },
}

pub(super) fn parse(mut body: Bytes) -> Result<Tag, Error> {
    let Ok(first) = body.try_get_u8() else { return Ok(Tag::Nothing) };
    let frame = first >> 4 & 0x07;
    if frame == COMMAND_FRAME {
        return Ok(Tag::Nothing);
    }
    let keyframe = frame == KEY_FRAME;
    if first & ENHANCED != 0 { enhanced(first & 0x0f, keyframe, body) } else { legacy(first & 0x0f, keyframe, body) }
}

fn legacy(codec: u8, keyframe: bool, mut body: Bytes) -> Result<Tag, Error> {
    if codec != AVC {
        return Ok(Tag::Unsupported(legacy_name(codec)));
    }
    let packet = body.try_get_u8().map_err(cut_off)?;
    let composition_ms = composition(&mut body)?;
    Ok(match packet {
        AVC_SEQUENCE_HEADER => Tag::Packet(Packet::Config(body)),
        AVC_NALU => Tag::Packet(Packet::Frame { keyframe, composition_ms, data: body }),
        _ => Tag::Nothing,
    })
}

fn enhanced(packet: u8, keyframe: bool, mut body: Bytes) -> Result<Tag, Error> {
    let (packet, codec) = match enhanced::head(Track::Video, packet, &mut body)? {
        Head::Packet(packet, codec) => (packet, codec),
        Head::Multitrack => return Ok(Tag::Unsupported("multitrack video".to_owned())),
    };
    if codec != *b"avc1" {
        return Ok(Tag::Unsupported(enhanced::name(codec)));
    }
    Ok(match packet {
        SEQUENCE_START => Tag::Packet(Packet::Config(body)),
        CODED_FRAMES => {
            let composition_ms = composition(&mut body)?;
            Tag::Packet(Packet::Frame { keyframe, composition_ms, data: body })
        }
        CODED_FRAMES_X => Tag::Packet(Packet::Frame { keyframe, composition_ms: 0, data: body }),
        _ => Tag::Nothing,
    })
}

/// A signed number of three bytes.
fn composition(body: &mut Bytes) -> Result<i32, Error> {
    let bits = body.try_get_uint(3).map_err(cut_off)? as u32;
    Ok(((bits << 8) as i32) >> 8)
}

fn legacy_name(codec: u8) -> String {
    match codec {
        2 => "Sorenson H.263",
        3 | 6 => "Screen video",
        4 | 5 => "VP6",
        // Not Adobe's, but common before Enhanced RTMP.
        12 => "HEVC",
        13 => "AV1",
        _ => return format!("video codec {codec}"),
    }
    .to_owned()
}
