//! Health and the API document. Served by `site-handler`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// `UP` or `DOWN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Health {
    /// Answers.
    Up,
    /// Does not answer.
    Down,
}

/// How the service and what it depends on are.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthReport {
    /// `DOWN` when something that matters is.
    pub status: Health,
    /// By name: `table`, `uploads`, `media`, `ivs`.
    #[schema(value_type = BTreeMap<String, Health>)]
    pub dependencies: BTreeMap<&'static str, Health>,
}

/// How the service and what it depends on are.
#[utoipa::path(get, path = "/health", tag = "site", operation_id = "get_health",
    responses((status = 200, body = HealthReport), (status = 503, body = HealthReport)))]
pub(crate) fn health() {}

/// Whether the process answers.
#[utoipa::path(get, path = "/health/live", tag = "site", operation_id = "get_liveness",
    responses((status = 200, body = HealthReport)))]
pub(crate) fn live() {}

/// Whether requests can be served.
#[utoipa::path(get, path = "/health/ready", tag = "site", operation_id = "get_readiness",
    responses((status = 200, body = HealthReport), (status = 503, body = HealthReport)))]
pub(crate) fn ready() {}

/// Whether media can be taken and made: the media bucket, and IVS as those see it that call it.
#[utoipa::path(get, path = "/health/media", tag = "site", operation_id = "get_media_health",
    responses((status = 200, body = HealthReport), (status = 503, body = HealthReport)))]
pub(crate) fn media() {}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "site", operation_id = "get_openapi",
    responses((status = 200, description = "OpenAPI 3.1")))]
pub(crate) fn openapi() {}
