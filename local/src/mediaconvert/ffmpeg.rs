//! Finding ffmpeg and ffprobe, and the cage in which they meet bad media: no network, no terminal, an empty
//! environment, limits on memory, processor time and file size.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::cage::{self, Limits};

/// Containers that are read. Playlists and lists of files are not among them: they name other files.
const FORMATS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,mxf,ogg,wav,mp3,aac,flac,ac3,eac3";
/// Pixels of a frame beyond which nothing is decoded.
const MAX_PIXELS: &str = "67108864";
/// What is asked of ffprobe: a file's other tags can be endless.
const ENTRIES: &str = "format=format_name,duration,bit_rate:format_tags=major_brand:stream=index,codec_type,codec_name,\
    level,width,height,sample_aspect_ratio,r_frame_rate,avg_frame_rate,duration,bit_rate,sample_rate,channels:\
    stream_tags=DURATION:stream_disposition=attached_pic:stream_side_data=rotation";
const GIB: u64 = 1024 * 1024 * 1024;

/// The programs, where they were found.
#[derive(Debug, Clone)]
pub struct Tools {
    /// ffmpeg with libx264 and aac.
    pub ffmpeg: PathBuf,
    /// ffprobe.
    pub ffprobe: PathBuf,
    /// The cage's own binary.
    pub skylark: PathBuf,
}

/// Looks for ffmpeg and ffprobe: `FFMPEG` and `FFPROBE`, then `PATH`.
///
/// # Errors
/// One sentence that says what is missing.
pub fn find_tools(skylark: PathBuf) -> Result<Tools, String> {
    let find = |variable: &str, name: &str| -> Result<PathBuf, String> {
        let named = std::env::var_os(variable).map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
        named
            .into_iter()
            .chain(candidates)
            .find(|program| program.is_file())
            .ok_or_else(|| format!("{name} is missing: install it, or name it in {variable}"))
    };
    Ok(Tools { ffmpeg: find("FFMPEG", "ffmpeg")?, ffprobe: find("FFPROBE", "ffprobe")?, skylark })
}

impl Tools {
    /// ffprobe on `input`, to be run in the file's folder.
    pub(super) fn probe(&self, input: &Path) -> Command {
        let limits = limits(4 * GIB, 30, 0);
        let mut command = cage::command(&self.skylark, &limits, &self.ffprobe);
        command.args(["-hide_banner", "-v", "error", "-protocol_whitelist", "file", "-format_whitelist", FORMATS]);
        command.args(["-show_entries", ENTRIES, "-of", "json", "-i"]).arg(input);
        command
    }

    /// ffmpeg reading `input`, up to the options of its outputs.
    pub(super) fn transcode(&self, input: &Path, cpu_seconds: u64, clip_seconds: Option<f64>) -> Command {
        let limits = limits(8 * GIB, cpu_seconds, 64 * GIB);
        let mut command = cage::command(&self.skylark, &limits, &self.ffmpeg);
        command.args(["-nostdin", "-hide_banner", "-y", "-v", "error", "-progress", "pipe:1", "-stats_period", "1"]);
        command.args(["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-max_pixels", MAX_PIXELS]);
        if let Some(seconds) = clip_seconds {
            command.args(["-t", &seconds.to_string()]);
        }
        command.arg("-i").arg(input);
        command
    }
}

impl Tools {
    /// ffmpeg reading a live stream as fragmented MP4 on stdin, and writing it as FLV in another size to stdout. Key
    /// frames stay where the source has them.
    pub(crate) fn ladder(&self, width: u32, height: u32, bitrate: u32) -> Command {
        let limits = Limits { memory: Some(4 * GIB), nice: Some(5), ..Limits::default() };
        let mut command = cage::command(&self.skylark, &limits, &self.ffmpeg);
        let rate = bitrate.to_string();
        command.args(["-nostdin", "-hide_banner", "-v", "error", "-fflags", "nobuffer", "-copyts"]);
        command.args(["-protocol_whitelist", "pipe", "-format_whitelist", "mov", "-max_pixels", MAX_PIXELS]);
        command.args(["-f", "mov", "-i", "pipe:0", "-map", "0:v:0", "-map", "0:a:0?", "-c:a", "copy"]);
        command.args(["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "main"]);
        command.args(["-pix_fmt", "yuv420p", "-vf", &format!("scale={width}:{height},setsar=1")]);
        command.args(["-force_key_frames", "source", "-g", "600", "-sc_threshold", "0"]);
        command.args(["-b:v", &rate, "-maxrate", &rate, "-bufsize", &rate]);
        command.args(["-flvflags", "no_duration_filesize", "-flush_packets", "1", "-f", "flv", "pipe:1"]);
        command
    }

    /// ffmpeg reading a moment of a live stream for a picture of it, behind everything else.
    pub(crate) fn picture(&self, input: &Path) -> Command {
        let limits = Limits { nice: Some(15), ..limits(4 * GIB, 20, GIB) };
        let mut command = cage::command(&self.skylark, &limits, &self.ffmpeg);
        command.args(["-nostdin", "-hide_banner", "-y", "-v", "error", "-threads", "1"]);
        command.args(["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-max_pixels", MAX_PIXELS]);
        command.arg("-i").arg(input);
        command
    }
}

fn limits(memory: u64, cpu: u64, file_size: u64) -> Limits {
    Limits { memory: Some(memory), cpu: Some(cpu), file_size: Some(file_size), ..Limits::default() }
}
