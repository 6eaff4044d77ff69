//! What goes into a segmenter and what comes out.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::track::{AudioConfig, VideoConfig};

/// One encoded frame. Times are milliseconds of the encoder's clock, which may begin anywhere.
#[derive(Debug, Clone)]
pub enum Frame {
    /// A picture.
    Video {
        /// When it is decoded.
        dts_ms: i64,
        /// How much later it is shown.
        composition_ms: i32,
        /// Whether decoding can begin here.
        keyframe: bool,
        /// NAL units, each behind its length, as the AVC configuration says.
        data: Bytes,
    },
    /// One AAC frame, without ADTS header.
    Audio {
        /// When it is played.
        dts_ms: i64,
        /// The raw frame.
        data: Bytes,
    },
}

/// What a [`Segmenter`](crate::Segmenter) has made.
#[derive(Debug, Clone)]
pub enum Output {
    /// What stands before all that follows.
    Init(Arc<Init>),
    /// A piece of the segment that grows.
    Part(Arc<Part>),
    /// The parts that came since the last segment, now complete.
    Segment(Arc<Segment>),
}

/// An initialisation segment: `ftyp` and `moov`.
#[derive(Debug, PartialEq)]
pub struct Init {
    /// The file.
    pub data: Bytes,
    /// All codecs, separated by commas, as `CODECS` of a playlist wants them.
    pub codecs: String,
    /// The video track, when there is one.
    pub video: Option<VideoConfig>,
    /// The audio track, when there is one.
    pub audio: Option<AudioConfig>,
}

/// A partial segment: one `moof` with its `mdat`, both tracks together.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// The file.
    pub data: Bytes,
    /// How long it plays.
    pub duration: Duration,
    /// Whether it begins with a key frame.
    pub independent: bool,
    /// The wall clock at its begin, in milliseconds since 1970.
    pub started_at_ms: i64,
    /// Whether it opens a segment that does not go on from the one before.
    pub discontinuity: bool,
    /// No part beside it is meant to be longer, in milliseconds.
    pub target_ms: u32,
}

/// A complete segment, which begins with a key frame.
#[derive(Debug, PartialEq)]
pub struct Segment {
    /// Its pieces, at least one.
    pub parts: Vec<Arc<Part>>,
    /// How long it plays: the sum of its parts.
    pub duration: Duration,
    /// The wall clock at its begin, in milliseconds since 1970.
    pub started_at_ms: i64,
    /// What must stand before it.
    pub init: Arc<Init>,
    /// Whether it does not go on from the one before: another clock or another configuration.
    pub discontinuity: bool,
}

impl Part {
    /// What a playlist says of it.
    pub(crate) fn without_data(&self) -> Self {
        let Self { duration, independent, started_at_ms, discontinuity, target_ms, .. } = *self;
        Self { data: Bytes::new(), duration, independent, started_at_ms, discontinuity, target_ms }
    }

    /// How long it plays, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Segment {
    /// How long it plays, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX)
    }

    /// How large it is.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.data.len() as u64).sum()
    }

    /// The file, in pieces that share memory with its parts.
    pub fn chunks(&self) -> impl Iterator<Item = Bytes> {
        self.parts.iter().map(|part| part.data.clone())
    }
}
