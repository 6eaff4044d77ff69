//! Health, the API document and oEmbed. Served by `site-handler`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::ProblemDetails;

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

/// What an oEmbed consumer asks. Parameters beside these are none of ours and mean nothing.
#[derive(Debug, Deserialize)]
pub struct OEmbedQuery {
    /// The page of a video or a stream on this site: `/watch/{id}`, `/videos/{id}`, `/live/{id}`, `/streams/{id}`.
    pub url: String,
    /// The most pixels in width.
    pub maxwidth: Option<NonZeroU32>,
    /// The most pixels in height.
    pub maxheight: Option<NonZeroU32>,
    /// `json`, which is also meant when nothing is said.
    pub format: Option<String>,
}

/// How a page is embedded in another: oembed.com, version 1.0, a response of the type `video`.
#[derive(Debug, Serialize, ToSchema)]
pub struct OEmbed {
    /// `video`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `1.0`.
    pub version: &'static str,
    /// Title.
    pub title: String,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
    /// Their page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_url: Option<String>,
    /// Who answers.
    pub provider_name: &'static str,
    /// Where.
    pub provider_url: String,
    /// For how many seconds this may be kept.
    pub cache_age: u32,
    /// A picture of it, where its size is known and within what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_width: Option<u32>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_height: Option<u32>,
    /// An `iframe` element that plays it.
    pub html: String,
    /// Pixels of that.
    pub width: u32,
    /// Pixels of that.
    pub height: u32,
}

/// How a page of this site is embedded in another.
#[utoipa::path(get, path = "/oembed", tag = "site", operation_id = "get_oembed",
    params(("url" = String, Query, description = "`/watch/{id}`, `/videos/{id}`, `/live/{id}` or `/streams/{id}` of this site"),
        ("maxwidth" = Option<u32>, Query), ("maxheight" = Option<u32>, Query),
        ("format" = Option<String>, Query, description = "`json`")),
    responses((status = 200, body = OEmbed), (status = 400, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 501, body = ProblemDetails, description = "`format` is not `json`")))]
pub(crate) fn oembed() {}
