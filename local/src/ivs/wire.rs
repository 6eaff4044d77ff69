//! IVS's REST JSON: `POST /<Operation>`, and tags below `/tags/<arn>`.

use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refusal::{Kind, answer, refuse};
use super::{Ivs, channels, playback_keys, recording_configurations, sessions, stream_keys, streams, tags};
use crate::tap::Tap;

impl Ivs {
    /// What answers IVS's calls.
    pub fn router(&self, tap: &Tap) -> Router {
        let routes = Router::new()
            .route("/tags/{arn}", get(list_tags).post(tag).delete(untag))
            .route("/{operation}", any(operate))
            .with_state(self.clone());
        tap.wrap("ivs", operation, routes)
    }

    fn admit(&self, operation: &'static str) -> anyhow::Result<()> {
        if self.throttle.allows(operation, Instant::now()) {
            return Ok(());
        }
        refuse(Kind::Throttled, "Rate exceeded")
    }
}

fn operation(parts: &Parts) -> String {
    let path = parts.uri.path().trim_matches('/');
    match parts.method {
        Method::GET if path.starts_with("tags/") => "ListTagsForResource",
        Method::DELETE if path.starts_with("tags/") => "UntagResource",
        Method::POST if path.starts_with("tags/") => "TagResource",
        _ => path,
    }
    .to_owned()
}

async fn operate(State(ivs): State<Ivs>, Path(operation): Path<String>, method: Method, body: Bytes) -> Response {
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    respond(call(&ivs, &operation, &body))
}

fn respond(done: anyhow::Result<Value>) -> Response {
    match done {
        // The SDK writes no body for an empty structure; an empty object reads the same.
        Ok(value) => Json(value).into_response(),
        Err(error) => answer(&error),
    }
}

/// An operation: its name, and what it does with the body.
type Operation = (&'static str, fn(&Ivs, &[u8]) -> anyhow::Result<Value>);

const OPERATIONS: &[Operation] = &[
    ("CreateChannel", |ivs, body| channels::create(ivs, input(body)?)),
    ("GetChannel", |ivs, body| channels::get(ivs, input(body)?)),
    ("BatchGetChannel", |ivs, body| channels::batch_get(ivs, input(body)?)),
    ("ListChannels", |ivs, body| channels::list(ivs, input(body)?)),
    ("UpdateChannel", |ivs, body| channels::update(ivs, input(body)?)),
    ("DeleteChannel", |ivs, body| channels::delete(ivs, input(body)?)),
    ("CreateStreamKey", |ivs, body| stream_keys::create(ivs, input(body)?)),
    ("GetStreamKey", |ivs, body| stream_keys::get(ivs, input(body)?)),
    ("BatchGetStreamKey", |ivs, body| stream_keys::batch_get(ivs, input(body)?)),
    ("ListStreamKeys", |ivs, body| stream_keys::list(ivs, input(body)?)),
    ("DeleteStreamKey", |ivs, body| stream_keys::delete(ivs, input(body)?)),
    ("GetStream", |ivs, body| streams::get(ivs, input(body)?)),
    ("ListStreams", |ivs, body| streams::list(ivs, input(body)?)),
    ("StopStream", |ivs, body| streams::stop(ivs, input(body)?)),
    ("GetStreamSession", |ivs, body| sessions::get(ivs, input(body)?)),
    ("ListStreamSessions", |ivs, body| sessions::list(ivs, input(body)?)),
    ("CreateRecordingConfiguration", |ivs, body| recording_configurations::create(ivs, input(body)?)),
    ("GetRecordingConfiguration", |ivs, body| recording_configurations::get(ivs, input(body)?)),
    ("ListRecordingConfigurations", |ivs, body| recording_configurations::list(ivs, input(body)?)),
    ("DeleteRecordingConfiguration", |ivs, body| recording_configurations::delete(ivs, input(body)?)),
    ("ImportPlaybackKeyPair", |ivs, body| playback_keys::import(ivs, input(body)?)),
    ("GetPlaybackKeyPair", |ivs, body| playback_keys::get(ivs, input(body)?)),
    ("ListPlaybackKeyPairs", |ivs, body| playback_keys::list(ivs, input(body)?)),
    ("DeletePlaybackKeyPair", |ivs, body| playback_keys::delete(ivs, input(body)?)),
];

fn call(ivs: &Ivs, operation: &str, body: &[u8]) -> anyhow::Result<Value> {
    let Some((name, run)) = OPERATIONS.iter().find(|(name, _)| *name == operation) else {
        return refuse(Kind::Validation, "the local cloud does not know this operation");
    };
    ivs.admit(name)?;
    run(ivs, body)
}

fn input<I: DeserializeOwned>(body: &[u8]) -> anyhow::Result<I> {
    let body = if body.is_empty() { b"{}" } else { body };
    match serde_json::from_slice(body) {
        Ok(input) => Ok(input),
        Err(error) => refuse(Kind::Validation, error.to_string()),
    }
}

async fn list_tags(State(ivs): State<Ivs>, Path(arn): Path<String>) -> Response {
    respond(ivs.admit("ListTagsForResource").and_then(|()| tags::list(&ivs, &arn)))
}

async fn tag(State(ivs): State<Ivs>, Path(arn): Path<String>, body: Bytes) -> Response {
    respond(ivs.admit("TagResource").and_then(|()| tags::tag(&ivs, &arn, input(&body)?)))
}

async fn untag(State(ivs): State<Ivs>, Path(arn): Path<String>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let keys = url::form_urlencoded::parse(query.as_bytes());
    let keys: Vec<String> = keys.filter(|(name, _)| name == "tagKeys").map(|(_, key)| key.into_owned()).collect();
    respond(ivs.admit("UntagResource").and_then(|()| tags::untag(&ivs, &arn, &keys)))
}
