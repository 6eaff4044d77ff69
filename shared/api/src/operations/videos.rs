//! Videos: list, read, edit, delete, retry, poster. Served by `video-handler`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use serde::{Deserialize, Serialize};
use skylark_domain::video::queries::Card;
use skylark_domain::video::state::{self, Edit};
use skylark_domain::video::{Current, FailureCode, Source, Status, Thumbnail, Visibility, names};
use utoipa::ToSchema;

use super::captions::CaptionView;
use crate::clock::rfc3339;
use crate::problem::ProblemDetails;

/// Who finds a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum VisibilityName {
    /// Everybody.
    Public,
    /// Whoever has the link.
    Unlisted,
}

impl From<VisibilityName> for Visibility {
    fn from(name: VisibilityName) -> Self {
        match name {
            VisibilityName::Public => Self::Public,
            VisibilityName::Unlisted => Self::Unlisted,
        }
    }
}

impl From<Visibility> for VisibilityName {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Public => Self::Public,
            Visibility::Unlisted => Self::Unlisted,
        }
    }
}

/// Where a video is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum StatusName {
    /// The source is awaited.
    Uploading,
    /// It is being transcoded.
    Processing,
    /// It plays.
    Ready,
    /// It ended with an error.
    Failed,
}

impl From<StatusName> for Status {
    fn from(name: StatusName) -> Self {
        match name {
            StatusName::Uploading => Self::Uploading,
            StatusName::Processing => Self::Processing,
            StatusName::Ready => Self::Ready,
            StatusName::Failed => Self::Failed,
        }
    }
}

/// What a list can be narrowed by.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VideosQuery {
    /// `READY`; other states show own videos only.
    pub status: Option<StatusName>,
    /// `usr_...` or `me`; everybody's when absent.
    pub user_id: Option<String>,
    /// 1-100, 20 when absent.
    pub limit: Option<usize>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}

impl VideosQuery {
    /// The filters, for the link to the next page.
    pub fn links(&self) -> Vec<(&'static str, String)> {
        let status = self.status.map(|status| ("status", Status::from(status).name().to_owned()));
        let owner = self.user_id.clone().map(|owner| ("userId", owner));
        let limit = self.limit.map(|limit| ("limit", limit.to_string()));
        [status, owner, limit].into_iter().flatten().collect()
    }
}

/// A page of videos.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VideoPage {
    /// Newest first.
    pub items: Vec<VideoCard>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// What a list shows of a video.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VideoCard {
    /// `vid_...`.
    pub id: String,
    /// `usr_...`.
    pub user_id: String,
    /// The owner's name; null only for what was made before names were written down.
    pub username: Option<String>,
    /// Title.
    pub title: String,
    /// Artist.
    pub artist: Option<String>,
    /// Milliseconds, once it is READY.
    pub duration_ms: Option<u64>,
    /// A JPEG, once it is READY.
    pub thumbnail_url: Option<String>,
    /// `UPLOADING`, `PROCESSING`, `READY`, `FAILED`.
    pub status: &'static str,
    /// Of own videos that are UPLOADING: the upload that is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// Of own videos that are PROCESSING.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressReport>,
    /// Of own videos that FAILED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureReport>,
    /// Who finds it.
    pub visibility: VisibilityName,
    /// When it was made.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
}

impl VideoCard {
    /// Of a card of the feed.
    pub fn of_feed(card: Card, media_url: &str) -> Self {
        Self {
            id: card.id.to_string(),
            user_id: card.user_id.to_string(),
            username: card.username,
            title: card.title,
            artist: card.artist,
            duration_ms: card.duration_ms,
            thumbnail_url: card.thumbnail.map(|key| format!("{media_url}/{key}")),
            status: card.status.name(),
            upload_id: None,
            progress: None,
            failure: None,
            visibility: card.visibility.into(),
            created_at: rfc3339(card.created_at),
            updated_at: rfc3339(card.updated_at),
        }
    }

    /// Of a whole video.
    pub fn of_video(current: Current, media_url: &str) -> Self {
        let view = VideoView::new(current, media_url);
        Self {
            id: view.id,
            user_id: view.user_id,
            username: view.username,
            title: view.title,
            artist: view.artist,
            duration_ms: view.duration_ms,
            thumbnail_url: view.poster_url,
            status: view.status,
            upload_id: view.upload_id,
            progress: view.progress,
            failure: view.failure,
            visibility: view.visibility,
            created_at: view.created_at,
            updated_at: view.updated_at,
        }
    }
}

