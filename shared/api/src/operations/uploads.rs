//! Uploads: announce a file, send it straight to S3, finish or abort. Served by `video-handler`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use skylark_domain::ports::Part;
use skylark_domain::video::uploads::{Begun, NewUpload, PartUrl, Stage, Transfer};
use skylark_domain::video::{Upload, Visibility};
use utoipa::ToSchema;

use super::videos::VisibilityName;
use crate::clock::rfc3339;
use crate::problem::ProblemDetails;

/// A file that is about to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UploadRequest {
    /// 1-255 characters.
    #[schema(min_length = 1, max_length = 255)]
    pub file_name: String,
    /// `video/mp4`, `video/quicktime`, `video/x-matroska`, `video/webm` and others.
    pub content_type: String,
    /// Bytes, exactly; 20 GiB at most unless the installation says otherwise.
    #[schema(minimum = 1)]
    pub file_size: u64,
    /// 1-140 characters.
    #[schema(min_length = 1, max_length = 140)]
    pub title: String,
    /// At most 2,000 characters.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// At most 140 characters.
    #[schema(max_length = 140)]
    pub artist: Option<String>,
    /// PUBLIC when absent.
    pub visibility: Option<VisibilityName>,
}

impl From<UploadRequest> for NewUpload {
    fn from(request: UploadRequest) -> Self {
        Self {
            file_name: request.file_name,
            content_type: request.content_type,
            file_size: request.file_size,
            title: request.title,
            description: request.description,
            artist: request.artist,
            visibility: request.visibility.map_or(Visibility::Public, Visibility::from),
        }
    }
}

/// How to send the file: up to 64 MiB `method`, `url` and `headers`, above `partSize` and `parts`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadStarted {
    /// `upl_...`.
    pub upload_id: String,
    /// `vid_...`: the video it becomes.
    pub video_id: String,
    /// `PUT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// Where the whole file goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// To be sent exactly so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// Bytes of every part but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_size: Option<u64>,
    /// The first 200 parts; ask `/parts` for more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<PartTarget>>,
    /// When the URLs end.
    #[schema(format = "date-time")]
    pub expires_at: String,
}

/// Where a part goes, by PUT without a content type.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartTarget {
    /// 1-10,000.
    pub number: u32,
    /// Presigned.
    pub url: String,
}

impl From<PartUrl> for PartTarget {
    fn from(part: PartUrl) -> Self {
        Self { number: part.number, url: part.url }
    }
}

impl From<Begun> for UploadStarted {
    fn from(begun: Begun) -> Self {
        let (put, parts) = match begun.transfer {
            Transfer::Put(put) => (Some(put), None),
            Transfer::Parts(parts) => (None, Some(parts.into_iter().map(PartTarget::from).collect())),
        };
        let (url, headers) = put.map(|put| (put.url, put.headers.into_iter().collect())).unzip();
        Self {
            upload_id: begun.upload.id.to_string(),
            video_id: begun.upload.video_id.to_string(),
            method: url.as_ref().map(|_| "PUT"),
            url,
            headers,
            part_size: begun.upload.multipart.map(|multipart| multipart.part_size),
            parts,
            expires_at: rfc3339(begun.urls_expire_at),
        }
    }
}

/// Where an upload is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadState {
    /// `upl_...`.
    pub upload_id: String,
    /// `vid_...`.
    pub video_id: String,
    /// `WAITING`, `UPLOADING`, `COMPLETED`, `ABORTED`, `EXPIRED`.
    pub status: &'static str,
    /// Bytes of the file.
    pub file_size: u64,
    /// Bytes of every part but the last; absent for a single PUT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_size: Option<u64>,
    /// Parts that have come.
    pub received_parts: Vec<ReceivedPart>,
    /// When it is given up.
    #[schema(format = "date-time")]
    pub expires_at: String,
}

/// A part that has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivedPart {
    /// 1-10,000.
    pub number: u32,
    /// As S3 answered it.
    pub etag: String,
    /// Bytes.
    pub size: u64,
}

