//! `@connections`: by it functions send to a client, look at it and disconnect it ("Use @connections commands in your
//! backend service").

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::frame::{Close, MAX_MESSAGE};
use super::outbox::Sent;
use super::registry::Connection;
use super::signature::{Disbelief, Verifier};
use super::{Frame, WebSockets};
use crate::tap::Tap;

/// Bytes of a body that are read: enough to say that it is too large.
const MAX_BODY: usize = 8 * MAX_MESSAGE;
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

#[derive(Clone)]
struct Management {
    sockets: WebSockets,
    verifier: Arc<Verifier>,
}

/// What is wrong with a call: the status, AWS's error type and its words.
type Refusal = (StatusCode, &'static str, &'static str);

const GONE: Refusal = (StatusCode::GONE, "GoneException", "The connection is not there, or not there yet.");
const TOO_LARGE: Refusal =
    (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", "A message has at most 131072 bytes.");
const FULL: Refusal =
    (StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", "The client reads too slowly: its buffer is full.");

impl WebSockets {
    /// What answers `/@connections/{id}`, with the stage before it or without. Calls are signed with `secret_key`.
    pub fn router(&self, secret_key: &str, tap: &Tap) -> Router {
        let state = Management { sockets: self.clone(), verifier: Arc::new(Verifier::new(secret_key)) };
        tap.wrap("execute-api", operation, Router::new().fallback(answer).with_state(state))
    }
}

/// The management API's name for what a request asks.
fn operation(parts: &Parts) -> String {
    match parts.method {
        Method::POST => "PostToConnection",
        Method::GET => "GetConnection",
        Method::DELETE => "DeleteConnection",
        _ => "Other",
    }
    .to_owned()
}

async fn answer(State(management): State<Management>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    management.call(&parts, body).await.unwrap_or_else(|(status, kind, message)| {
        (status, [(ERROR_TYPE, kind)], Json(json!({ "message": message }))).into_response()
    })
}

impl Management {
    async fn call(&self, parts: &Parts, body: Body) -> Result<Response, Refusal> {
        let body = http_body_util::Limited::new(body, MAX_BODY).collect().await.map_err(|_| TOO_LARGE)?.to_bytes();
        self.verifier.check(parts, &body, Timestamp::now()).map_err(|disbelief| match disbelief {
            Disbelief::Missing => {
                (StatusCode::FORBIDDEN, "MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            Disbelief::Incomplete => (
                StatusCode::FORBIDDEN,
                "IncompleteSignatureException",
                "The signature is not understood, or for another service, region or time.",
            ),
            Disbelief::Wrong => (
                StatusCode::FORBIDDEN,
                "InvalidSignatureException",
                "The signature is not the one the secret access key makes.",
            ),
        })?;
        let path = parts.uri.path();
        let path = self.sockets.below_stage(path).unwrap_or(path);
        let forbidden = (StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden");
        let id = path.strip_prefix("/@connections/").or_else(|| path.strip_prefix("/%40connections/"));
        let id = id.ok_or(forbidden)?;
        let id = percent_decode_str(id).decode_utf8().map_err(|_| GONE)?;
        if parts.method == Method::POST {
            return self.post(&id, &body);
        }
        let connection = self.sockets.registry.get(&id).ok_or(GONE)?;
        match parts.method {
            Method::GET => Ok(description(&connection)),
            Method::DELETE => {
                // API Gateway's words for a connection that a function closes.
                let is_closed = connection.outbox.close(Close::new(1000, "Connection Closed Normally"));
                is_closed.then(|| StatusCode::NO_CONTENT.into_response()).ok_or(GONE)
            }
            _ => Err(forbidden),
        }
    }

    fn post(&self, id: &str, body: &Bytes) -> Result<Response, Refusal> {
        if body.len() > MAX_MESSAGE {
            return Err(TOO_LARGE);
        }
        match self.sockets.send(id, &Frame::new(body)) {
            Sent::Accepted => Ok(Response::new(Body::empty())),
            Sent::Full => Err(FULL),
            Sent::Gone => Err(GONE),
        }
    }
}

fn description(connection: &Connection) -> Response {
    let client = &connection.client;
    Json(json!({
        "connectedAt": client.connected_at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "lastActiveAt": connection.last_active_at().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "identity": { "sourceIp": client.source_ip, "userAgent": client.user_agent },
    }))
    .into_response()
}
