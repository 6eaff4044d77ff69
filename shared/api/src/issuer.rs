//! Tokens of an OIDC issuer that is named instead of our own: its keys are fetched and believed for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use http_body_util::{BodyExt, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use skylark_domain::account::provisioning::Identity;
use skylark_domain::{Error, PortError, PortErrorKind};

/// How long fetched keys are believed.
const KEYS_LIFE: Duration = Duration::from_secs(300);
/// An unknown key id makes us fetch the keys again, but not more often than this.
const KEYS_REFETCH: Duration = Duration::from_secs(30);
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_DOCUMENT: usize = 256 * 1024;
const LEEWAY_SECONDS: u64 = 60;

/// An OIDC issuer.
pub struct Issuer {
    url: String,
    audience: String,
    client: Client<HttpsConnector<HttpConnector>, Body>,
    cache: Mutex<Option<Cached>>,
}

#[derive(Clone)]
struct Cached {
    keys: Arc<Vec<Key>>,
    fetched_at: Instant,
}

#[derive(Clone)]
struct Key {
    id: String,
    algorithm: Algorithm,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    preferred_username: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
}

impl Issuer {
    /// The issuer at `url`, for tokens that are for `audience`.
    ///
    /// # Errors
    /// When the URL is neither HTTPS nor on this machine, or no certificates can be read.
    pub fn new(url: &str, audience: &str) -> Result<Self, PortError> {
        let rejected = |reason: String| PortError::new("issuer", PortErrorKind::Rejected, reason);
        if !is_safe(url) {
            return Err(rejected(format!("{url} is neither HTTPS nor on this machine")));
        }
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| rejected(error.to_string()))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            audience: audience.to_owned(),
            client: Client::builder(TokioExecutor::new()).build(connector),
            cache: Mutex::new(None),
        })
    }

    /// Whom a good token vouches for.
    ///
    /// # Errors
    /// `Unauthenticated` whatever is wrong with it; `Unavailable` when the issuer's keys cannot be fetched.
    pub async fn verify(&self, token: &str) -> Result<Identity, Error> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Error::Unauthenticated)?;
        let id = header.kid.ok_or(Error::Unauthenticated)?;
        let key = self.key(&id).await?.ok_or(Error::Unauthenticated)?;
        // The key says which algorithm it is for; the token's own word is not enough.
        if header.alg != key.algorithm {
            return Err(Error::Unauthenticated);
        }
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[self.url.clone(), format!("{}/", self.url)]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let token = jsonwebtoken::decode::<Claims>(token, &key.key, &validation);
        let claims = token.map_err(|_| Error::Unauthenticated)?.claims;
        Ok(Identity {
            issuer: self.url.clone(),
            subject: claims.sub,
            username: claims.preferred_username,
            email: claims.email.filter(|_| claims.email_verified),
        })
    }

    async fn key(&self, id: &str) -> Result<Option<Key>, Error> {
        let cached = self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(cached) = cached {
            let found = cached.keys.iter().find(|key| key.id == id).cloned();
            let age = cached.fetched_at.elapsed();
            if age < KEYS_REFETCH || (found.is_some() && age < KEYS_LIFE) {
                return Ok(found);
            }
        }
        let keys = Arc::new(self.fetch_keys().await?);
        let found = keys.iter().find(|key| key.id == id).cloned();
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Some(Cached { keys, fetched_at: Instant::now() });
        Ok(found)
    }

    async fn fetch_keys(&self) -> Result<Vec<Key>, PortError> {
        let discovery: Discovery = self.fetch(&format!("{}/.well-known/openid-configuration", self.url)).await?;
        if discovery.issuer.trim_end_matches('/') != self.url || !is_safe(&discovery.jwks_uri) {
            let reason = format!("{} describes another issuer, or keys in an unsafe place", self.url);
            return Err(PortError::new("issuer", PortErrorKind::Corrupt, reason));
        }
        let set: JwkSet = self.fetch(&discovery.jwks_uri).await?;
        let usable = set.keys.iter().filter_map(|jwk| {
            let algorithm = match &jwk.algorithm {
                AlgorithmParameters::RSA(_) => Algorithm::RS256,
                AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
                // Symmetric ones are nobody's business to publish.
                _ => return None,
            };
            Some(Key { id: jwk.common.key_id.clone()?, algorithm, key: DecodingKey::from_jwk(jwk).ok()? })
        });
        Ok(usable.collect())
    }

    async fn fetch<T: DeserializeOwned>(&self, url: &str) -> Result<T, PortError> {
        let failed = |kind, reason: String| PortError::new("issuer", kind, format!("{url}: {reason}"));
        let request = axum::http::Request::get(url).header("accept", "application/json").body(Body::empty());
        let request = request.map_err(|error| failed(PortErrorKind::Rejected, error.to_string()))?;
        let answer = async {
            let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
            if !answer.status().is_success() {
                return Err(answer.status().to_string());
            }
            let body = Limited::new(answer.into_body(), MAX_DOCUMENT).collect().await;
            Ok(body.map_err(|error| error.to_string())?.to_bytes())
        };
        let answer = tokio::time::timeout(FETCH_TIMEOUT, answer).await;
        let body = answer
            .map_err(|_| failed(PortErrorKind::Timeout, "no answer".into()))?
            .map_err(|reason| failed(PortErrorKind::Unavailable, reason))?;
        serde_json::from_slice(&body).map_err(|error| failed(PortErrorKind::Corrupt, error.to_string()))
    }
}

/// Keys that come over an open network are anybody's.
fn is_safe(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:")
}
