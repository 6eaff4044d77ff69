//! Videos: from an upload to something that plays.
//!
//! `state` is the machine: which event each command leads to, and how an event changes a video. `source` judges what was
//! uploaded, `ladder` decides what is made of it, `names` says where everything stands. A video travels through `uploads`,
//! `ingest` and `transcoding`; `commands`, `captions` and `queries` are what its owner and viewers ask, `housekeeping` what nobody does.

pub mod captions;
pub mod commands;
pub mod housekeeping;
pub mod ingest;
pub mod ladder;
pub mod names;
pub mod queries;
pub mod source;
pub mod state;
pub mod transcoding;
pub mod uploads;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{StreamId, UploadId, UserId, VideoId};
use crate::ports;

/// Something to watch on demand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Video {
    /// Identifier.
    pub id: VideoId,
    /// The owner.
    pub user_id: UserId,
    /// The owner's name, which never changes; absent in videos that were made before it was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// 1-140 characters.
    pub title: String,
    /// At most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// At most 140 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
    /// Who finds it.
    pub visibility: Visibility,
    /// Where it is in its life.
    pub status: Status,
    /// What it was made of.
    pub source: Source,
    /// Transcodes that were begun.
    pub attempt: u32,
    /// When the last of them was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt_at: Option<Timestamp>,
    /// The facts of the source, once it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<source::Input>,
    /// What plays, once it is READY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// Its captions, by language; one for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captions: Vec<captions::Caption>,
    /// Why it FAILED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureCode>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// 1, then one more with each change.
    pub version: u64,
}

impl Video {
    /// The file it was made of; `None` for recordings.
    pub fn uploaded(&self) -> Option<&UploadedSource> {
        match &self.source {
            Source::Upload(uploaded) => Some(uploaded),
            Source::Recording { .. } => None,
        }
    }

    /// Whether somebody with its link may see it: a READY one everybody, in any other state but DELETED its owner.
    pub fn is_shown_to(&self, caller: Option<UserId>) -> bool {
        self.status == Status::Ready || (caller == Some(self.user_id) && self.status != Status::Deleted)
    }
}

/// A video with what changes underneath it, without a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Current {
    /// The video.
    pub video: Video,
    /// The job of the current attempt, once it is known.
    pub job_id: Option<String>,
    /// How far the current attempt is.
    pub progress: Progress,
}

/// How far a transcode is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// `PROBING`, `TRANSCODING`, `UPLOADING`.
    pub phase: Option<String>,
    /// 0-99.
    pub percent: u32,
}

/// Where a video is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// The source is awaited.
    Uploading,
    /// It is being transcoded.
    Processing,
    /// It plays.
    Ready,
    /// It ended with an error.
    Failed,
    /// It is gone; what is left says so for a day.
    Deleted,
}

/// Who finds a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Whoever has the link.
    Unlisted,
}

/// What a video was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Source {
    /// A file that was uploaded.
    Upload(UploadedSource),
    /// The recordings of a stream.
    Recording {
        /// The stream.
        stream_id: StreamId,
        /// Everything of them stands below these in the media bucket.
        prefixes: Vec<String>,
    },
}

/// What was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadedSource {
    /// The upload it came by.
    pub upload_id: UploadId,
    /// Where it is in the upload bucket.
    pub key: String,
    /// Bytes, as declared and enforced.
    pub file_size: u64,
    /// `video/mp4`.
    pub content_type: String,
    /// When it is not awaited any more.
    pub expires_at: Timestamp,
}

/// What plays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Media {
    /// Key of the multivariant playlist, where it is not the video's own (`names::master_playlist`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playlist: Option<String>,
    /// Key of what was said while it was live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Largest rendition.
    pub width: u32,
    /// Largest rendition.
    pub height: u32,
    /// Labels, largest first: `1080p`.
    pub renditions: Vec<String>,
    /// Pictures of it, by time.
    pub thumbnails: Vec<Thumbnail>,
    /// Which of them is the poster.
    pub poster: usize,
}

