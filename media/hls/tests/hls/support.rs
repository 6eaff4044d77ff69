//! Frames to feed, and others' eyes on what comes out.

use std::sync::Arc;

use bytes::Bytes;
use mp4_atom::{Decode, Header, Moof, ReadFrom};
use skylark_hls::{AudioConfig, Frame, Init, Output, Part, Segment, Segmenter, Settings, VideoConfig};

/// 1280 x 720, 30 fps, High 3.1, as x264 writes it.
const AVCC: [u8; 47] = [
    0x01, 0x64, 0x00, 0x1f, 0xff, 0xe1, 0x00, 0x1a, 0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01,
    0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60, 0x01, 0x00, 0x06, 0x68,
    0xeb, 0xe3, 0xcb, 0x22, 0xc0, 0xfd, 0xf8, 0xf8, 0x00,
];
/// 2026-11-22T10:00:00Z
pub(crate) const STARTED_AT_MS: i64 = 1_795_341_600_000;

pub(crate) fn video_config() -> VideoConfig {
    VideoConfig::parse(Bytes::from_static(&AVCC)).unwrap()
}

/// The same with another profile.
pub(crate) fn other_video_config() -> VideoConfig {
    let mut record = AVCC;
    record[3] = 0x20;
    VideoConfig::parse(record.to_vec().into()).unwrap()
}

/// AAC-LC, stereo.
pub(crate) fn audio_config(sample_rate: u32) -> AudioConfig {
    let asc: [u8; 2] = match sample_rate {
        48_000 => [0x11, 0x90],
        44_100 => [0x12, 0x10],
        8_000 => [0x15, 0x90],
        _ => panic!("no configuration for {sample_rate} Hz"),
    };
    AudioConfig::parse(asc.to_vec().into()).unwrap()
}

pub(crate) fn picture(dts_ms: i64, keyframe: bool) -> Frame {
    Frame::Video { dts_ms, composition_ms: 0, keyframe, data: Bytes::from_static(&[0, 0, 0, 2, 0x65, 0x88]) }
}

pub(crate) fn sound(dts_ms: i64) -> Frame {
    Frame::Audio { dts_ms, data: Bytes::from_static(&[0x21, 0x10, 0x04]) }
}

/// A segmenter with both tracks, 48 kHz.
pub(crate) fn segmenter(settings: &Settings) -> Segmenter {
    let mut segmenter = Segmenter::new(settings, STARTED_AT_MS);
    assert!(segmenter.video(video_config()).is_empty());
    assert!(segmenter.audio(audio_config(48_000)).is_empty());
    segmenter
}

/// Pictures at `fps` with a key frame every `gop` of them, and nothing else, from `from_ms` for `count`.
pub(crate) fn pictures(from_ms: i64, fps: i64, gop: i64, count: i64) -> impl Iterator<Item = Frame> {
    (0..count).map(move |number| picture(from_ms + number * 1_000 / fps, number % gop == 0))
}

/// Pictures and 48 kHz audio as an encoder sends them: in the order of their times.
pub(crate) fn both(from_ms: i64, fps: i64, gop: i64, duration_ms: i64) -> Vec<Frame> {
    let mut frames: Vec<_> = pictures(from_ms, fps, gop, duration_ms * fps / 1_000).collect();
    frames.extend((0..duration_ms * 48 / 1_024).map(|number| sound(from_ms + number * 1_024 / 48)));
    frames.sort_by_key(|frame| match frame {
        Frame::Video { dts_ms, .. } | Frame::Audio { dts_ms, .. } => *dts_ms,
    });
    frames
}

pub(crate) fn push_all(segmenter: &mut Segmenter, frames: impl IntoIterator<Item = Frame>) -> Vec<Output> {
    frames.into_iter().flat_map(|frame| segmenter.push(frame).unwrap()).collect()
}

pub(crate) fn inits(outputs: &[Output]) -> Vec<Arc<Init>> {
    let pick = |output: &Output| if let Output::Init(init) = output { Some(init.clone()) } else { None };
    outputs.iter().filter_map(pick).collect()
}

pub(crate) fn parts(outputs: &[Output]) -> Vec<Arc<Part>> {
    let pick = |output: &Output| if let Output::Part(part) = output { Some(part.clone()) } else { None };
    outputs.iter().filter_map(pick).collect()
}

pub(crate) fn segments(outputs: &[Output]) -> Vec<Arc<Segment>> {
    let pick = |output: &Output| if let Output::Segment(segment) = output { Some(segment.clone()) } else { None };
    outputs.iter().filter_map(pick).collect()
}

/// One track of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) id: u32,
    pub(crate) time: u64,
    pub(crate) durations: Vec<u64>,
    pub(crate) compositions: Vec<i64>,
    pub(crate) samples: Vec<Vec<u8>>,
}

impl Track {
    pub(crate) fn duration(&self) -> u64 {
        self.durations.iter().sum()
    }
}

/// A part as mp4-atom reads it: sequence number and tracks.
pub(crate) fn read_part(data: &[u8]) -> (u32, Vec<Track>) {
    let mut rest = data;
    let moof = Moof::decode(&mut rest).unwrap();
    let behind = rest.len();
    let mdat = Header::read_from(&mut rest).unwrap();
    assert_eq!((mdat.kind.to_string().as_str(), mdat.size), ("mdat", Some(rest.len())), "{behind}");
    let tracks = moof.traf.iter().map(|traf| {
        let [run] = &traf.trun[..] else { panic!("{} runs", traf.trun.len()) };
        let mut at = usize::try_from(run.data_offset.unwrap()).unwrap();
        let samples = run.samples.iter().map(|sample| {
            let size = sample.size.unwrap() as usize;
            at += size;
            data[at - size..at].to_vec()
        });
        Track {
            id: traf.tfhd.track_id,
            time: traf.tfdt.as_ref().unwrap().base_media_decode_time,
            samples: samples.collect(),
            durations: run.samples.iter().map(|sample| sample.duration.unwrap().into()).collect(),
            compositions: run.samples.iter().map(|sample| sample.cts.unwrap_or(0)).collect(),
        }
    });
    (moof.mfhd.sequence_number, tracks.collect())
}
