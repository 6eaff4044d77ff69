//! Errors on the wire: RFC 9457 problem details, and the only place that knows which status an error has.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use skylark_domain::Error;
use skylark_domain::error::Violation;
use utoipa::ToSchema;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// JSON pointer into the request body (`/username`).
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// One plain sentence.
    pub detail: String,
}

/// The body of every answer that is an error: `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// `/problems/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// One plain sentence.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// Stable code.
    pub code: String,
    /// By this the logs tell the same story.
    pub request_id: String,
    /// What is wrong with which field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// When to try again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// With `invalid-transition`: the state it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// With `invalid-transition`: what is allowed instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
}

/// An answer that is an error, before the edge adds where and in which request it happened.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldProblem>,
    retry_after: Option<Duration>,
    transition: Option<Box<Transition>>,
}

/// The state something is in, and what is allowed in it.
#[derive(Debug, Clone)]
struct Transition {
    state: &'static str,
    allowed: Vec<&'static str>,
}

/// The result of a handler.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new(), retry_after: None, transition: None }
    }

    /// 400: the body is not JSON.
    pub fn malformed_json(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-json", detail)
    }

    /// 400: fields are missing, unknown or out of their bounds.
    pub fn validation(errors: Vec<FieldProblem>) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "validation", "The request is not valid.");
        Self { errors, ..problem }
    }

    /// 400: a header makes no sense.
    pub fn bad_header(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-header", detail)
    }

    /// 400: a cursor that was not handed out for this list to this caller.
    pub fn bad_cursor() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-cursor", "This cursor is not one of this list: begin anew without it.")
    }

    /// 400: a parameter of the query makes no sense.
    pub fn bad_parameter(name: &str, reason: &str) -> Self {
        let errors =
            vec![FieldProblem { pointer: format!("/{name}"), code: "invalid".to_owned(), detail: reason.to_owned() }];
        Self::validation(errors)
    }

    /// 404: no such path.
    pub fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is nothing at this path.")
    }

    /// 404: there is no WebRTC here.
    pub fn webrtc_disabled() -> Self {
        let detail = "This installation takes and gives no WebRTC: publish by RTMP and play HLS.";
        Self::new(StatusCode::NOT_FOUND, "webrtc-disabled", detail)
    }

    /// 405: the path knows other methods.
    pub fn bad_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This path does not know this method.")
    }

    /// 501: oEmbed knows other formats than the one there is here.
    pub fn format_not_implemented() -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "format-not-implemented", "Ask for format=json: there is no other.")
    }

    /// 413: the body is too large.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request body is larger than 256 KiB.")
    }

    /// 415: the body is of another type.
    pub fn not_json() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The request body must be JSON.")
    }

    /// 415: the body is of another type than captions are.
    pub fn not_webvtt() -> Self {
        let detail = "The request body must be WebVTT: text/vtt.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)
    }

    /// 428: a change needs the version it is based on.
    pub fn version_required() -> Self {
        let detail = "Send If-Match with the ETag that your change is based on.";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "version-required", detail)
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, complete.
    pub(crate) fn details(&self, instance: &str, request_id: &str) -> ProblemDetails {
        ProblemDetails {
            kind: format!("/problems/{}", self.code),
            title: self.status.canonical_reason().unwrap_or_default().to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            instance: instance.to_owned(),
            code: self.code.to_owned(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
            state: self.transition.as_ref().map(|transition| transition.state.to_owned()),
            allowed: self.transition.as_ref().map(|at| at.allowed.iter().map(|one| (*one).to_owned()).collect()),
            retry_after_ms: self.retry_after.and_then(|after| u64::try_from(after.as_millis()).ok()),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let problem = match &error {
            Error::Invalid(violations) => Self::validation(violations.iter().map(field_problem).collect()),
            Error::Unauthenticated => Self::new(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "Sign in: the credentials are missing or not good.",
            ),
            Error::Forbidden => Self::new(StatusCode::FORBIDDEN, "forbidden", "You may not do this."),
            Error::NotFound { what } => {
                Self::new(StatusCode::NOT_FOUND, "not-found", format!("There is no such {what}."))
            }
            Error::Conflict { code, message } => Self::new(StatusCode::CONFLICT, code, *message),
            Error::IllegalTransition { state, .. } => {
                let detail = format!("This is not allowed while the state is {state}.");
                Self::new(StatusCode::CONFLICT, "invalid-transition", detail)
            }
            Error::TooLarge { limit } => {
                let detail = format!("The file is larger than {limit} bytes, the most that is taken here.");
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "file-too-large", detail)
            }
            Error::UnsupportedType => {
                let detail = "Files of this type are not taken: upload a video such as MP4, MOV, MKV or WebM.";
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-file-type", detail)
            }
            Error::KeyReused => {
                let detail = "This Idempotency-Key named another request within the last day.";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail)
            }
            Error::InProgress => {
                let detail = "A request with this Idempotency-Key is being answered.";
                Self::new(StatusCode::CONFLICT, "idempotency-in-progress", detail)
            }
            Error::Stale => {
                let detail = "It was changed meanwhile: read it again and repeat your change.";
                Self::new(StatusCode::PRECONDITION_FAILED, "stale-version", detail)
            }
            Error::LimitReached { code, message } => Self::new(StatusCode::TOO_MANY_REQUESTS, code, *message),
            Error::Refused { code, message } => Self::new(StatusCode::FORBIDDEN, code, *message),
            Error::RateLimited { .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many tries: wait a while.")
            }
            Error::Unavailable { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable: try again.")
            }
            Error::ProviderUnavailable { .. } => {
                let detail = "The streaming service is not available: try again.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "provider-unavailable", detail)
            }
            Error::Internal(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side.")
            }
        };
        if problem.status.is_server_error() {
            // The one place where the inner story is told; the caller never sees it.
            tracing::error!(error = &error as &dyn std::error::Error, code = problem.code, "request failed");
        } else {
            tracing::info!(code = problem.code, "request refused");
        }
        match error {
            Error::RateLimited { retry_after }
            | Error::Unavailable { retry_after }
            | Error::ProviderUnavailable { retry_after } => Self { retry_after: Some(retry_after), ..problem },
            Error::InProgress => Self { retry_after: Some(Duration::from_secs(1)), ..problem },
            Error::IllegalTransition { state, allowed } => {
                Self { transition: Some(Box::new(Transition { state, allowed })), ..problem }
            }
            _ => problem,
        }
    }
}

