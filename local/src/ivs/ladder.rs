//! The ladder of channels of type STANDARD: each size below the source's is encoded by an ffmpeg of its own, in a cage,
//! which reads the packaged source on stdin and writes FLV to stdout; what comes back is packaged like any stream.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use bytes::{Bytes, BytesMut};
use skylark_hls::{AudioConfig, Frame, Init, Segmenter, Settings, Timeline, VideoConfig};
use skylark_rtmp::Media;
use skylark_rtmp::flv::{Demuxer, Tag};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdout;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Ivs;
use crate::cage;

/// Heights and their bits per second, as on AWS.
const STEPS: [(u32, u32); 4] = [(720, 2_200_000), (480, 1_200_000), (360, 600_000), (160, 230_000)];
/// Parts that may wait for an encoder: half a minute. One that is further behind is given up.
const MAX_WAITING: usize = 120;
/// The largest tag that is read back.
const MAX_TAG: usize = 8 * 1024 * 1024;

/// One size below the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rung {
    /// `480p`: a part of its address.
    pub(super) name: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bitrate: u32,
}

/// The sizes below a source of this size.
pub(super) fn below(width: u32, height: u32) -> Vec<Rung> {
    let rung = |(step, bitrate): (u32, u32)| Rung {
        name: format!("{step}p"),
        width: (width * step / height.max(1)).max(2) / 2 * 2,
        height: step,
        bitrate,
    };
    STEPS.into_iter().filter(|(step, _)| *step < height).map(rung).collect()
}

/// The windows of a channel's sizes, by name. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Rungs(Arc<Mutex<Windows>>);

#[derive(Default)]
struct Windows {
    by_name: BTreeMap<String, (Timeline, Turn)>,
    turns: u64,
}

/// Which encoder writes to a window: one that is late must not write into what another has begun. 0 is none.
type Turn = u64;

impl Rungs {
    fn lock(&self) -> std::sync::MutexGuard<'_, Windows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The window of one size.
    pub(super) fn get(&self, name: &str) -> Option<Timeline> {
        self.lock().by_name.get(name).map(|(timeline, _)| timeline.clone())
    }

    /// Every size with its window.
    pub(super) fn all(&self) -> Vec<(String, Timeline)> {
        self.lock().by_name.iter().map(|(name, (timeline, _))| (name.clone(), timeline.clone())).collect()
    }

    /// No size goes on.
    pub(super) fn end(&self) {
        for (timeline, turn) in self.lock().by_name.values_mut() {
            timeline.end();
            *turn = 0;
        }
    }

    /// Sizes that a new source does not have go.
    fn keep(&self, rungs: &[Rung]) {
        self.lock().by_name.retain(|name, (timeline, _)| {
            let stays = rungs.iter().any(|rung| rung.name == *name);
            if !stays {
                timeline.end();
            }
            stays
        });
    }

    fn begin(&self, name: &str, settings: &Settings) -> Turn {
        let mut windows = self.lock();
        windows.turns += 1;
        let begun = windows.turns;
        let window = windows.by_name.entry(name.to_owned());
        let (timeline, turn) = window.or_insert_with(|| (Timeline::new(*settings), begun));
        timeline.begin();
        *turn = begun;
        begun
    }

    fn apply(&self, name: &str, turn: Turn, output: &skylark_hls::Output) {
        if let Some((timeline, now)) = self.lock().by_name.get(name)
            && *now == turn
        {
            timeline.apply(output);
        }
    }

    fn give_up(&self, name: &str, turn: Turn) {
        let mut windows = self.lock();
        if windows.by_name.get(name).is_some_and(|(_, now)| *now == turn)
            && let Some((timeline, _)) = windows.by_name.remove(name)
        {
            timeline.end();
        }
    }
}

/// The running encoders of one source. Dropping it ends them once they have written what they have.
pub(super) struct Ladder {
    rungs: Rungs,
    encoders: Vec<Encoder>,
}

struct Encoder {
    name: String,
    /// Set once it writes.
    turn: Arc<AtomicU64>,
    parts: mpsc::Sender<Bytes>,
    task: JoinHandle<()>,
}

impl Ladder {
    /// Starts an encoder for each size below the source that begins with `init`. Those of `before` end first.
    pub(super) fn start(
        ivs: &Ivs,
        rungs: &Rungs,
        settings: &Settings,
        (init, started_at_ms): (&Init, i64),
        before: Option<Self>,
    ) -> Self {
        let sizes = init.video.as_ref().map(|video| below(video.width, video.height)).unwrap_or_default();
        rungs.keep(&sizes);
        let mut ending: BTreeMap<String, JoinHandle<()>> =
            before.into_iter().flat_map(|ladder| ladder.encoders).map(|encoder| (encoder.name, encoder.task)).collect();
        let start = |rung: Rung| {
            let (parts, waiting) = mpsc::channel(MAX_WAITING);
            // An empty channel has room.
            let _ = parts.try_send(init.data.clone());
            let (name, ending) = (rung.name.clone(), ending.remove(&rung.name));
            let (ivs, rungs, settings) = (ivs.clone(), rungs.clone(), *settings);
            let turn = Arc::<AtomicU64>::default();
            let begun = turn.clone();
            let task = tokio::spawn(async move {
                if let Some(ending) = ending
                    && let Err(error) = ending.await
                {
                    tracing::error!(rung = rung.name, %error, "an encoder ended badly");
                }
                let turn = rungs.begin(&rung.name, &settings);
                begun.store(turn, Ordering::Relaxed);
                let segmenter = Segmenter::new(&settings, started_at_ms);
                let packager = Packager { segmenter, rungs: rungs.clone(), name: rung.name.clone(), turn };
                if let Err(error) = encode(&ivs, &rung, waiting, packager).await {
                    tracing::warn!(rung = rung.name, error = format!("{error:#}"), "a size of a stream is given up");
                    rungs.give_up(&rung.name, turn);
                }
            });
            Encoder { name, turn, parts, task }
        };
        Self { rungs: rungs.clone(), encoders: sizes.into_iter().map(start).collect() }
    }

