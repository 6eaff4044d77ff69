//! The API document. A test holds `docs/openapi.json` against it.

use utoipa::openapi::Deprecated;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::operations::chat::{frames, moderation};
use crate::operations::{accounts, callbacks, captions, channels, chat, live, site, streams, uploads, videos};
use crate::problem::ProblemDetails;

#[derive(OpenApi)]
#[openapi(
    info(title = "Skylark", description = "Video on demand, live streaming and chat.", version = "1"),
    paths(
        accounts::register, accounts::login, accounts::refresh, accounts::logout, accounts::logout_all, accounts::me, accounts::edit,
        accounts::change_password, accounts::erase, accounts::profile, accounts::jwks, site::health, site::live, site::ready, site::media, site::openapi,
        site::oembed, uploads::begin, uploads::get, uploads::sign_parts, uploads::complete, uploads::abort, videos::list,
        videos::get, videos::edit, videos::delete, videos::retry, videos::choose_poster, captions::set, captions::remove,
        channels::create, channels::mine, channels::get, channels::edit, channels::key, channels::reset_key,
        channels::reveal_key, channels::streams, channels::sessions, streams::create, streams::list, streams::get,
        streams::edit, streams::delete, streams::start, streams::stop, streams::archive, streams::playback_token,
        streams::viewers, streams::health, streams::events, streams::webrtc, chat::ticket, chat::messages,
        moderation::delete_message, moderation::bans, moderation::ban, moderation::lift_ban, moderation::set_slow_mode,
        moderation::moderators, moderation::appoint, moderation::dismiss, live::create, live::feed, live::get,
        live::webrtc, live::viewers, callbacks::media, callbacks::ams, callbacks::on_publish, callbacks::on_unpublish,
    ),
    components(schemas(
        ProblemDetails, videos::StatusName, streams::StreamStatusName, frames::ChatClientFrame, frames::ChatServerFrame,
    )),
    modifiers(&Bearer, &Aliases)
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    }
}

/// Where other clients look for what stands under another path.
pub const ALIASES: [(&str, &str); 3] =
    [("/api/v1/events", "/api/v1/streams"), ("/api/streams", "/api/v1/streams"), ("/api/auth", "/api/v1/auth")];

struct Aliases;

impl Modify for Aliases {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (number, (alias, target)) in ALIASES.into_iter().enumerate() {
            let paths = document.paths.paths.clone();
            for (path, mut item) in paths.into_iter() {
                let Some(rest) = path.strip_prefix(target).filter(|rest| rest.is_empty() || rest.starts_with('/'))
                else {
                    continue;
                };
                let methods = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete, &mut item.put];
                for operation in methods.into_iter().flatten() {
                    let id = operation.operation_id.take().unwrap_or_default();
                    operation.operation_id = Some(format!("{id}_alias_{}", number + 1));
                    operation.deprecated = Some(Deprecated::True);
                }
                document.paths.paths.insert(format!("{alias}{rest}"), item);
            }
        }
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