/// A video.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Video)]
pub struct VideoView {
    /// `vid_...`.
    pub id: String,
    /// `usr_...`.
    pub user_id: String,
    /// The owner's name; null only for what was made before names were written down.
    pub username: Option<String>,
    /// Title.
    pub title: String,
    /// Description.
    pub description: Option<String>,
    /// Artist.
    pub artist: Option<String>,
    /// Seconds, rounded, once it is READY.
    pub duration: Option<u64>,
    /// Milliseconds, once it is READY.
    pub duration_ms: Option<u64>,
    /// Of the largest rendition: `1920x1080`, once it is READY.
    pub resolution: Option<String>,
    /// Container of the source: `mp4`, once it was looked at.
    pub format: Option<String>,
    /// Bytes of the uploaded file; absent for recordings.
    pub file_size: Option<u64>,
    /// What it was made of.
    pub source: SourceView,
    /// Pictures of it, by time.
    pub thumbnails: Vec<ThumbnailView>,
    /// A JPEG, once it is READY.
    pub poster_url: Option<String>,
    /// The master playlist, once it is READY.
    pub hls_url: Option<String>,
    /// What was said while it was live: one JSON object a line, `media_ms` first. Absent when nothing was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_replay_url: Option<String>,
    /// `UPLOADING`, `PROCESSING`, `READY`, `FAILED`.
    pub status: &'static str,
    /// Its captions, by language.
    pub captions: Vec<CaptionView>,
    /// The upload that is awaited, while it is UPLOADING.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// While it is PROCESSING.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressReport>,
    /// When it FAILED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureReport>,
    /// Who finds it.
    pub visibility: VisibilityName,
    /// When it was made.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
}

/// What a video was made of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = VideoSource)]
pub struct SourceView {
    /// The stream whose recordings it is made of; absent for uploads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_id: Option<String>,
}

/// One picture.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Thumbnail)]
pub struct ThumbnailView {
    /// A JPEG.
    pub url: String,
    /// Milliseconds from the start.
    pub at_ms: u64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// How far a transcode is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressReport {
    /// `PROBING`, `TRANSCODING`, `UPLOADING`; absent while it waits.
    pub phase: Option<String>,
    /// 0-99.
    pub percent: u32,
}

/// Why a video FAILED.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureReport {
    /// `empty_file`, `unsupported_format`, `no_video_track`, `truncated`, `too_long`, `too_large_dimensions`, `corrupt`,
    /// `upload_expired`, `timeout`, `internal`.
    #[schema(value_type = String)]
    pub code: FailureCode,
    /// One plain sentence.
    pub message: &'static str,
    /// Whether `/retry` may help.
    pub retryable: bool,
}

impl VideoView {
    /// Of a video; media is served below `media_url`.
    pub fn new(current: Current, media_url: &str) -> Self {
        let Current { video, progress, .. } = current;
        let url = |key: &str| format!("{media_url}/{key}");
        let media = video.media.clone().filter(|_| video.status == Status::Ready);
        let thumbnail = |one: &Thumbnail| ThumbnailView {
            url: url(&one.key),
            at_ms: one.at_ms,
            width: one.width,
            height: one.height,
        };
        let is_retryable = state::allowed(&video).contains(&"retry");
        let has_poster = media.as_ref().is_some_and(|media| !media.thumbnails.is_empty());
        Self {
            duration: media.as_ref().map(|media| (media.duration_ms + 500) / 1000),
            duration_ms: media.as_ref().map(|media| media.duration_ms),
            resolution: media.as_ref().map(|media| format!("{}x{}", media.width, media.height)),
            thumbnails: media.iter().flat_map(|media| &media.thumbnails).map(thumbnail).collect(),
            poster_url: has_poster.then(|| url(&names::poster(video.user_id, video.id))),
            hls_url: media.as_ref().map(|media| match &media.playlist {
                Some(playlist) => url(playlist),
                None => url(&names::master_playlist(video.user_id, video.id)),
            }),
            chat_replay_url: media.as_ref().and_then(|media| media.chat.as_deref()).map(url),
            captions: video
                .captions
                .iter()
                .map(|caption| CaptionView {
                    lang: caption.lang.clone(),
                    url: url(&names::caption(video.user_id, video.id, caption)),
                })
                .collect(),
            format: video.input.as_ref().map(|input| input.container.clone()),
            file_size: video.uploaded().map(|uploaded| uploaded.file_size),
            source: match &video.source {
                Source::Recording { stream_id, .. } => SourceView { stream_id: Some(stream_id.to_string()) },
                Source::Upload(_) => SourceView { stream_id: None },
            },
            upload_id: video
                .uploaded()
                .filter(|_| video.status == Status::Uploading)
                .map(|uploaded| uploaded.upload_id.to_string()),
            progress: (video.status == Status::Processing)
                .then_some(ProgressReport { phase: progress.phase, percent: progress.percent }),
            failure: video.failure.filter(|_| video.status == Status::Failed).map(|code| FailureReport {
                code,
                message: code.message(),
                retryable: is_retryable,
            }),
            status: video.status.name(),
            id: video.id.to_string(),
            user_id: video.user_id.to_string(),
            username: video.username,
            title: video.title,
            description: video.description,
            artist: video.artist,
            visibility: video.visibility.into(),
            created_at: rfc3339(video.created_at),
            updated_at: rfc3339(video.updated_at),
        }
    }
}

