//! Frames on one clock and with one configuration.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::lane::{Lane, Late};
use super::pace::Pace;
use super::{MAX_AHEAD_MS, micros, ticks};
use crate::Settings;
use crate::error::Error;
use crate::fragment::{Fragment, Sample};
use crate::output::{Init, Output, Part, Segment};

/// A picture as it came.
pub(super) struct Picture {
    pub(super) dts_ms: i64,
    pub(super) composition_ms: i32,
    pub(super) keyframe: bool,
    pub(super) data: Bytes,
}

/// Where a run begins.
pub(super) struct Begin {
    pub(super) dts_ms: i64,
    pub(super) composition_ms: i32,
    /// Media time, in ticks of 1/90,000 s.
    pub(super) position: u64,
    /// The wall clock at media time 0.
    pub(super) started_at_ms: i64,
    pub(super) fragments: u32,
    pub(super) discontinuity: bool,
}

/// Cuts frames into parts and segments until the clock or the configuration changes. Times are on the timescale of the
/// leading track: video's, or audio's when there is none.
pub(super) struct Run {
    settings: Settings,
    init: Arc<Init>,
    video: Option<Lane>,
    audio: Option<Lane>,
    timescale: u32,
    started_at_ms: i64,
    fragments: u32,
    /// Whether the next part opens a discontinuity.
    discontinuity: bool,
    pace: Pace,
    fragment: Fragment,
    part: Open,
    segment_start: u64,
    parts: Vec<Arc<Part>>,
}

/// Where the open part stands.
struct Open {
    start: u64,
    end: u64,
    is_independent: bool,
    is_empty: bool,
}

impl Open {
    fn at(start: u64) -> Self {
        Self { start, end: start, is_independent: false, is_empty: true }
    }
}

impl Run {
    pub(super) fn new(settings: Settings, init: Arc<Init>, begin: Begin) -> Self {
        // Pictures that are shown before they are decoded would lie before time begins.
        let shift = u64::from(begin.composition_ms.min(0).unsigned_abs().min(MAX_AHEAD_MS as u32)) * 90;
        let origin = begin.position + shift;
        let video = init.video.as_ref().map(|_| Lane::video(origin, begin.dts_ms));
        let audio = init.audio.as_ref().map(|config| Lane::audio(config, origin, begin.dts_ms));
        let lead = video.as_ref().or(audio.as_ref());
        let timescale = lead.map_or(1, |lane| lane.timescale);
        let start = lead.map_or(0, |lane| lane.picture_time(begin.dts_ms));
        Self {
            settings,
            video,
            audio,
            timescale,
            started_at_ms: begin.started_at_ms,
            fragments: begin.fragments,
            discontinuity: begin.discontinuity,
            pace: Pace::new(timescale, settings.part_ms),
            fragment: Fragment::default(),
            part: Open::at(start),
            segment_start: start,
            parts: Vec::new(),
            init,
        }
    }

    /// Latest decoding time of the leading track.
    pub(super) fn last_ms(&self) -> Option<i64> {
        self.video.as_ref().or(self.audio.as_ref())?.last_ms
    }

    /// Whether a decoding time belongs to the same clock as the leading track.
    pub(super) fn is_near(&self, dts_ms: i64) -> bool {
        self.last_ms().is_some_and(|last_ms| last_ms.abs_diff(dts_ms) <= MAX_AHEAD_MS.unsigned_abs())
    }

    pub(super) fn push_video(&mut self, picture: Picture, outputs: &mut Vec<Output>) -> Result<(), Error> {
        let Some(lane) = &mut self.video else { return Ok(()) };
        let time = lane.picture_time(picture.dts_ms);
        let longest = u64::from(self.settings.longest_segment_ms) * 90;
        if !picture.keyframe && time - self.segment_start > longest {
            return Err(Error::NoKeyFrame(self.settings.longest_segment_ms));
        }
        self.fragment.check_room(picture.data.len())?;
        let Picture { dts_ms, composition_ms, keyframe, data } = picture;
        if let Some(complete) = lane.next_picture(time, dts_ms, composition_ms, keyframe, data) {
            self.lead(complete, outputs);
            self.cut_before(time, keyframe, outputs);
        }
        Ok(())
    }

