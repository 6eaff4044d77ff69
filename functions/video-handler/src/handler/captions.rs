//! Captions.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use skylark_api::problem::{Result, Status};
use skylark_api::token::Changer;
use skylark_api::webvtt::WebVtt;

use super::State as Site;
use super::videos::{expected, video_id};

pub(super) async fn set(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path((id, lang)): Path<(String, String)>,
    headers: HeaderMap,
    WebVtt(text): WebVtt,
) -> Result<Response> {
    let (id, expected) = (video_id(&id)?, expected(&headers)?);
    let current = site.videos.set_caption(caller.sub, id, expected, &lang, text).await?;
    Ok(site.show(current))
}

pub(super) async fn remove(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path((id, lang)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Status> {
    site.videos.remove_caption(caller.sub, video_id(&id)?, expected(&headers)?, &lang).await?;
    Ok(Status::NoContent)
}
