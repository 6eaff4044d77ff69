//! Videos.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use skylark_api::etag::{self, Expected, etag_with};
use skylark_api::idempotency::{Key, replayed};
use skylark_api::json::Body;
use skylark_api::operations::videos::{EditVideoRequest, PosterRequest, VideoCard, VideoPage, VideoView, VideosQuery};
use skylark_api::problem::{Problem, Result, Status};
use skylark_api::query::{self, Parameters};
use skylark_api::token::{Changer, MaybeCaller};
use skylark_domain::ids::{UserId, VideoId};
use skylark_domain::video::Current;

use super::State as Site;

/// What anonymous callers get may be shown again for a moment.
const PUBLIC: &str = "public, max-age=2, stale-while-revalidate=10";
const PRIVATE: &str = "private, no-cache";

pub(super) async fn list(
    State(site): State<Site>,
    caller: MaybeCaller,
    Parameters(query): Parameters<VideosQuery>,
) -> Result<Response> {
    let limit = query::limit(query.limit)?;
    let status = query.status.map(skylark_domain::video::Status::from);
    let asker = caller.id().map(|id| id.to_string()).unwrap_or_default();
    let owner = match query.user_id.as_deref() {
        None => None,
        Some("me") => Some(caller.id().ok_or(skylark_domain::Error::Unauthenticated)?),
        Some(id) => Some(id.parse::<UserId>().map_err(|_| Problem::bad_parameter("userId", "must be usr_... or me"))?),
    };
    let shown = owner.map(|id| id.to_string()).unwrap_or_default();
    let list = format!("videos:{shown}:{}:{asker}", status.map_or("", skylark_domain::video::Status::name));
    let cursor = query.cursor.as_deref();
    let (items, next_cursor) = match owner {
        Some(owner) => {
            let before = cursor.map(|cursor| site.cursors.open::<VideoId>(&list, cursor)).transpose()?;
            let shelf = site.videos.shelf(caller.id(), owner, status, before, limit).await?;
            let next = shelf.next.map(|id| site.cursors.seal(&list, &id)).transpose()?;
            let cards = shelf.items.into_iter().map(|video| VideoCard::of_video(video, &site.media_url));
            (cards.collect::<Vec<_>>(), next)
        }
        // Nobody's unfinished videos are everybody's.
        None if status.is_some_and(|status| status != skylark_domain::video::Status::Ready) => {
            return Err(Problem::bad_parameter("status", "must be READY unless userId=me"));
        }
        None => {
            let from = cursor.map(|cursor| site.cursors.open(&list, cursor)).transpose()?;
            let feed = site.videos.feed(from, limit).await?;
            let next = feed.next.map(|position| site.cursors.seal(&list, &position)).transpose()?;
            (feed.items.into_iter().map(|card| VideoCard::of_feed(card, &site.media_url)).collect(), next)
        }
    };
    let mut headers = HeaderMap::from_iter([(header::CACHE_CONTROL, cache(&caller))]);
    if let Some(link) = query::next_link("/api/v1/videos", &query.links(), next_cursor.as_deref()) {
        headers.insert(header::LINK, link);
    }
    Ok((headers, Json(VideoPage { items, next_cursor })).into_response())
}

pub(super) async fn get(
    State(site): State<Site>,
    caller: MaybeCaller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let current = site.videos.video(caller.id(), video_id(&id)?).await?;
    let shared = [(header::CACHE_CONTROL, cache(&caller)), tag(&current)];
    if etag::is_known_tag(&headers, &tag(&current)) {
        return Ok((shared, Status::NotModified).into_response());
    }
    Ok((shared, Json(VideoView::new(current, &site.media_url))).into_response())
}

pub(super) async fn edit(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(body): Body<EditVideoRequest>,
) -> Result<Response> {
    let id = video_id(&id)?;
    let expected = etag::required(&headers)?.version();
    let current = site.videos.edit(caller.sub, id, expected, body.into()).await?;
    Ok(site.show(current))
}

pub(super) async fn delete(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Status> {
    site.videos.delete(caller.sub, video_id(&id)?, expected(&headers)?).await?;
    Ok(Status::NoContent)
}

pub(super) async fn retry(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
    key: Key,
) -> Result<Response> {
    let (id, expected) = (video_id(&id)?, expected(&headers)?);
    let retried = site.videos.retry(caller.sub, id, expected, key.once(caller.sub)).await?;
    if let Some(error) = retried.trouble {
        tracing::warn!(error = &error as &dyn std::error::Error, "the job is not ordered yet");
    }
    Ok(Status::Accepted.with((replayed(retried.is_repeated), site.show(retried.current))))
}

pub(super) async fn choose_poster(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(body): Body<PosterRequest>,
) -> Result<Response> {
    let expected = expected(&headers)?;
    let current = site.videos.choose_poster(caller.sub, video_id(&id)?, expected, body.thumbnail).await?;
    Ok(site.show(current))
}

impl Site {
    pub(super) fn show(&self, current: Current) -> Response {
        ([tag(&current)], Json(VideoView::new(current, &self.media_url))).into_response()
    }
}

fn tag(current: &Current) -> (header::HeaderName, header::HeaderValue) {
    etag_with(current.video.version, current.progress.percent)
}

fn cache(caller: &MaybeCaller) -> header::HeaderValue {
    header::HeaderValue::from_static(if caller.id().is_some() { PRIVATE } else { PUBLIC })
}

pub(super) fn expected(headers: &HeaderMap) -> Result<Option<u64>> {
    Ok(etag::optional(headers)?.and_then(Expected::version))
}

pub(super) fn video_id(text: &str) -> Result<VideoId> {
    query::id(text, "video")
}
