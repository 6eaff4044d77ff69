//! Real media, made with ffmpeg.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The program that `./dev` found, or the one in PATH.
fn tool(variable: &str, name: &str) -> Command {
    Command::new(std::env::var_os(variable).unwrap_or_else(|| name.into()))
}

/// Makes `path` with ffmpeg's `arguments`, which are separated by spaces.
pub fn make(path: &Path, arguments: &str) -> Result<PathBuf> {
    let made = tool("FFMPEG", "ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments.split(' '))
        .arg(path)
        .output()
        .context("ffmpeg cannot be started")?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(path.to_owned())
}

/// An MP4 of a moving test picture with a tone.
pub fn movie(path: &Path, width: u32, height: u32, seconds: u32) -> Result<PathBuf> {
    let picture = format!("testsrc2=size={width}x{height}:rate=30:duration={seconds}");
    let arguments = format!(
        "-f lavfi -i {picture} -f lavfi -i sine=duration={seconds} -pix_fmt yuv420p -preset ultrafast -movflags +faststart"
    );
    make(path, &arguments)
}

/// An MP4 without sound.
pub fn silent_movie(path: &Path, width: u32, height: u32, seconds: u32) -> Result<PathBuf> {
    let picture = format!("testsrc2=size={width}x{height}:rate=30:duration={seconds}");
    make(path, &format!("-f lavfi -i {picture} -pix_fmt yuv420p -preset ultrafast -movflags +faststart"))
}

/// Marks the picture of an MP4 as to be shown turned right by 90 degrees, as telephones do. ffmpeg's own option for it
/// changed its name over time.
pub fn turn_right(path: &Path) -> Result<()> {
    /// From a track header's type to its matrix, in version 0.
    const MATRIX: usize = 44;
    let mut file = std::fs::read(path)?;
    let header = file.windows(4).position(|kind| kind == b"tkhd").context("there is no track header")?;
    let rows: [u32; 9] = [0, 0x1_0000, 0, 0xffff_0000, 0, 0, 0, 0, 0x4000_0000];
    for (number, value) in rows.into_iter().enumerate() {
        let at = header + MATRIX + number * 4;
        file.get_mut(at..at + 4).context("the track header is cut off")?.copy_from_slice(&value.to_be_bytes());
    }
    Ok(std::fs::write(path, file)?)
}

/// Width and height of the picture in `input` (a file or a URL), and whether there is sound.
pub fn probe(input: &str) -> Result<(u32, u32, bool)> {
    let probe = tool("FFPROBE", "ffprobe")
        .args(["-v", "error", "-show_entries", "stream=codec_type,width,height", "-of", "csv=p=0", input])
        .output()
        .context("ffprobe cannot be started")?;
    ensure!(probe.status.success(), "{}", String::from_utf8_lossy(&probe.stderr));
    let text = String::from_utf8(probe.stdout)?;
    let video =
        text.lines().find_map(|line| line.strip_prefix("video,")).with_context(|| format!("no video: {text}"))?;
    let (width, height) = video.trim_end_matches(',').split_once(',').context("no size")?;
    Ok((width.parse()?, height.parse()?, text.lines().any(|line| line.starts_with("audio"))))
}

/// The newest frame that can be had of a live playlist, scaled to this size: its brightness, a byte for each pixel.
pub fn frame(url: &str, width: usize, height: usize) -> Result<Vec<u8>> {
    let decoded = tool("FFMPEG", "ffmpeg")
        .args(["-nostdin", "-v", "error", "-live_start_index", "-1", "-i", url, "-frames:v", "1"])
        .args(["-vf", &format!("scale={width}:{height}"), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
        .output()
        .context("ffmpeg cannot be started")?;
    let said = String::from_utf8_lossy(&decoded.stderr);
    ensure!(decoded.stdout.len() == width * height, "{} bytes: {said}", decoded.stdout.len());
    Ok(decoded.stdout)
}
