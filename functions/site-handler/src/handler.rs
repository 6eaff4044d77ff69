//! Health reports, the API document, and pages that programs read: with metadata of what they show, and by oEmbed.

mod card;
mod health;
mod json_ld;
mod links;
mod markup;
mod oembed;
mod page;
mod watch;

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use skylark_api::openapi;
use skylark_domain::ports::Reachable;
use skylark_domain::preview::Previews;

pub(crate) use self::links::Links;
pub(crate) use self::page::Pages;

/// What is asked whether it answers, by name.
pub(crate) type Dependencies = Arc<[(&'static str, Arc<dyn Reachable>)]>;

/// What the pages are made of.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) previews: Previews,
    pub(crate) pages: Arc<Pages>,
    pub(crate) links: Arc<Links>,
}

/// The routes of this function; `/actuator` holds the names that Spring clients ask for, `/health/srs` that of seed 002.
/// `media` is what video and streams depend on.
pub(crate) fn router(dependencies: Dependencies, media: Dependencies, site: Site) -> Router {
    let of_media = Router::new()
        .route("/health/media", get(health::ready))
        .route("/health/srs", get(health::ready))
        .with_state(media);
    let pages = Router::new()
        .route("/watch/{*id}", get(watch::video))
        .route("/live/{*id}", get(watch::stream))
        .route("/embed/{*id}", get(watch::embedded));
    let oembed = Router::new()
        .route("/oembed", get(oembed::answer))
        // Pages of any site may ask how to embed ours.
        .layer(middleware::map_response(async |mut response: Response| {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            response
        }));
    Router::new()
        .route("/health", get(health::ready))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/actuator/health", get(health::ready))
        .route("/actuator/health/liveness", get(health::live))
        .route("/actuator/health/readiness", get(health::ready))
        .route("/api/v1/openapi.json", get(document))
        .with_state(dependencies)
        .merge(of_media)
        .merge(pages.merge(oembed).with_state(site))
}

async fn document() -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(openapi::document())).into_response()
}
