//! Channels and their stream keys.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use skylark_api::etag::{self, etag_with};
use skylark_api::idempotency::{Key, Posted, replayed};
use skylark_api::json::Body;
use skylark_api::operations::channels::{
    ChannelList, ChannelRequest, ChannelView, EditChannelRequest, MaskedStreamKey, SessionPage, SessionView,
    StreamKeyView,
};
use skylark_api::operations::streams::{PageQuery, StreamCard, StreamPage};
use skylark_api::problem::{Result, Status};
use skylark_api::query::{self, Parameters};
use skylark_api::token::{Caller, Changer};
use skylark_domain::channel::Current;
use skylark_domain::ids::ChannelId;
use skylark_domain::stream::queries::OnAir;

use super::State as Site;

pub(super) async fn create(
    State(site): State<Site>,
    Changer(caller): Changer,
    Posted(body, key): Posted<ChannelRequest>,
) -> Result<Response> {
    let made = site.live.create_channel(caller.sub, body.into(), key.once(caller.sub)).await?;
    let on_air = site.live.on_air(&made.current).await?;
    Ok(Status::Created.with((replayed(made.is_repeated), site.show_channel(made.current, on_air))))
}

pub(super) async fn mine(State(site): State<Site>, Caller(caller): Caller) -> Result<Json<ChannelList>> {
    let mut items = Vec::new();
    for current in site.live.channels_by(caller.sub).await? {
        let on_air = site.live.on_air(&current).await?;
        items.push(ChannelView::new(current, on_air, &site.addresses));
    }
    Ok(Json(ChannelList { items, next_cursor: None }))
}

pub(super) async fn get(
    State(site): State<Site>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let current = site.live.owned_channel(caller.sub, channel_id(&id)?).await?;
    let on_air = site.live.on_air(&current).await?;
    let tag = site.channel_tag(&current, &on_air);
    if etag::is_known_tag(&headers, &tag) {
        return Ok(([tag], Status::NotModified).into_response());
    }
    Ok(site.show_channel(current, on_air))
}

pub(super) async fn edit(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(body): Body<EditChannelRequest>,
) -> Result<Response> {
    let id = channel_id(&id)?;
    let version = etag::required(&headers)?.version();
    let current = site.live.edit_channel(caller.sub, id, version, body.into()).await?;
    let on_air = site.live.on_air(&current).await?;
    Ok(site.show_channel(current, on_air))
}

pub(super) async fn key(
    State(site): State<Site>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<MaskedStreamKey>> {
    let (channel, facts) = site.live.key_facts(caller.sub, channel_id(&id)?).await?;
    Ok(Json(MaskedStreamKey::new(&channel, &facts, &site.addresses)))
}

pub(super) async fn reset_key(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    key: Key,
) -> Result<Response> {
    let shown = site.live.reset_key(caller.sub, channel_id(&id)?, key.once(caller.sub)).await?;
    let replayed = replayed(shown.is_repeated);
    Ok(Status::Created.with((replayed, Json(StreamKeyView::new(shown, &site.addresses)))))
}

pub(super) async fn reveal_key(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
) -> Result<Json<StreamKeyView>> {
    let shown = site.live.reveal_key(caller.sub, channel_id(&id)?).await?;
    Ok(Json(StreamKeyView::new(shown, &site.addresses)))
}

pub(super) async fn streams(
    State(site): State<Site>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Json<StreamPage>> {
    let limit = query::limit(query.limit)?;
    let list = format!("channel-streams:{id}:{}", caller.sub);
    let after = query.cursor.map(|cursor| site.cursors.open::<String>(&list, &cursor)).transpose()?;
    let page = site.live.streams_on(caller.sub, channel_id(&id)?, after, limit).await?;
    let now = site.live.clock.now();
    let counted = site.live.count_viewers(page.items.iter().map(|stream| stream.card()).collect()).await?;
    let card = |(card, viewers)| StreamCard::new(card, viewers, Some(caller.sub), now, &site.addresses);
    let next_cursor = page.next.map(|at| site.cursors.seal(&list, &at)).transpose()?;
    Ok(Json(StreamPage { items: counted.into_iter().map(card).collect(), next_cursor }))
}

pub(super) async fn sessions(
    State(site): State<Site>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Json<SessionPage>> {
    let limit = query::limit(query.limit)?;
    let list = format!("sessions:{id}:{}", caller.sub);
    let after = query.cursor.map(|cursor| site.cursors.open::<String>(&list, &cursor)).transpose()?;
    let page = site.live.sessions_on(caller.sub, channel_id(&id)?, after, limit).await?;
    let next_cursor = page.next.map(|at| site.cursors.seal(&list, &at)).transpose()?;
    Ok(Json(SessionPage { items: page.items.into_iter().map(SessionView::from).collect(), next_cursor }))
}

impl Site {
    /// What takes place on a channel changes it underneath its version.
    fn channel_tag(&self, current: &Current, on_air: &OnAir) -> (HeaderName, HeaderValue) {
        let now = self.live.clock.now();
        let stream =
            on_air.stream.as_ref().map_or(0, |stream| (stream.version as u32) << 3 | stream.status(now) as u32);
        let sample = on_air.sample.as_ref().map_or(0, |sample| sample.at.as_millisecond() as u32);
        etag_with(current.channel.version, stream ^ sample)
    }

    fn show_channel(&self, current: Current, on_air: OnAir) -> Response {
        ([self.channel_tag(&current, &on_air)], Json(ChannelView::new(current, on_air, &self.addresses)))
            .into_response()
    }
}

pub(super) fn channel_id(text: &str) -> Result<ChannelId> {
    query::id(text, "channel")
}
