//! HTTP to the commands and queries of channels and streams, and back.

mod callbacks;
mod channels;
mod chat;
mod live;
mod moderation;
mod streams;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::routing::{delete, get, post, put};
use secrecy::SecretString;
use skylark_api::callback::CallbackSecret;
use skylark_api::cursor::Cursors;
use skylark_api::etag::{self, Expected};
use skylark_api::openapi::ALIASES;
use skylark_api::operations::channels::Addresses;
use skylark_api::problem::{Problem, Result};
use skylark_api::token::{MaybeCaller, Verifier};
use skylark_domain::Error;
use skylark_domain::chat::Chat;
use skylark_domain::stream::Live;
use skylark_domain::stream::commands::Done;

/// What anonymous callers get may be shown again for a moment.
const PUBLIC: &str = "public, max-age=2, stale-while-revalidate=10";
const PRIVATE: &str = "private, no-cache";

/// What the routes need.
#[derive(Clone, FromRef)]
pub(crate) struct State {
    pub(crate) live: Live,
    pub(crate) chat: Chat,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) cursors: Cursors,
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) callback_secret: CallbackSecret,
    pub(crate) origin_secret: SecretString,
}

/// The routes of this function.
pub(crate) fn router(state: State) -> Router {
    let streams = "/api/v1/streams";
    let aliases = ALIASES.into_iter().filter(|(_, target)| *target == streams).map(|(alias, _)| alias);
    let routes = aliases.chain([streams]).fold(Router::new(), with_streams);
    routes
        .route("/api/v1/channels", post(channels::create))
        .route("/api/v1/users/me/channels", get(channels::mine))
        .route("/api/v1/channels/{channelId}", get(channels::get).patch(channels::edit))
        .route("/api/v1/channels/{channelId}/stream-key", get(channels::key))
        .route("/api/v1/channels/{channelId}/stream-key/reset", post(channels::reset_key))
        .route("/api/v1/channels/{channelId}/stream-key/reveal", post(channels::reveal_key))
        .route("/api/v1/channels/{channelId}/streams", get(channels::streams))
        .route("/api/v1/channels/{channelId}/sessions", get(channels::sessions))
        .route("/api/v1/channels/{channelId}/moderators", get(moderation::moderators))
        .route("/api/v1/channels/{channelId}/moderators/{userId}", put(moderation::appoint).delete(moderation::dismiss))
        .route("/api/v1/live/create", post(live::create))
        .route("/api/v1/live/feed", get(live::feed))
        .route("/api/v1/live/{streamId}", get(live::get))
        .route("/api/v1/live/{streamId}/webrtc", get(streams::webrtc))
        .route("/api/v1/live/{streamId}/viewers", get(live::viewers))
        .route("/api/v1/callbacks/media", post(callbacks::media))
        .route("/api/v1/events/ams-live-callback", post(callbacks::media))
        .route("/api/v1/callbacks/on_publish", post(callbacks::on_publish))
        .route("/api/v1/callbacks/on_unpublish", post(callbacks::on_unpublish))
        .with_state(state)
}

/// The routes of streams below `base`.
fn with_streams(router: Router<State>, base: &str) -> Router<State> {
    let at = |rest: &str| format!("{base}{rest}");
    router
        .route(base, post(streams::create).get(streams::list))
        .route(&at("/{streamId}"), get(streams::get).patch(streams::edit).delete(streams::delete))
        .route(&at("/{streamId}/start"), post(streams::start))
        .route(&at("/{streamId}/stop"), post(streams::stop))
        .route(&at("/{streamId}/archive"), post(streams::archive))
        .route(&at("/{streamId}/playback-token"), post(streams::playback_token))
        .route(&at("/{streamId}/viewers"), get(streams::viewers))
        .route(&at("/{streamId}/health"), get(streams::health))
        .route(&at("/{streamId}/events"), get(streams::events))
        .route(&at("/{streamId}/webrtc"), get(streams::webrtc))
        .route(&at("/{streamId}/chat-ticket"), post(chat::ticket))
        .route(&at("/{streamId}/messages"), get(chat::messages))
        .route(&at("/{streamId}/messages/{messageId}"), delete(moderation::delete_message))
        .route(&at("/{streamId}/bans"), get(moderation::bans))
        .route(&at("/{streamId}/bans/{userId}"), put(moderation::ban).delete(moderation::lift_ban))
        .route(&at("/{streamId}/slow-mode"), put(moderation::set_slow_mode))
}

fn cache(caller: &MaybeCaller) -> HeaderValue {
    HeaderValue::from_static(if caller.id().is_some() { PRIVATE } else { PUBLIC })
}

fn page_headers(caller: &MaybeCaller, link: Option<HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(header::CACHE_CONTROL, cache(caller))]);
    if let Some(link) = link {
        headers.insert(header::LINK, link);
    }
    headers
}

fn expected(headers: &HeaderMap) -> Result<Option<u64>> {
    Ok(etag::optional(headers)?.and_then(Expected::version))
}

/// What was asked is done; what follows from it is done later.
fn settled(done: Done) -> Done {
    if let Some(error) = &done.trouble {
        tracing::warn!(stream = %done.stream.id, error = error as &dyn std::error::Error, "a stream is looked after later");
    }
    done
}

/// An id in the query.
fn user_id(text: &str, caller: &MaybeCaller) -> Result<skylark_domain::ids::UserId> {
    match text {
        "me" => caller.id().ok_or(Error::Unauthenticated.into()),
        id => id.parse().map_err(|_| Problem::bad_parameter("userId", "must be usr_... or me")),
    }
}
