//! The web bucket: files of the built page, and its index for every path without a dot.

use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use super::text;

/// The built page and the policy it is served with.
#[derive(Clone)]
pub(super) struct Web {
    folder: PathBuf,
    policy: HeaderValue,
}

impl Web {
    /// The page in `folder`, which may talk to this origin and to `others`, as CloudFront's headers say in the template.
    pub(super) fn new(folder: PathBuf, others: &[String]) -> anyhow::Result<Self> {
        let peers = others.join(" ");
        let media: Vec<&str> = others.iter().map(String::as_str).filter(|peer| !peer.starts_with("ws:")).collect();
        let media = media.join(" ");
        let policy = format!(
            "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
             connect-src 'self' {peers}; media-src 'self' blob: {media}; worker-src 'self' blob:; \
             img-src 'self' data: blob: {media}"
        );
        Ok(Self { folder, policy: HeaderValue::try_from(policy)? })
    }
}

/// Answers a GET or HEAD for a file of the page.
pub(super) async fn serve(web: &Web, method: &Method, path: &str) -> Response {
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
    match tokio::fs::File::open(web.folder.join(path)).await {
        Ok(file) => {
            let kind = mime_guess::from_path(path).first_or_octet_stream();
            // Assets carry a digest in their names.
            let cache = if path.starts_with("assets") { "public, max-age=31536000, immutable" } else { "no-cache" };
            let headers = [
                (header::CONTENT_TYPE, kind.as_ref()),
                (header::CACHE_CONTROL, cache),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::REFERRER_POLICY, "no-referrer"),
            ];
            let policy = [(header::CONTENT_SECURITY_POLICY, web.policy.clone())];
            (headers, policy, Body::from_stream(ReaderStream::new(file))).into_response()
        }
        Err(_) if path == Path::new("index.html") => text(
            StatusCode::NOT_FOUND,
            "There is no web app yet. The API answers under /api/v1, see /api/v1/openapi.json.\n",
        ),
        Err(_) => text(StatusCode::NOT_FOUND, "there is no such file\n"),
    }
}
