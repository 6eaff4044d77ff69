//! The page: the web app's files, and its index for every path without a dot.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::text;
use crate::web::{INDEX, Web};

/// Answers for a file of the page.
pub(super) async fn serve(web: &Web, request: Request) -> Response {
    if let Web::Vite(vite) = web {
        return vite.forward(request).await;
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "the web app is only read\n");
    }
    let path = request.uri().path().trim_start_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let path = if last.contains('.') { path } else { INDEX };
    match web.read(path).await {
        Ok(Some(file)) => {
            // Assets carry a digest in their names.
            let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
            let headers = [(header::CONTENT_TYPE, file.content_type), (header::CACHE_CONTROL, cache.to_owned())];
            (headers, Body::from(file.bytes)).into_response()
        }
        Ok(None) if path == INDEX => text(
            StatusCode::NOT_FOUND,
            "There is no web app yet. The API answers under /api/v1, see /api/v1/openapi.json.\n",
        ),
        Ok(None) => text(StatusCode::NOT_FOUND, "there is no such file\n"),
        Err(error) => {
            tracing::error!(path, %error, "a file of the page cannot be read");
            text(StatusCode::INTERNAL_SERVER_ERROR, "this file cannot be read\n")
        }
    }
}
