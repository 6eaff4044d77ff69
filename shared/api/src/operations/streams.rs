//! Streams. Served by `stream-handler`; the bodies that are sent are in `requests`, what was measured and has happened in
//! `past`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

pub mod past;
pub mod requests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use skylark_domain::ids::UserId;
use skylark_domain::stream::playback::Permission;
use skylark_domain::stream::queries::{Card, View, Viewers};
use skylark_domain::stream::status::Status;
use skylark_domain::stream::{Ingest, StopReason, Stream};
use utoipa::ToSchema;

use self::requests::{ChatModeName, StreamVisibilityName};
use super::channels::Addresses;
use crate::clock::rfc3339;
use crate::problem::ProblemDetails;

/// What people are told of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum StreamStatusName {
    /// It is announced for a time that is still to come.
    Scheduled,
    /// There is a picture, or there was one seconds ago.
    Live,
    /// There is no picture now.
    Offline,
    /// It is over.
    Ended,
}

impl From<StreamStatusName> for Status {
    fn from(name: StreamStatusName) -> Self {
        match name {
            StreamStatusName::Scheduled => Self::Scheduled,
            StreamStatusName::Live => Self::Live,
            StreamStatusName::Offline => Self::Offline,
            StreamStatusName::Ended => Self::Ended,
        }
    }
}

/// What a list can be narrowed by.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StreamsQuery {
    /// `LIVE` when neither it nor `userId` is there.
    pub status: Option<StreamStatusName>,
    /// `usr_...` or `me`; everybody's when absent.
    pub user_id: Option<String>,
    /// 1-100, 20 when absent.
    pub limit: Option<usize>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}

impl StreamsQuery {
    /// The filters, for the link to the next page.
    pub fn links(&self) -> Vec<(&'static str, String)> {
        let status = self.status.map(|status| ("status", Status::from(status).name().to_owned()));
        let owner = self.user_id.clone().map(|owner| ("userId", owner));
        let limit = self.limit.map(|limit| ("limit", limit.to_string()));
        [status, owner, limit].into_iter().flatten().collect()
    }
}

/// Where a page of a list begins.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PageQuery {
    /// 1-100, 20 when absent.
    pub limit: Option<usize>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// Where a history begins.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryQuery {
    /// The version of the last event that is known.
    pub after: Option<u64>,
}

/// A page of streams.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamPage {
    /// SCHEDULED ones the nearest first, others the newest.
    pub items: Vec<StreamCard>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// What a list shows of a stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamCard {
    /// `str_...`.
    pub id: String,
    /// `usr_...`.
    pub user_id: String,
    /// The owner's name; null only for what was made before names were written down.
    pub username: Option<String>,
    /// `chn_...`.
    pub channel_id: String,
    /// Title.
    pub title: String,
    /// `SCHEDULED`, `LIVE`, `OFFLINE`, `ENDED`.
    pub status: &'static str,
    /// `CREATED` ... `ARCHIVED`, `FAILED`.
    pub state: &'static str,
    /// Who finds it.
    pub visibility: StreamVisibilityName,
    /// How many watch.
    pub viewer_count: u32,
    /// The most there were.
    pub peak_viewer_count: u32,
    /// The multivariant playlist, where it plays without a token.
    pub playback_url: Option<String>,
    /// A JPEG: the latest picture while it runs, the poster of its video afterwards.
    pub thumbnail_url: Option<String>,
    /// The video of its recordings.
    pub video_id: Option<String>,
    /// When it is announced for.
    #[schema(format = "date-time")]
    pub scheduled_at: Option<String>,
    /// When its first picture came.
    #[schema(format = "date-time")]
    pub started_at: Option<String>,
    /// When it was made.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
}

