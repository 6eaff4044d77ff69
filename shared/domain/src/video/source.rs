//! What was uploaded: told from its first bytes, its boxes, and what the transcoder's probe says.

use serde::{Deserialize, Serialize};

use super::FailureCode;

/// Pixels of the longest side.
const MAX_SIDE: u32 = 8192;

/// The facts of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// `mp4`, `quicktime`, `matroska`.
    pub container: String,
    /// Square pixels, before it is turned.
    pub width: u32,
    /// Square pixels, before it is turned.
    pub height: u32,
    /// Degrees the picture is turned clockwise to be shown.
    pub rotation: u32,
    /// Milliseconds, when the file says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Frames per second, when the file says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<f64>,
    /// Whether there is sound.
    pub has_audio: bool,
}

impl Input {
    /// Width and height as shown.
    pub fn shown_size(&self) -> (u32, u32) {
        if self.rotation % 180 == 90 { (self.height, self.width) } else { (self.width, self.height) }
    }
}

/// What a probe found in a file that is media.
#[derive(Debug, Clone, PartialEq)]
pub struct Probed {
    /// `mp4`, `quicktime`, `matroska`.
    pub container: String,
    /// Seconds, when the file says it.
    pub duration: Option<f64>,
    /// The first video track.
    pub video: Option<VideoTrack>,
    /// Whether there is a track of sound.
    pub has_audio: bool,
}

/// A track of pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoTrack {
    /// Whether its codec is one the transcoder knows.
    pub is_known: bool,
    /// Square pixels, before it is turned.
    pub width: u32,
    /// Square pixels, before it is turned.
    pub height: u32,
    /// Degrees clockwise.
    pub rotation: u32,
    /// Frames per second, when the file says it.
    pub frame_rate: Option<f64>,
}

/// The facts of a source that can be made into a video, or why it cannot. `probed` is nothing for a file that is no
/// media. A missing duration is no fault: jobs clip their input.
pub fn judge(probed: Option<Probed>, max_duration_seconds: u64) -> Result<Input, FailureCode> {
    let probed = probed.ok_or(FailureCode::UnsupportedFormat)?;
    let video = probed.video.ok_or(FailureCode::NoVideoTrack)?;
    if !video.is_known {
        return Err(FailureCode::UnsupportedFormat);
    }
    if video.width == 0 || video.height == 0 {
        return Err(FailureCode::Corrupt);
    }
    if video.width.max(video.height) > MAX_SIDE {
        return Err(FailureCode::TooLargeDimensions);
    }
    let duration_ms = probed.duration.filter(|seconds| *seconds > 0.0).map(|seconds| (seconds * 1000.0).round() as u64);
    if duration_ms.is_some_and(|ms| ms > max_duration_seconds * 1000) {
        return Err(FailureCode::TooLong);
    }
    Ok(Input {
        container: probed.container,
        width: video.width,
        height: video.height,
        rotation: video.rotation % 360,
        duration_ms,
        frame_rate: video.frame_rate,
        has_audio: probed.has_audio,
    })
}

/// What the first bytes of a file look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ISO base media: a row of boxes, which can be walked.
    Boxes,
    /// Another container that is worth a probe.
    Other,
}

/// Tells the container from a file's first bytes; `None` when it is none that is known.
pub fn sniff(head: &[u8]) -> Option<Kind> {
    const BOXES: [&[u8]; 8] = [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"];
    const MAGIC: [&[u8]; 11] = [
        b"\x1a\x45\xdf\xa3", // Matroska, WebM
        b"RIFF",             // AVI, WAVE
        b"FLV",              // Flash
        b"OggS",             // Ogg
        b"\x00\x00\x01\xba", // MPEG program stream
        b"\x00\x00\x01\xb3", // MPEG elementary stream
        b"\x30\x26\xb2\x75", // ASF, WMV
        b"\x06\x0e\x2b\x34", // MXF
        b"ID3",              // MP3 with tags
        b"fLaC",             // FLAC
        b"\xff\xfb",         // MP3
    ];
    if head.get(4..8).is_some_and(|kind| BOXES.contains(&kind)) {
        return Some(Kind::Boxes);
    }
    // MPEG transport packets, plain or with a time in front.
    let is_transport = [(0, 188), (4, 192)]
        .iter()
        .any(|(first, step)| (0..3).all(|packet| head.get(first + packet * step) == Some(&0x47)));
    (is_transport || MAGIC.iter().any(|magic| head.starts_with(magic))).then_some(Kind::Other)
}

/// A walk along the top-level boxes of ISO base media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Walk {
    /// Where the next box begins.
    pub offset: u64,
    has_index: bool,
    has_media: bool,
}

/// Where a walk leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the next box.
    On(Walk),
    /// To the end: the boxes fill the file.
    Done,
    /// Nowhere.
    Broken(FailureCode),
}

