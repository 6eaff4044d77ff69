//! Streams.

use axum::Json;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use skylark_api::address::viewer_country;
use skylark_api::etag::{self, etag_with};
use skylark_api::idempotency::{Key, Posted, replayed};
use skylark_api::json::Body;
use skylark_api::operations::streams::past::{HistoryEntry, StreamHealth, StreamHistory};
use skylark_api::operations::streams::requests::{EditStreamRequest, StreamRequest};
use skylark_api::operations::streams::{
    HistoryQuery, PlaybackToken, StreamCard, StreamPage, StreamView, StreamViewers, StreamsQuery,
};
use skylark_api::problem::{Problem, Result, Status};
use skylark_api::query::{self, Parameters};
use skylark_api::token::{Caller, Changer, MaybeCaller};
use skylark_domain::ids::{StreamId, UserId};
use skylark_domain::stream::commands::Done;
use skylark_domain::stream::queries::{Card, View};
use skylark_domain::stream::status;

use super::{State as Site, cache, expected, page_headers, settled, user_id};

pub(super) async fn create(
    State(site): State<Site>,
    Changer(caller): Changer,
    Posted(body, key): Posted<StreamRequest>,
) -> Result<Response> {
    let done = site.live.create_stream(caller.sub, &caller.username, body.try_into()?, key.once(caller.sub)).await?;
    site.show_done(Status::Created, done, caller.sub).await
}

pub(super) async fn list(
    State(site): State<Site>,
    caller: MaybeCaller,
    Parameters(query): Parameters<StreamsQuery>,
) -> Result<Response> {
    let limit = query::limit(query.limit)?;
    let owner = query.user_id.as_deref().map(|id| user_id(id, &caller)).transpose()?;
    let wanted = query.status.map(status::Status::from);
    let asker = caller.id().map(|id| id.to_string()).unwrap_or_default();
    let shown = owner.map(|id| id.to_string()).unwrap_or_default();
    let list = format!("streams:{shown}:{}:{asker}", wanted.map_or("", status::Status::name));
    let cursor = query.cursor.as_deref();
    let (cards, next_cursor) = match owner {
        Some(owner) => {
            let before = cursor.map(|cursor| site.cursors.open::<StreamId>(&list, cursor)).transpose()?;
            let page = site.live.streams_by(caller.id(), owner, wanted, before, limit).await?;
            let next = page.next.map(|id| site.cursors.seal(&list, &id)).transpose()?;
            (page.items.iter().map(|stream| stream.card()).collect::<Vec<Card>>(), next)
        }
        None => {
            let after = cursor.map(|cursor| site.cursors.open::<String>(&list, cursor)).transpose()?;
            let page = site.live.feed(wanted.unwrap_or(status::Status::Live), after, limit).await?;
            let next = page.next.map(|position| site.cursors.seal(&list, &position)).transpose()?;
            (page.items, next)
        }
    };
    let now = site.live.clock.now();
    let counted = site.live.count_viewers(cards).await?;
    let items =
        counted.into_iter().map(|(card, viewers)| StreamCard::new(card, viewers, caller.id(), now, &site.addresses));
    let link = query::next_link("/api/v1/streams", &query.links(), next_cursor.as_deref());
    Ok((page_headers(&caller, link), Json(StreamPage { items: items.collect(), next_cursor })).into_response())
}

pub(super) async fn get(
    State(site): State<Site>,
    caller: MaybeCaller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let view = site.live.view(caller.id(), stream_id(&id)?).await?;
    let shared = [(header::CACHE_CONTROL, cache(&caller)), site.tag(&view)];
    if etag::is_known_tag(&headers, &site.tag(&view)) {
        return Ok((shared, Status::NotModified).into_response());
    }
    let now = site.live.clock.now();
    Ok((shared, Json(StreamView::new(view, caller.id(), now, &site.addresses))).into_response())
}

pub(super) async fn edit(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(body): Body<EditStreamRequest>,
) -> Result<Response> {
    let version = etag::required(&headers)?.version();
    let done = site.live.edit_stream(caller.sub, stream_id(&id)?, version, body.into()).await?;
    site.show_done(Status::Ok, done, caller.sub).await
}

