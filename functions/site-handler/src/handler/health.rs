//! How the service and what it depends on are.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use skylark_api::operations::site::{Health, HealthReport};
use skylark_api::problem::Status;

use super::Dependencies;

pub(super) async fn live() -> Response {
    report(BTreeMap::new())
}

pub(super) async fn ready(State(dependencies): State<Dependencies>) -> Response {
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
