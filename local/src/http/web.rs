//! The web bucket: files of the built page, and its index for every path without a dot.

use std::path::{Component, Path};

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use super::text;

/// Answers a GET or HEAD for a file below `folder`.
pub(super) async fn serve(folder: &Path, method: &Method, path: &str) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "the web app is only read\n");
    }
    let path = path.trim_start_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let path = if last.contains('.') { Path::new(path) } else { Path::new("index.html") };
    // Only plain names: nothing above the folder can be named.
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return text(StatusCode::NOT_FOUND, "there is no such file\n");
    }
    match tokio::fs::File::open(folder.join(path)).await {
        Ok(file) => {
            let kind = mime_guess::from_path(path).first_or_octet_stream();
            let headers = [(header::CONTENT_TYPE, kind.as_ref()), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (headers, Body::from_stream(ReaderStream::new(file))).into_response()
        }
        Err(_) if path == Path::new("index.html") => text(
            StatusCode::NOT_FOUND,
            "There is no web app yet. The API answers under /api/v1, see /api/v1/openapi.json.\n",
        ),
        Err(_) => text(StatusCode::NOT_FOUND, "there is no such file\n"),
    }
}
