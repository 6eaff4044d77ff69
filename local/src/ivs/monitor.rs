//! What an ingest session is measured by: bytes of the wire each second, frames by their decoding times, and how media
//! time keeps up with the clock.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Without media for so long a stream starves.
const STARVATION: Duration = Duration::from_secs(2);
/// Seconds whose average counts against the limit of the bitrate, so that bursts pass.
const RATE_WINDOW: usize = 10;
/// Decoding times that a frame rate is measured from.
const RATE_FRAMES: usize = 120;
/// A jump of media time beyond this is a new beginning, as it is for the packager.
const JUMP_MS: i64 = 10_000;

/// The measures of one session; written by its connection, read by others.
pub(super) struct Monitor(Mutex<Measures>);

struct Measures {
    received_at: Instant,
    media_at: Instant,
    /// Bytes since the last tick.
    bytes: u64,
    /// Bytes and lengths of the last periods between ticks.
    periods: VecDeque<(u64, Duration)>,
    ticked_at: Instant,
    size: Option<(u32, u32)>,
    /// The frame rate the encoder announced.
    announced_fps: Option<f64>,
    frames: VecDeque<i64>,
    last_dts: Option<i64>,
    keyframe_dts: Option<i64>,
    keyframe_interval_ms: Option<i64>,
    /// Where media time and the clock were together.
    together: Option<(Instant, i64)>,
    is_starving: bool,
}

/// What a tick finds out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tick {
    /// Starvation that began (true) or ended (false).
    pub(super) starvation: Option<bool>,
    /// Bits per second over the last ten seconds, when there are ten.
    pub(super) average_bps: Option<u64>,
}

/// One sample of a session, over the last two ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    pub(super) bitrate_bps: u64,
    pub(super) fps: f64,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) keyframe_interval_ms: Option<i64>,
    /// Media time minus the clock's since the start: negative when the encoder does not keep up.
    pub(super) drift_ms: i64,
}

