//! Captions of videos. Served by `video-handler`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use serde::Serialize;
use utoipa::ToSchema;

use super::videos::VideoView;
use crate::problem::ProblemDetails;

/// The captions of a video in one language.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Caption)]
pub struct CaptionView {
    /// A BCP 47 tag.
    pub lang: String,
    /// WebVTT. A corrected text has another URL.
    pub url: String,
}

/// Set the captions of a READY video in one language.
#[utoipa::path(put, path = "/api/v1/videos/{videoId}/captions/{lang}", tag = "videos", operation_id = "set_caption",
    security(("bearer" = [])),
    params(("videoId" = String, Path), ("lang" = String, Path, description = "A BCP 47 tag: `en`, `pt-BR`, `zh-Hant-TW`")),
    request_body(content = String, content_type = "text/vtt", description = "WebVTT in UTF-8, at most 256 KiB"),
    responses((status = 200, body = VideoView), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`invalid-transition` unless it is READY; `too-many-captions` above 20 languages", body = ProblemDetails),
        (status = 412, body = ProblemDetails), (status = 413, body = ProblemDetails), (status = 415, body = ProblemDetails)))]
pub(crate) fn set() {}

/// Remove the captions of a video in one language; none is no error.
#[utoipa::path(delete, path = "/api/v1/videos/{videoId}/captions/{lang}", tag = "videos", operation_id = "remove_caption",
    security(("bearer" = [])), params(("videoId" = String, Path), ("lang" = String, Path)),
    responses((status = 204), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`invalid-transition` unless it is READY", body = ProblemDetails),
        (status = 412, body = ProblemDetails)))]
pub(crate) fn remove() {}
