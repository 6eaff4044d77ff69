//! One ingest session's frames become parts and segments.

mod lane;
mod pace;
mod run;

use std::sync::Arc;

use bytes::Bytes;

use self::run::{Picture, Run};
use crate::Settings;
use crate::error::Error;
use crate::fragment::{MAX_BYTES, VIDEO_TIMESCALE};
use crate::output::{Frame, Init, Output};
use crate::track::{AudioConfig, VideoConfig};

/// Decoding times that go on within these bounds are one clock; others belong to an encoder that began anew.
const MAX_AHEAD_MS: i64 = 10_000;
const MAX_BACK_MS: i64 = 500;
/// How long audio waits for a video configuration before it goes alone, in milliseconds and in frames.
const AUDIO_PATIENCE_MS: i64 = 1_000;
const AUDIO_PATIENCE_FRAMES: usize = 256;
/// AAC frames have at most 768 bytes a channel.
const MAX_AUDIO_BYTES: usize = 1024 * 1024;
/// Longest hole that is believed to be time that passed.
const MAX_HOLE_MS: i64 = 3_600_000;
/// What lies before this cannot be shown as a date.
const MAX_CLOCK_MS: i64 = 250_000_000_000_000;

/// One ingest session's frames -> initialisation segment, parts, segments. One writer, no waiting.
///
/// Video leads: segments and parts end where pictures do, and audio goes along in the order of its coming. Without a
/// video configuration audio leads, after a second of patience.
///
/// What cannot be packaged is left out and counted ([`Segmenter::dropped`]): frames without configuration, empty ones,
/// what comes before the first key frame, audio more than 10 s off the pictures.
pub struct Segmenter {
    settings: Settings,
    /// The wall clock at media time 0.
    started_at_ms: i64,
    video: Option<VideoConfig>,
    audio: Option<AudioConfig>,
    init: Option<Arc<Init>>,
    run: Option<Run>,
    early: Vec<(i64, Bytes)>,
    waiting_since_ms: Option<i64>,
    /// Where the next run begins, in ticks of 1/90,000 s.
    position: u64,
    fragments: u32,
    has_begun: bool,
    dropped: u64,
}

impl Segmenter {
    /// A session whose first frame comes at `started_at_ms`, the wall clock in milliseconds since 1970.
    pub fn new(settings: &Settings, started_at_ms: i64) -> Self {
        Self {
            settings: *settings,
            started_at_ms: started_at_ms.clamp(0, MAX_CLOCK_MS),
            video: None,
            audio: None,
            init: None,
            run: None,
            early: Vec::new(),
            waiting_since_ms: None,
            position: 0,
            fragments: 0,
            has_begun: false,
            dropped: 0,
        }
    }

    /// What the next pictures need. Another one than before ends the segment; the next begins with its own
    /// initialisation, at a key frame.
    pub fn video(&mut self, config: VideoConfig) -> Vec<Output> {
        if self.video.as_ref() == Some(&config) {
            return Vec::new();
        }
        let outputs = self.close();
        self.forget_early();
        self.init = None;
        self.video = Some(config);
        outputs
    }

    /// What the next audio needs. Another one than before ends the segment, as for video.
    pub fn audio(&mut self, config: AudioConfig) -> Vec<Output> {
        if self.audio.as_ref() == Some(&config) {
            return Vec::new();
        }
        let outputs = self.close();
        self.forget_early();
        self.init = None;
        self.audio = Some(config);
        outputs
    }

    /// Takes a frame and answers what became complete by it.
    ///
    /// Decoding times of a track should rise. Equal ones and those up to 500 ms back are nudged; a jump further back, or
    /// more than 10 s ahead, begins a discontinuity at the next key frame.
    ///
    /// # Errors
    /// [`Error::NoKeyFrame`] when segments cannot end (nor begin), [`Error::TooLarge`]. The frame is lost;
    /// [`Segmenter::finish`] still gives what was there.
    pub fn push(&mut self, frame: Frame) -> Result<Vec<Output>, Error> {
        match frame {
            Frame::Video { dts_ms, composition_ms, keyframe, data } => {
                self.push_video(Picture { dts_ms, composition_ms, keyframe, data })
            }
            Frame::Audio { dts_ms, data } => self.push_audio(dts_ms, data),
        }
    }

    /// Ends the session: what is open becomes a last, complete segment. A frame after it begins a discontinuity.
    pub fn finish(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        if self.run.is_none() && self.video.is_none() && !self.early.is_empty() {
            self.begin_audio(&mut outputs);
        }
        outputs.extend(self.close());
        outputs
    }

