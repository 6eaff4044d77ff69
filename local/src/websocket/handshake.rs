//! From an HTTP request to an open connection: RFC 6455 section 4.2, and `$connect`, which may refuse.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha1::{Digest, Sha1};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::WebSockets;
use super::connection;
use super::events::{Client, Request, accepted};
use super::frame::Close;
use super::registry::Connection;
use super::routes::CONNECT;

/// What a server's accept value is made with (RFC 6455 section 1.3).
const ACCEPT_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The field of the query that a path of the form `live/{id}` stands for.
const STREAM_FIELD: &str = "streamId";
/// Bytes the kernel buffers for a client, so that a slow one shows soon.
const SEND_BUFFER: usize = 64 * 1024;
/// What a field of a query may hold as it is.
const FIELD: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The query of a request for `path` below the stage: `live/{id}?a=b` means `?streamId={id}&a=b`, the rule of the
/// CloudFront function in the template. `None` when there is nothing at this path.
fn rewritten(path: &str, query: &str) -> Option<String> {
    if path.is_empty() || path == "/" {
        return Some(query.to_owned());
    }
    let id = path.strip_prefix("/live/")?;
    if id.is_empty() || id.contains('/') {
        return None;
    }
    let id = percent_decode_str(id).collect::<Vec<u8>>();
    let id = String::from_utf8(id).ok()?;
    let mut query_of_path = format!("{STREAM_FIELD}={}", utf8_percent_encode(&id, FIELD));
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let is_stream = url::form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| name == STREAM_FIELD);
        if !is_stream {
            query_of_path.push('&');
            query_of_path.push_str(pair);
        }
    }
    Some(query_of_path)
}

/// The accept value for a client that asks as it should.
fn check(parts: &Parts) -> Result<HeaderValue, (StatusCode, &'static str)> {
    let headers = &parts.headers;
    let asks = has_token(headers, &header::CONNECTION, "upgrade") && has_token(headers, &header::UPGRADE, "websocket");
    if !asks || parts.method != Method::GET {
        return Err((StatusCode::UPGRADE_REQUIRED, "this is a WebSocket\n"));
    }
    if parts.version != Version::HTTP_11 {
        return Err((StatusCode::BAD_REQUEST, "a WebSocket begins with HTTP/1.1\n"));
    }
    match single(headers, &header::SEC_WEBSOCKET_VERSION) {
        Some(b"13") => {}
        Some(_) => return Err((StatusCode::UPGRADE_REQUIRED, "version 13 is spoken here\n")),
        None => return Err((StatusCode::BAD_REQUEST, "Sec-WebSocket-Version is missing\n")),
    }
    let no_key = (StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is no key of 16 bytes\n");
    let key = single(headers, &header::SEC_WEBSOCKET_KEY).ok_or(no_key)?;
    if !STANDARD.decode(key).is_ok_and(|key| key.len() == 16) {
        return Err(no_key);
    }
    let digest = Sha1::new().chain_update(key).chain_update(ACCEPT_GUID).finalize();
    HeaderValue::try_from(STANDARD.encode(digest)).map_err(|_| no_key)
}

/// The value of a header that stands exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

fn has_token(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case(wanted))
}

