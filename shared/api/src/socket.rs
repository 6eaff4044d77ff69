//! Events of API Gateway's WebSocket API, and what functions answer.
//! Source: API Gateway developer guide, "Amazon API Gateway WebSocket API mapping template reference" and "Manage connected
//! users and client apps".

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use skylark_domain::Error;

use crate::address;
use crate::problem::Problem;

/// An event of a connection. Only `$connect` and `$disconnect` have headers, only `$connect` has a query, only messages
/// have a body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketEvent {
    /// About the connection.
    pub request_context: Context,
    #[serde(default)]
    headers: Option<HashMap<String, String>>,
    #[serde(default)]
    query_string_parameters: Option<HashMap<String, String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// About the connection of an event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// API Gateway's id of it.
    pub connection_id: String,
    #[serde(default)]
    identity: Option<Identity>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    #[serde(default)]
    source_ip: Option<String>,
}

/// What a function answers. At `$connect` the status decides; at a route with a route response the body goes to the client.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketAnswer {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl SocketEvent {
    /// A parameter of the query, decoded, when it says something.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let parameters = self.query_string_parameters.as_ref()?;
        parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The text of a message. Bytes that are no text read as nothing.
    pub fn text(&self) -> String {
        let body = self.body.as_deref().unwrap_or_default();
        if !self.is_base64_encoded {
            return body.to_owned();
        }
        STANDARD.decode(body).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// The network address of whoever opens the connection.
    pub fn viewer_address(&self, origin_secret: &SecretString) -> String {
        let identity = self.request_context.identity.as_ref();
        let source = identity.and_then(|identity| identity.source_ip.as_deref());
        address::address_of(&self.headers(), source, origin_secret)
    }

    /// Refuses pages of sites other than these. A client that is no page names none.
    ///
    /// # Errors
    /// `Refused` with `foreign-origin`.
    pub fn check_origin(&self, allowed: &[String]) -> Result<(), Error> {
        match self.headers().get("origin").map(|origin| origin.to_str().unwrap_or_default()) {
            Some(origin) if !allowed.iter().any(|one| one == origin) => {
                Err(Error::Refused { code: "foreign-origin", message: "Pages of this site may not connect." })
            }
            _ => Ok(()),
        }
    }

    fn headers(&self) -> HeaderMap {
        let named = |(name, value): (&String, &String)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        self.headers.iter().flatten().filter_map(named).collect()
    }
}

impl SocketAnswer {
    /// All is well; `frame` goes to the client.
    pub fn done(frame: Option<String>) -> Self {
        Self { status_code: axum::http::Response::new(()).status().as_u16(), body: frame }
    }

    /// Why it is not; clients see the status only.
    pub fn refused(error: Error) -> Self {
        let problem = Problem::from(error);
        Self { status_code: problem.status().as_u16(), body: None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(value: serde_json::Value) -> SocketEvent {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_named_origins_and_clients_without_one_come_in() {
        let from = |origin: serde_json::Value| {
            event(json!({"requestContext": {"connectionId": "c"}, "headers": origin}))
                .check_origin(&["https://app.example".to_owned()])
        };
        assert!(from(json!({"Origin": "https://app.example"})).is_ok());
        assert!(from(json!({"Host": "x"})).is_ok());
        assert!(from(serde_json::Value::Null).is_ok());
        for origin in ["https://evil.example", "http://app.example", "null", "", "https://app.example.evil"] {
            let refused = from(json!({"origin": origin})).unwrap_err();
            assert_eq!(SocketAnswer::refused(refused).status_code, 403, "{origin}");
        }
    }

    #[test]
    fn messages_are_text_however_they_come() {
        let text = |body: &str, base64: bool| {
            event(json!({"requestContext": {"connectionId": "c"}, "body": body, "isBase64Encoded": base64})).text()
        };
        assert_eq!(text("{}", false), "{}");
        assert_eq!(text("e30=", true), "{}");
        assert_eq!(text("//8=", true), "");
        assert_eq!(event(json!({"requestContext": {"connectionId": "c"}})).text(), "");
    }

    #[test]
    fn an_answer_is_a_status_and_perhaps_a_frame() {
        assert_eq!(serde_json::to_value(SocketAnswer::done(None)).unwrap(), json!({"statusCode": 200}));
        let answer = serde_json::to_value(SocketAnswer::done(Some("x".into()))).unwrap();
        assert_eq!(answer, json!({"statusCode": 200, "body": "x"}));
        assert_eq!(SocketAnswer::refused(Error::Unauthenticated).status_code, 401);
    }
}
