//! What a file is: ffprobe's answer, and MediaConvert's words for it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use super::ffmpeg::Tools;
use crate::cage;

/// How long looking into a file may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes of ffprobe's answer: a file's words about itself can be endless.
const MAX_ANSWER: u64 = 1024 * 1024;

/// What ffprobe says; nothing when the file is no media.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Media {
    #[serde(default)]
    format: Format,
    #[serde(default)]
    streams: Vec<Stream>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Format {
    #[serde(default)]
    format_name: String,
    duration: Option<String>,
    bit_rate: Option<String>,
    #[serde(default)]
    tags: Tags,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Tags {
    #[serde(default)]
    major_brand: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Stream {
    #[serde(default)]
    pub(super) index: u32,
    #[serde(default)]
    codec_type: String,
    #[serde(default)]
    codec_name: String,
    #[serde(default)]
    pub(super) level: i32,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    #[serde(default)]
    r_frame_rate: String,
    #[serde(default)]
    avg_frame_rate: String,
    #[serde(default)]
    sample_aspect_ratio: String,
    duration: Option<String>,
    #[serde(default)]
    tags: StreamTags,
    sample_rate: Option<String>,
    channels: Option<u32>,
    bit_rate: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

/// Matroska tells a track's length here: `00:00:55.040000000`.
#[derive(Debug, Clone, Default, Deserialize)]
struct StreamTags {
    #[serde(rename = "DURATION")]
    duration: Option<String>,
}

impl StreamTags {
    fn seconds(&self) -> Option<f64> {
        let parts: Vec<f64> = self.duration.as_ref()?.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [hours, minutes, seconds] = parts.as_slice() else { return None };
        Some(hours * 3600.0 + minutes * 60.0 + seconds)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

/// Looks into a file.
///
/// # Errors
/// When the program cannot be run or takes too long; a file that is no media is no error.
pub(super) async fn probe(tools: &Tools, file: &Path) -> anyhow::Result<Media> {
    let mut command = tools.probe(file);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = cage::spawn(command).await.context("ffprobe cannot be started")?;
    let stdout = child.stdout.take().context("stdout is piped")?;
    let answer = async {
        let mut text = Vec::new();
        stdout.take(MAX_ANSWER).read_to_end(&mut text).await?;
        // Whoever says more is ended by the closed pipe.
        let status = child.wait().await?;
        anyhow::Ok((status, text))
    };
    let Ok(answer) = tokio::time::timeout(TIMEOUT, answer).await else {
        bail!("ffprobe takes longer than {TIMEOUT:?}");
    };
    let (status, text) = answer?;
    if !status.success() {
        return Ok(Media::default());
    }
    Ok(serde_json::from_slice(&text).unwrap_or_default())
}

impl Media {
    /// The first video track that is no cover picture.
    pub(super) fn video(&self) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.is_video())
    }

    pub(super) fn has_audio(&self) -> bool {
        self.streams.iter().any(|stream| stream.codec_type == "audio")
    }

    /// Seconds, as the file says.
    pub(super) fn duration(&self) -> Option<f64> {
        let of_tracks = self.video().and_then(|video| number(&video.duration));
        number(&self.format.duration).or(of_tracks).filter(|seconds| seconds.is_finite() && *seconds > 0.0)
    }

    /// Seconds of the video track, as the file says. The container's own count is that of its longest track, so it says
    /// nothing about the pictures where there is sound.
    pub(super) fn video_duration(&self) -> Option<f64> {
        let video = self.video()?;
        let of_track = number(&video.duration).or_else(|| video.tags.seconds());
        let of_file = if self.has_audio() { None } else { self.duration() };
        of_track.or(of_file).filter(|seconds| seconds.is_finite() && *seconds > 0.0)
    }

    /// MediaConvert's `ProbeResult`.
    pub(super) fn result(&self, size: u64, etag: &str) -> Value {
        let tracks: Vec<Value> = self.streams.iter().enumerate().map(|(index, stream)| stream.track(index)).collect();
        let mut container = json!({ "tracks": tracks });
        if let Some(format) = self.format_name() {
            container["format"] = json!(format);
        }
        if let Some(duration) = self.duration() {
            container["duration"] = json!(duration);
        }
        if let Some(rate) = number(&self.format.bit_rate) {
            container["bitRate"] = json!(rate as i64);
        }
        json!({ "container": container, "metadata": { "fileSize": size, "eTag": etag } })
    }

    fn format_name(&self) -> Option<&'static str> {
        let names = self.format.format_name.as_str();
        let first = names.split(',').next().unwrap_or_default();
        Some(match first {
            "mov" if self.format.tags.major_brand.trim() == "qt" => "quicktime",
            "mov" => "mp4",
            "matroska" => "matroska",
            "avi" => "avi",
            "mpegts" => "mpegts",
            "mpeg" => "mpegps",
            "asf" => "asf",
            "mxf" => "mxf",
            "ogg" => "ogg",
            "wav" => "wave",
            "mp3" => "mp3",
            "aac" => "aac",
            "flac" => "flac",
            "ac3" => "ac3",
            "eac3" => "eac3",
            _ => return None,
        })
    }
}

impl Stream {
    fn is_video(&self) -> bool {
        self.codec_type == "video" && self.disposition.attached_pic == 0
    }

    fn track(&self, index: usize) -> Value {
        let codec = self.codec_name.to_ascii_uppercase();
        let codec = match codec.as_str() {
            "H264" => "AVC",
            "MPEG4" => "MP4V",
            "MPEG2VIDEO" => "MPEG2",
            "MPEG1VIDEO" => "MPEG1",
            other if other.starts_with("PCM_") => "PCM",
            "AAC" | "AC3" | "AV1" | "EAC3" | "FLAC" | "H263" | "HEVC" | "MJPEG" | "MP2" | "MP3" | "OPUS" | "PRORES"
            | "THEORA" | "VC1" | "VORBIS" | "VP8" | "VP9" => &codec,
            _ => "UNKNOWN",
        };
        let mut track = json!({ "index": index + 1, "codec": codec });
        if let Some(duration) = number(&self.duration) {
            track["duration"] = json!(duration);
        }
        if self.is_video() {
            track["trackType"] = json!("video");
            let mut properties = json!({ "width": self.width, "height": self.height });
            let rate = fraction(&self.avg_frame_rate).or_else(|| fraction(&self.r_frame_rate));
            if let Some((numerator, denominator)) = rate {
                properties["frameRate"] = json!({ "numerator": numerator, "denominator": denominator });
            }
            if let Some((wide, high)) = fraction(&self.sample_aspect_ratio.replace(':', "/")) {
                properties["sampleAspectRatio"] = json!({ "numerator": wide, "denominator": high });
            }
            let turned = self.side_data_list.iter().find_map(|data| data.rotation);
            if let Some(degrees) = turned.map(clockwise).filter(|degrees| *degrees != 0) {
                properties["rotation"] = json!(degrees);
            }
            track["videoProperties"] = properties;
        } else if self.codec_type == "audio" {
            track["trackType"] = json!("audio");
            track["audioProperties"] = json!({
                "channels": self.channels,
                "sampleRate": self.sample_rate.as_ref().and_then(|rate| rate.parse::<i64>().ok()),
                "bitRate": number(&self.bit_rate).map(|rate| rate as i64),
            });
        } else {
            track["trackType"] = json!("data");
        }
        track
    }
}

/// ffprobe turns counterclockwise, MediaConvert clockwise.
fn clockwise(degrees: f64) -> i64 {
    (-degrees.round() as i64).rem_euclid(360)
}

fn number(text: &Option<String>) -> Option<f64> {
    text.as_ref()?.parse().ok()
}

fn fraction(text: &str) -> Option<(u32, u32)> {
    let (numerator, denominator) = text.split_once('/')?;
    Some((numerator.parse().ok()?, denominator.parse().ok()?)).filter(|(above, below)| *above > 0 && *below > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_make_no_sense_are_none() {
        let length = |text: &str| serde_json::from_str::<Media>(text).unwrap().video_duration();
        let video = |more: &str| format!(r#"{{"codec_type":"video",{more}}}"#);
        let file =
            |streams: &str, seconds: &str| format!(r#"{{"format":{{"duration":"{seconds}"}},"streams":[{streams}]}}"#);
        assert_eq!(length(&file(&video(r#""duration":"-5.0""#), "60")), None);
        assert_eq!(length(&file(&video(r#""duration":"nan""#), "60")), None);
        assert_eq!(length(&file(&video(r#""duration":"7.5""#), "60")), Some(7.5));
        assert_eq!(length(&file(&video(r#""tags":{"DURATION":"00:01:05.500000000"}"#), "60")), Some(65.5));
        assert_eq!(length(&file(&video(r#""width":1"#), "60")), Some(60.0));
        let with_sound = format!(r#"{},{{"codec_type":"audio"}}"#, video(r#""width":1"#));
        assert_eq!(length(&file(&with_sound, "60")), None, "the sound may be longer");
    }

    #[test]
    fn rotation_is_clockwise() {
        assert_eq!([-90.0, 90.0, 180.0, -180.0, 0.0].map(clockwise), [90, 270, 180, 180, 0]);
    }
}