impl UploadState {
    /// Of an upload.
    pub fn new(upload: Upload, stage: Stage, parts: Vec<Part>) -> Self {
        let status = match stage {
            Stage::Waiting => "WAITING",
            Stage::Uploading => "UPLOADING",
            Stage::Completed => "COMPLETED",
            Stage::Aborted => "ABORTED",
            Stage::Expired => "EXPIRED",
        };
        let received = |part: Part| ReceivedPart { number: part.number, etag: part.etag, size: part.size };
        Self {
            upload_id: upload.id.to_string(),
            video_id: upload.video_id.to_string(),
            status,
            file_size: upload.file_size,
            part_size: upload.multipart.map(|multipart| multipart.part_size),
            received_parts: parts.into_iter().map(received).collect(),
            expires_at: rfc3339(upload.expires_at),
        }
    }
}

/// Which part URLs are wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartsRequest {
    /// 1-200 part numbers.
    pub numbers: Vec<u32>,
}

/// Part URLs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartTargets {
    /// In the order they were asked for.
    pub parts: Vec<PartTarget>,
    /// When the URLs end.
    #[schema(format = "date-time")]
    pub expires_at: String,
}

impl PartTargets {
    /// Of URLs that end at `expires_at`.
    pub fn new(parts: Vec<PartUrl>, expires_at: Timestamp) -> Self {
        Self { parts: parts.into_iter().map(PartTarget::from).collect(), expires_at: rfc3339(expires_at) }
    }
}

/// The parts of the file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteRequest {
    /// All of them, in order; those that have come when it is absent.
    pub parts: Option<Vec<SentPart>>,
}

/// A part that was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentPart {
    /// 1-10,000.
    pub number: u32,
    /// The `ETag` header S3 answered it with; quotes may stay.
    pub etag: String,
}

impl CompleteRequest {
    /// Number and ETag of each.
    pub fn into_parts(self) -> Option<Vec<(u32, String)>> {
        let named = |part: SentPart| (part.number, part.etag.trim_matches('"').to_owned());
        self.parts.map(|parts| parts.into_iter().map(named).collect())
    }
}

/// An upload whose parts were put together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadCompleted {
    /// `upl_...`.
    pub upload_id: String,
    /// `vid_...`: watch it for what comes next.
    pub video_id: String,
}

/// Announce a file and its video. A repetition under the same Idempotency-Key answers the same upload with fresh URLs: so a page
/// that was reloaded goes on, also with a single PUT.
#[utoipa::path(post, path = "/api/v1/uploads", tag = "videos", operation_id = "begin_upload", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h")), request_body = UploadRequest,
    responses((status = 201, body = UploadStarted), (status = 400, body = ProblemDetails),
        (status = 401, body = ProblemDetails), (status = 413, description = "`file-too-large`", body = ProblemDetails),
        (status = 415, description = "`unsupported-file-type`", body = ProblemDetails)))]
pub(crate) fn begin() {}

/// Where an upload is, and which parts have come.
#[utoipa::path(get, path = "/api/v1/uploads/{uploadId}", tag = "videos", operation_id = "get_upload",
    security(("bearer" = [])), params(("uploadId" = String, Path)),
    responses((status = 200, body = UploadState), (status = 401, body = ProblemDetails),
        (status = 404, body = ProblemDetails)))]
pub(crate) fn get() {}

/// Fresh URLs for parts, to go on after a break.
#[utoipa::path(post, path = "/api/v1/uploads/{uploadId}/parts", tag = "videos", operation_id = "sign_parts",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h"), ("uploadId" = String, Path)), request_body = PartsRequest,
    responses((status = 200, body = PartTargets), (status = 400, body = ProblemDetails),
        (status = 404, body = ProblemDetails),
        (status = 409, description = "`no-parts`, `upload-completed` or `upload-over`", body = ProblemDetails)))]
pub(crate) fn sign_parts() {}

/// Put the parts together.
#[utoipa::path(post, path = "/api/v1/uploads/{uploadId}/complete", tag = "videos", operation_id = "complete_upload",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h"), ("uploadId" = String, Path)), request_body = CompleteRequest,
    responses((status = 202, body = UploadCompleted), (status = 400, body = ProblemDetails),
        (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails)))]
pub(crate) fn complete() {}

/// Give an upload up; its video FAILS with `upload_expired`.
#[utoipa::path(delete, path = "/api/v1/uploads/{uploadId}", tag = "videos", operation_id = "abort_upload",
    security(("bearer" = [])), params(("uploadId" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemDetails),
        (status = 409, description = "`upload-completed`", body = ProblemDetails)))]
pub(crate) fn abort() {}