/// One thumbnail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thumbnail {
    /// Key in the media bucket.
    pub key: String,
    /// Milliseconds from the start.
    pub at_ms: u64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Why a video FAILED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// Zero bytes.
    EmptyFile,
    /// No container or codec that is understood.
    UnsupportedFormat,
    /// Sound or pictures only.
    NoVideoTrack,
    /// The file ends before it should.
    Truncated,
    /// Longer than allowed.
    TooLong,
    /// More pixels than allowed.
    TooLargeDimensions,
    /// It cannot be decoded.
    Corrupt,
    /// Nothing came, or the upload was given up.
    UploadExpired,
    /// Processing took too long.
    Timeout,
    /// A fault of ours.
    Internal,
}

impl FailureCode {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::EmptyFile,
        Self::UnsupportedFormat,
        Self::NoVideoTrack,
        Self::Truncated,
        Self::TooLong,
        Self::TooLargeDimensions,
        Self::Corrupt,
        Self::UploadExpired,
        Self::Timeout,
        Self::Internal,
    ];

    /// One plain sentence.
    pub fn message(self) -> &'static str {
        match self {
            Self::EmptyFile => "The file is empty.",
            Self::UnsupportedFormat => "Unsupported format: upload a video file such as MP4, MOV, MKV or WebM.",
            Self::NoVideoTrack => "The file has no video in it.",
            Self::Truncated => "The file is cut off: a part of it is missing.",
            Self::TooLong => "The video is longer than allowed.",
            Self::TooLargeDimensions => "The picture is larger than 8192 by 8192 pixels.",
            Self::Corrupt => "The file is damaged and cannot be decoded.",
            Self::UploadExpired => "The upload was not finished in time.",
            Self::Timeout => "Processing took too long.",
            Self::Internal => "Processing failed on our side: try again.",
        }
    }

    /// Whether another attempt may end differently.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Timeout | Self::Internal)
    }
}

/// The transfer of one source file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// Identifier.
    pub id: UploadId,
    /// Whose.
    pub user_id: UserId,
    /// What it becomes.
    pub video_id: VideoId,
    /// Where it goes in the upload bucket.
    pub key: String,
    /// Bytes, exactly.
    pub file_size: u64,
    /// `video/mp4`.
    pub content_type: String,
    /// How it comes; a single PUT when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multipart: Option<Multipart>,
    /// When it was aborted by its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted_at: Option<Timestamp>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is given up.
    pub expires_at: Timestamp,
}

/// A transfer in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Multipart {
    /// S3's id of the transfer.
    pub s3_upload_id: String,
    /// Bytes of each part but the last.
    pub part_size: u64,
}

/// The video commands and queries.
#[derive(Clone)]
pub struct Videos {
    /// Where videos and uploads are kept.
    pub catalog: Arc<dyn ports::VideoCatalog>,
    /// Where commands that were done are remembered.
    pub idempotency: Arc<dyn ports::Idempotency>,
    /// The bucket sources are uploaded to.
    pub uploads: Arc<dyn ports::Objects>,
    /// The bucket media is served from.
    pub media: Arc<dyn ports::Objects>,
    /// What makes media of sources.
    pub transcoder: Arc<dyn ports::Transcoder>,
    /// The time.
    pub clock: Arc<dyn ports::Clock>,
    /// What an installation allows.
    pub limits: Limits,
}

impl Videos {
    /// With every repository in one table.
    pub fn new<T>(
        table: Arc<T>,
        uploads: Arc<dyn ports::Objects>,
        media: Arc<dyn ports::Objects>,
        transcoder: Arc<dyn ports::Transcoder>,
        clock: Arc<dyn ports::Clock>,
        limits: Limits,
    ) -> Self
    where
        T: ports::VideoCatalog + ports::Idempotency + 'static,
    {
        Self { catalog: table.clone(), idempotency: table, uploads, media, transcoder, clock, limits }
    }
}

/// What an installation allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the largest upload.
    pub upload_bytes: u64,
    /// Seconds of the longest video.
    pub duration_seconds: u64,
    /// Whether the source is kept once its video is READY.
    pub keep_sources: bool,
}

/// Where an installation keeps and makes videos.
#[derive(Debug, Clone)]
pub struct Places {
    /// Name of the bucket sources are uploaded to.
    pub upload_bucket: String,
    /// Name of the bucket media is served from.
    pub media_bucket: String,
    /// ARN of the queue jobs wait in.
    pub job_queue: String,
    /// ARN of the role jobs read and write with.
    pub job_role: String,
}