    /// How many frames were left out.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn push_video(&mut self, picture: Picture) -> Result<Vec<Output>, Error> {
        if self.video.is_none() || picture.data.is_empty() {
            return Ok(self.drop_frame());
        }
        check_size(&picture.data, MAX_BYTES)?;
        let mut outputs = self.leave_on_jump(picture.dts_ms);
        let mut run = match self.run.take() {
            Some(run) => run,
            None if !picture.keyframe => {
                self.check_patience(picture.dts_ms)?;
                self.drop_frame();
                return Ok(outputs);
            }
            None => self.begin(picture.dts_ms, picture.composition_ms, &mut outputs),
        };
        let pushed = run.push_video(picture, &mut outputs);
        self.run = Some(run);
        pushed.map(|()| outputs)
    }

    fn push_audio(&mut self, dts_ms: i64, data: Bytes) -> Result<Vec<Output>, Error> {
        if self.audio.is_none() || data.is_empty() {
            return Ok(self.drop_frame());
        }
        check_size(&data, MAX_AUDIO_BYTES)?;
        if self.video.is_some() {
            let taken = match &mut self.run {
                Some(run) if run.is_near(dts_ms) => run.push_audio(dts_ms, data, &mut Vec::new())?,
                _ => false,
            };
            return Ok(if taken { Vec::new() } else { self.drop_frame() });
        }
        let mut outputs = self.leave_on_jump(dts_ms);
        match &mut self.run {
            Some(run) => {
                if !run.push_audio(dts_ms, data, &mut outputs)? {
                    self.drop_frame();
                }
            }
            None => {
                if self.early.last().is_some_and(|&(last_ms, _)| is_jump(dts_ms.saturating_sub(last_ms))) {
                    self.forget_early();
                }
                self.early.push((dts_ms, data));
                let waited_ms = self.early.first().map_or(0, |&(first_ms, _)| dts_ms.saturating_sub(first_ms));
                if self.has_begun || waited_ms >= AUDIO_PATIENCE_MS || self.early.len() >= AUDIO_PATIENCE_FRAMES {
                    self.begin_audio(&mut outputs);
                }
            }
        }
        Ok(outputs)
    }

    /// Begins an audio-only run with what has waited.
    fn begin_audio(&mut self, outputs: &mut Vec<Output>) {
        let early = std::mem::take(&mut self.early);
        let Some(&(first_ms, _)) = early.first() else { return };
        let mut run = self.begin(first_ms, 0, outputs);
        for (dts_ms, data) in early {
            if !matches!(run.push_audio(dts_ms, data, outputs), Ok(true)) {
                self.dropped += 1;
            }
        }
        self.run = Some(run);
    }

    /// Ends the run when the leading track's clock jumped.
    fn leave_on_jump(&mut self, dts_ms: i64) -> Vec<Output> {
        let Some(last_ms) = self.run.as_ref().and_then(Run::last_ms) else { return Vec::new() };
        let step_ms = dts_ms.saturating_sub(last_ms);
        if !is_jump(step_ms) {
            return Vec::new();
        }
        tracing::info!(step_ms, "the encoder's clock jumped");
        let outputs = self.close();
        // Time that went by without media; nothing is known of a clock that began anew.
        let hole_ms = step_ms.clamp(0, MAX_HOLE_MS);
        self.started_at_ms = self.started_at_ms.saturating_add(hole_ms).min(MAX_CLOCK_MS);
        outputs
    }

    /// A new run at `dts_ms`. Its initialisation is the last one's while the configurations are.
    fn begin(&mut self, dts_ms: i64, composition_ms: i32, outputs: &mut Vec<Output>) -> Run {
        let init = self.init.get_or_insert_with(|| {
            let init = Arc::new(Init::new(self.video.clone(), self.audio.clone()));
            outputs.push(Output::Init(init.clone()));
            init
        });
        self.waiting_since_ms = None;
        let has_begun = std::mem::replace(&mut self.has_begun, true);
        let begin = run::Begin {
            dts_ms,
            composition_ms,
            position: self.position,
            started_at_ms: self.started_at_ms,
            fragments: self.fragments,
            discontinuity: has_begun,
        };
        Run::new(self.settings, init.clone(), begin)
    }

    /// Ends the run, if there is one, with a complete segment.
    fn close(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        if let Some(run) = self.run.take() {
            (self.position, self.fragments) = run.finish(&mut outputs);
        }
        outputs
    }

    fn check_patience(&mut self, dts_ms: i64) -> Result<(), Error> {
        let since_ms = *self.waiting_since_ms.get_or_insert(dts_ms);
        let waited_ms = dts_ms.saturating_sub(since_ms);
        if !(0..=MAX_AHEAD_MS.max(self.settings.longest_segment_ms.into()) * 2).contains(&waited_ms) {
            self.waiting_since_ms = Some(dts_ms);
        } else if waited_ms > i64::from(self.settings.longest_segment_ms) {
            return Err(Error::NoKeyFrame(self.settings.longest_segment_ms));
        }
        Ok(())
    }

    fn drop_frame(&mut self) -> Vec<Output> {
        self.dropped += 1;
        Vec::new()
    }

    fn forget_early(&mut self) {
        self.dropped += self.early.drain(..).count() as u64;
    }
}

/// Whether a clock that makes this step began anew.
fn is_jump(step_ms: i64) -> bool {
    !(-MAX_BACK_MS..=MAX_AHEAD_MS).contains(&step_ms)
}

fn check_size(data: &Bytes, most: usize) -> Result<(), Error> {
    if data.len() > most { Err(Error::TooLarge(data.len())) } else { Ok(()) }
}

/// Microseconds at `time` on `timescale`. Differences of these add up without drifting.
fn micros(time: u64, timescale: u32) -> u64 {
    u64::try_from(u128::from(time) * 1_000_000 / u128::from(timescale.max(1))).unwrap_or(u64::MAX)
}

/// Ticks of video at `time` on `timescale`, rounded up.
fn ticks(time: u64, timescale: u32) -> u64 {
    let ticks = (u128::from(time) * u128::from(VIDEO_TIMESCALE)).div_ceil(u128::from(timescale.max(1)));
    u64::try_from(ticks).unwrap_or(u64::MAX)
}