impl Monitor {
    /// The measures of a session that begins at `now`.
    pub(super) fn new(now: Instant) -> Self {
        Self(Mutex::new(Measures {
            received_at: now,
            media_at: now,
            bytes: 0,
            periods: VecDeque::with_capacity(RATE_WINDOW + 1),
            ticked_at: now,
            size: None,
            announced_fps: None,
            frames: VecDeque::with_capacity(RATE_FRAMES + 1),
            last_dts: None,
            keyframe_dts: None,
            keyframe_interval_ms: None,
            together: None,
            is_starving: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Measures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts from `now` on.
    pub(super) fn restart(&self, now: Instant) {
        let mut measures = self.lock();
        (measures.received_at, measures.media_at, measures.ticked_at) = (now, now, now);
    }

    /// Bytes came in.
    pub(super) fn received(&self, bytes: u64, now: Instant) {
        let mut measures = self.lock();
        measures.bytes += bytes;
        measures.received_at = now;
    }

    /// The picture's size, and the frame rate that was announced.
    pub(super) fn picture(&self, size: Option<(u32, u32)>, fps: Option<f64>) {
        let mut measures = self.lock();
        measures.size = size.or(measures.size);
        measures.announced_fps = fps.or(measures.announced_fps);
    }

    /// A frame of video.
    pub(super) fn video(&self, dts_ms: i64, keyframe: bool, now: Instant) {
        let mut measures = self.lock();
        measures.media_at = now;
        if measures.last_dts.is_none_or(|last| dts_ms < last || dts_ms - last > JUMP_MS) {
            measures.frames.clear();
            measures.keyframe_dts = None;
            measures.together = Some((now, dts_ms));
        }
        measures.last_dts = Some(dts_ms);
        measures.frames.push_back(dts_ms);
        if measures.frames.len() > RATE_FRAMES {
            measures.frames.pop_front();
        }
        if keyframe {
            measures.keyframe_interval_ms =
                measures.keyframe_dts.map(|before| dts_ms - before).or(measures.keyframe_interval_ms);
            measures.keyframe_dts = Some(dts_ms);
        }
    }

    /// A frame of audio.
    pub(super) fn audio(&self, now: Instant) {
        self.lock().media_at = now;
    }

    /// How long nothing has come in.
    pub(super) fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.lock().received_at)
    }

    /// Whether no media comes in.
    pub(super) fn is_starving(&self) -> bool {
        self.lock().is_starving
    }

    /// Closes a period; about once a second.
    pub(super) fn tick(&self, now: Instant) -> Tick {
        let mut measures = self.lock();
        let (bytes, length) = (measures.bytes, now.saturating_duration_since(measures.ticked_at));
        measures.bytes = 0;
        measures.ticked_at = now;
        measures.periods.push_back((bytes, length));
        if measures.periods.len() > RATE_WINDOW {
            measures.periods.pop_front();
        }
        let is_starving = now.saturating_duration_since(measures.media_at) >= STARVATION;
        let starvation = (is_starving != measures.is_starving).then_some(is_starving);
        measures.is_starving = is_starving;
        let is_full = measures.periods.len() == RATE_WINDOW;
        Tick { starvation, average_bps: is_full.then(|| rate(measures.periods.iter())) }
    }

    /// A sample of the last two periods; none before there was video.
    pub(super) fn sample(&self, now: Instant) -> Option<Sample> {
        let measures = self.lock();
        let (at, dts) = measures.together?;
        let (width, height) = measures.size.unwrap_or_default();
        let measured = match (measures.frames.front(), measures.frames.back()) {
            (Some(first), Some(last)) if last > first => {
                Some((measures.frames.len() - 1) as f64 * 1000.0 / (last - first) as f64)
            }
            _ => None,
        };
        let clock = i64::try_from(now.saturating_duration_since(at).as_millis()).unwrap_or(i64::MAX);
        let drift_ms = measures.last_dts.map_or(0, |last| last - dts - clock);
        let fps = if measures.is_starving { 0.0 } else { measured.or(measures.announced_fps).unwrap_or_default() };
        Some(Sample {
            bitrate_bps: rate(measures.periods.iter().rev().take(2)),
            fps: (fps * 100.0).round() / 100.0,
            width,
            height,
            keyframe_interval_ms: measures.keyframe_interval_ms,
            drift_ms,
        })
    }
}

/// Bits per second.
fn rate<'a>(periods: impl Iterator<Item = &'a (u64, Duration)>) -> u64 {
    let (bytes, length) =
        periods.fold((0, Duration::ZERO), |(bytes, length), period| (bytes + period.0, length + period.1));
    if length.is_zero() { 0 } else { (bytes as f64 * 8.0 / length.as_secs_f64()).round() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    #[test]
    fn bitrate_frame_rate_and_key_frames_are_measured() {
        let start = Instant::now();
        let monitor = Monitor::new(start);
        monitor.picture(Some((1280, 720)), Some(30.0));
        for frame in 0..75u32 {
            let at = start + Duration::from_millis(u64::from(frame) * 40);
            monitor.received(12_500, at);
            monitor.video(1000 + i64::from(frame) * 40, frame % 25 == 0, at);
        }
        monitor.tick(start + Duration::from_millis(1500));
        monitor.tick(start + second(3));
        let sample = monitor.sample(start + second(3)).unwrap();
        assert_eq!((sample.bitrate_bps, sample.fps, sample.keyframe_interval_ms), (2_500_000, 25.0, Some(1000)));
        assert_eq!((sample.width, sample.height, sample.drift_ms), (1280, 720, -40));
    }

    #[test]
    fn a_burst_does_not_raise_the_average_of_ten_seconds_much() {
        let start = Instant::now();
        let monitor = Monitor::new(start);
        for number in 1..=10 {
            monitor.received(if number == 5 { 1_250_000 } else { 125_000 }, start);
            let tick = monitor.tick(start + second(number));
            assert_eq!(tick.average_bps, (number == 10).then_some(1_900_000));
        }
    }

    #[test]
    fn starvation_begins_after_two_seconds_and_ends_with_media() {
        let start = Instant::now();
        let monitor = Monitor::new(start);
        assert_eq!(monitor.tick(start + second(1)).starvation, None);
        assert_eq!(monitor.tick(start + second(2)).starvation, Some(true));
        assert_eq!(monitor.tick(start + second(3)).starvation, None);
        monitor.audio(start + second(3));
        assert_eq!(monitor.tick(start + second(4)).starvation, Some(false));
    }

    #[test]
    fn an_encoder_that_restarts_at_zero_has_no_drift() {
        let start = Instant::now();
        let monitor = Monitor::new(start);
        monitor.video(500_000, true, start);
        monitor.video(0, true, start + second(5));
        assert_eq!(monitor.sample(start + second(5)).unwrap().drift_ms, 0);
    }
}