pub(super) async fn delete(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Status> {
    settled(site.live.delete_stream(caller.sub, stream_id(&id)?, expected(&headers)?).await?);
    Ok(Status::NoContent)
}

pub(super) async fn start(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
    key: Key,
) -> Result<Response> {
    let (id, version) = (stream_id(&id)?, expected(&headers)?);
    let done = site.live.start(caller.sub, id, version, key.once(caller.sub)).await?;
    site.show_done(Status::Accepted, done, caller.sub).await
}

pub(super) async fn stop(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
    key: Key,
) -> Result<Response> {
    let (id, version) = (stream_id(&id)?, expected(&headers)?);
    let done = site.live.stop(caller.sub, id, version, key.once(caller.sub)).await?;
    site.show_done(Status::Accepted, done, caller.sub).await
}

pub(super) async fn archive(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
    key: Key,
) -> Result<Response> {
    let (id, version) = (stream_id(&id)?, expected(&headers)?);
    let done = site.live.archive(caller.sub, id, version, key.once(caller.sub)).await?;
    site.show_done(Status::Accepted, done, caller.sub).await
}

pub(super) async fn playback_token(
    State(site): State<Site>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<PlaybackToken>> {
    let (mut parts, _) = request.into_parts();
    let caller = MaybeCaller::from_request_parts(&mut parts, &site).await?;
    let country = viewer_country(&parts, &site.origin_secret);
    let permission = site.live.permit(caller.id(), stream_id(&id)?, country).await?;
    Ok(Json(PlaybackToken::new(permission, &site.addresses)))
}

pub(super) async fn viewers(State(site): State<Site>, caller: MaybeCaller, Path(id): Path<String>) -> Result<Response> {
    let id = stream_id(&id)?;
    let viewers = site.live.stream_viewers(caller.id(), id).await?;
    let body =
        StreamViewers { stream_id: id.to_string(), viewer_count: viewers.count, peak_viewer_count: viewers.peak };
    Ok(([(header::CACHE_CONTROL, cache(&caller))], Json(body)).into_response())
}

pub(super) async fn health(
    State(site): State<Site>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<StreamHealth>> {
    Ok(Json(site.live.health(caller.sub, stream_id(&id)?).await?.into()))
}

pub(super) async fn events(
    State(site): State<Site>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Parameters(query): Parameters<HistoryQuery>,
) -> Result<Json<StreamHistory>> {
    let events = site.live.history(caller.sub, stream_id(&id)?, query.after.unwrap_or(0)).await?;
    Ok(Json(StreamHistory { items: events.into_iter().map(HistoryEntry::from).collect() }))
}

pub(super) async fn webrtc(State(site): State<Site>, caller: MaybeCaller, Path(id): Path<String>) -> Result<Response> {
    site.live.stream(caller.id(), stream_id(&id)?).await?;
    Err(Problem::webrtc_disabled())
}

impl Site {
    async fn show_done(&self, status: Status, done: Done, caller: UserId) -> Result<Response> {
        let done = settled(done);
        let view = self.live.with_surroundings(done.stream).await?;
        let (tag, now) = (self.tag(&view), self.live.clock.now());
        let body = Json(StreamView::new(view, Some(caller), now, &self.addresses));
        Ok(status.with((replayed(done.is_repeated), [tag], body)))
    }

    /// Time and viewers change a stream underneath its version.
    fn tag(&self, view: &View) -> (HeaderName, HeaderValue) {
        let status = view.stream.status(self.live.clock.now()) as u32;
        let viewers = view.viewers;
        let counts = viewers.count.wrapping_mul(64) ^ viewers.peak.wrapping_mul(8);
        let part = counts ^ viewers.playback_sessions.rotate_left(20) ^ (status * 2);
        let picture = view.stream.picture.as_deref().map_or(0, |key| mark(key.as_bytes()));
        etag_with(view.stream.version, part ^ picture ^ u32::from(view.recording.is_some()))
    }
}

/// A number that differs for texts that differ, most of the time.
fn mark(text: &[u8]) -> u32 {
    text.iter().fold(0, |mark: u32, byte| mark.wrapping_mul(31).wrapping_add(u32::from(*byte)))
}

pub(super) fn stream_id(text: &str) -> Result<StreamId> {
    query::id(text, "stream")
}
