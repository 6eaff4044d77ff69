//! Channels and their stream keys. Served by `stream-handler`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use serde::{Deserialize, Serialize};
use skylark_domain::channel::commands::{CreateChannel, EditChannel};
use skylark_domain::channel::keys::Shown;
use skylark_domain::channel::{Channel, ChannelType, Current, KeyFacts, LatencyMode};
use skylark_domain::ids::StreamId;
use skylark_domain::ports::Clock;
use skylark_domain::stream::queries::OnAir;
use skylark_domain::stream::session::Session;
use utoipa::ToSchema;

use crate::clock::{SystemClock, rfc3339};
use crate::problem::ProblemDetails;

/// How quickly viewers see what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LatencyModeName {
    /// Within about three seconds.
    Low,
    /// Within about ten seconds, with less traffic.
    Normal,
}

/// What becomes of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ChannelTypeName {
    /// It is passed on as it comes.
    Basic,
    /// A ladder of renditions is made of it.
    Standard,
}

impl From<LatencyModeName> for LatencyMode {
    fn from(name: LatencyModeName) -> Self {
        match name {
            LatencyModeName::Low => Self::Low,
            LatencyModeName::Normal => Self::Normal,
        }
    }
}

impl From<LatencyMode> for LatencyModeName {
    fn from(mode: LatencyMode) -> Self {
        match mode {
            LatencyMode::Low => Self::Low,
            LatencyMode::Normal => Self::Normal,
        }
    }
}

impl From<ChannelTypeName> for ChannelType {
    fn from(name: ChannelTypeName) -> Self {
        match name {
            ChannelTypeName::Basic => Self::Basic,
            ChannelTypeName::Standard => Self::Standard,
        }
    }
}

impl From<ChannelType> for ChannelTypeName {
    fn from(kind: ChannelType) -> Self {
        match kind {
            ChannelType::Basic => Self::Basic,
            ChannelType::Standard => Self::Standard,
        }
    }
}

/// A channel to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelRequest {
    /// 1-140 characters.
    #[schema(min_length = 1, max_length = 140)]
    pub name: String,
    /// `LOW` when absent.
    pub latency_mode: Option<LatencyModeName>,
    /// `BASIC` when absent.
    pub channel_type: Option<ChannelTypeName>,
    /// `true` when absent.
    pub recording_enabled: Option<bool>,
}

impl From<ChannelRequest> for CreateChannel {
    fn from(request: ChannelRequest) -> Self {
        Self {
            name: request.name,
            latency_mode: request.latency_mode.map_or(LatencyMode::Low, LatencyMode::from),
            channel_type: request.channel_type.map_or(ChannelType::Basic, ChannelType::from),
            recording_enabled: request.recording_enabled.unwrap_or(true),
        }
    }
}

/// Changes of a channel; an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditChannelRequest {
    /// 1-140 characters.
    #[schema(min_length = 1, max_length = 140)]
    pub name: Option<String>,
    /// How quickly viewers see what happens.
    pub latency_mode: Option<LatencyModeName>,
    /// What becomes of the picture; not while the channel is live.
    pub channel_type: Option<ChannelTypeName>,
    /// Whether streams are recorded unless they say otherwise.
    pub recording_enabled: Option<bool>,
}

impl From<EditChannelRequest> for EditChannel {
    fn from(request: EditChannelRequest) -> Self {
        Self {
            name: request.name,
            latency_mode: request.latency_mode.map(LatencyMode::from),
            channel_type: request.channel_type.map(ChannelType::from),
            recording_enabled: request.recording_enabled,
        }
    }
}

/// A user's permanent place to stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Channel)]
pub struct ChannelView {
    /// `chn_...`.
    pub id: String,
    /// `usr_...`.
    pub user_id: String,
    /// Name.
    pub name: String,
    /// How quickly viewers see what happens.
    pub latency_mode: LatencyModeName,
    /// What becomes of the picture.
    pub channel_type: ChannelTypeName,
    /// Whether streams are recorded unless they say otherwise.
    pub recording_enabled: bool,
    /// Where encoders connect; the stream key comes behind it.
    pub ingest_url: String,
    /// The multivariant playlist.
    pub playback_url: String,
    /// What takes place on it now.
    pub live: ChannelLive,
    /// When it was made.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
}

/// What takes place on a channel now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelLive {
    /// `LIVE` or `OFFLINE`.
    pub status: &'static str,
    /// The stream that holds the channel.
    pub stream_id: Option<String>,
    /// Kilobits per second, while an encoder sends.
    pub bitrate_kbps: Option<f64>,
    /// Pixels, while an encoder sends.
    pub width: Option<u32>,
    /// Pixels, while an encoder sends.
    pub height: Option<u32>,
    /// Frames per second, while an encoder sends.
    pub fps: Option<f64>,
    /// When the last picture began to come.
    #[schema(format = "date-time")]
    pub last_live_at: Option<String>,
}

/// Channels of one user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelList {
    /// By the order they were made.
    pub items: Vec<ChannelView>,
    /// There is one page.
    pub next_cursor: Option<String>,
}

