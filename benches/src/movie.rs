//! Real media to publish: ffmpeg makes an FLV once, and encoders loop it with timestamps that go on.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use skylark_rtmp::message::kind;
use skylark_tests::media;

/// How long one turn of the loop is.
const SECONDS: u32 = 20;
/// Bytes before an FLV's first tag: its header and the size of no tag ("Adobe Flash Video File Format", E.2, E.3).
const HEADER: usize = 13;
/// Bytes of a tag before its body (E.4.1), and of the size after it.
const TAG: usize = 11;
const TRAILER: usize = 4;

/// One message: an FLV tag's body is an RTMP message's.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    /// `AUDIO`, `VIDEO` or `DATA`.
    pub(crate) kind: u8,
    /// Milliseconds from the beginning.
    pub(crate) at_ms: u32,
    pub(crate) body: Bytes,
}

impl Tag {
    /// Whether it configures a decoder (E.4.2.2, E.4.3.2): sent once, not in each turn.
    fn is_config(&self) -> bool {
        match self.kind {
            kind::DATA => true,
            kind::VIDEO | kind::AUDIO => self.body.get(1) == Some(&0),
            _ => false,
        }
    }

    /// Whether it says that no picture follows (AVCPacketType 2, E.4.3.2).
    fn is_end(&self) -> bool {
        self.kind == kind::VIDEO && self.body.get(1) == Some(&2)
    }
}

/// Twenty seconds of H.264 and AAC with a key frame every two.
pub(crate) struct Movie {
    /// Metadata and the decoders' configurations.
    pub(crate) heads: Vec<Tag>,
    /// Everything else, in order.
    pub(crate) frames: Vec<Tag>,
    pub(crate) duration_ms: u32,
}

impl Movie {
    /// Has ffmpeg make one of about `kbps` kilobits per second, picture and sound together.
    pub(crate) fn make(kbps: u32) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("movie.flv");
        // A still test picture has no use for so many bits: noise has.
        let (size, rate, sound) = match kbps {
            ..300 => ("256x144", 15, 24),
            300..1500 => ("854x480", 30, 96),
            _ => ("1280x720", 30, 128),
        };
        let picture = kbps.saturating_sub(sound).max(16);
        let arguments = format!(
            "-f lavfi -i testsrc2=size={size}:rate={rate},noise=alls=12:allf=t -f lavfi -i sine -t {SECONDS} \
             -c:v libx264 -preset veryfast -pix_fmt yuv420p -g {} -sc_threshold 0 -bf 2 -x264-params nal-hrd=cbr \
             -b:v {picture}k -minrate {picture}k -maxrate {picture}k -bufsize {picture}k -c:a aac -b:a {sound}k",
            2 * rate
        );
        media::make(&file, &arguments)?;
        Self::read(&file)
    }

    fn read(file: &Path) -> Result<Self> {
        let tags = tags(Bytes::from(std::fs::read(file)?))?;
        let duration_ms = SECONDS * 1000;
        let (heads, mut frames): (Vec<Tag>, Vec<Tag>) = tags.into_iter().partition(Tag::is_config);
        // The next turn begins there; and a turn's end is no end of the stream.
        frames.retain(|tag| tag.at_ms < duration_ms && !tag.is_end());
        Ok(Self { heads, frames, duration_ms })
    }

    /// Kilobits of payload a second.
    pub(crate) fn kbps(&self) -> u64 {
        self.frames.iter().map(|tag| tag.body.len() as u64).sum::<u64>() * 8 / u64::from(self.duration_ms)
    }
}

fn tags(mut file: Bytes) -> Result<Vec<Tag>> {
    ensure!(file.starts_with(b"FLV") && file.len() > HEADER, "ffmpeg made no FLV");
    let mut tags = Vec::new();
    file = file.slice(HEADER..);
    while !file.is_empty() {
        let head: [u8; TAG] = file.get(..TAG).context("the FLV is cut off")?.try_into()?;
        let [kind, s2, s1, s0, t2, t1, t0, t3, ..] = head;
        let end = TAG + u32::from_be_bytes([0, s2, s1, s0]) as usize;
        ensure!(file.len() >= end + TRAILER, "the FLV is cut off");
        tags.push(Tag { kind, at_ms: u32::from_be_bytes([t3, t2, t1, t0]), body: file.slice(TAG..end) });
        file = file.slice(end + TRAILER..);
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movie_has_its_configurations_apart_and_the_bitrate_asked_for() {
        let movie = Movie::make(400).unwrap();
        let kinds: Vec<u8> = movie.heads.iter().map(|tag| tag.kind).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == kind::VIDEO).count(), 1);
        assert_eq!(kinds.iter().filter(|kind| **kind == kind::AUDIO).count(), 1);
        assert!((350..450).contains(&movie.kbps()), "{}", movie.kbps());
        assert!(movie.frames.iter().all(|tag| tag.at_ms < movie.duration_ms && !tag.is_end()));
    }

    #[test]
    fn a_file_that_is_cut_off_is_no_movie() {
        let mut file = b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec();
        file.extend([9, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x17, 1]);
        assert!(tags(Bytes::from(file)).is_err());
        assert!(tags(Bytes::from_static(b"RIFF")).is_err());
    }
}
