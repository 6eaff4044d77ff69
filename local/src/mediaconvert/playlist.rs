//! The top-level playlist of an HLS group, as MediaConvert writes it.

use std::fmt::Write as _;

/// One rendition as the top-level playlist lists it.
pub(super) struct Variant {
    /// Relative to the playlist.
    pub(super) uri: String,
    /// Bits per second of the largest segment.
    pub(super) peak: u64,
    /// Bits per second on average.
    pub(super) average: u64,
    pub(super) width: u32,
    pub(super) height: u32,
    /// H.264 level, times ten.
    pub(super) level: u8,
    pub(super) has_audio: bool,
}

/// The text of the playlist.
pub(super) fn master(variants: &[Variant]) -> String {
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    for variant in variants {
        let mut codecs = format!("avc1.6400{:02x}", variant.level);
        if variant.has_audio {
            codecs.push_str(",mp4a.40.2");
        }
        let Variant { uri, peak, average, width, height, .. } = variant;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS=\"{codecs}\",RESOLUTION={width}x{height}\n{uri}"
        );
    }
    text
}

/// Segments of a media playlist: duration in seconds and file name.
pub(super) fn segments(playlist: &str) -> Vec<(f64, String)> {
    let mut found = Vec::new();
    let mut duration = None;
    for line in playlist.lines() {
        if let Some(info) = line.strip_prefix("#EXTINF:") {
            duration = info.split(',').next().and_then(|seconds| seconds.parse().ok());
        } else if !line.starts_with('#')
            && !line.is_empty()
            && let Some(seconds) = duration.take()
        {
            found.push((seconds, line.to_owned()));
        }
    }
    found
}
