//! Playback: the multivariant playlist under the channel's address, media playlists and media below the window's name.
//! Pages of any origin may read it, as on AWS.

use std::io::SeekFrom;
use std::time::Instant;

use axum::Router;
use axum::body::Body as HttpBody;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use skylark_hls::{Ask, Body, Name, Timeline};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::channels::Channel;
use super::playback_tokens::{self, Grant};
use super::{Ivs, PLAYLIST_TYPE, arn, resources};
use crate::world::{ACCOUNT, REGION};

const NO_CACHE: &str = "no-cache, no-store";
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The most characters of a viewer's session that are looked at.
const MAX_SESSION: usize = 32;

impl Ivs {
    /// What answers players.
    pub fn playback(&self) -> Router {
        Router::new()
            .route("/api/video/v1/{file}", get(multivariant))
            .route("/v1/{channel}/{window}/{name}", get(source))
            .route("/v1/{channel}/{window}/{rung}/{name}", get(rung))
            .with_state(self.clone())
            .layer(from_fn(for_any_page))
    }
}

async fn for_any_page(request: axum::extract::Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    // A token may name the origin.
    headers.entry(header::ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(HeaderValue::from_static("*"));
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Content-Length, Content-Range, Date"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What a player adds to an address.
#[derive(Deserialize)]
struct Asked {
    token: Option<String>,
    session: Option<String>,
    dvr: Option<String>,
    #[serde(rename = "_HLS_msn")]
    msn: Option<u64>,
    #[serde(rename = "_HLS_part")]
    part: Option<u64>,
    #[serde(rename = "_HLS_skip")]
    skip: Option<String>,
}

/// What a player is told instead.
type Refusal = (StatusCode, &'static str);

const NOT_LIVE: Refusal = (StatusCode::NOT_FOUND, "the channel is not live\n");
const NO_MEDIA: Refusal = (StatusCode::NOT_FOUND, "there is no such media\n");

fn refuse((status, words): Refusal) -> Response {
    (status, [(header::CACHE_CONTROL, NO_CACHE)], words).into_response()
}

/// Whether this player may read the channel's playlists. `starts` says that playback begins.
fn admit(ivs: &Ivs, channel_id: &str, asked: &Asked, headers: &HeaderMap, starts: bool) -> Result<Grant, Refusal> {
    let arn = arn::of(arn::CHANNEL, channel_id);
    let channel = ivs.state.transact(|transaction| resources::find::<Channel>(transaction, &arn));
    let channel = channel.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "a channel cannot be read");
        (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
    })?;
    let channel = channel.ok_or(NOT_LIVE)?;
    if !channel.authorized {
        return Ok(Grant::default());
    }
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    playback_tokens::check(ivs, &channel.arn, asked.token.as_deref(), origin, starts)
        .ok_or((StatusCode::FORBIDDEN, "the token does not open this channel\n"))
}

async fn multivariant(
    State(ivs): State<Ivs>,
    Path(file): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let prefix = format!("{REGION}.{ACCOUNT}.channel.");
    let Some(channel_id) = file.strip_suffix(".m3u8").and_then(|name| name.strip_prefix(&prefix)) else {
        return refuse(NOT_LIVE);
    };
    let grant = match admit(&ivs, channel_id, &asked, &headers, true) {
        Ok(grant) => grant,
        Err(refused) => return refuse(refused),
    };
    let Some(window) = ivs.broadcasts.live_window(channel_id) else { return refuse(NOT_LIVE) };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("session", &arn::random(16));
    if let Some(token) = &asked.token {
        query.append_pair("token", token);
    }
    let list = if asked.dvr.as_deref() == Some("1") { "dvr" } else { "playlist" };
    let (folder, query) = (format!("/v1/{channel_id}/{}", window.name), query.finish());
    let Some(mut text) = window.timeline.multivariant(&format!("{folder}/{list}.m3u8?{query}")) else {
        return refuse(NOT_LIVE);
    };
    for (rung, timeline) in window.rungs.all() {
        let variant = timeline.multivariant(&format!("{folder}/{rung}/{list}.m3u8?{query}")).unwrap_or_default();
        text.push_str(variant.find("#EXT-X-STREAM-INF").map_or("", |at| &variant[at..]));
    }
    grant.answer(playlist(text))
}

fn playlist(text: String) -> Response {
    ([(header::CONTENT_TYPE, PLAYLIST_TYPE), (header::CACHE_CONTROL, NO_CACHE)], text).into_response()
}

async fn source(
    State(ivs): State<Ivs>,
    Path((channel_id, window, name)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    match ivs.broadcasts.window(&channel_id, &window) {
        Some(window) => media(&ivs, &channel_id, window.timeline, &name, &asked, (method, headers)).await,
        None => refuse(NOT_LIVE),
    }
}

async fn rung(
    State(ivs): State<Ivs>,
    Path((channel_id, window, rung, name)): Path<(String, String, String, String)>,
    Query(asked): Query<Asked>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    match ivs.broadcasts.window(&channel_id, &window).and_then(|window| window.rungs.get(&rung)) {
        Some(timeline) => media(&ivs, &channel_id, timeline, &name, &asked, (method, headers)).await,
        None => refuse(NOT_LIVE),
    }
}

/// A media playlist, or what one names.
async fn media(
    ivs: &Ivs,
    channel_id: &str,
    timeline: Timeline,
    name: &str,
    asked: &Asked,
    (method, headers): (Method, HeaderMap),
) -> Response {
    let dvr = match name {
        "playlist.m3u8" => false,
        "dvr.m3u8" => true,
        name => {
            let Some(name) = Name::parse(name) else { return refuse(NOT_LIVE) };
            return match timeline.body(&name).await {
                Some(body) => send(&name, body, &method).await,
                None => refuse(NO_MEDIA),
            };
        }
    };
    let grant = match admit(ivs, channel_id, asked, &headers, false) {
        Ok(grant) => grant,
        Err(refused) => return refuse(refused),
    };
    if let Some(session) = asked.session.as_deref().filter(|session| session.len() <= MAX_SESSION) {
        ivs.broadcasts.watched(channel_id, session, Instant::now());
    }
    let skip = asked.skip.as_deref().is_some_and(|skip| matches!(skip, "YES" | "v2"));
    let ask = Ask { msn: asked.msn, part: asked.part, skip, dvr, ..Ask::default() };
    match timeline.playlist(&ask).await {
        Ok(text) => grant.answer(playlist(text)),
        Err(refused) => {
            let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            refuse((status, "the playlist has not what was asked for\n"))
        }
    }
}

async fn send(name: &Name, body: Body, method: &Method) -> Response {
    let kind = if matches!(name, Name::Init(_)) { "video/mp4" } else { "video/iso.segment" };
    let length = match &body {
        Body::Memory(chunks) => chunks.iter().map(|chunk| chunk.len() as u64).sum(),
        Body::File { bytes, .. } => *bytes,
    };
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(FOREVER)),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    if *method == Method::HEAD {
        return (headers, HttpBody::empty()).into_response();
    }
    let body = match body {
        Body::Memory(chunks) => {
            HttpBody::from_stream(futures_util::stream::iter(chunks.into_iter().map(Ok::<_, std::convert::Infallible>)))
        }
        Body::File { path, from, bytes } => match open(&path, from).await {
            Ok(file) => HttpBody::from_stream(ReaderStream::with_capacity(file.take(bytes), 64 * 1024)),
            Err(error) => {
                // A recording that was deleted takes its segments along.
                tracing::info!(%error, "a recorded segment is gone");
                return refuse(NO_MEDIA);
            }
        },
    };
    (headers, body).into_response()
}

async fn open(path: &std::path::Path, from: u64) -> std::io::Result<File> {
    let mut file = File::open(path).await?;
    if from > 0 {
        file.seek(SeekFrom::Start(from)).await?;
    }
    Ok(file)
}
