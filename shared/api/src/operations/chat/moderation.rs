//! Keeping order in rooms: messages taken back, bans, slow mode, moderators.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use skylark_domain::chat::connection::{Ban, Moderator};
use skylark_domain::chat::moderation::Term;
use utoipa::ToSchema;

use crate::clock::rfc3339;
use crate::problem::ProblemDetails;

/// How long somebody is banned; for good when nothing is said.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BanRequest {
    /// Until when; not beside `seconds`.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub until: Option<Timestamp>,
    /// For how many seconds, at most ten years of them; not beside `until`.
    #[schema(minimum = 1, maximum = 315_360_000)]
    pub seconds: Option<i64>,
}

impl From<BanRequest> for Term {
    fn from(request: BanRequest) -> Self {
        Self { until: request.until, seconds: request.seconds }
    }
}

/// Somebody who may not enter the rooms of a channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Ban)]
pub struct BanView {
    /// `usr_...` or `guest:...`.
    pub user_id: String,
    /// The stream in whose room it was said: `str_...`.
    pub stream_id: String,
    /// By whom: `usr_...`.
    pub banned_by: String,
    /// When.
    #[schema(format = "date-time")]
    pub banned_at: String,
    /// Until when; null for good.
    #[schema(format = "date-time")]
    pub until: Option<String>,
}

impl From<Ban> for BanView {
    fn from(ban: Ban) -> Self {
        Self {
            user_id: ban.user_id,
            stream_id: ban.stream_id.to_string(),
            banned_by: ban.banned_by.to_string(),
            banned_at: rfc3339(ban.banned_at),
            until: ban.until.map(rfc3339),
        }
    }
}

/// A page of bans.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BanPage {
    /// Those that hold, by whom they are of.
    pub items: Vec<BanView>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// How long one waits between two messages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SlowModeRequest {
    /// 0-3,600; 0 is no bound.
    #[schema(maximum = 3600)]
    pub seconds: u32,
}

/// Somebody whom the owner of a channel trusts with its rooms.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Moderator)]
pub struct ModeratorView {
    /// `usr_...`.
    pub user_id: String,
    /// Their name when they were appointed.
    pub username: String,
    /// When.
    #[schema(format = "date-time")]
    pub appointed_at: String,
}

impl From<Moderator> for ModeratorView {
    fn from(moderator: Moderator) -> Self {
        Self {
            user_id: moderator.user_id.to_string(),
            username: moderator.username,
            appointed_at: rfc3339(moderator.appointed_at),
        }
    }
}

/// The moderators of a channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModeratorList {
    /// At most 100.
    pub items: Vec<ModeratorView>,
    /// There is one page.
    pub next_cursor: Option<String>,
}

/// Take a message back: its author may, and the stream's owner and moderators. Again is no error.
#[utoipa::path(delete, path = "/api/v1/streams/{streamId}/messages/{messageId}", tag = "streams",
    operation_id = "delete_chat_message", security(("bearer" = [])),
    params(("streamId" = String, Path), ("messageId" = String, Path)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 403, body = ProblemDetails),
        (status = 404, body = ProblemDetails)))]
pub(crate) fn delete_message() {}

/// Who may not enter the rooms of the stream's channel, for its owner and moderators.
#[utoipa::path(get, path = "/api/v1/streams/{streamId}/bans", tag = "streams", operation_id = "list_bans",
    security(("bearer" = [])),
    params(("streamId" = String, Path), ("limit" = Option<usize>, Query, description = "1-100, 20 when absent"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = BanPage), (status = 400, description = "`bad-cursor`", body = ProblemDetails),
        (status = 401, body = ProblemDetails), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub(crate) fn bans() {}

/// Ban somebody from every room of the stream's channel; again replaces the term. A moderator whom the owner bans is none
/// any more.
#[utoipa::path(put, path = "/api/v1/streams/{streamId}/bans/{userId}", tag = "streams", operation_id = "ban_user",
    security(("bearer" = [])),
    params(("streamId" = String, Path), ("userId" = String, Path, description = "`usr_...` or `guest:...`")),
    request_body = Option<BanRequest>,
    responses((status = 204), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub(crate) fn ban() {}

/// Lift a ban; none is no error.
#[utoipa::path(delete, path = "/api/v1/streams/{streamId}/bans/{userId}", tag = "streams", operation_id = "lift_ban",
    security(("bearer" = [])),
    params(("streamId" = String, Path), ("userId" = String, Path, description = "`usr_...` or `guest:...`")),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 403, body = ProblemDetails),
        (status = 404, body = ProblemDetails)))]
pub(crate) fn lift_ban() {}

/// Slow the stream's room down, as its owner or a moderator.
#[utoipa::path(put, path = "/api/v1/streams/{streamId}/slow-mode", tag = "streams", operation_id = "set_slow_mode",
    security(("bearer" = [])),
    params(("streamId" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag of the stream that the change is based on, or *")),
    request_body = SlowModeRequest,
    responses((status = 204), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 412, body = ProblemDetails)))]
pub(crate) fn set_slow_mode() {}

/// The moderators of the caller's channel.
#[utoipa::path(get, path = "/api/v1/channels/{channelId}/moderators", tag = "channels", operation_id = "list_moderators",
    security(("bearer" = [])), params(("channelId" = String, Path)),
    responses((status = 200, body = ModeratorList), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub(crate) fn moderators() {}

/// Appoint a moderator of the caller's channel; again is no error. A ban of theirs is lifted.
#[utoipa::path(put, path = "/api/v1/channels/{channelId}/moderators/{userId}", tag = "channels", operation_id = "appoint_moderator",
    security(("bearer" = [])), params(("channelId" = String, Path), ("userId" = String, Path)),
    responses((status = 204), (status = 400, description = "The owner needs no appointment", body = ProblemDetails),
        (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 429, description = "`moderator-limit-reached`", body = ProblemDetails)))]
pub(crate) fn appoint() {}

/// Dismiss a moderator of the caller's channel; none is no error.
#[utoipa::path(delete, path = "/api/v1/channels/{channelId}/moderators/{userId}", tag = "channels",
    operation_id = "dismiss_moderator", security(("bearer" = [])),
    params(("channelId" = String, Path), ("userId" = String, Path)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub(crate) fn dismiss() {}
