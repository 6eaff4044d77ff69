//! `Idempotency-Key`: accepted on every POST of somebody signed in, and kept for a day.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::de::DeserializeOwned;
use skylark_domain::idempotency::Once;
use skylark_domain::ids::UserId;
use skylark_domain::token::digest;

use crate::json;
use crate::problem::{Problem, Result};

const KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The name a client gave its request, if it did.
#[derive(Debug, Clone)]
pub struct Key {
    /// Digest of the key, the method and the path.
    key: Option<String>,
    /// Digest of the body.
    request: String,
}

impl Key {
    fn new(headers: &HeaderMap, method: &Method, path: &str, body: &[u8]) -> Result<Self> {
        let request = digest_bytes(body);
        let Some(value) = headers.get(KEY) else { return Ok(Self { key: None, request }) };
        let key = value
            .to_str()
            .ok()
            .filter(|key| (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
        let key = key.ok_or_else(|| Problem::bad_header("Idempotency-Key is 1 to 128 visible ASCII characters."))?;
        Ok(Self { key: Some(digest(&format!("{method} {path} {key}"))), request })
    }

    /// The command as `user` named it.
    pub fn once(self, user_id: UserId) -> Option<Once> {
        let Self { key, request } = self;
        key.map(|key| Once { user_id, key, request })
    }
}

/// A JSON body and the name of its request. `T` should deny unknown fields.
#[derive(Debug)]
pub struct Posted<T>(pub T, pub Key);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self> {
        let (headers, method) = (request.headers().clone(), request.method().clone());
        let path = request.uri().path().to_owned();
        let bytes = json::read(request).await?;
        let key = Key::new(&headers, &method, &path, &bytes)?;
        Ok(Self(json::parse(&bytes)?, key))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    /// Of a request whose body means nothing.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        Self::new(&parts.headers, &parts.method, parts.uri.path(), b"")
    }
}

/// The header that tells a repeated answer.
pub fn replayed(is_repeated: bool) -> HeaderMap {
    let header = is_repeated.then_some((REPLAYED, HeaderValue::from_static("true")));
    header.into_iter().collect()
}

fn digest_bytes(bytes: &[u8]) -> String {
    digest(&String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_user_method_and_path() {
        let key = |value: &str, path: &str, body: &str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(KEY), value.parse().unwrap())]);
            Key::new(&headers, &Method::POST, path, body.as_bytes())
        };
        let user = UserId::new();
        let once = |path: &str, body: &str| key("a", path, body).unwrap().once(user).unwrap();
        assert_eq!(once("/x", "{}"), once("/x", "{}"));
        assert_ne!(once("/x", "{}").key, once("/y", "{}").key);
        assert_eq!(once("/x", "{}").key, once("/x", "[]").key);
        assert_ne!(once("/x", "{}").request, once("/x", "[]").request);
        assert!(Key::new(&HeaderMap::new(), &Method::POST, "/x", b"").unwrap().once(user).is_none());
        for bad in ["", "a b", &"x".repeat(129), "\t"] {
            assert_eq!(key(bad, "/x", "").unwrap_err().status().as_u16(), 400, "{bad:?}");
        }
    }
}
