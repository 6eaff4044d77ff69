//! Health reports and the API document.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use skylark_api::openapi;
use skylark_api::operations::site::{Health, HealthReport};
use skylark_api::problem::Status;
use skylark_domain::ports::Reachable;

/// What is asked whether it answers, by name.
pub(crate) type Dependencies = Arc<[(&'static str, Arc<dyn Reachable>)]>;

/// The routes of this function; `/actuator` holds the names that Spring clients ask for, `/health/srs` that of seed 002.
/// `media` is what video and streams depend on.
pub(crate) fn router(dependencies: Dependencies, media: Dependencies) -> Router {
    let of_media = Router::new().route("/health/media", get(ready)).route("/health/srs", get(ready)).with_state(media);
    Router::new()
        .route("/health", get(ready))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/actuator/health", get(ready))
        .route("/actuator/health/liveness", get(live))
        .route("/actuator/health/readiness", get(ready))
        .route("/api/v1/openapi.json", get(document))
        .with_state(dependencies)
        .merge(of_media)
}

async fn live() -> Response {
    report(BTreeMap::new())
}

async fn ready(State(dependencies): State<Dependencies>) -> Response {
    let mut found = BTreeMap::new();
    for (name, dependency) in dependencies.iter() {
        let health = match dependency.ping().await {
            Ok(()) => Health::Up,
            Err(error) => {
                tracing::error!(dependency = name, error = &error as &dyn std::error::Error, "no answer");
                Health::Down
            }
        };
        found.insert(*name, health);
    }
    report(found)
}

fn report(dependencies: BTreeMap<&'static str, Health>) -> Response {
    let healthy = dependencies.values().all(|health| *health == Health::Up);
    let (status, health) = if healthy { (Status::Ok, Health::Up) } else { (Status::Unhealthy, Health::Down) };
    status.with(Json(HealthReport { status: health, dependencies }))
}

async fn document() -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(openapi::document())).into_response()
}
