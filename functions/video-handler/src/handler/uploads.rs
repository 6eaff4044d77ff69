//! Uploads.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use skylark_api::idempotency::{Posted, replayed};
use skylark_api::operations::uploads::{
    CompleteRequest, PartTargets, PartsRequest, UploadCompleted, UploadRequest, UploadStarted, UploadState,
};
use skylark_api::problem::{Result, Status};
use skylark_api::query;
use skylark_api::token::{Caller, Changer};
use skylark_domain::idempotency::{Once, repeatable};
use skylark_domain::ids::UploadId;
use skylark_domain::video::Videos;

pub(super) async fn begin(
    State(videos): State<Videos>,
    Changer(caller): Changer,
    Posted(body, key): Posted<UploadRequest>,
) -> Result<Response> {
    let begun = videos.begin_upload(caller.sub, &caller.username, body.into(), key.once(caller.sub)).await?;
    Ok(Status::Created.with((replayed(begun.is_repeated), Json(UploadStarted::from(begun)))))
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
    Changer(caller): Changer,
    Path(id): Path<String>,
    Posted(body, key): Posted<PartsRequest>,
) -> Result<Response> {
    let work = videos.part_urls(caller.sub, upload_id(&id)?, &body.numbers);
    let (parts, is_repeated) = repeat(&videos, key.once(caller.sub), &id, work).await?;
    let targets = PartTargets::new(parts, videos.urls_expire_at());
    Ok(Status::Ok.with((replayed(is_repeated), Json(targets))))
}

pub(super) async fn complete(
    State(videos): State<Videos>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    Posted(body, key): Posted<CompleteRequest>,
) -> Result<Response> {
    let work = videos.complete_upload(caller.sub, upload_id(&id)?, body.into_parts());
    let (upload, is_repeated) = repeat(&videos, key.once(caller.sub), &id, work).await?;
    let completed = UploadCompleted { upload_id: upload.id.to_string(), video_id: upload.video_id.to_string() };
    Ok(Status::Accepted.with((replayed(is_repeated), Json(completed))))
}

pub(super) async fn abort(
    State(videos): State<Videos>,
    Changer(caller): Changer,
    Path(id): Path<String>,
) -> Result<Status> {
    videos.abort_upload(caller.sub, upload_id(&id)?).await?;
    Ok(Status::NoContent)
}

async fn repeat<T>(
    videos: &Videos,
    once: Option<Once>,
    id: &str,
    work: impl Future<Output = skylark_domain::Result<T>> + Send,
) -> Result<(T, bool)> {
    let records = videos.idempotency.as_ref();
    Ok(repeatable(once.as_ref(), records, videos.clock.now(), id, work).await?)
}

fn upload_id(text: &str) -> Result<UploadId> {
    query::id(text, "upload")
}
