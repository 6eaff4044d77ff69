//! One `moof` with its `mdat` (ISO/IEC 14496-12, clause 8.8; CMAF chunk, ISO/IEC 23000-19 clause 7.3.2.3).

use bytes::Bytes;

use crate::boxes::Writer;
use crate::error::Error;

/// Ticks of video per second.
pub(crate) const VIDEO_TIMESCALE: u32 = 90_000;
pub(crate) const VIDEO_TRACK: u32 = 1;
pub(crate) const AUDIO_TRACK: u32 = 2;
/// `sample_depends_on` = 2: on no other.
pub(crate) const SYNC_SAMPLE: u32 = 0x0200_0000;
/// `sample_depends_on` = 1: on others; `sample_is_non_sync_sample`.
const OTHER_SAMPLE: u32 = 0x0101_0000;
/// Far below the 2 GiB that offsets reach.
pub(crate) const MAX_BYTES: usize = 256 * 1024 * 1024;
/// The boxes around the samples' own rows, generously.
const HEADER_BYTES: usize = 256;
const VIDEO_ROW: usize = 16;
const AUDIO_ROW: usize = 8;

/// One frame on its track's timescale.
pub(crate) struct Sample {
    pub(crate) time: u64,
    pub(crate) duration: u32,
    pub(crate) composition: i32,
    pub(crate) is_sync: bool,
    pub(crate) data: Bytes,
}

impl Sample {
    pub(crate) fn end(&self) -> u64 {
        self.time + u64::from(self.duration)
    }
}

/// Frames of a part that is still open. They share memory with whoever gave them until the part is written.
#[derive(Default)]
pub(crate) struct Fragment {
    video: Vec<Sample>,
    audio: Vec<Sample>,
    bytes: usize,
}

impl Fragment {
    /// Whether `more` bytes would be too many.
    pub(crate) fn check_room(&self, more: usize) -> Result<(), Error> {
        let bytes = self.bytes.saturating_add(more);
        if bytes > MAX_BYTES { Err(Error::TooLarge(bytes)) } else { Ok(()) }
    }

    pub(crate) fn push_video(&mut self, sample: Sample) {
        self.bytes += sample.data.len();
        self.video.push(sample);
    }

    pub(crate) fn push_audio(&mut self, sample: Sample) {
        self.bytes += sample.data.len();
        self.audio.push(sample);
    }

    /// Writes the boxes and copies every frame behind them, once.
    pub(crate) fn write(self, sequence: u32) -> Bytes {
        let rows = self.video.len() * VIDEO_ROW + self.audio.len() * AUDIO_ROW;
        let mut out = Writer::with_capacity(HEADER_BYTES + rows + self.bytes);
        let mut offsets = Vec::with_capacity(2);
        out.boxed(b"moof", |out| {
            out.full(b"mfhd", 0, 0, |out| out.u32(sequence));
            if !self.video.is_empty() {
                offsets.push((video_run(out, &self.video), 0));
            }
            if !self.audio.is_empty() {
                let behind = self.video.iter().map(|sample| sample.data.len()).sum();
                offsets.push((audio_run(out, &self.audio), behind));
            }
        });
        let data = out.len() + 8;
        for (at, behind) in offsets {
            out.patch(at, data + behind);
        }
        out.boxed(b"mdat", |out| {
            for sample in self.video.iter().chain(&self.audio) {
                out.bytes(&sample.data);
            }
        });
        out.finish()
    }
}

/// Answers where the offset of its data is to be written.
fn video_run(out: &mut Writer, samples: &[Sample]) -> usize {
    /// Offset, then duration, size, flags and composition offset of each.
    const FIELDS: u32 = 0x001 | 0x100 | 0x200 | 0x400 | 0x800;
    // Version 1: composition offsets are signed.
    run(out, VIDEO_TRACK, samples, 1, FIELDS, |out, sample| {
        out.u32(sample.duration);
        out.u32(sample.data.len() as u32);
        out.u32(if sample.is_sync { SYNC_SAMPLE } else { OTHER_SAMPLE });
        out.i32(sample.composition);
    })
}

fn audio_run(out: &mut Writer, samples: &[Sample]) -> usize {
    /// Offset, then duration and size of each.
    const FIELDS: u32 = 0x001 | 0x100 | 0x200;
    run(out, AUDIO_TRACK, samples, 0, FIELDS, |out, sample| {
        out.u32(sample.duration);
        out.u32(sample.data.len() as u32);
    })
}

fn run(
    out: &mut Writer,
    track: u32,
    samples: &[Sample],
    version: u8,
    fields: u32,
    row: impl Fn(&mut Writer, &Sample),
) -> usize {
    const DEFAULT_BASE_IS_MOOF: u32 = 0x02_0000;
    let mut offset_at = 0;
    out.boxed(b"traf", |out| {
        out.full(b"tfhd", 0, DEFAULT_BASE_IS_MOOF, |out| out.u32(track));
        let time = samples.first().map_or(0, |sample| sample.time);
        out.full(b"tfdt", 1, 0, |out| out.u64(time));
        out.full(b"trun", version, fields, |out| {
            out.u32(samples.len() as u32);
            offset_at = out.len();
            out.u32(0);
            for sample in samples {
                row(out, sample);
            }
        });
    });
    offset_at
}