impl StreamCard {
    /// Of a card and how many watch, as `caller` sees it at `now`.
    pub fn new(card: Card, viewers: Viewers, caller: Option<UserId>, now: Timestamp, addresses: &Addresses) -> Self {
        let is_shown = card.playback_url.is_some() || caller == Some(card.user_id);
        Self {
            thumbnail_url: card.thumbnail().filter(|_| is_shown).map(|key| addresses.media(&key)),
            status: card.status(now).name(),
            id: card.id.to_string(),
            user_id: card.user_id.to_string(),
            username: card.username,
            channel_id: card.channel_id.to_string(),
            title: card.title,
            state: card.state.name(),
            visibility: card.visibility.into(),
            viewer_count: viewers.count,
            peak_viewer_count: viewers.peak,
            video_id: card.video_id.map(|id| id.to_string()),
            playback_url: card.playback_url.map(|url| addresses.playback(&url)),
            scheduled_at: card.scheduled_at.map(rfc3339),
            started_at: card.started_at.map(rfc3339),
            created_at: rfc3339(card.created_at),
            updated_at: rfc3339(card.updated_at),
        }
    }
}

/// What the encoder of a stream does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Ingest)]
pub struct IngestView {
    /// `NONE`, `CONNECTED`, `RECONNECTING`, `LOST`.
    pub state: &'static str,
    /// Since when.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// While it is RECONNECTING: until then the stream stays LIVE.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_until: Option<String>,
    /// While it is LOST: until then the stream waits for it.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_until: Option<String>,
}

impl From<Ingest> for IngestView {
    fn from(ingest: Ingest) -> Self {
        let mut view = Self { state: ingest.name(), since: None, grace_until: None, window_until: None };
        match ingest {
            Ingest::None => {}
            Ingest::Connected { since, .. } => view.since = Some(rfc3339(since)),
            Ingest::Reconnecting { since, grace_until } => {
                view.since = Some(rfc3339(since));
                view.grace_until = Some(rfc3339(grace_until));
            }
            Ingest::Lost { since, window_until } => {
                view.since = Some(rfc3339(since));
                view.window_until = Some(rfc3339(window_until));
            }
        }
        view
    }
}

/// The room of a stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Chat)]
pub struct ChatView {
    /// Whether there is one.
    pub enabled: bool,
    /// Who may write.
    pub mode: ChatModeName,
    /// Seconds between two messages of one person; 0 is no bound.
    pub slow_mode_seconds: u32,
}