/// Changes of a video; an absent field stays, an empty text removes description or artist.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditVideoRequest {
    /// 1-140 characters.
    #[schema(min_length = 1, max_length = 140)]
    pub title: Option<String>,
    /// At most 2,000 characters.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// At most 140 characters.
    #[schema(max_length = 140)]
    pub artist: Option<String>,
    /// Who finds it.
    pub visibility: Option<VisibilityName>,
}

impl From<EditVideoRequest> for Edit {
    fn from(request: EditVideoRequest) -> Self {
        Self {
            title: request.title,
            description: request.description,
            artist: request.artist,
            visibility: request.visibility.map(Visibility::from),
            poster: None,
        }
    }
}

/// Which thumbnail becomes the poster.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PosterRequest {
    /// Its place in `thumbnails`, from 0.
    pub thumbnail: usize,
}

/// Public videos that are READY, newest first; with `userId` those of one owner; own ones in any state.
#[utoipa::path(get, path = "/api/v1/videos", tag = "videos", operation_id = "list_videos",
    params(("status" = Option<StatusName>, Query), ("userId" = Option<String>, Query, description = "`usr_...` or `me`"),
        ("limit" = Option<usize>, Query, description = "1-100, 20 when absent"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = VideoPage), (status = 400, description = "`bad-cursor`", body = ProblemDetails)))]
pub(crate) fn list() {}

/// A video: READY ones for everybody, own ones in any state.
#[utoipa::path(get, path = "/api/v1/videos/{videoId}", tag = "videos", operation_id = "get_video",
    params(("videoId" = String, Path)),
    responses((status = 200, body = VideoView), (status = 304), (status = 404, body = ProblemDetails)))]
pub(crate) fn get() {}

/// Change a video's words.
#[utoipa::path(patch, path = "/api/v1/videos/{videoId}", tag = "videos", operation_id = "edit_video",
    security(("bearer" = [])),
    params(("videoId" = String, Path),
        ("If-Match" = String, Header, description = "The ETag the change is based on, or *")),
    request_body = EditVideoRequest,
    responses((status = 200, body = VideoView), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 412, body = ProblemDetails),
        (status = 428, body = ProblemDetails)))]
pub(crate) fn edit() {}

/// Delete a video and everything that was made of it.
#[utoipa::path(delete, path = "/api/v1/videos/{videoId}", tag = "videos", operation_id = "delete_video",
    security(("bearer" = [])), params(("videoId" = String, Path)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`invalid-transition` while it is PROCESSING", body = ProblemDetails)))]
pub(crate) fn delete() {}

/// Transcode a FAILED video again.
#[utoipa::path(post, path = "/api/v1/videos/{videoId}/retry", tag = "videos", operation_id = "retry_video",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h"), ("videoId" = String, Path)),
    responses((status = 202, body = VideoView), (status = 404, body = ProblemDetails),
        (status = 409, description = "`invalid-transition` or `source-gone`", body = ProblemDetails)))]
pub(crate) fn retry() {}

/// Choose the picture that stands for a video.
#[utoipa::path(put, path = "/api/v1/videos/{videoId}/poster", tag = "videos", operation_id = "choose_poster",
    security(("bearer" = [])), params(("videoId" = String, Path)), request_body = PosterRequest,
    responses((status = 200, body = VideoView), (status = 400, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`invalid-transition` unless it is READY", body = ProblemDetails)))]
pub(crate) fn choose_poster() {}
