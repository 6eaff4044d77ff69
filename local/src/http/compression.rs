//! Compression of what CloudFront compresses: text of a thousand bytes and more. Media is served as it is.

use axum::Router;
use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// CloudFront leaves smaller answers as they are.
const SMALLEST: u64 = 1000;

/// Compresses the answers of `router` for clients that take it.
pub(super) fn wrap(router: Router) -> Router {
    let predicate = SizeAbove::new(SMALLEST).and(is_text);
    // Nobody is far away: what matters is not to keep them waiting.
    router.layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(predicate))
}

fn is_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") || matches!(kind, "application/json" | "application/problem+json" | "image/svg+xml")
}