/// A stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Stream)]
pub struct StreamView {
    /// `str_...`.
    pub id: String,
    /// `usr_...`.
    pub user_id: String,
    /// The owner's name; null only for what was made before names were written down.
    pub username: Option<String>,
    /// `chn_...`.
    pub channel_id: String,
    /// Whether the caller owns it.
    pub is_owner: bool,
    /// Title.
    pub title: String,
    /// Description.
    pub description: Option<String>,
    /// `SCHEDULED`, `LIVE`, `OFFLINE`, `ENDED`.
    pub status: &'static str,
    /// `CREATED`, `STARTING`, `RUNNING`, `STOPPING`, `STOPPED`, `ARCHIVING`, `ARCHIVED`, `FAILED`.
    pub state: &'static str,
    /// What its encoder does.
    pub ingest: IngestView,
    /// How many watch.
    pub viewer_count: u32,
    /// The most there were.
    pub peak_viewer_count: u32,
    /// How many playback sessions IVS counts, for the owner; null for others.
    pub playback_sessions: Option<u32>,
    /// The multivariant playlist, where it plays without a token; else ask for a playback token.
    pub playback_url: Option<String>,
    /// While it is live and recorded: the recording so far, to go back in.
    pub dvr_url: Option<String>,
    /// A JPEG: the latest picture while it runs, the poster of its video afterwards.
    pub thumbnail_url: Option<String>,
    /// Whether it is recorded, and its recording becomes a video.
    pub recording_enabled: bool,
    /// Whether viewers may go back in it.
    pub dvr_enabled: bool,
    /// How far, in minutes.
    pub dvr_window_in_minutes: u32,
    /// Whether viewers see it within about three seconds.
    pub low_latency_enabled: bool,
    /// Whether an encoder that connects begins it.
    pub auto_start: bool,
    /// How long it waits for an encoder that is gone.
    pub reconnect_window_seconds: u32,
    /// The most viewers at a time.
    pub max_concurrent_viewers: Option<u32>,
    /// The only countries it is shown in; everywhere when empty.
    pub allowed_countries: Vec<String>,
    /// Countries it is not shown in.
    pub blocked_countries: Vec<String>,
    /// Who finds it.
    pub visibility: StreamVisibilityName,
    /// Its room.
    pub chat: ChatView,
    /// When it is announced for.
    #[schema(format = "date-time")]
    pub scheduled_at: Option<String>,
    /// When its first picture came.
    #[schema(format = "date-time")]
    pub started_at: Option<String>,
    /// When it was over.
    #[schema(format = "date-time")]
    pub stopped_at: Option<String>,
    /// When it was decided to end it.
    #[schema(format = "date-time")]
    pub ended_at: Option<String>,
    /// When its video was READY.
    #[schema(format = "date-time")]
    pub archived_at: Option<String>,
    /// `COMMAND`, `RECONNECT_WINDOW`, `NO_ENCODER`, `MAX_DURATION`.
    #[schema(value_type = Option<String>)]
    pub stop_reason: Option<StopReason>,
    /// What went wrong with it or its encoder, last.
    pub failure_reason: Option<String>,
    /// Why its recordings are no video yet.
    pub archive_error: Option<String>,
    /// The video of its recordings.
    pub video_id: Option<String>,
    /// When it was made.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
}

impl StreamView {
    /// Of a stream as `caller` sees it at `now`.
    pub fn new(view: View, caller: Option<UserId>, now: Timestamp, addresses: &Addresses) -> Self {
        let View { stream, viewers, recording } = view;
        let is_open = !stream.needs_token();
        // IVS names it; the rest of a recording is read from its report.
        let dvr = recording.map(|prefix| addresses.media(&format!("{prefix}/media/hls/master.m3u8")));
        let is_owner = caller == Some(stream.user_id);
        Self {
            status: stream.status(now).name(),
            state: stream.state.name(),
            ingest: stream.ingest_at(now).into(),
            viewer_count: viewers.count,
            peak_viewer_count: viewers.peak,
            playback_sessions: is_owner.then_some(viewers.playback_sessions),
            dvr_url: dvr.filter(|_| is_open),
            thumbnail_url: stream.thumbnail().filter(|_| is_open || is_owner).map(|key| addresses.media(&key)),
            playback_url: is_open.then(|| addresses.playback(&stream.playback_url)),
            is_owner,
            ..Self::of_stored(stream)
        }
    }

    fn of_stored(stream: Stream) -> Self {
        let settings = stream.settings;
        Self {
            id: stream.id.to_string(),
            user_id: stream.user_id.to_string(),
            username: stream.username,
            channel_id: stream.channel_id.to_string(),
            is_owner: false,
            title: stream.title,
            description: stream.description,
            status: "",
            state: stream.state.name(),
            ingest: Ingest::None.into(),
            viewer_count: 0,
            peak_viewer_count: 0,
            playback_sessions: None,
            playback_url: None,
            dvr_url: None,
            thumbnail_url: None,
            recording_enabled: settings.recording_enabled,
            dvr_enabled: settings.dvr_enabled,
            dvr_window_in_minutes: settings.dvr_window_in_minutes,
            low_latency_enabled: settings.low_latency_enabled,
            auto_start: settings.auto_start,
            reconnect_window_seconds: settings.reconnect_window_seconds,
            max_concurrent_viewers: settings.max_concurrent_viewers,
            allowed_countries: settings.allowed_countries,
            blocked_countries: settings.blocked_countries,
            visibility: stream.visibility.into(),
            chat: ChatView {
                enabled: settings.chat.enabled,
                mode: settings.chat.mode.into(),
                slow_mode_seconds: settings.chat.slow_mode_seconds,
            },
            scheduled_at: stream.scheduled_at.map(rfc3339),
            started_at: stream.started_at.map(rfc3339),
            stopped_at: stream.stopped_at.map(rfc3339),
            ended_at: stream.ended_at.map(rfc3339),
            archived_at: stream.archived_at.map(rfc3339),
            stop_reason: stream.stop_reason,
            failure_reason: stream.failure_reason,
            archive_error: stream.archive_error,
            video_id: stream.video_id.map(|id| id.to_string()),
            created_at: rfc3339(stream.created_at),
            updated_at: rfc3339(stream.updated_at),
        }
    }
}

