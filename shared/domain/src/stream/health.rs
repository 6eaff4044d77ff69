//! The signal of a stream's encoder: measurements, what they add up to, and what its owner can do about it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Live, Stream};
use crate::error::Result;
use crate::ids::{StreamId, UserId};

/// How far back an owner is shown measurements.
const SHOWN: SignedDuration = SignedDuration::from_mins(10);
/// What the verdict is about.
const JUDGED: SignedDuration = SignedDuration::from_secs(60);
/// Milliseconds between key frames that are too many: players wait for one.
const LONG_KEYFRAMES_MS: f64 = 4_500.0;
/// Frames per second that look like a slide show.
const FEW_FRAMES: f64 = 20.0;
/// The share of the usual rate below which the connection does not keep up.
const STARVING: f64 = 0.5;
/// Milliseconds that the pictures may fall behind the clock.
const LATE_MS: f64 = 2_000.0;
/// Kilobits per second below which a picture is blurred.
const THIN_KBPS: f64 = 500.0;

/// The signal over some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// Its end.
    pub at: Timestamp,
    /// The time it is about, in milliseconds.
    pub period_ms: u64,
    /// Kilobits per second.
    pub bitrate_kbps: f64,
    /// Frames per second.
    pub fps: f64,
    /// Pixels; 0 when unknown.
    pub width: u32,
    /// Pixels; 0 when unknown.
    pub height: u32,
    /// Milliseconds between the last two key frames; 0 when unknown.
    pub keyframe_ms: f64,
    /// Milliseconds that media time is ahead of the clock; negative when behind.
    pub drift_ms: f64,
}

/// How good a signal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// There is none.
    None,
    /// Nothing to do.
    Good,
    /// It could be better.
    Fair,
    /// Viewers see it stall.
    Poor,
}

/// Something the owner can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Fewer bits: the connection does not keep up.
    LowerBitrate,
    /// More bits: the picture is blurred.
    RaiseBitrate,
    /// Key frames more often.
    ShortenKeyframeInterval,
    /// More frames.
    RaiseFrameRate,
    /// The computer is too slow for what it encodes.
    EasePreset,
}

impl Advice {
    /// One plain sentence.
    pub fn message(self) -> &'static str {
        match self {
            Self::LowerBitrate => "Your connection does not keep up: lower the video bitrate.",
            Self::RaiseBitrate => "The picture may look blurred: raise the video bitrate.",
            Self::ShortenKeyframeInterval => "Set the keyframe interval to 2 seconds: players begin at key frames.",
            Self::RaiseFrameRate => "The picture may stutter: send at least 24 frames per second.",
            Self::EasePreset => "Your computer falls behind: choose a faster encoder preset or a smaller picture.",
        }
    }
}

/// The signal of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// The measurements of the last minutes, oldest first.
    pub samples: Vec<Sample>,
    /// What the last minute adds up to.
    pub verdict: Verdict,
    /// What its owner can do.
    pub advice: Vec<Advice>,
}

/// What these measurements, oldest first, add up to at `now`.
pub fn judge(samples: &[Sample], now: Timestamp) -> (Verdict, Vec<Advice>) {
    let is_recent = |sample: &&Sample| {
        // Measurements of longer times come later.
        let period = SignedDuration::from_millis(i64::try_from(sample.period_ms).unwrap_or_default());
        now.duration_since(sample.at) <= JUDGED + period * 3
    };
    let recent: Vec<&Sample> = samples.iter().filter(is_recent).collect();
    let Some(last) = recent.last() else { return (Verdict::None, Vec::new()) };
    let usual = recent.iter().map(|sample| sample.bitrate_kbps).sum::<f64>() / recent.len() as f64;
    let mut advice = Vec::new();
    let mut verdict = Verdict::Good;
    let mut say = |one: Advice, how_bad: Verdict| {
        advice.push(one);
        verdict = verdict.max(how_bad);
    };
    if last.bitrate_kbps < usual * STARVING {
        say(Advice::LowerBitrate, Verdict::Poor);
    }
    if last.drift_ms < -LATE_MS {
        say(Advice::EasePreset, Verdict::Poor);
    }
    if last.keyframe_ms > LONG_KEYFRAMES_MS {
        say(Advice::ShortenKeyframeInterval, Verdict::Fair);
    }
    if last.fps > 0.0 && last.fps < FEW_FRAMES {
        say(Advice::RaiseFrameRate, Verdict::Fair);
    }
    if last.height >= 720 && usual < THIN_KBPS {
        say(Advice::RaiseBitrate, Verdict::Fair);
    }
    (verdict, advice)
}

impl Live {
    /// Keeps a measurement for the stream whose ingest session it is of. Of others nobody asks.
    pub async fn take_sample(&self, channel_arn: &str, ingest_id: &str, sample: &Sample) -> Result<Option<StreamId>> {
        let Some(channel) = self.channels.by_arn(channel_arn).await? else { return Ok(None) };
        let session = self.streams.session(channel, ingest_id).await?;
        let Some(id) = session.and_then(|session| session.stream_id) else { return Ok(None) };
        self.measurements.note_sample(id, sample).await?;
        Ok(Some(id))
    }

    /// The signal of the caller's stream.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn health(&self, caller: UserId, id: StreamId) -> Result<Health> {
        let stream: Stream = self.owned_stream(caller, id).await?;
        let now = self.clock.now();
        let samples = self.measurements.samples(stream.id, now - SHOWN).await?;
        let (verdict, advice) = judge(&samples, now);
        Ok(Health { samples, verdict, advice })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(second: i64) -> Sample {
        Sample {
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second),
            period_ms: 10_000,
            bitrate_kbps: 2500.0,
            fps: 30.0,
            width: 1280,
            height: 720,
            keyframe_ms: 2000.0,
            drift_ms: 0.0,
        }
    }

    fn verdict(last: Sample) -> (Verdict, Vec<Advice>) {
        let samples = [sample(10), sample(20), sample(30), Sample { at: sample(40).at, ..last }];
        judge(&samples, sample(41).at)
    }

    #[test]
    fn a_signal_is_judged_by_its_last_measurement() {
        assert_eq!(verdict(sample(0)), (Verdict::Good, vec![]));
        let thin = Sample { bitrate_kbps: 300.0, ..sample(0) };
        assert_eq!(verdict(thin), (Verdict::Poor, vec![Advice::LowerBitrate]));
        let rare = Sample { keyframe_ms: 10_000.0, fps: 15.0, ..sample(0) };
        assert_eq!(verdict(rare), (Verdict::Fair, vec![Advice::ShortenKeyframeInterval, Advice::RaiseFrameRate]));
        let late = Sample { drift_ms: -3000.0, ..sample(0) };
        assert_eq!(verdict(late), (Verdict::Poor, vec![Advice::EasePreset]));
    }

    #[test]
    fn no_signal_is_no_verdict() {
        assert_eq!(judge(&[sample(0)], sample(100).at), (Verdict::None, vec![]));
    }
}