fn field_problem(violation: &Violation) -> FieldProblem {
    FieldProblem {
        pointer: format!("/{}", violation.field),
        code: "invalid".to_owned(),
        detail: violation.reason.clone(),
    }
}

impl IntoResponse for Problem {
    /// The status with the problem as an extension: [`crate::serve::edge`] writes the body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(after) = self.retry_after {
            // Rounded up: who comes back a moment early is refused again.
            let seconds = u64::try_from(after.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The statuses handlers answer with themselves.
#[derive(Debug, Clone, Copy)]
pub enum Status {
    /// 200.
    Ok,
    /// 201.
    Created,
    /// 202.
    Accepted,
    /// 204.
    NoContent,
    /// 304.
    NotModified,
    /// 404 of a page for people, which is no problem document.
    NoSuchPage,
    /// 503 of a health report, which is no problem document.
    Unhealthy,
}

impl Status {
    /// An answer of this status.
    pub fn with(self, body: impl IntoResponse) -> Response {
        (self.code(), body).into_response()
    }

    fn code(self) -> StatusCode {
        match self {
            Self::Ok => StatusCode::OK,
            Self::Created => StatusCode::CREATED,
            Self::Accepted => StatusCode::ACCEPTED,
            Self::NoContent => StatusCode::NO_CONTENT,
            Self::NotModified => StatusCode::NOT_MODIFIED,
            Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Status {
    fn into_response(self) -> Response {
        self.code().into_response()
    }
}
