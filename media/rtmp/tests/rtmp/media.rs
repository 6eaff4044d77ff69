//! Bodies of audio and video messages, and what they should become.

use bytes::Bytes;
use skylark_rtmp::Media;

/// Baseline, level 3, lengths of four bytes, one SPS and one PPS.
pub(crate) const AVC_CONFIG: &[u8] =
    &[1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, 4, 0x67, 0x42, 0xc0, 0x1e, 1, 0, 3, 0x68, 0xce, 0x3c];

/// AAC-LC, 44,100 Hz, stereo.
pub(crate) const AAC_CONFIG: &[u8] = &[0x12, 0x10];

pub(crate) fn video_config() -> Bytes {
    [&[0x17, 0, 0, 0, 0], AVC_CONFIG].concat().into()
}

pub(crate) fn audio_config() -> Bytes {
    [&[0xaf, 0], AAC_CONFIG].concat().into()
}

/// One NAL unit with its length.
pub(crate) fn access_unit(bytes: u32) -> Vec<u8> {
    let mut unit = bytes.to_be_bytes().to_vec();
    unit.resize(unit.len() + bytes as usize, 0x41);
    unit
}

pub(crate) fn video(keyframe: bool, composition_ms: i32, unit: &[u8]) -> Bytes {
    let first = if keyframe { 0x17 } else { 0x27 };
    [&[first, 1], &composition_ms.to_be_bytes()[1..], unit].concat().into()
}

pub(crate) fn audio(unit: &[u8]) -> Bytes {
    [&[0xaf, 1], unit].concat().into()
}

pub(crate) fn video_frame(dts_ms: i64, composition_ms: i32, keyframe: bool, unit: Vec<u8>) -> Media {
    Media::Video { dts_ms, composition_ms, keyframe, data: unit.into() }
}

pub(crate) fn audio_frame(dts_ms: i64, unit: &'static [u8]) -> Media {
    Media::Audio { dts_ms, data: Bytes::from_static(unit) }
}
