//! Running jobs, one at a time: ffmpeg once for all outputs, then the outputs become objects, the top-level playlist
//! last. A job that a crash cut off begins again; its objects are simply written again.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr};
use tokio::sync::watch;

use super::MediaConvert;
use super::jobs::{Job, Status};
use super::plan::{Capture, HlsGroup, Location, Plan, Rendition};
use super::playlist::{Variant, master, segments};
use super::probe::{Media, probe};
use crate::cage;
use crate::s3::Headers;
use crate::state::now_ms;

const PLAYLIST_TYPE: &str = "application/vnd.apple.mpegurl";
/// The longest input when neither file nor job says how long it is, in seconds.
const LONGEST: f64 = 12.0 * 3600.0;

/// Why a job did not end well.
enum Failure {
    /// MediaConvert's error code and its words.
    Error(u32, String),
    /// Somebody cancelled it.
    Canceled,
    /// The service stops; the job runs again after the next start.
    Stopped,
}

type Outcome<T> = Result<T, Failure>;

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Error(1999, format!("{error:#}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Error(1999, error.to_string())
    }
}

pub(super) async fn run(service: MediaConvert, mut stop: watch::Receiver<bool>) {
    loop {
        match service.jobs.next() {
            Ok(Some(job)) => match run_job(&service, &job, &mut stop).await {
                Err(Failure::Stopped) => return,
                outcome => {
                    if let Err(error) = settle(&service, &job, outcome) {
                        tracing::error!(job = job.id, %error, "the end of a job cannot be stored");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            },
            Ok(None) => {
                tokio::select! {
                    () = service.submitted.notified() => {}
                    _ = stop.wait_for(|stop| *stop) => return,
                }
            }
            Err(error) => {
                tracing::error!(%error, "jobs cannot be read");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn settle(service: &MediaConvert, job: &Job, outcome: Outcome<Value>) -> anyhow::Result<()> {
    match outcome {
        Ok(output_groups) => {
            let detail = json!({ "outputGroupDetails": output_groups });
            service.jobs.change(&job.id, "COMPLETE", detail, |job| {
                job.status = Status::Complete;
                job.percent = Some(100);
                job.phase = None;
                job.finished_at = Some(now_ms());
                job.output_groups = Some(output_groups);
            })?;
        }
        Err(Failure::Error(code, message)) => {
            tracing::warn!(job = job.id, code, message, "a job ends with an error");
            let detail = json!({ "errorCode": code, "errorMessage": message });
            service.jobs.change(&job.id, "ERROR", detail, |job| {
                job.status = Status::Error;
                job.finished_at = Some(now_ms());
                job.error = Some((code, message));
            })?;
        }
        // What was cancelled is at its end already.
        Err(Failure::Canceled | Failure::Stopped) => {}
    }
    Ok(())
}

async fn run_job(service: &MediaConvert, job: &Job, stop: &mut watch::Receiver<bool>) -> Outcome<Value> {
    let folder = service.folder.join(&job.id);
    // What an earlier try left.
    if folder.exists() {
        tokio::fs::remove_dir_all(&folder).await?;
    }
    tokio::fs::create_dir_all(&folder).await?;
    // A file that makes us panic must not end the runner: it would be the first again after the next start.
    let outcome = AssertUnwindSafe(work(service, job, &folder, stop)).catch_unwind().await;
    if let Err(error) = tokio::fs::remove_dir_all(&folder).await {
        tracing::warn!(job = job.id, %error, "the job's folder cannot be removed; the next start tries again");
    }
    outcome.unwrap_or_else(|_| Err(Failure::Error(1999, "The job panicked.".into())))
}

async fn work(service: &MediaConvert, job: &Job, folder: &Path, stop: &mut watch::Receiver<bool>) -> Outcome<Value> {
    let started = service.jobs.change(&job.id, "PROGRESSING", json!({}), |job| {
        job.status = Status::Progressing;
        job.phase = Some("PROBING".into());
        job.percent = Some(0);
        job.started_at = job.started_at.or(Some(now_ms()));
    })?;
    if !started {
        return Err(Failure::Canceled);
    }
    let plan = Plan::new(&job.settings).map_err(|message| Failure::Error(1040, message))?;
    let tools = service.tools.as_ref().map_err(|missing| Failure::Error(1999, missing.clone()))?;
    let object = service.objects.get(&plan.input.bucket, &plan.input.key);
    let object = object.map_err(|_| Failure::Error(1404, format!("{} does not exist", plan.input.url())))?;
    let input = folder.join("input");
    tokio::fs::hard_link(service.objects.path(&object), &input).await?;

    let media = probe(tools, &input).await?;
    let Some(video) = media.video() else {
        return Err(Failure::Error(1020, "The input has no video track that can be decoded.".into()));
    };
    let wants_audio = plan.hls.iter().flat_map(|group| &group.outputs).any(|output| output.audio.is_some());
    if wants_audio && !media.has_audio() {
        return Err(Failure::Error(1021, "The outputs want audio and the input has none.".into()));
    }
    let declared = media.video_duration().or_else(|| media.duration()).unwrap_or(LONGEST);
    let declared = declared.min(plan.clip_seconds.unwrap_or(LONGEST)).clamp(0.0, 2.0 * LONGEST);
    let wall = Duration::from_secs_f64(60.0 + 4.0 * declared);
    let mut command = tools.transcode(&input, wall.as_secs() * 8, plan.clip_seconds);
    command.args(outputs(&plan, video.index, folder)?);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = cage::spawn(command).await.context("ffmpeg cannot be started")?;
    let transcoding = transcode(service, job, child, declared);
    tokio::select! {
        ended = tokio::time::timeout(wall, transcoding) => {
            ended.unwrap_or_else(|_| Err(Failure::Error(1999, format!("ffmpeg takes longer than {wall:?}"))))?;
        }
        _ = stop.wait_for(|stop| *stop) => return Err(Failure::Stopped),
    }
    publish(service, &plan, &media, folder).await
}

/// ffmpeg's options for every output: decoded once, split, scaled.
fn outputs(plan: &Plan, video: u32, folder: &Path) -> Outcome<Vec<String>> {
    let renditions = || {
        plan.hls.iter().enumerate().flat_map(|(group, hls)| {
            hls.outputs.iter().enumerate().map(move |(number, output)| (group, number, hls, output))
        })
    };
    let count = renditions().count() + plan.captures.len();
    let labels: String = (0..count).map(|number| format!("[in{number}]")).collect();
    let mut filters = vec![format!("[0:{video}]split={count}{labels}")];
    let mut options = Vec::new();
    let mut add = |more: &[&str]| options.extend(more.iter().map(|option| (*option).to_owned()));
    for (branch, (group, number, hls, output)) in renditions().enumerate() {
        let Rendition { width, height, max_bitrate, gop_seconds, .. } = output;
        let rate = output.frame_rate.map(|(above, below)| format!(",fps={above}/{below}")).unwrap_or_default();
        filters.push(format!("[in{branch}]scale={width}:{height},setsar=1,format=yuv420p{rate}[out{branch}]"));
        add(&["-map", &format!("[out{branch}]"), "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high"]);
        add(&["-crf", "21", "-maxrate", &max_bitrate.to_string(), "-bufsize", &(max_bitrate * 2).to_string()]);
        add(&["-force_key_frames", &format!("expr:gte(t,n_forced*{gop_seconds})")]);
        if let Some(audio) = &output.audio {
            add(&["-map", "0:a:0", "-c:a", "aac", "-b:a", &audio.bitrate.to_string(), "-ac", "2"]);
            add(&["-ar", &audio.sample_rate.to_string()]);
        }
        let own = rendition_folder(folder, group, number);
        std::fs::create_dir_all(&own)?;
        let base = hls.destination.join(&output.name_modifier);
        let stem = stem(&base);
        add(&["-f", "hls", "-hls_time", &hls.segment_seconds.to_string(), "-hls_playlist_type", "vod"]);
        add(&["-hls_flags", "independent_segments", "-start_number", "1", "-map_metadata", "-1"]);
        add(&["-hls_segment_filename", &text(&own.join(format!("{stem}_%05d.ts")))?]);
        add(&[&text(&own.join(format!("{stem}.m3u8")))?]);
    }
    for (number, capture) in plan.captures.iter().enumerate() {
        let Capture { width, height, interval, most, quality, .. } = capture;
        let branch = renditions().count() + number;
        let select = format!("select='isnan(prev_selected_t)+gte(t-prev_selected_t\\,{interval})'");
        filters.push(format!("[in{branch}]{select},scale={width}:{height},setsar=1,format=yuvj420p[out{branch}]"));
        // ffmpeg counts from 2, best, to 31; MediaConvert from 1 to 100, best.
        let scale = 2 + (100 - (*quality).min(100)) * 29 / 100;
        let own = capture_folder(folder, number);
        std::fs::create_dir_all(&own)?;
        add(&["-map", &format!("[out{branch}]"), "-fps_mode", "vfr", "-frames:v", &most.to_string()]);
        add(&["-q:v", &scale.to_string(), "-map_metadata", "-1", "-start_number", "0", "-f", "image2"]);
        add(&[&text(&own.join("%07d.jpg"))?]);
    }
    let mut all = vec!["-filter_complex".to_owned(), filters.join(";")];
    all.append(&mut options);
    Ok(all)
}

/// Follows ffmpeg to its end and tells of its progress each second.
async fn transcode(service: &MediaConvert, job: &Job, mut child: Child, duration: f64) -> Outcome<()> {
    let stdout = child.stdout.take().context("stdout is piped")?;
    let stderr = child.stderr.take().context("stderr is piped")?;
    let complaints = tokio::spawn(complaints(stderr));
    let mut lines = BufReader::new(stdout).lines();
    let (mut seconds, mut frames) = (0.0, 0u64);
    while let Some(line) = lines.next_line().await? {
        match line.split_once('=') {
            Some(("out_time_us", value)) => seconds = value.parse::<f64>().unwrap_or(0.0) / 1e6,
            Some(("frame", value)) => frames = value.trim().parse().unwrap_or(0),
            Some(("progress", _)) => {
                let percent = ((seconds / duration * 100.0) as u32).min(99);
                let detail = json!({
                    "framesDecoded": frames,
                    "jobProgress": {
                        "phaseProgress": {
                            "PROBING": { "status": "COMPLETE", "percentComplete": 100 },
                            "TRANSCODING": { "status": "PROGRESSING", "percentComplete": percent },
                            "UPLOADING": { "status": "PENDING", "percentComplete": 0 },
                        },
                        "jobPercentComplete": percent,
                        "currentPhase": "TRANSCODING",
                        "retryCount": 0,
                    },
                });
                let goes_on = service.jobs.change(&job.id, "STATUS_UPDATE", detail, |job| {
                    job.phase = Some("TRANSCODING".into());
                    job.percent = Some(percent);
                })?;
                if !goes_on {
                    // Dropping the child ends it.
                    return Err(Failure::Canceled);
                }
            }
            _ => {}
        }
    }
    let status = child.wait().await?;
    let complaints = complaints.await.unwrap_or_default();
    if !status.success() {
        tracing::warn!(job = job.id, %status, complaints, "ffmpeg failed");
        if status.code().is_none() || OUR_FAULTS.iter().any(|fault| complaints.contains(fault)) {
            // Out of memory or of disk, or beyond a limit of its cage: not the input's fault for sure.
            return Err(Failure::Error(1999, format!("ffmpeg could not go on: {status}")));
        }
        return Err(Failure::Error(1030, "The input cannot be decoded: it is damaged or not supported.".into()));
    }
    if !complaints.is_empty() {
        tracing::info!(job = job.id, complaints, "ffmpeg found faults in the input");
    }
    Ok(())
}

/// What ffmpeg complained of. A broken file's complaints can be endless: the first and the last are kept.
async fn complaints(mut stderr: ChildStderr) -> String {
    const KEPT: usize = 4096;
    let (mut kept, mut chunk) = (Vec::new(), [0; 1024]);
    // A broken pipe ends the complaints as well.
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..length]);
        if kept.len() > 3 * KEPT {
            kept.drain(KEPT..kept.len() - KEPT);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// Words of ffmpeg about this machine rather than its input.
const OUR_FAULTS: [&str; 4] =
    ["No space left on device", "Cannot allocate memory", "Resource temporarily unavailable", "File too large"];

/// Makes objects of the outputs and answers `outputGroupDetails`.
async fn publish(service: &MediaConvert, plan: &Plan, media: &Media, folder: &Path) -> Outcome<Value> {
    let mut groups = Vec::new();
    for (group, hls) in plan.hls.iter().enumerate() {
        groups.push(publish_hls(service, plan, media, folder, group, hls).await?);
    }
    for (number, capture) in plan.captures.iter().enumerate() {
        let base = capture.destination.join(&capture.name_modifier);
        let mut last = None;
        for index in 0.. {
            let file = capture_folder(folder, number).join(format!("{index:07}.jpg"));
            if !file.exists() {
                break;
            }
            let place = base.join(&format!(".{index:07}.jpg"));
            adopt(service, &place, &file, "image/jpeg").await?;
            last = Some(place.url());
        }
        let last = last.ok_or_else(|| Failure::Error(1030, "No frame of the input can be decoded.".into()))?;
        groups.push(json!({ "type": "FILE_GROUP", "outputDetails": [{
            "outputFilePaths": [last],
            "videoDetails": { "widthInPx": capture.width, "heightInPx": capture.height },
        }] }));
    }
    Ok(Value::Array(groups))
}

async fn publish_hls(
    service: &MediaConvert,
    plan: &Plan,
    media: &Media,
    folder: &Path,
    group: usize,
    hls: &HlsGroup,
) -> Outcome<Value> {
    let tools = service.tools.as_ref().map_err(|missing| Failure::Error(1999, missing.clone()))?;
    let base_folder = hls.destination.key.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (mut variants, mut details) = (Vec::new(), Vec::new());
    for (number, output) in hls.outputs.iter().enumerate() {
        let base = hls.destination.join(&output.name_modifier);
        let own = rendition_folder(folder, group, number);
        let playlist = own.join(format!("{}.m3u8", stem(&base)));
        let parts = segments(&tokio::fs::read_to_string(&playlist).await.unwrap_or_default());
        let Some((_, first)) = parts.first() else {
            return Err(Failure::Error(1030, "No frame of the input can be decoded.".into()));
        };
        let seconds: f64 = parts.iter().map(|(seconds, _)| seconds).sum();
        check_length(plan, media, seconds)?;
        let level = probe(tools, &own.join(first)).await?.video().map_or(40, |video| video.level);
        let (mut bytes, mut peak) = (0, 0.0f64);
        for (seconds, name) in &parts {
            let file = own.join(name);
            let size = tokio::fs::metadata(&file).await?.len();
            bytes += size;
            peak = peak.max(size as f64 * 8.0 / seconds.max(0.04));
            let place = Location { bucket: base.bucket.clone(), key: format!("{}/{name}", parent(&base.key)) };
            adopt(service, &place, &file, "video/mp2t").await?;
        }
        let average = bytes as f64 * 8.0 / seconds.max(0.04);
        adopt(service, &base.join(".m3u8"), &playlist, PLAYLIST_TYPE).await?;
        let key = format!("{}.m3u8", base.key);
        variants.push(Variant {
            uri: key.strip_prefix(base_folder).unwrap_or(&key).trim_start_matches('/').to_owned(),
            peak: peak as u64,
            average: average as u64,
            width: output.width,
            height: output.height,
            level: u8::try_from(level).unwrap_or(40),
            has_audio: output.audio.is_some(),
        });
        details.push(json!({
            "outputFilePaths": [base.join(".m3u8").url()],
            "durationInMs": (seconds * 1000.0).round() as u64,
            "videoDetails": {
                "widthInPx": output.width, "heightInPx": output.height, "averageBitrate": average as u64,
            },
        }));
    }
    let top = folder.join(format!("{group}.m3u8"));
    tokio::fs::write(&top, master(&variants)).await?;
    let place = hls.destination.join(".m3u8");
    adopt(service, &place, &top, PLAYLIST_TYPE).await?;
    Ok(json!({ "type": "HLS_GROUP", "playlistFilePaths": [place.url()], "outputDetails": details }))
}

/// A file that decodes much shorter than it says was cut off.
fn check_length(plan: &Plan, media: &Media, decoded: f64) -> Outcome<()> {
    let Some(declared) = media.video_duration() else { return Ok(()) };
    let declared = declared.min(plan.clip_seconds.unwrap_or(f64::INFINITY));
    if decoded + (declared * 0.05).max(1.0) < declared {
        let message = format!("The input says {declared:.1} seconds and {decoded:.1} can be decoded: it is truncated.");
        return Err(Failure::Error(1076, message));
    }
    Ok(())
}

async fn adopt(service: &MediaConvert, place: &Location, file: &Path, kind: &str) -> Outcome<()> {
    let headers = Headers { content_type: Some(kind.to_owned()), ..Headers::default() };
    let adopted = service.objects.adopt(&place.bucket, &place.key, file, headers).await;
    adopted.map_err(|error| Failure::Error(1517, format!("{} cannot be written: {error:#}", place.url())))
}

fn rendition_folder(folder: &Path, group: usize, number: usize) -> PathBuf {
    folder.join(format!("hls-{group}-{number}"))
}

fn capture_folder(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("captures-{number}"))
}

/// The last part of a name.
fn stem(base: &Location) -> &str {
    base.key.rsplit('/').next().unwrap_or_default()
}

fn parent(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn text(path: &Path) -> Outcome<String> {
    Ok(path.to_str().context("the data directory's path is not UTF-8")?.to_owned())
}