/// Permission to watch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaybackToken {
    /// The token; null where none is needed.
    pub token: Option<String>,
    /// The multivariant playlist, with the token.
    pub playback_url: String,
    /// When playback must have begun.
    #[schema(format = "date-time")]
    pub expires_at: String,
}

impl PlaybackToken {
    /// Of a permission.
    pub fn new(permission: Permission, addresses: &Addresses) -> Self {
        let url = addresses.playback(&permission.playback_url);
        // Tokens are base64url and dots: nothing needs escaping.
        let playback_url =
            permission.token.as_ref().map_or_else(|| url.clone(), |token| format!("{url}?token={token}"));
        Self { token: permission.token, playback_url, expires_at: rfc3339(permission.expires_at) }
    }
}

/// How many watch a stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamViewers {
    /// `str_...`.
    pub stream_id: String,
    /// Now.
    pub viewer_count: u32,
    /// The most there were.
    pub peak_viewer_count: u32,
}

/// Announce a stream; a user without a channel gets one.
#[utoipa::path(post, path = "/api/v1/streams", tag = "streams", operation_id = "create_stream",
    security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h")),
    request_body = requests::StreamRequest,
    responses((status = 201, body = StreamView), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 404, body = ProblemDetails), (status = 503, description = "`provider-unavailable`", body = ProblemDetails)))]
pub(crate) fn create() {}

/// Public streams of a status, LIVE ones when neither a status nor an owner is said. With `userId` those of one owner, newest
/// first, in any status unless one is said; one's own whoever finds them.
#[utoipa::path(get, path = "/api/v1/streams", tag = "streams", operation_id = "list_streams",
    params(("status" = Option<StreamStatusName>, Query), ("userId" = Option<String>, Query, description = "`usr_...` or `me`"),
        ("limit" = Option<usize>, Query, description = "1-100, 20 when absent"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = StreamPage), (status = 400, description = "`bad-cursor`", body = ProblemDetails)))]
pub(crate) fn list() {}

/// A stream: PUBLIC and UNLISTED ones for everybody, own ones always.
#[utoipa::path(get, path = "/api/v1/streams/{streamId}", tag = "streams", operation_id = "get_stream",
    params(("streamId" = String, Path)),
    responses((status = 200, body = StreamView), (status = 304), (status = 404, body = ProblemDetails)))]
pub(crate) fn get() {}

/// Change a stream's words or settings.
#[utoipa::path(patch, path = "/api/v1/streams/{streamId}", tag = "streams", operation_id = "edit_stream",
    security(("bearer" = [])),
    params(("streamId" = String, Path), ("If-Match" = String, Header, description = "The ETag the change is based on, or *")),
    request_body = requests::EditStreamRequest,
    responses((status = 200, body = StreamView), (status = 400, body = ProblemDetails), (status = 403, body = ProblemDetails),
        (status = 404, body = ProblemDetails), (status = 409, description = "`channel-live`", body = ProblemDetails),
        (status = 412, body = ProblemDetails), (status = 428, body = ProblemDetails)))]