impl WebSockets {
    /// Answers a request of `peer` for a path of the stage, with the headers the front door has set.
    pub async fn handshake(&self, mut parts: Parts, peer: SocketAddr) -> Response {
        let query =
            self.below_stage(parts.uri.path()).and_then(|path| rewritten(path, parts.uri.query().unwrap_or_default()));
        let Some(query) = query else { return refuse(StatusCode::FORBIDDEN) };
        let accept = match check(&parts) {
            Ok(accept) => accept,
            Err((status @ StatusCode::UPGRADE_REQUIRED, message)) => {
                let wanted = [
                    (header::UPGRADE, "websocket"),
                    (header::CONNECTION, "upgrade"),
                    (header::SEC_WEBSOCKET_VERSION, "13"),
                ];
                return (status, wanted, message).into_response();
            }
            Err(refusal) => return refusal.into_response(),
        };
        let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else {
            return refuse(StatusCode::UPGRADE_REQUIRED);
        };
        if !self.may_pass() {
            return refuse(StatusCode::TOO_MANY_REQUESTS);
        }
        let client = Client::new(&parts, peer.ip().to_string());
        let (answer, answered) = oneshot::channel();
        // A task of its own: a client that hangs up meanwhile gets its `$disconnect` nevertheless.
        tokio::spawn(self.clone().open(client, parts, query, upgrade, answer));
        match answered.await {
            Ok(Ok(protocol)) => switch(accept, protocol),
            Ok(Err(status)) => refuse(status),
            Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    async fn open(
        self,
        client: Client,
        parts: Parts,
        query: String,
        upgrade: OnUpgrade,
        answer: oneshot::Sender<Result<Option<HeaderValue>, StatusCode>>,
    ) {
        let outcome = self.connect(&client, &parts, &query).await;
        drop(parts);
        let is_accepted = outcome.is_ok();
        let has_left = answer.send(outcome).is_err();
        if !is_accepted {
            return;
        }
        let opened = if has_left { None } else { opened(upgrade).await };
        let Some((socket, early)) = opened else {
            let close = Close::new(1006, "Client disconnected");
            self.disconnect(&client, &close).await;
            return;
        };
        let connection = Arc::new(Connection::new(client, socket));
        self.enter(&connection);
        connection::serve(&self, &connection, early).await;
    }

    async fn connect(&self, client: &Client, parts: &Parts, query: &str) -> Result<Option<HeaderValue>, StatusCode> {
        // Without the route everybody is welcome.
        let Some(route) = self.api.routes.get(CONNECT) else { return Ok(None) };
        let id = uuid::Uuid::new_v4().to_string();
        let request = Request { client, stage: &self.api.stage, route: CONNECT, id: &id };
        let answer = self.invoke(&route.function, request.connect(parts, query)).await;
        let verdict = answer.and_then(|answer| accepted(&answer));
        verdict.unwrap_or_else(|error| {
            tracing::error!(function = route.function, connection = client.id, %error, "$connect failed");
            Err(StatusCode::BAD_GATEWAY)
        })
    }
}

/// The socket after the 101 is written, and the bytes that have come behind the request.
async fn opened(upgrade: OnUpgrade) -> Option<(TcpStream, Bytes)> {
    // An error says that the client has gone, which is for the caller to tell.
    let upgraded = upgrade.await.ok()?;
    let parts = downcast::<TokioIo<TcpStream>>(upgraded).ok()?;
    let socket = parts.io.into_inner();
    let set = socket.set_nodelay(true);
    let set = set.and_then(|()| socket2::SockRef::from(&socket).set_send_buffer_size(SEND_BUFFER));
    if let Err(error) = set {
        tracing::debug!(%error, "a socket's options cannot be set");
    }
    Some((socket, parts.read_buf))
}

fn switch(accept: HeaderValue, protocol: Option<HeaderValue>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(protocol) = protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// What API Gateway itself says at the handshake; a function's own words never reach the client.
fn refuse(status: StatusCode) -> Response {
    let message = status.canonical_reason().unwrap_or("Refused");
    (status, axum::Json(serde_json::json!({ "message": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_form_becomes_the_query_form() {
        for (path, query, rewrites_to) in [
            ("", "streamId=a&ticket=t", Some("streamId=a&ticket=t")),
            ("/", "", Some("")),
            ("/live/str_1", "user_id=u&username=n", Some("streamId=str_1&user_id=u&username=n")),
            ("/live/str_1", "", Some("streamId=str_1")),
            ("/live/a%26b%3Dc", "", Some("streamId=a%26b%3Dc")),
            ("/live/a&b+c", "", Some("streamId=a%26b%2Bc")),
            ("/live/a", "streamId=b&x=1&stream%49d=c&&y", Some("streamId=a&x=1&y")),
            ("/live/a%2Fb", "", Some("streamId=a%2Fb")),
            ("/live/%ff", "", None),
            ("/live/", "", None),
            ("/live", "", None),
            ("/live/a/b", "", None),
            ("x", "", None),
            ("/@connections/x", "", None),
        ] {
            assert_eq!(rewritten(path, query).as_deref(), rewrites_to, "{path}?{query}");
        }
    }

    #[test]
    fn the_accept_value_is_the_rfcs() {
        let (parts, ()) = axum::http::Request::get("/ws")
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "WebSocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .body(())
            .unwrap()
            .into_parts();
        assert_eq!(check(&parts).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
