//! Thumbnails of a recording: a picture of the first segment and one each minute, made by ffmpeg in its cage, one at a
//! time for all streams and behind everything else the machine has to do.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use skylark_hls::Segment;
use tokio::task::JoinHandle;

use super::recorder::headers;
use super::recording::{Recording, THUMBNAILS};
use super::{Ivs, recording_configurations};
use crate::cage;

/// How long ffmpeg may take for one picture.
const PATIENCE: Duration = Duration::from_secs(20);
/// The highest picture.
const MAX_HEIGHT: u32 = 1080;

/// The thumbnails of one recording.
pub(super) struct Thumbnails {
    ivs: Ivs,
    recording: Recording,
    interval_ms: u64,
    height: u32,
    is_sequential: bool,
    has_latest: bool,
    count: usize,
    due_at_ms: u64,
    /// The picture that is being made.
    running: Option<JoinHandle<anyhow::Result<()>>>,
    size: Option<(u32, u32)>,
}

impl Thumbnails {
    pub(super) fn new(ivs: &Ivs, wanted: &recording_configurations::Thumbnails, recording: Recording) -> Self {
        let has =
            |storage: &str| wanted.recording_mode == "INTERVAL" && wanted.storage.iter().any(|one| one == storage);
        Self {
            ivs: ivs.clone(),
            recording,
            interval_ms: u64::from(wanted.target_interval_seconds) * 1000,
            height: match wanted.resolution.as_deref() {
                Some("SD") => 480,
                Some("HD") => 720,
                _ => MAX_HEIGHT,
            },
            is_sequential: has("SEQUENTIAL"),
            has_latest: has("LATEST"),
            count: 0,
            due_at_ms: 0,
            running: None,
            size: None,
        }
    }

    /// A segment was recorded, up to `recorded_ms`: makes a picture of its beginning when one is due.
    pub(super) fn segment(&mut self, segment: &Arc<Segment>, recorded_ms: u64) {
        let is_wanted = self.is_sequential || self.has_latest;
        let is_busy = self.running.as_ref().is_some_and(|running| !running.is_finished());
        let (Some(video), Some(part)) = (&segment.init.video, segment.parts.first()) else { return };
        if !is_wanted || is_busy || recorded_ms < self.due_at_ms || self.ivs.tools.is_none() {
            return;
        }
        self.due_at_ms = recorded_ms + self.interval_ms;
        let height = video.height.min(self.height) / 2 * 2;
        let width = (video.width * height / video.height.max(1)).max(2) / 2 * 2;
        self.size.get_or_insert((width, height));
        let mut keys = Vec::new();
        if self.is_sequential {
            keys.push(self.recording.key(&format!("{THUMBNAILS}/thumb{}.jpg", self.count)));
        }
        if self.has_latest {
            keys.push(self.recording.key("media/latest_thumbnail/thumb.jpg"));
        }
        self.count += 1;
        let (ivs, bucket) = (self.ivs.clone(), self.recording.bucket.clone());
        let media = [&segment.init.data[..], &part.data[..]].concat();
        self.running = Some(tokio::spawn(async move {
            let picture = picture(&ivs, &media, width, height).await?;
            for key in keys {
                ivs.objects.put(&bucket, &key, vec![picture.clone().into()], headers("image/jpeg")).await?;
            }
            Ok(())
        }));
    }

    /// Waits for the last picture. Answers the size of the pictures, if there are any.
    pub(super) async fn finish(&mut self) -> Option<(u32, u32)> {
        if let Some(running) = self.running.take()
            && let Err(error) = running.await.map_err(anyhow::Error::from).flatten()
        {
            tracing::warn!(recording = self.recording.prefix, error = format!("{error:#}"), "a thumbnail is missing");
        }
        self.size
    }
}

/// The first picture of `media` as JPEG.
async fn picture(ivs: &Ivs, media: &[u8], width: u32, height: u32) -> anyhow::Result<Vec<u8>> {
    let tools = ivs.tools.clone().context("there is no ffmpeg")?;
    let _turn = ivs.thumbnail_turn.acquire().await?;
    let folder = tempfile::tempdir()?;
    let (input, output) = (folder.path().join("input.mp4"), folder.path().join("thumb.jpg"));
    tokio::fs::write(&input, media).await?;
    let mut command = tools.picture(&input);
    command.args(["-frames:v", "1", "-vf", &format!("scale={width}:{height}"), "-q:v", "4"]).arg(&output);
    command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = cage::spawn(command).await?;
    // Dropping the child ends it.
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.context("ffmpeg takes too long")??;
    ensure!(status.success(), "ffmpeg ended with {status}");
    read(&output).await
}

async fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    tokio::fs::read(file).await.with_context(|| format!("cannot read {}", file.display()))
}
