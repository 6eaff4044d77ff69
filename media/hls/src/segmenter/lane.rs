//! One track's clock.

use bytes::Bytes;

use crate::fragment::{Sample, VIDEO_TIMESCALE};
use crate::track::AudioConfig;

/// What a last picture is given when nothing tells how long it was, in ticks: 1/30 s.
const USUAL_PICTURE: u32 = VIDEO_TIMESCALE / 30;
/// What is believed of a picture's duration in the same case: 10 ms to 1 s.
const PICTURES: std::ops::RangeInclusive<u32> = VIDEO_TIMESCALE / 100..=VIDEO_TIMESCALE;
/// A picture may be shown so much earlier or later than it is decoded.
const MAX_COMPOSITION_MS: i32 = 10_000;
/// Counted audio may run so many frames ahead of its timestamps: some encoders stamp several frames alike.
const MAX_FRAMES_AHEAD: u64 = 3;

/// Puts the frames of a track on its timescale. The newest is held back: its duration is known when the next one comes.
pub(super) struct Lane {
    pub(super) timescale: u32,
    /// Where decoding time `base_ms` lies.
    origin: u64,
    base_ms: i64,
    held: Option<Sample>,
    /// Duration of an audio frame; of a picture the last one seen.
    usual: u32,
    /// Latest decoding time that came.
    pub(super) last_ms: Option<i64>,
}

impl Lane {
    pub(super) fn video(origin: u64, base_ms: i64) -> Self {
        Self { timescale: VIDEO_TIMESCALE, origin, base_ms, held: None, usual: USUAL_PICTURE, last_ms: None }
    }

    /// `origin` in ticks of video.
    pub(super) fn audio(config: &AudioConfig, origin: u64, base_ms: i64) -> Self {
        let timescale = config.sample_rate;
        let origin = u128::from(origin) * u128::from(timescale) / u128::from(VIDEO_TIMESCALE);
        let origin = u64::try_from(origin).unwrap_or(u64::MAX);
        Self { timescale, origin, base_ms, held: None, usual: config.frame_samples, last_ms: None }
    }

    /// Where a picture of `dts_ms` would lie; never before the one that is held.
    pub(super) fn picture_time(&self, dts_ms: i64) -> u64 {
        let time = self.time(dts_ms).unwrap_or(self.origin);
        self.held.as_ref().map_or(time, |held| time.max(held.time + 1))
    }

    /// Takes the next picture and answers the one before, complete.
    pub(super) fn next_picture(
        &mut self,
        time: u64,
        dts_ms: i64,
        composition_ms: i32,
        is_sync: bool,
        data: Bytes,
    ) -> Option<Sample> {
        // No picture is shown before time begins.
        let earliest = i32::try_from(time).map_or(i32::MIN, |time| -time);
        let composition = composition_ms.clamp(-MAX_COMPOSITION_MS, MAX_COMPOSITION_MS);
        let composition = (composition * (VIDEO_TIMESCALE as i32 / 1_000)).max(earliest);
        let complete = self.take_held(time);
        if let Some(picture) = &complete
            && PICTURES.contains(&picture.duration)
        {
            self.usual = picture.duration;
        }
        self.hold(Sample { time, duration: 0, composition, is_sync, data }, dts_ms);
        complete
    }

    /// Takes the next audio frame and answers the one before, complete. `Err` gives back nothing: the frame lies before
    /// the begin, or too far behind the frames that came.
    ///
    /// Frames are counted, not stamped, so that the milliseconds of the timestamps leave no cracks; when the timestamps
    /// are more than a frame ahead of the count, the frame before lasts until they say.
    pub(super) fn next_audio(&mut self, dts_ms: i64, data: Bytes) -> Result<Option<Sample>, Late> {
        let stamped = self.time(dts_ms).ok_or(Late)?;
        let frame = u64::from(self.usual);
        let time = match self.held.as_ref().map(|held| held.time + frame) {
            Some(counted) if counted > stamped + MAX_FRAMES_AHEAD * frame => return Err(Late),
            Some(counted) if stamped <= counted + frame => counted,
            _ => stamped,
        };
        let complete = self.take_held(time);
        self.hold(Sample { time, duration: 0, composition: 0, is_sync: true, data }, dts_ms);
        Ok(complete)
    }

    /// The last frame, with the duration it probably has.
    pub(super) fn finish(&mut self) -> Option<Sample> {
        let end = self.held.as_ref()?.time + u64::from(self.usual);
        self.take_held(end)
    }

    /// `None` before the begin.
    fn time(&self, dts_ms: i64) -> Option<u64> {
        let since_ms = u64::try_from(dts_ms.checked_sub(self.base_ms)?).ok()?;
        let since = u128::from(since_ms) * u128::from(self.timescale) / 1_000;
        self.origin.checked_add(u64::try_from(since).ok()?)
    }

    fn hold(&mut self, sample: Sample, dts_ms: i64) {
        self.last_ms = Some(self.last_ms.map_or(dts_ms, |last_ms| last_ms.max(dts_ms)));
        self.held = Some(sample);
    }

    fn take_held(&mut self, end: u64) -> Option<Sample> {
        let mut sample = self.held.take()?;
        sample.duration = u32::try_from(end - sample.time).unwrap_or(u32::MAX);
        Some(sample)
    }
}

/// An audio frame for which there is no place any more.
pub(super) struct Late;
