//! The HTTP API's payload format 2.0, both ways.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::Context;
use axum::Json;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::routes::Found;
use crate::world::ACCOUNT;

/// The event a function receives for a request.
pub(super) fn event(parts: &Parts, body: &[u8], found: &Found, peer: SocketAddr) -> Value {
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    let mut cookies: Vec<&str> = Vec::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        if name == header::COOKIE {
            cookies.extend(parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()));
            continue;
        }
        headers.entry(name.as_str()).and_modify(|all| *all = format!("{all},{value}")).or_insert(value.into_owned());
    }
    let cookies: Vec<&str> = cookies.iter().flat_map(|line| line.split("; ")).collect();
    let query = parts.uri.query().unwrap_or_default();
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|all| *all = format!("{all},{value}"))
            .or_insert(value.into_owned());
    }
    let is_text = std::str::from_utf8(body).is_ok() && is_text_type(parts);
    let host = headers.get("host").cloned().unwrap_or_default();
    let now = jiff::Timestamp::now();
    let path = parts.uri.path();
    let mut event = json!({
        "version": "2.0",
        "routeKey": found.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": peer.ip().to_string(),
                "userAgent": headers.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": uuid::Uuid::new_v4().to_string(),
            "routeKey": found.key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": !is_text,
    });
    if let Value::Object(fields) = &mut event {
        if !cookies.is_empty() {
            fields.insert("cookies".into(), json!(cookies));
        }
        if !parameters.is_empty() {
            fields.insert("queryStringParameters".into(), json!(parameters));
        }
        if !found.parameters.is_empty() {
            fields.insert("pathParameters".into(), json!(found.parameters));
        }
        if !body.is_empty() {
            let text = if is_text { String::from_utf8_lossy(body).into_owned() } else { STANDARD.encode(body) };
            fields.insert("body".into(), Value::String(text));
        }
    }
    event
}

fn is_text_type(parts: &Parts) -> bool {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("text/plain");
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/")
        || matches!(kind, "application/json" | "application/javascript" | "application/xml")
        || kind.ends_with("+json")
        || kind == "application/x-www-form-urlencoded"
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response a function's answer describes. JSON without a status code is a body by itself.
pub(super) fn response(answer: &[u8]) -> anyhow::Result<Response> {
    let value: Value = serde_json::from_slice(answer).context("the answer is not JSON")?;
    if value.get("statusCode").is_none() {
        return Ok(Json(value).into_response());
    }
    let answer: Answer = serde_json::from_value(value)?;
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded { STANDARD.decode(body)? } else { body.into_bytes() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code)?;
    for (name, value) in answer.headers {
        let value = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let name: HeaderName = name.parse()?;
        // The server counts for itself.
        if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING && name != header::CONNECTION {
            response.headers_mut().insert(name, HeaderValue::from_str(&value)?);
        }
    }
    for cookie in answer.cookies {
        response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_str(&cookie)?);
    }
    Ok(response)
}

/// An answer of the API itself.
pub(super) fn message(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(builder: axum::http::request::Builder, body: &[u8]) -> Value {
        let (parts, ()) = builder.body(()).unwrap().into_parts();
        let found = Found {
            key: "ANY /api/{proxy+}".into(),
            function: "f".into(),
            parameters: BTreeMap::from([("proxy".to_owned(), "x".to_owned())]),
        };
        event(&parts, body, &found, "127.0.0.1:5000".parse().unwrap())
    }

    #[test]
    fn headers_and_queries_are_joined_and_cookies_stand_apart() {
        let builder = axum::http::Request::get("/api/x?a=1&a=2&b=%20c")
            .header("X-One", "1")
            .header("x-one", "2")
            .header("cookie", "s=1; t=2");
        let event = request(builder, b"");
        assert_eq!(event["headers"]["x-one"], "1,2");
        assert_eq!(event["queryStringParameters"], json!({ "a": "1,2", "b": " c" }));
        assert_eq!(event["cookies"], json!(["s=1", "t=2"]));
        assert!(event["headers"].get("cookie").is_none());
        assert_eq!(event["rawQueryString"], "a=1&a=2&b=%20c");
        assert!(event.get("body").is_none());
    }

    #[test]
    fn text_goes_as_text_and_bytes_as_base64() {
        let json = request(axum::http::Request::post("/api/x").header("content-type", "application/json"), b"{}");
        assert_eq!((&json["body"], &json["isBase64Encoded"]), (&json!("{}"), &json!(false)));
        let bytes = request(axum::http::Request::post("/api/x").header("content-type", "image/png"), b"\xff\x00");
        assert_eq!((&bytes["body"], &bytes["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
    }

    #[test]
    fn json_without_a_status_code_is_a_body() {
        assert_eq!(response(br#"{"a":1}"#).unwrap().status(), 200);
        let answer =
            br#"{"statusCode":201,"headers":{"x-a":"b"},"cookies":["a=b","c=d"],"body":"aGk=","isBase64Encoded":true}"#;
        let answer = response(answer).unwrap();
        assert_eq!(answer.status(), 201);
        assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 2);
        assert!(response(b"not json").is_err());
    }
}
