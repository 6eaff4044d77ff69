//! The API document. A test holds `docs/openapi.json` against it.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::operations::{accounts, site, uploads, videos};
use crate::problem::ProblemDetails;

#[derive(OpenApi)]
#[openapi(
    info(title = "Skylark", description = "Video on demand, live streaming and chat.", version = "1"),
    paths(
        accounts::register, accounts::login, accounts::refresh, accounts::logout, accounts::me, accounts::edit,
        accounts::erase, accounts::profile, accounts::jwks, site::health, site::live, site::ready, site::openapi,
        uploads::begin, uploads::get, uploads::sign_parts, uploads::complete, uploads::abort, videos::list, videos::get,
        videos::edit, videos::delete, videos::retry, videos::choose_poster,
    ),
    components(schemas(ProblemDetails, videos::StatusName)),
    modifiers(&Bearer)
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    }
}

/// The whole document.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Method and path of every operation with this tag.
pub fn operations(tag: &str) -> Vec<(String, String)> {
    let document = serde_json::to_value(document()).unwrap_or_default();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            if operation["tags"].as_array().is_some_and(|tags| tags.iter().any(|name| name == tag)) {
                found.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    found
}