    /// Hands a part of the source to every encoder.
    pub(super) fn part(&mut self, part: &Bytes) {
        let rungs = &self.rungs;
        self.encoders.retain(|encoder| {
            let taken = encoder.parts.try_send(part.clone());
            if matches!(taken, Err(mpsc::error::TrySendError::Full(_))) {
                tracing::warn!(rung = encoder.name, "the machine is too slow for a size of a stream");
                rungs.give_up(&encoder.name, encoder.turn.load(Ordering::Relaxed));
            }
            taken.is_ok()
        });
    }
}

async fn encode(
    ivs: &Ivs,
    rung: &Rung,
    mut parts: mpsc::Receiver<Bytes>,
    mut packager: Packager,
) -> anyhow::Result<()> {
    let tools = ivs.tools.as_ref().context("there is no ffmpeg")?;
    let mut command = tools.ladder(rung.width, rung.height, rung.bitrate);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // Dropping the child ends it.
    let mut child = cage::spawn(command).await?;
    let mut stdin = child.stdin.take().context("stdin is piped")?;
    let stdout = child.stdout.take().context("stdout is piped")?;
    let feed = async move {
        while let Some(part) = parts.recv().await {
            stdin.write_all(&part).await?;
        }
        // Dropping stdin is the end of the input.
        anyhow::Ok(())
    };
    let (fed, packaged) = tokio::join!(feed, packager.read(stdout));
    packager.finish();
    fed.and(packaged)?;
    let status = child.wait().await?;
    ensure!(status.success(), "ffmpeg ended with {status}");
    Ok(())
}

/// Packages what an encoder writes.
struct Packager {
    segmenter: Segmenter,
    rungs: Rungs,
    name: String,
    turn: Turn,
}

impl Packager {
    /// Reads FLV (Adobe Flash Video File Format 10.1, annex E) to its end.
    async fn read(&mut self, mut stdout: ChildStdout) -> anyhow::Result<()> {
        /// The file's header and the size of the tag that is not before it.
        const HEADER: usize = 9 + 4;
        const TAG: usize = 11;
        let (mut buffer, mut demuxer) = (BytesMut::new(), Demuxer::default());
        let mut is_begun = false;
        while stdout.read_buf(&mut buffer).await? > 0 {
            if !is_begun {
                if buffer.len() < HEADER {
                    continue;
                }
                ensure!(buffer.split_to(HEADER).starts_with(b"FLV\x01"), "ffmpeg writes no FLV");
                is_begun = true;
            }
            while let Some(&[kind, a, b, c, ..]) = buffer.get(..TAG).and_then(|tag| tag.first_chunk::<11>()) {
                let size = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                ensure!(size <= MAX_TAG, "a tag of {size} bytes");
                if buffer.len() < TAG + size + 4 {
                    break;
                }
                let mut tag = buffer.split_to(TAG + size + 4).freeze();
                let timestamp = u32::from_be_bytes([tag[7], tag[4], tag[5], tag[6]]);
                let body = tag.split_off(TAG).slice(..size);
                match kind & 0x1f {
                    8 => self.take(demuxer.audio(timestamp, body)?)?,
                    9 => self.take(demuxer.video(timestamp, body)?)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, tag: Tag) -> anyhow::Result<()> {
        let Tag::Media(media) = tag else { return Ok(()) };
        let outputs = match media {
            Media::Metadata(_) => Vec::new(),
            Media::VideoConfig(bytes) => self.segmenter.video(VideoConfig::parse(bytes)?),
            Media::AudioConfig(bytes) => self.segmenter.audio(AudioConfig::parse(bytes)?),
            Media::Video { dts_ms, composition_ms, keyframe, data } => {
                self.segmenter.push(Frame::Video { dts_ms, composition_ms, keyframe, data })?
            }
            Media::Audio { dts_ms, data } => self.segmenter.push(Frame::Audio { dts_ms, data })?,
        };
        self.apply(&outputs);
        Ok(())
    }

    fn finish(&mut self) {
        let outputs = self.segmenter.finish();
        self.apply(&outputs);
    }

    fn apply(&self, outputs: &[skylark_hls::Output]) {
        for output in outputs {
            self.rungs.apply(&self.name, self.turn, output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_stands_below_the_source() {
        let sizes = |width, height| -> Vec<(u32, u32)> {
            below(width, height).iter().map(|rung| (rung.width, rung.height)).collect()
        };
        assert_eq!(sizes(1920, 1080), [(1280, 720), (852, 480), (640, 360), (284, 160)]);
        assert_eq!(sizes(1280, 720), [(852, 480), (640, 360), (284, 160)]);
        assert_eq!(sizes(160, 120), []);
    }
}
