//! CMAF packaging and a low-latency HLS origin, without I/O: encoded frames go in; an initialisation segment, parts,
//! segments and playlists come out.
//!
//! A frame travels: [`Segmenter`] (one ingest session: clock, parts, segments) -> [`Output`] -> [`Timeline`] (the window
//! of one channel over all its sessions: playlists, bodies, blocking reloads).
//!
//! Sources: HTTP Live Streaming, 2nd edition (draft-pantos-hls-rfc8216bis, "8216bis" here); ISO/IEC 14496-12 (boxes),
//! 14496-15 (AVC in them), 14496-3 (AAC), 23000-19 (CMAF); RFC 6381 (codec names); ITU-T H.264.

mod bits;
mod boxes;
mod error;
mod fragment;
mod init;
mod output;
mod playlist;
mod segmenter;
mod timeline;
mod track;

pub use self::error::Error;
pub use self::output::{Frame, Init, Output, Part, Segment};
pub use self::segmenter::Segmenter;
pub use self::timeline::{Ask, Body, Latest, Name, Refused, Timeline};
pub use self::track::{AudioConfig, VideoConfig};

/// How a channel is cut and how much of it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether segments are offered in parts while they grow.
    pub low_latency: bool,
    /// How long a part is, in milliseconds. Slow pictures make it a little longer: parts hold whole frames.
    pub part_ms: u32,
    /// A segment ends at the first key frame that comes at least so long after its own, in milliseconds.
    pub segment_ms: u32,
    /// How long a segment without another key frame may become, in milliseconds.
    pub longest_segment_ms: u32,
    /// How much the rolling playlist lists, in milliseconds; at least four target durations are listed.
    pub window_ms: u64,
    /// How far back the playlist for going back in time reaches, in milliseconds; 0 = no further than the rolling one.
    pub dvr_window_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            low_latency: true,
            part_ms: 250,
            segment_ms: 1_500,
            longest_segment_ms: 10_000,
            window_ms: 16_000,
            dvr_window_ms: 120 * 60 * 1_000,
        }
    }
}
