//! Seed 002's own shape of streams, for clients that were written for it: snake_case, exactly its fields. Deprecated.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use skylark_domain::channel::Channel;
use skylark_domain::ids::UserId;
use skylark_domain::ports::StreamKey;
use skylark_domain::stream::Stream;
use skylark_domain::stream::queries::{Card, Viewers};
use utoipa::ToSchema;

use super::channels::Addresses;
use crate::clock::rfc3339;
use crate::problem::ProblemDetails;

/// A stream to be announced.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LiveRequest {
    /// 1-140 characters.
    pub title: String,
    /// At most 2,000 characters.
    #[serde(default)]
    pub description: Option<String>,
}

/// A stream that was announced.
#[derive(Serialize, ToSchema)]
pub struct LiveCreated {
    /// `str_...`.
    pub id: String,
    /// The secret an encoder publishes with.
    pub stream_key: String,
    /// Where it publishes, with the secret.
    pub rtmp_url: String,
    /// Where a browser would publish.
    pub webrtc_url: Option<String>,
    /// The multivariant playlist.
    pub hls_url: String,
}

/// What a list can be narrowed by.
#[derive(Debug, Default, Deserialize)]
pub struct LiveFeedQuery {
    /// From 1.
    pub page: Option<usize>,
    /// 1-100, 20 when absent.
    pub limit: Option<usize>,
}

/// Whether a secret is wanted.
#[derive(Debug, Default, Deserialize)]
pub struct LiveQuery {
    /// `1`: the owner is shown the stream key, and a trace of that is left.
    pub reveal: Option<u8>,
}

/// A page of streams that are LIVE.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveFeed {
    /// Newest first.
    pub streams: Vec<LiveItem>,
    /// How many there are in all.
    pub total: usize,
    /// From 1.
    pub page: usize,
    /// The most of one page.
    pub limit: usize,
    /// How many pages there are.
    pub total_pages: usize,
}

/// What a list shows of a stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveItem {
    /// `str_...`.
    pub id: String,
    /// `usr_...`.
    pub user_id: String,
    /// Title.
    pub title: String,
    /// `SCHEDULED`, `LIVE`, `OFFLINE`, `ENDED`.
    pub status: &'static str,
    /// How many watch.
    pub viewer_count: u32,
    /// The multivariant playlist, where it plays without a token.
    pub hls_url: Option<String>,
    /// When its first picture came.
    pub started_at: Option<String>,
    /// When it was made.
    pub created_at: String,
}

impl LiveItem {
    /// Of a card and how many watch.
    pub fn new(card: Card, viewers: Viewers, now: Timestamp, addresses: &Addresses) -> Self {
        Self {
            status: card.status(now).name(),
            id: card.id.to_string(),
            user_id: card.user_id.to_string(),
            title: card.title,
            viewer_count: viewers.count,
            hls_url: card.playback_url.map(|url| addresses.playback(&url)),
            started_at: card.started_at.map(rfc3339),
            created_at: rfc3339(card.created_at),
        }
    }
}

/// A stream.
#[derive(Serialize, ToSchema)]
pub struct LiveDetail {
    /// What lists show.
    #[serde(flatten)]
    pub item: LiveItem,
    /// Description.
    pub description: Option<String>,
    /// Whether the caller owns it.
    pub is_owner: bool,
    /// For its owner who asks for it: the secret an encoder publishes with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_key: Option<String>,
    /// For its owner: where an encoder publishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtmp_url: Option<String>,
    /// For its owner: where a browser would publish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webrtc_url: Option<String>,
}

/// Where an encoder publishes, for clients that take one address. Locally seed 002's form with the stream in it; IVS knows
/// only its keys.
pub fn rtmp_url(channel: &Channel, stream: &Stream, key: Option<&StreamKey>, addresses: &Addresses) -> String {
    let (ingest, key) = (addresses.ingest(channel), key.map(|key| key.0.as_str()));
    match (&addresses.ingest_url, key) {
        (Some(_), Some(key)) => format!("{ingest}{}?token={key}", stream.id),
        (Some(_), None) => format!("{ingest}{}", stream.id),
        (None, key) => format!("{ingest}{}", key.unwrap_or_default()),
    }
}

impl LiveDetail {
    /// Of a stream as `caller` sees it; `owned` is what its owner sees more.
    pub fn new(
        stream: &Stream,
        viewers: Viewers,
        caller: Option<UserId>,
        owned: Option<(Channel, Option<StreamKey>)>,
        now: Timestamp,
        addresses: &Addresses,
    ) -> Self {
        let item = LiveItem::new(stream.card(), viewers, now, addresses);
        let rtmp_url = owned.as_ref().map(|(channel, key)| rtmp_url(channel, stream, key.as_ref(), addresses));
        Self {
            item,
            description: stream.description.clone(),
            is_owner: caller == Some(stream.user_id),
            stream_key: owned.and_then(|(_, key)| key).map(|key| key.0),
            rtmp_url,
            webrtc_url: None,
        }
    }
}

/// How many watch a stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveViewers {
    /// `str_...`.
    pub stream_id: String,
    /// Now.
    pub viewer_count: u32,
}

/// Announce a stream.
#[utoipa::path(post, path = "/api/v1/live/create", tag = "live", operation_id = "create_live",
    security(("bearer" = [])), request_body = LiveRequest,
    responses((status = 201, body = LiveCreated), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails)))]
#[deprecated = "POST /api/v1/streams"]
pub(crate) fn create() {}

/// Streams that are LIVE.
#[utoipa::path(get, path = "/api/v1/live/feed", tag = "live", operation_id = "list_live",
    params(("page" = Option<usize>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, body = LiveFeed), (status = 400, body = ProblemDetails)))]
#[deprecated = "GET /api/v1/streams"]
pub(crate) fn feed() {}

/// A stream.
#[utoipa::path(get, path = "/api/v1/live/{streamId}", tag = "live", operation_id = "get_live",
    params(("streamId" = String, Path), ("reveal" = Option<u8>, Query)),
    responses((status = 200, body = LiveDetail), (status = 404, body = ProblemDetails)))]
#[deprecated = "GET /api/v1/streams/{streamId}"]
pub(crate) fn get() {}

/// Where a browser can publish or play by WebRTC: nowhere in this installation.
#[utoipa::path(get, path = "/api/v1/live/{streamId}/webrtc", tag = "live", operation_id = "get_live_webrtc",
    params(("streamId" = String, Path)),
    responses((status = 404, description = "`webrtc-disabled`", body = ProblemDetails)))]
#[deprecated = "GET /api/v1/streams/{streamId}/webrtc"]
pub(crate) fn webrtc() {}

/// How many watch a stream.
#[utoipa::path(get, path = "/api/v1/live/{streamId}/viewers", tag = "live", operation_id = "get_live_viewers",
    params(("streamId" = String, Path)),
    responses((status = 200, body = LiveViewers), (status = 404, body = ProblemDetails)))]
#[deprecated = "GET /api/v1/streams/{streamId}/viewers"]
pub(crate) fn viewers() {}
