//! What a third-party media server tells us, so that it drives streams as IVS does.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::ProblemDetails;

/// What has happened to a session of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MediaEvent {
    /// Its key was taken.
    SessionCreated,
    /// Its picture is there.
    StreamStart,
    /// It is over.
    StreamEnd,
    /// Something went wrong with it.
    StreamFailure,
}

/// What a media server says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MediaCallback {
    /// What has happened.
    pub event: MediaEvent,
    /// The key the encoder publishes with.
    pub stream_key: String,
    /// The server's name of the session, 1-64 visible characters.
    #[schema(min_length = 1, max_length = 64)]
    pub session_id: String,
    /// When; now when absent.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub at: Option<Timestamp>,
    /// With `STREAM_FAILURE`: what.
    #[schema(max_length = 200)]
    pub reason: Option<String>,
}

/// What SRS says (`http_hooks`); fields that are not needed are passed over.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SrsCallback {
    /// The server's name of the session.
    pub client_id: String,
    /// The name it publishes under: a key, or anything with the key in `param`.
    pub stream: String,
    /// `?token=<key>`.
    #[serde(default)]
    pub param: String,
}

impl SrsCallback {
    /// The key the encoder publishes with.
    pub fn key(&self) -> &str {
        let parameters = self.param.trim_start_matches('?').split('&');
        parameters.filter_map(|one| one.strip_prefix("token=")).next().unwrap_or(&self.stream)
    }
}

/// What SRS wants to hear.
#[derive(Debug, Serialize, ToSchema)]
pub struct SrsAnswer {
    /// 0: go on.
    pub code: u32,
}

/// A media server says what has happened. The header `x-skylark-signature` is `t=<epoch seconds>,v1=<hex>`, the HMAC-SHA256
/// of `<t>.<body>` with the installation's callback secret; it is good for 300 seconds.
#[utoipa::path(post, path = "/api/v1/callbacks/media", tag = "callbacks", operation_id = "media_callback",
    params(("x-skylark-signature" = String, Header)), request_body = MediaCallback,
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, description = "No such key", body = ProblemDetails)))]
pub(crate) fn media() {}

/// The same under the name of seed 000.
#[utoipa::path(post, path = "/api/v1/events/ams-live-callback", tag = "callbacks", operation_id = "ams_live_callback",
    params(("x-skylark-signature" = String, Header)), request_body = MediaCallback,
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
#[deprecated = "POST /api/v1/callbacks/media"]
pub(crate) fn ams() {}

/// SRS asks whether an encoder may publish.
#[utoipa::path(post, path = "/api/v1/callbacks/on_publish", tag = "callbacks", operation_id = "on_publish",
    params(("x-skylark-signature" = String, Header)), request_body = SrsCallback,
    responses((status = 200, body = SrsAnswer), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub(crate) fn on_publish() {}

/// SRS says that an encoder is gone.
#[utoipa::path(post, path = "/api/v1/callbacks/on_unpublish", tag = "callbacks", operation_id = "on_unpublish",
    params(("x-skylark-signature" = String, Header)), request_body = SrsCallback,
    responses((status = 200, body = SrsAnswer), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub(crate) fn on_unpublish() {}