impl Walk {
    /// One box further; `head` are the (at least 16, unless the file ends) bytes at `offset` of a file of `total` bytes.
    pub fn step(self, head: &[u8], total: u64) -> Step {
        let Some((kind, size)) = box_header(head, total - self.offset.min(total)) else {
            return Step::Broken(FailureCode::Truncated);
        };
        if size < 8 || !kind.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ' || *byte == 0xa9) {
            return Step::Broken(FailureCode::Corrupt);
        }
        let walk = Self {
            offset: self.offset.saturating_add(size),
            has_index: self.has_index || kind == *b"moov",
            has_media: self.has_media || kind == *b"mdat",
        };
        match walk.offset.cmp(&total) {
            std::cmp::Ordering::Less => Step::On(walk),
            std::cmp::Ordering::Greater => Step::Broken(FailureCode::Truncated),
            // Recorders write the index last: without it the recording was cut off.
            std::cmp::Ordering::Equal if walk.has_media && !walk.has_index => Step::Broken(FailureCode::Truncated),
            std::cmp::Ordering::Equal => Step::Done,
        }
    }
}

/// A box's type and its size in bytes; 0 on the wire means "to the end", 1 that 64 bits follow.
fn box_header(head: &[u8], left: u64) -> Option<([u8; 4], u64)> {
    let size = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
    let kind = head.get(4..8)?.try_into().ok()?;
    let size = match size {
        0 => left,
        1 => u64::from_be_bytes(head.get(8..16)?.try_into().ok()?).max(8),
        size => u64::from(size),
    };
    Some((kind, size))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn track() -> VideoTrack {
        VideoTrack { is_known: true, width: 1920, height: 1080, rotation: 0, frame_rate: Some(30.0) }
    }

    fn probed(video: Option<VideoTrack>, duration: Option<f64>) -> Option<Probed> {
        Some(Probed { container: "mp4".into(), duration, video, has_audio: true })
    }

    #[test]
    fn sources_are_judged_by_what_the_probe_found() {
        let refused = |probed| judge(probed, 60).unwrap_err();
        assert_eq!(refused(None), FailureCode::UnsupportedFormat);
        assert_eq!(refused(probed(None, Some(1.0))), FailureCode::NoVideoTrack);
        let unknown = VideoTrack { is_known: false, ..track() };
        assert_eq!(refused(probed(Some(unknown), Some(1.0))), FailureCode::UnsupportedFormat);
        let large = VideoTrack { height: 8193, ..track() };
        assert_eq!(refused(probed(Some(large), Some(1.0))), FailureCode::TooLargeDimensions);
        let nothing = VideoTrack { width: 0, ..track() };
        assert_eq!(refused(probed(Some(nothing), Some(1.0))), FailureCode::Corrupt);
        assert_eq!(refused(probed(Some(track()), Some(60.001))), FailureCode::TooLong);
        assert_eq!(judge(probed(Some(track()), Some(60.0)), 60).unwrap().duration_ms, Some(60_000));
        assert_eq!(judge(probed(Some(track()), None), 60).unwrap().duration_ms, None);
    }

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        assert_eq!(sniff(b"\0\0\0\x20ftypisom"), Some(Kind::Boxes));
        assert_eq!(sniff(b"\x1a\x45\xdf\xa3...."), Some(Kind::Other));
        let mut transport = vec![0; 600];
        for packet in [0, 188, 376] {
            transport[packet] = 0x47;
        }
        assert_eq!(sniff(&transport), Some(Kind::Other));
        for none in [&b""[..], b"G", b"hello, world, this is text", b"<html>", b"#EXTM3U\n", b"ffconcat version 1.0"] {
            assert_eq!(sniff(none), None, "{none:?}");
        }
    }

    fn boxes(parts: &[(&[u8; 4], u32)]) -> Vec<u8> {
        let mut file = Vec::new();
        for (kind, size) in parts {
            file.extend(size.to_be_bytes());
            file.extend(*kind);
            file.resize(file.len() + (*size as usize).saturating_sub(8), 0);
        }
        file
    }

    /// Walks a file to its end, at most `most` boxes.
    fn walk(file: &[u8], most: usize) -> Step {
        let mut walk = Walk::default();
        for _ in 0..most {
            let start = walk.offset as usize;
            match walk.step(&file[start..(start + 16).min(file.len())], file.len() as u64) {
                Step::On(next) => walk = next,
                end => return end,
            }
        }
        Step::On(walk)
    }

    #[test]
    fn a_box_beyond_the_end_is_a_cut() {
        let whole = boxes(&[(b"ftyp", 24), (b"mdat", 1000), (b"moov", 200)]);
        assert_eq!(walk(&whole, 8), Step::Done);
        for length in [20, 25, 31, 40, 1000, 1023, 1024, 1030, 1100, 1223] {
            assert_eq!(walk(&whole[..length], 8), Step::Broken(FailureCode::Truncated), "{length}");
        }
        let open = boxes(&[(b"moov", 100), (b"mdat", 0)]);
        assert_eq!(walk(&open, 8), Step::Done);
        assert_eq!(walk(&boxes(&[(b"moov", 100), (b"mdat", 7)]), 8), Step::Broken(FailureCode::Corrupt));
        let mut long = boxes(&[(b"moov", 16)]);
        long.extend([0, 0, 0, 1]);
        long.extend(b"mdat");
        long.extend(20u64.to_be_bytes());
        long.extend([0; 4]);
        assert_eq!(walk(&long, 8), Step::Done);
        assert_eq!(walk(&long[..long.len() - 1], 8), Step::Broken(FailureCode::Truncated));
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_without_harm(file in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = sniff(&file);
            let mut at = Walk::default();
            while let Step::On(next) = at.step(&file[at.offset as usize..], file.len() as u64) {
                prop_assert!(next.offset > at.offset);
                at = next;
            }
        }
    }
}
