//! The media bucket as CloudFront serves it: ranges, validators, and caching by what a file is.

use std::io::SeekFrom;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Response as HttpResponse, StatusCode, header};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use s3s::dto::Range;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::text;
use crate::s3::{Object, Objects};

/// A playlist or a poster may be written again; segments and thumbnails never change.
const PLAYLIST_CACHE: &str = "public, max-age=2";
const MEDIA_CACHE: &str = "public, max-age=31536000, immutable";

/// Answers a GET or HEAD for `path` below `/media/`.
pub(super) async fn serve(
    objects: &Objects,
    bucket: &str,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "media is only read\n");
    }
    let key = percent_decode_str(path).decode_utf8_lossy();
    let Ok(object) = objects.get(bucket, &key) else {
        return text(StatusCode::NOT_FOUND, "there is no such media\n");
    };
    let etag = format!("\"{}\"", object.etag);
    let kept = &object.headers;
    let by_kind = if key.ends_with(".m3u8") { PLAYLIST_CACHE } else { MEDIA_CACHE };
    let answer = HttpResponse::builder()
        .header(header::ETAG, &etag)
        .header(header::CONTENT_TYPE, kept.content_type.as_deref().unwrap_or("application/octet-stream"))
        .header(header::CACHE_CONTROL, kept.cache_control.as_deref().unwrap_or(by_kind))
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(header::ACCESS_CONTROL_EXPOSE_HEADERS, "Content-Length, Content-Range, ETag")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let answer = match &kept.content_encoding {
        Some(coding) => answer.header(header::CONTENT_ENCODING, coding),
        None => answer,
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known.is_some_and(|tags| tags.split(',').any(|tag| matches!(tag.trim(), "*")) || tags.contains(&etag)) {
        return finish(answer.status(StatusCode::NOT_MODIFIED).body(Body::empty()));
    }
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    // Like S3: what is no range, or several, is answered with the whole.
    let range = range.and_then(|range| Range::parse(range).ok());
    let (start, end) = match range.map(|range| range.check(object.size)) {
        None => (0, object.size),
        Some(Ok(range)) => (range.start, range.end),
        Some(Err(_)) => {
            let size = format!("bytes */{}", object.size);
            let answer = answer.status(StatusCode::RANGE_NOT_SATISFIABLE).header(header::CONTENT_RANGE, size);
            return finish(answer.body(Body::empty()));
        }
    };
    let answer = answer.header(header::CONTENT_LENGTH, end - start);
    let answer = if range.is_some() {
        let place = format!("bytes {start}-{}/{}", end.saturating_sub(1), object.size);
        answer.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, place)
    } else {
        answer
    };
    if *method == Method::HEAD {
        return finish(answer.body(Body::empty()));
    }
    match open(objects, &object, start).await {
        Ok(file) => {
            finish(answer.body(Body::from_stream(ReaderStream::with_capacity(file.take(end - start), 64 * 1024))))
        }
        Err(error) => {
            tracing::error!(key = object.key, %error, "media cannot be read");
            text(StatusCode::INTERNAL_SERVER_ERROR, "this media cannot be read\n")
        }
    }
}

async fn open(objects: &Objects, object: &Object, start: u64) -> std::io::Result<tokio::fs::File> {
    let mut file = tokio::fs::File::open(objects.path(object)).await?;
    file.seek(SeekFrom::Start(start)).await?;
    Ok(file)
}

fn finish(answer: axum::http::Result<Response>) -> Response {
    answer.unwrap_or_else(|error| {
        // Only a stored header that is none leads here.
        tracing::error!(%error, "media has unusable headers");
        text(StatusCode::INTERNAL_SERVER_ERROR, "this media cannot be served\n")
    })
}