pub(crate) fn edit() {}

/// Delete a stream that is at rest. Its video stays.
#[utoipa::path(delete, path = "/api/v1/streams/{streamId}", tag = "streams", operation_id = "delete_stream",
    security(("bearer" = [])), params(("streamId" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`invalid-transition`", body = ProblemDetails)))]
pub(crate) fn delete() {}

/// Let a stream wait for its encoder.
#[utoipa::path(post, path = "/api/v1/streams/{streamId}/start", tag = "streams", operation_id = "start_stream",
    security(("bearer" = [])),
    params(("streamId" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h")),
    responses((status = 202, body = StreamView), (status = 404, body = ProblemDetails),
        (status = 409, description = "`invalid-transition`, `channel-busy` or `channel-live`", body = ProblemDetails),
        (status = 503, description = "`provider-unavailable`", body = ProblemDetails)))]
pub(crate) fn start() {}

/// End a stream and cut its encoder.
#[utoipa::path(post, path = "/api/v1/streams/{streamId}/stop", tag = "streams", operation_id = "stop_stream",
    security(("bearer" = [])),
    params(("streamId" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h")),
    responses((status = 202, body = StreamView), (status = 404, body = ProblemDetails),
        (status = 409, description = "`invalid-transition`", body = ProblemDetails)))]
pub(crate) fn stop() {}

/// Make a video of a stream's recordings, or try again.
#[utoipa::path(post, path = "/api/v1/streams/{streamId}/archive", tag = "streams", operation_id = "archive_stream",
    security(("bearer" = [])),
    params(("streamId" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "1-128 visible characters: one effect in 24 h")),
    responses((status = 202, body = StreamView), (status = 404, body = ProblemDetails),
        (status = 409, description = "`invalid-transition` or `no-recording`", body = ProblemDetails)))]
pub(crate) fn archive() {}

/// Permission to watch: visibility, country and viewer cap are checked here.
#[utoipa::path(post, path = "/api/v1/streams/{streamId}/playback-token", tag = "streams", operation_id = "create_playback_token",
    params(("streamId" = String, Path)),
    responses((status = 200, body = PlaybackToken), (status = 403, description = "`geo-blocked`", body = ProblemDetails),
        (status = 404, body = ProblemDetails), (status = 409, description = "`not-playable`", body = ProblemDetails),
        (status = 429, description = "`viewer-cap-reached`", body = ProblemDetails)))]
pub(crate) fn playback_token() {}

/// How many watch a stream.
#[utoipa::path(get, path = "/api/v1/streams/{streamId}/viewers", tag = "streams", operation_id = "get_viewers",
    params(("streamId" = String, Path)),
    responses((status = 200, body = StreamViewers), (status = 404, body = ProblemDetails)))]
pub(crate) fn viewers() {}

/// The signal of the caller's stream.
#[utoipa::path(get, path = "/api/v1/streams/{streamId}/health", tag = "streams", operation_id = "get_stream_health",
    security(("bearer" = [])), params(("streamId" = String, Path)),
    responses((status = 200, body = past::StreamHealth), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub(crate) fn health() {}

/// What has happened to the caller's stream, in order.
#[utoipa::path(get, path = "/api/v1/streams/{streamId}/events", tag = "streams", operation_id = "list_stream_events",
    security(("bearer" = [])),
    params(("streamId" = String, Path), ("after" = Option<u64>, Query, description = "The version of the last event that is known")),
    responses((status = 200, body = past::StreamHistory), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub(crate) fn events() {}

/// Where a browser can publish or play by WebRTC: nowhere in this installation.
#[utoipa::path(get, path = "/api/v1/streams/{streamId}/webrtc", tag = "streams", operation_id = "get_webrtc",
    params(("streamId" = String, Path)),
    responses((status = 404, description = "`webrtc-disabled`", body = ProblemDetails)))]
pub(crate) fn webrtc() {}
