//! Tokens of private channels: JWT signed with ES384 by a key whose public half was imported ("Setting up private
//! channels"). As on AWS, `exp` is checked when playback starts and not while it goes on.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use super::{Ivs, playback_keys};

/// The longest token that is looked at.
const MAX_TOKEN: usize = 2048;

/// What a token settles besides that it opens the channel.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Grant {
    /// The one origin whose pages may read, when the token names some.
    allowed_origin: Option<String>,
}

impl Grant {
    /// An answer with the grant's headers.
    pub(super) fn answer(&self, mut response: Response) -> Response {
        if let Some(origin) = self.allowed_origin.as_deref().and_then(|origin| HeaderValue::from_str(origin).ok()) {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("Origin"));
        }
        response
    }
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "aws:channel-arn")]
    channel_arn: String,
    #[serde(rename = "aws:access-control-allow-origin")]
    allowed_origins: Option<String>,
}

/// What `token` grants on the channel, if it opens it for pages of `origin`. `starts` says that playback begins.
pub(super) fn check(
    ivs: &Ivs,
    channel_arn: &str,
    token: Option<&str>,
    origin: Option<&str>,
    starts: bool,
) -> Option<Grant> {
    let token = token.filter(|token| token.len() <= MAX_TOKEN)?;
    let keys = match playback_keys::all(ivs) {
        Ok(keys) => keys,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "playback keys cannot be read");
            return None;
        }
    };
    let claims = keys.iter().find_map(|key| verify(token, &key.public_key, starts))?;
    (claims.channel_arn == channel_arn).then_some(())?;
    grant(claims.allowed_origins.as_deref(), origin)
}

fn verify(token: &str, public_key: &str, starts: bool) -> Option<Claims> {
    let key = DecodingKey::from_ec_der(&playback_keys::point(public_key)?);
    let mut validation = Validation::new(Algorithm::ES384);
    validation.leeway = 0;
    validation.validate_aud = false;
    validation.validate_exp = starts;
    validation.set_required_spec_claims(&["exp"]);
    decode::<Claims>(token, &key, &validation).ok().map(|token| token.claims)
}

/// A list of origins with at most one `*` each; none or `*` allows any. Programs send no origin and are not held to it.
fn grant(allowed: Option<&str>, origin: Option<&str>) -> Option<Grant> {
    let (Some(allowed), Some(origin)) = (allowed.filter(|allowed| !allowed.trim().is_empty()), origin) else {
        return Some(Grant::default());
    };
    let matches = |pattern: &str| match pattern.trim().split_once('*') {
        Some((start, end)) => {
            origin.len() >= start.len() + end.len() && origin.starts_with(start) && origin.ends_with(end)
        }
        None => pattern.trim() == origin,
    };
    allowed.split(',').any(matches).then(|| Grant { allowed_origin: Some(origin.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_name_the_pages_that_may_read() {
        let for_page = |allowed, origin| grant(allowed, origin).map(|grant| grant.allowed_origin);
        assert_eq!(for_page(None, Some("https://a")), Some(None));
        assert_eq!(for_page(Some("https://a"), None), Some(None));
        assert_eq!(for_page(Some("https://a"), Some("https://a")), Some(Some("https://a".into())));
        assert_eq!(for_page(Some("https://b, https://*.a"), Some("https://x.a")), Some(Some("https://x.a".into())));
        assert_eq!(for_page(Some("https://b,https://*.a"), Some("https://a")), None);
        assert_eq!(for_page(Some("https://a"), Some("https://a.evil")), None);
    }
}
