use bytes::{Buf, Bytes};

use super::enhanced::{self, CODED_FRAMES, Head, SEQUENCE_START, Track, cut_off};
use crate::Error;

/// Sound formats (E.4.2.1).
const AAC: u8 = 10;
/// Reserved by Adobe, the mark of an enhanced tag since.
const ENHANCED: u8 = 9;

/// Packet types of AAC.
const AAC_SEQUENCE_HEADER: u8 = 0;
const AAC_RAW: u8 = 1;

pub(super) enum Tag {
    Config(Bytes),
    Frame(Bytes),
    Nothing,
    Unsupported(String),
}

pub(super) fn parse(mut body: Bytes) -> Result<Tag, Error> {
    let Ok(first) = body.try_get_u8() else { return Ok(Tag::Nothing) };
    match first >> 4 {
        AAC => {
            let packet = body.try_get_u8().map_err(cut_off)?;
            Ok(match packet {
                AAC_SEQUENCE_HEADER => Tag::Config(body),
                AAC_RAW => Tag::Frame(body),
                _ => Tag::Nothing,
            })
        }
        ENHANCED => enhanced(first & 0x0f, body),
        format => Ok(Tag::Unsupported(legacy_name(format))),
    }
}

fn enhanced(packet: u8, mut body: Bytes) -> Result<Tag, Error> {
    let (packet, codec) = match enhanced::head(Track::Audio, packet, &mut body)? {
        Head::Packet(packet, codec) => (packet, codec),
        Head::Multitrack => return Ok(Tag::Unsupported("multitrack audio".to_owned())),
    };
    if codec != *b"mp4a" {
        return Ok(Tag::Unsupported(enhanced::name(codec)));
    }
    Ok(match packet {
        SEQUENCE_START => Tag::Config(body),
        CODED_FRAMES => Tag::Frame(body),
        _ => Tag::Nothing,
    })
}

fn legacy_name(format: u8) -> String {
    match format {
        0 | 3 => "PCM",
        1 => "ADPCM",
        2 | 14 => "MP3",
        4..=6 => "Nellymoser",
        7 | 8 => "G.711",
        11 => "Speex",
        // Not Adobe's, but common before Enhanced RTMP.
        13 => "Opus",
        _ => return format!("sound format {format}"),
    }
    .to_owned()
}
