//! Seed 002's own shape of streams.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use skylark_api::json::Body;
use skylark_api::operations::live::{
    LiveCreated, LiveDetail, LiveFeed, LiveFeedQuery, LiveItem, LiveQuery, LiveRequest, LiveViewers, rtmp_url,
};
use skylark_api::problem::{Problem, Result, Status};
use skylark_api::query::{self, Parameters};
use skylark_api::token::{Changer, MaybeCaller};
use skylark_domain::stream::commands::CreateStream;
use skylark_domain::stream::{Settings, Visibility, status};

use super::streams::stream_id;
use super::{State as Site, cache, settled};

/// Entries that pages may reach into.
const MOST: usize = 1000;

pub(super) async fn create(
    State(site): State<Site>,
    Changer(caller): Changer,
    Body(body): Body<LiveRequest>,
) -> Result<Response> {
    let command = CreateStream {
        channel_id: None,
        title: body.title,
        description: body.description,
        scheduled_at: None,
        visibility: Visibility::Public,
        settings: Settings::default(),
    };
    let stream = settled(site.live.create_stream(caller.sub, &caller.username, command, None).await?).stream;
    let shown = site.live.reveal_key(caller.sub, stream.channel_id).await?;
    let created = LiveCreated {
        id: stream.id.to_string(),
        rtmp_url: rtmp_url(&shown.channel, &stream, Some(&shown.key), &site.addresses),
        webrtc_url: None,
        hls_url: site.addresses.playback(&stream.playback_url),
        stream_key: shown.key.0,
    };
    Ok(Status::Created.with(Json(created)))
}

pub(super) async fn feed(
    State(site): State<Site>,
    caller: MaybeCaller,
    Parameters(query): Parameters<LiveFeedQuery>,
) -> Result<Response> {
    let (limit, page) = (query::limit(query.limit)?, query.page.unwrap_or(1));
    if page == 0 || page.saturating_mul(limit) > MOST {
        return Err(Problem::bad_parameter("page", "must be at least 1, and page times limit at most 1000"));
    }
    let cards = site.live.feed(status::Status::Live, None, MOST).await?.items;
    let total = cards.len();
    let shown = cards.into_iter().skip((page - 1) * limit).take(limit).collect();
    let now = site.live.clock.now();
    let counted = site.live.count_viewers(shown).await?;
    let streams =
        counted.into_iter().map(|(card, viewers)| LiveItem::new(card, viewers, now, &site.addresses)).collect();
    let body = LiveFeed { streams, total, page, limit, total_pages: total.div_ceil(limit) };
    Ok(([(header::CACHE_CONTROL, cache(&caller))], Json(body)).into_response())
}

pub(super) async fn get(
    State(site): State<Site>,
    caller: MaybeCaller,
    Path(id): Path<String>,
    Parameters(query): Parameters<LiveQuery>,
) -> Result<Response> {
    let view = site.live.view(caller.id(), stream_id(&id)?).await?;
    let stream = view.stream;
    let owned = match caller.id().filter(|caller| *caller == stream.user_id) {
        Some(owner) if query.reveal == Some(1) => {
            let shown = site.live.reveal_key(owner, stream.channel_id).await?;
            Some((shown.channel, Some(shown.key)))
        }
        Some(owner) => Some((site.live.owned_channel(owner, stream.channel_id).await?.channel, None)),
        None => None,
    };
    let now = site.live.clock.now();
    let body = LiveDetail::new(&stream, view.viewers, caller.id(), owned, now, &site.addresses);
    Ok(([(header::CACHE_CONTROL, cache(&caller))], Json(body)).into_response())
}

pub(super) async fn viewers(State(site): State<Site>, caller: MaybeCaller, Path(id): Path<String>) -> Result<Response> {
    let id = stream_id(&id)?;
    let viewers = site.live.stream_viewers(caller.id(), id).await?;
    let body = LiveViewers { stream_id: id.to_string(), viewer_count: viewers.count };
    Ok(([(header::CACHE_CONTROL, cache(&caller))], Json(body)).into_response())
}
