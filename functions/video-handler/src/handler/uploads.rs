//! Uploads.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use skylark_api::json::Body;
use skylark_api::operations::uploads::{
    CompleteRequest, PartTarget, PartTargets, PartsRequest, UploadCompleted, UploadRequest, UploadStarted, UploadState,
};
use skylark_api::problem::{Result, Status};
use skylark_api::query;
use skylark_api::token::Caller;
use skylark_domain::ids::UploadId;
use skylark_domain::video::Videos;

pub(super) async fn begin(
    State(videos): State<Videos>,
    Caller(caller): Caller,
    Body(body): Body<UploadRequest>,
) -> Result<Response> {
    let begun = videos.begin_upload(caller.sub, body.into()).await?;
    Ok(Status::Created.with(Json(UploadStarted::from(begun))))
}

pub(super) async fn get(
    State(videos): State<Videos>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<UploadState>> {
    let (upload, stage, parts) = videos.upload(caller.sub, upload_id(&id)?).await?;
    Ok(Json(UploadState::new(upload, stage, parts)))
}

pub(super) async fn sign_parts(
    State(videos): State<Videos>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(body): Body<PartsRequest>,
) -> Result<Json<PartTargets>> {
    let parts = videos.part_urls(caller.sub, upload_id(&id)?, &body.numbers).await?;
    Ok(Json(PartTargets { parts: parts.into_iter().map(PartTarget::from).collect() }))
}

pub(super) async fn complete(
    State(videos): State<Videos>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(body): Body<CompleteRequest>,
) -> Result<Response> {
    let upload = videos.complete_upload(caller.sub, upload_id(&id)?, body.into_parts()).await?;
    let completed = UploadCompleted { upload_id: upload.id.to_string(), video_id: upload.video_id.to_string() };
    Ok(Status::Accepted.with(Json(completed)))
}

pub(super) async fn abort(
    State(videos): State<Videos>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Status> {
    videos.abort_upload(caller.sub, upload_id(&id)?).await?;
    Ok(Status::NoContent)
}

fn upload_id(text: &str) -> Result<UploadId> {
    query::id(text, "upload")
}