/// Addresses of an installation, where they differ from what IVS says.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Where media is served, without a slash at its end.
    pub media_url: String,
    /// Where encoders connect, when it is not the channel's own endpoint.
    pub ingest_url: Option<String>,
    /// Origin of the playback URLs, when it is not the channel's own.
    pub playback_origin: Option<String>,
    /// Where rooms are entered: a WebSocket address without a slash at its end.
    pub ws_url: String,
}

impl Addresses {
    /// Where encoders of a channel connect; the key comes behind it.
    pub fn ingest(&self, channel: &Channel) -> String {
        match (&self.ingest_url, &channel.provider) {
            (Some(url), _) => url.clone(),
            (None, Some(provider)) => format!("rtmps://{}:443/app/", provider.ingest_endpoint),
            (None, None) => String::new(),
        }
    }

    /// A playback URL as players reach it.
    pub fn playback(&self, url: &str) -> String {
        let Some(origin) = &self.playback_origin else { return url.to_owned() };
        let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        path.map_or_else(|| url.to_owned(), |(_, path)| format!("{origin}/{path}"))
    }

    /// Where a room is entered with a ticket.
    pub fn chat(&self, stream: StreamId, ticket: &str) -> String {
        // Neither has a character that needs escaping.
        format!("{}?streamId={stream}&ticket={ticket}", self.ws_url)
    }

    /// Where an object of the media bucket is served.
    pub fn media(&self, key: &str) -> String {
        format!("{}/{key}", self.media_url)
    }
}

impl ChannelView {
    /// Of a channel and what takes place on it.
    pub fn new(current: Current, on_air: OnAir, addresses: &Addresses) -> Self {
        let channel = current.channel;
        let now = SystemClock.now();
        let is_live = |stream: &skylark_domain::stream::Stream| {
            stream.status(now) == skylark_domain::stream::status::Status::Live
        };
        let sample = on_air.sample;
        let known = |pixels: u32| Some(pixels).filter(|pixels| *pixels > 0);
        Self {
            id: channel.id.to_string(),
            user_id: channel.user_id.to_string(),
            name: channel.name.clone(),
            latency_mode: channel.latency_mode.into(),
            channel_type: channel.channel_type.into(),
            recording_enabled: channel.recording_enabled,
            ingest_url: addresses.ingest(&channel),
            playback_url: channel
                .provider
                .as_ref()
                .map(|provider| addresses.playback(&provider.playback_url))
                .unwrap_or_default(),
            live: ChannelLive {
                status: if on_air.stream.as_ref().is_some_and(is_live) { "LIVE" } else { "OFFLINE" },
                stream_id: on_air.stream.map(|stream| stream.id.to_string()),
                bitrate_kbps: sample.as_ref().map(|sample| sample.bitrate_kbps),
                width: sample.as_ref().and_then(|sample| known(sample.width)),
                height: sample.as_ref().and_then(|sample| known(sample.height)),
                fps: sample.as_ref().map(|sample| sample.fps),
                last_live_at: on_air.last_live_at.map(rfc3339),
            },
            created_at: rfc3339(channel.created_at),
            updated_at: rfc3339(channel.updated_at),
        }
    }
}

/// What may be shown of a stream key at any time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaskedStreamKey {
    /// `sk_****...a1b2`.
    pub masked: String,
    /// Where encoders connect; the key comes behind it.
    pub ingest_url: String,
    /// When the first key was made.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last reset.
    #[schema(format = "date-time")]
    pub rotated_at: Option<String>,
}

impl MaskedStreamKey {
    /// Of a channel's key.
    pub fn new(channel: &Channel, facts: &KeyFacts, addresses: &Addresses) -> Self {
        Self {
            masked: format!("sk_****...{}", facts.ending),
            ingest_url: addresses.ingest(channel),
            created_at: rfc3339(facts.created_at),
            rotated_at: facts.rotated_at.map(rfc3339),
        }
    }
}

/// A stream key, for its owner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamKeyView {
    /// The secret an encoder publishes with.
    pub stream_key: String,
    /// Where encoders connect; the key comes behind it.
    pub ingest_url: String,
    /// When it was made.
    #[schema(format = "date-time")]
    pub created_at: String,
}

impl StreamKeyView {
    /// Of a key that its owner asked for.
    pub fn new(shown: Shown, addresses: &Addresses) -> Self {
        let facts = shown.channel.key.as_ref();
        let made_at = facts.map(|facts| facts.rotated_at.unwrap_or(facts.created_at));
        Self {
            ingest_url: addresses.ingest(&shown.channel),
            created_at: rfc3339(made_at.unwrap_or(shown.channel.created_at)),
            stream_key: shown.key.0,
        }
    }
}