    /// Whether the frame was taken; there may be no place for it any more.
    pub(super) fn push_audio(&mut self, dts_ms: i64, data: Bytes, outputs: &mut Vec<Output>) -> Result<bool, Error> {
        let Some(lane) = &mut self.audio else { return Ok(false) };
        self.fragment.check_room(data.len())?;
        match lane.next_audio(dts_ms, data) {
            Err(Late) => return Ok(false),
            Ok(None) => {}
            Ok(Some(complete)) if self.video.is_some() => self.fragment.push_audio(complete),
            Ok(Some(complete)) => {
                let end = complete.end();
                self.lead(complete, outputs);
                self.cut_before(end, true, outputs);
            }
        }
        Ok(true)
    }

    /// Ends with a complete segment. Answers where media time stands, in ticks, and how many fragments there were.
    pub(super) fn finish(mut self, outputs: &mut Vec<Output>) -> (u64, u32) {
        let mut position = 0;
        let audio = self.audio.as_mut().and_then(Lane::finish);
        if let (Some(sample), Some(lane)) = (&audio, &self.audio) {
            position = ticks(sample.end(), lane.timescale);
        }
        let lead = match self.video.as_mut().map(Lane::finish) {
            Some(video) => {
                audio.into_iter().for_each(|sample| self.fragment.push_audio(sample));
                video
            }
            None => audio,
        };
        if let Some(sample) = lead {
            position = position.max(ticks(sample.end(), self.timescale));
            self.lead(sample, outputs);
        }
        self.cut_segment(outputs);
        (position, self.fragments)
    }

    /// Puts a frame of the leading track into a part.
    fn lead(&mut self, sample: Sample, outputs: &mut Vec<Output>) {
        if self.settings.low_latency && self.pace.overflows_with(sample.duration) {
            self.cut_part(outputs);
        }
        if self.part.is_empty {
            self.part.is_independent = sample.is_sync;
            self.part.is_empty = false;
        }
        self.pace.add(sample.duration);
        self.part.end = sample.end();
        if self.video.is_some() {
            self.fragment.push_video(sample);
        } else {
            self.fragment.push_audio(sample);
        }
    }

    /// Ends what should end before the frame at `time`.
    fn cut_before(&mut self, time: u64, is_sync: bool, outputs: &mut Vec<Output>) {
        let due = u64::from(self.settings.segment_ms) * u64::from(self.timescale) / 1_000;
        if is_sync && time - self.segment_start >= due {
            self.cut_segment(outputs);
        } else if self.settings.low_latency && (self.pace.is_full() || is_sync && !self.part.is_independent) {
            self.cut_part(outputs);
        }
    }

    fn cut_part(&mut self, outputs: &mut Vec<Output>) {
        if self.part.is_empty {
            return;
        }
        let (start, end) = (micros(self.part.start, self.timescale), micros(self.part.end, self.timescale));
        self.fragments = self.fragments.wrapping_add(1);
        let part = Arc::new(Part {
            data: std::mem::take(&mut self.fragment).write(self.fragments),
            duration: Duration::from_micros(end - start),
            independent: self.part.is_independent,
            started_at_ms: self.wall_clock(start),
            discontinuity: std::mem::take(&mut self.discontinuity),
            target_ms: u32::try_from(self.pace.target_ms()).unwrap_or(u32::MAX),
        });
        self.part = Open::at(self.part.end);
        self.pace.cut();
        self.parts.push(part.clone());
        outputs.push(Output::Part(part));
    }

    fn cut_segment(&mut self, outputs: &mut Vec<Output>) {
        self.cut_part(outputs);
        let parts = std::mem::take(&mut self.parts);
        self.segment_start = self.part.start;
        let Some(first) = parts.first() else { return };
        outputs.push(Output::Segment(Arc::new(Segment {
            duration: parts.iter().map(|part| part.duration).sum(),
            started_at_ms: first.started_at_ms,
            init: self.init.clone(),
            discontinuity: first.discontinuity,
            parts,
        })));
    }

    fn wall_clock(&self, at_us: u64) -> i64 {
        self.started_at_ms.saturating_add(i64::try_from(at_us / 1_000).unwrap_or(i64::MAX))
    }
}
