//! What IVS says when it does not do what it is asked. A refusal travels as an error, so that it also rolls back the
//! transaction it was found in; only `wire` looks at it.

use axum::Json;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// AWS's errors, as far as they happen here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Validation,
    Quota,
    NotFound,
    NotBroadcasting,
    Conflict,
    Throttled,
    Unavailable,
    Internal,
}

impl Kind {
    /// The status and the name on the wire.
    pub(super) fn wire(self) -> (StatusCode, &'static str) {
        match self {
            Self::Validation => (StatusCode::BAD_REQUEST, "ValidationException"),
            Self::Quota => (StatusCode::PAYMENT_REQUIRED, "ServiceQuotaExceededException"),
            Self::NotFound => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
            Self::NotBroadcasting => (StatusCode::NOT_FOUND, "ChannelNotBroadcasting"),
            Self::Conflict => (StatusCode::CONFLICT, "ConflictException"),
            Self::Throttled => (StatusCode::TOO_MANY_REQUESTS, "ThrottlingException"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "StreamUnavailable"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException"),
        }
    }
}

/// One refusal, with words for the caller.
#[derive(Debug, thiserror::Error)]
#[error("{kind:?}: {message}")]
pub(super) struct Refusal {
    pub(super) kind: Kind,
    pub(super) message: String,
}

/// Refuses as an error.
pub(super) fn refuse<T>(kind: Kind, message: impl Into<String>) -> anyhow::Result<T> {
    Err(Refusal { kind, message: message.into() }.into())
}

/// The answer that an error becomes. What is no refusal is logged here, and its words stay inside.
pub(super) fn answer(error: &anyhow::Error) -> Response {
    let (kind, message) = match error.downcast_ref::<Refusal>() {
        Some(refusal) => (refusal.kind, refusal.message.as_str()),
        None => {
            tracing::error!(error = format!("{error:#}"), "IVS cannot answer");
            (Kind::Internal, "internal error")
        }
    };
    let (status, name) = kind.wire();
    let headers = [(HeaderName::from_static("x-amzn-errortype"), name)];
    (status, headers, Json(json!({ "exceptionMessage": message }))).into_response()
}