/// One connection of an encoder.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IngestSession)]
pub struct SessionView {
    /// IVS's `stream_id`.
    pub id: String,
    /// The stream it belongs to.
    pub stream_id: Option<String>,
    /// When its picture came.
    #[schema(format = "date-time")]
    pub started_at: Option<String>,
    /// When it was over.
    #[schema(format = "date-time")]
    pub ended_at: Option<String>,
    /// Milliseconds, once it is over.
    pub duration_ms: Option<i64>,
    /// What went wrong, last.
    pub trouble: Option<String>,
    /// Whether there is a recording of it.
    pub is_recorded: bool,
    /// Milliseconds of the recording, once it is complete.
    pub recording_ms: Option<u64>,
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        let duration = session.started_at.zip(session.ended_at).map(|(start, end)| end.duration_since(start));
        Self {
            id: session.id,
            stream_id: session.stream_id.map(|id| id.to_string()),
            started_at: session.started_at.map(rfc3339),
            ended_at: session.ended_at.map(rfc3339),
            duration_ms: duration.and_then(|duration| i64::try_from(duration.as_millis()).ok()),
            trouble: session.trouble.map(|trouble| trouble.reason),
            is_recorded: session.recording.is_some(),
            recording_ms: session.recording.and_then(|recording| recording.duration_ms),
        }
    }
}

/// A page of ingest sessions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionPage {
    /// Newest first.
    pub items: Vec<SessionView>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// Make a channel.
#[utoipa::path(post, path = "/api/v1/channels", tag = "channels", operation_id = "create_channel",
    security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h")),
    request_body = ChannelRequest,
    responses((status = 201, body = ChannelView), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 429, description = "`stream-limit-reached`", body = ProblemDetails),
        (status = 503, description = "`provider-unavailable`", body = ProblemDetails)))]
pub(crate) fn create() {}

/// The caller's channels.
#[utoipa::path(get, path = "/api/v1/users/me/channels", tag = "channels", operation_id = "list_channels",
    security(("bearer" = [])),
    responses((status = 200, body = ChannelList), (status = 401, body = ProblemDetails)))]
pub(crate) fn mine() {}

/// The caller's channel.
#[utoipa::path(get, path = "/api/v1/channels/{channelId}", tag = "channels", operation_id = "get_channel",
    security(("bearer" = [])), params(("channelId" = String, Path)),
    responses((status = 200, body = ChannelView), (status = 304), (status = 401, body = ProblemDetails),
        (status = 404, body = ProblemDetails)))]
pub(crate) fn get() {}

/// Change a channel.
#[utoipa::path(patch, path = "/api/v1/channels/{channelId}", tag = "channels", operation_id = "edit_channel",
    security(("bearer" = [])),
    params(("channelId" = String, Path), ("If-Match" = String, Header, description = "The ETag the change is based on, or *")),
    request_body = EditChannelRequest,
    responses((status = 200, body = ChannelView), (status = 400, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`channel-live`", body = ProblemDetails), (status = 412, body = ProblemDetails),
        (status = 428, body = ProblemDetails)))]
pub(crate) fn edit() {}

/// The stream key, masked.
#[utoipa::path(get, path = "/api/v1/channels/{channelId}/stream-key", tag = "channels", operation_id = "get_stream_key",
    security(("bearer" = [])), params(("channelId" = String, Path)),
    responses((status = 200, body = MaskedStreamKey), (status = 404, body = ProblemDetails)))]
pub(crate) fn key() {}

/// Replace the stream key: the old one stops working and its encoder is cut.
#[utoipa::path(post, path = "/api/v1/channels/{channelId}/stream-key/reset", tag = "channels",
    operation_id = "reset_stream_key", security(("bearer" = [])),
    params(("channelId" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h")),
    responses((status = 201, body = StreamKeyView), (status = 404, body = ProblemDetails),
        (status = 503, description = "`provider-unavailable`", body = ProblemDetails)))]
pub(crate) fn reset_key() {}

/// Show the stream key; leaves an audit event.
#[utoipa::path(post, path = "/api/v1/channels/{channelId}/stream-key/reveal", tag = "channels",
    operation_id = "reveal_stream_key", security(("bearer" = [])), params(("channelId" = String, Path)),
    responses((status = 200, body = StreamKeyView), (status = 404, body = ProblemDetails),
        (status = 503, description = "`provider-unavailable`", body = ProblemDetails)))]
pub(crate) fn reveal_key() {}

/// The streams of the caller's channel, newest first.
#[utoipa::path(get, path = "/api/v1/channels/{channelId}/streams", tag = "channels", operation_id = "list_channel_streams",
    security(("bearer" = [])),
    params(("channelId" = String, Path), ("limit" = Option<usize>, Query, description = "1-100, 20 when absent"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = super::streams::StreamPage), (status = 404, body = ProblemDetails)))]
pub(crate) fn streams() {}

/// The connections of encoders to the caller's channel, newest first.
#[utoipa::path(get, path = "/api/v1/channels/{channelId}/sessions", tag = "channels", operation_id = "list_sessions",
    security(("bearer" = [])),
    params(("channelId" = String, Path), ("limit" = Option<usize>, Query, description = "1-100, 20 when absent"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SessionPage), (status = 404, body = ProblemDetails)))]
pub(crate) fn sessions() {}
