//! What functions are told, and what they answer: proxy events of a WebSocket API ("Set up WebSocket API integration
//! requests", "Route keys $connect and $disconnect").

use std::collections::BTreeMap;

use anyhow::Context;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::frame::Close;

/// The id of the API.
pub(super) const API_ID: &str = "local-ws";

/// Who is connected.
#[derive(Debug)]
pub(super) struct Client {
    /// 16 characters that look like AWS's: `R0oXAdfD0kwCH6w=`.
    pub(super) id: String,
    pub(super) connected_at: Timestamp,
    pub(super) source_ip: String,
    pub(super) user_agent: String,
    /// The `Host` people connected to.
    pub(super) domain: String,
}

impl Client {
    pub(super) fn new(parts: &Parts, source_ip: String) -> Self {
        let text = |name: HeaderName| {
            let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Self {
            id: base64::engine::general_purpose::URL_SAFE.encode(rand::random::<[u8; 11]>()),
            connected_at: Timestamp::now(),
            source_ip,
            user_agent: text(axum::http::header::USER_AGENT),
            domain: text(axum::http::header::HOST),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, &'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<String, Vec<&'a str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_query_string_parameters: Option<BTreeMap<String, Vec<String>>>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    route_key: &'a str,
    event_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_reason: Option<&'a str>,
    extended_request_id: &'a str,
    request_time: String,
    message_direction: &'static str,
    stage: &'a str,
    connected_at: i64,
    request_time_epoch: i64,
    identity: Identity<'a>,
    request_id: &'a str,
    domain_name: &'a str,
    connection_id: &'a str,
    api_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    user_agent: &'a str,
    source_ip: &'a str,
}

/// What one request of a client is about.
pub(super) struct Request<'a> {
    pub(super) client: &'a Client,
    pub(super) stage: &'a str,
    pub(super) route: &'a str,
    /// Unique for each request.
    pub(super) id: &'a str,
}

impl<'a> Request<'a> {
    fn event(&self, event_type: &'static str) -> Event<'a>
    where
        Self: 'a,
    {
        let now = Timestamp::now();
        Event {
            headers: None,
            multi_value_headers: None,
            query_string_parameters: None,
            multi_value_query_string_parameters: None,
            request_context: RequestContext {
                route_key: self.route,
                event_type,
                message_id: None,
                disconnect_status_code: None,
                disconnect_reason: None,
                extended_request_id: self.id,
                request_time: now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                message_direction: "IN",
                stage: self.stage,
                connected_at: self.client.connected_at.as_millisecond(),
                request_time_epoch: now.as_millisecond(),
                identity: Identity { user_agent: &self.client.user_agent, source_ip: &self.client.source_ip },
                request_id: self.id,
                domain_name: &self.client.domain,
                connection_id: &self.client.id,
                api_id: API_ID,
            },
            body: None,
            is_base64_encoded: false,
        }
    }

    /// The event of `$connect`: the only one with the handshake's headers and query.
    pub(super) fn connect(&self, parts: &Parts, query: &str) -> anyhow::Result<Bytes> {
        let mut headers = BTreeMap::new();
        let mut multi_value_headers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, value) in &parts.headers {
            // What is no text cannot stand in JSON.
            let Ok(value) = value.to_str() else { continue };
            let name = title_case(name);
            multi_value_headers.entry(name.clone()).or_default().push(value);
            headers.insert(name, value);
        }
        let mut single = BTreeMap::new();
        let mut multi: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            multi.entry(name.clone().into_owned()).or_default().push(value.clone().into_owned());
            single.insert(name.into_owned(), value.into_owned());
        }
        encode(&Event {
            headers: Some(headers),
            multi_value_headers: Some(multi_value_headers),
            query_string_parameters: Some(single).filter(|query| !query.is_empty()),
            multi_value_query_string_parameters: Some(multi).filter(|query| !query.is_empty()),
            ..self.event("CONNECT")
        })
    }

    /// The event of a message.
    pub(super) fn message(&self, body: &Body) -> anyhow::Result<Bytes> {
        let mut event = self.event("MESSAGE");
        event.request_context.message_id = Some(self.id);
        event.is_base64_encoded = matches!(body, Body::Binary(_));
        event.body = Some(match body {
            Body::Text(text) => text.clone(),
            Body::Binary(bytes) => STANDARD.encode(bytes),
        });
        encode(&event)
    }

    /// The event of `$disconnect`.
    pub(super) fn disconnect(&self, close: &Close) -> anyhow::Result<Bytes> {
        let mut event = self.event("DISCONNECT");
        event.headers = Some(BTreeMap::from([("Host".to_owned(), self.client.domain.as_str())]));
        event.multi_value_headers = Some(BTreeMap::from([("Host".to_owned(), vec![self.client.domain.as_str()])]));
        event.request_context.disconnect_status_code = Some(close.code);
        event.request_context.disconnect_reason = Some(&close.reason);
        encode(&event)
    }

    /// What API Gateway itself says to the client about a message.
    pub(super) fn complaint(&self, message: &str) -> Bytes {
        let complaint = serde_json::json!({ "message": message, "connectionId": self.client.id, "requestId": self.id });
        complaint.to_string().into()
    }
}

/// A message's content.
pub(super) enum Body {
    Text(String),
    Binary(Vec<u8>),
}

fn encode(event: &Event<'_>) -> anyhow::Result<Bytes> {
    Ok(serde_json::to_vec(event).context("an event cannot be written")?.into())
}

/// Header names as API Gateway writes them: `Sec-WebSocket-Key`.
fn title_case(name: &HeaderName) -> String {
    let word = |word: &str| match word {
        "websocket" => "WebSocket".to_owned(),
        "cloudfront" => "CloudFront".to_owned(),
        _ => {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
        }
    };
    name.as_str().split('-').map(word).collect::<Vec<String>>().join("-")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, serde_json::Value>,
}

/// What the answer of `$connect` says: the sub-protocol when it accepts, the status when it refuses.
pub(super) fn accepted(answer: &[u8]) -> anyhow::Result<Result<Option<HeaderValue>, StatusCode>> {
    let answer: Answer = serde_json::from_slice(answer)?;
    if !(200..300).contains(&answer.status_code) {
        let status = StatusCode::from_u16(answer.status_code)?;
        anyhow::ensure!(!status.is_informational(), "{status} is no answer");
        return Ok(Err(status));
    }
    let protocol = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"));
    let protocol = protocol.and_then(|(_, value)| value.as_str()).map(HeaderValue::from_str).transpose()?;
    Ok(Ok(protocol))
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    body: Option<String>,
}

/// What the answer of a two-way route says to the client, if anything.
pub(super) fn reply(answer: &[u8]) -> anyhow::Result<Option<String>> {
    let reply: Option<Reply> = serde_json::from_slice(answer)?;
    Ok(reply.and_then(|reply| reply.body).filter(|body| !body.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_written_as_awss() {
        for (name, written) in [
            ("host", "Host"),
            ("sec-websocket-key", "Sec-WebSocket-Key"),
            ("cloudfront-viewer-country", "CloudFront-Viewer-Country"),
            ("x-viewer-address", "X-Viewer-Address"),
        ] {
            assert_eq!(title_case(&HeaderName::from_static(name)), written);
        }
    }

    #[test]
    fn answers_of_connect_accept_or_refuse() {
        assert_eq!(accepted(br#"{"statusCode":200}"#).unwrap(), Ok(None));
        let chosen = accepted(br#"{"statusCode":204,"headers":{"sec-websocket-PROTOCOL":"chat"}}"#).unwrap();
        assert_eq!(chosen, Ok(Some(HeaderValue::from_static("chat"))));
        assert_eq!(accepted(br#"{"statusCode":403,"body":"no"}"#).unwrap(), Err(StatusCode::FORBIDDEN));
        for wrong in [r#"{"statusCode":101}"#, r#"{"statusCode":"x"}"#, "{}", "null", r#"{"statusCode":70000}"#] {
            assert!(accepted(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn replies_are_bodies() {
        assert_eq!(reply(br#"{"statusCode":200,"body":"hi"}"#).unwrap().as_deref(), Some("hi"));
        for silent in ["null", "{}", r#"{"statusCode":200,"body":""}"#, r#"{"body":null}"#] {
            assert_eq!(reply(silent.as_bytes()).unwrap(), None, "{silent}");
        }
        assert!(reply(b"\"text\"").is_err());
    }
}
