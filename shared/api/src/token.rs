//! Access tokens: who is calling. The one place where they are verified, for every function.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use skylark_domain::account::Role;
use skylark_domain::account::provisioning::provision;
use skylark_domain::ids::UserId;
use skylark_domain::ports::{Accounts, Clock, PublicKeys, TokenVersions};
use skylark_domain::{Error, PortError, PortErrorKind};

use crate::issuer::Issuer;
use crate::problem::Problem;

/// Who signs.
pub const ISSUER: &str = "skylark";
/// Whom tokens are for.
pub const AUDIENCE: &str = "skylark-api";
/// How long an access token is good.
pub const LIFE_SECONDS: i64 = 15 * 60;
/// Clocks may differ by this.
const LEEWAY_SECONDS: u64 = 60;
/// Nothing we sign comes near it.
const MAX_LENGTH: usize = 8 * 1024;
/// How long published keys are believed.
const KEYS_LIFE: Duration = Duration::from_secs(300);
/// An unknown key id makes us read the keys again, but not more often than this.
const KEYS_REREAD: Duration = Duration::from_secs(30);

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// The user's name.
    pub username: String,
    /// The user's roles.
    pub roles: Vec<Role>,
    /// [`ISSUER`].
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// Made at, epoch seconds.
    pub iat: i64,
    /// Good until, epoch seconds.
    pub exp: i64,
    /// The account's `token_version` when it was made.
    pub token_version: u32,
}

/// How long a user's token version is believed: so long a token may change things after it was ended.
const VERSION_LIFE: Duration = Duration::from_secs(30);
/// Users whose token versions are remembered at a time.
const MAX_VERSIONS: usize = 10_000;

/// Verifies access tokens with the published keys.
pub struct Verifier {
    keys: Arc<dyn PublicKeys>,
    users: Arc<dyn TokenVersions>,
    foreign: Option<Foreign>,
    cache: Mutex<Option<Cached>>,
    versions: Mutex<HashMap<UserId, (Option<u32>, Instant)>>,
}

/// An issuer that is named instead of us, and where its users get their accounts.
struct Foreign {
    issuer: Issuer,
    accounts: Arc<dyn Accounts>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct Cached {
    keys: Arc<Vec<(String, DecodingKey)>>,
    read_at: Instant,
}

impl Verifier {
    /// Reads keys through `keys` and token versions through `users`.
    pub fn new(keys: Arc<dyn PublicKeys>, users: Arc<dyn TokenVersions>) -> Self {
        Self { keys, users, foreign: None, cache: Mutex::new(None), versions: Mutex::default() }
    }

    /// Believes `issuer` instead of our own keys; whom it vouches for gets an account the first time.
    #[must_use]
    pub fn believing(self, issuer: Issuer, accounts: Arc<dyn Accounts>, clock: Arc<dyn Clock>) -> Self {
        Self { foreign: Some(Foreign { issuer, accounts, clock }), ..self }
    }

    /// What a good token says.
    ///
    /// # Errors
    /// `Unauthenticated` whatever is wrong with it; `Unavailable` when the keys cannot be read.
    pub async fn verify(&self, token: &str) -> Result<Claims, Error> {
        if token.len() > MAX_LENGTH {
            return Err(Error::Unauthenticated);
        }
        if let Some(foreign) = &self.foreign {
            return foreign.verify(token).await;
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Error::Unauthenticated)?;
        let kid = header.kid.filter(|kid| is_key_id(kid)).ok_or(Error::Unauthenticated)?;
        if header.alg != Algorithm::ES256 {
            return Err(Error::Unauthenticated);
        }
        let key = self.key(&kid).await?.ok_or(Error::Unauthenticated)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let token = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| Error::Unauthenticated)?;
        let latest = jiff::Timestamp::now().as_second() + LEEWAY_SECONDS.cast_signed();
        if token.claims.iat > latest {
            return Err(Error::Unauthenticated);
        }
        Ok(token.claims)
    }

    /// Whether the account still has the token version of `claims`. Reads need not ask; changes do.
    ///
    /// # Errors
    /// `Unauthenticated` when it was raised or the account is gone; `Unavailable` when it cannot be read.
    pub async fn check_version(&self, claims: &Claims) -> Result<(), Error> {
        let known = self.versions.lock().unwrap_or_else(PoisonError::into_inner).get(&claims.sub).copied();
        // A token of a later version than we know was made since.
        let is_believed = |(version, read_at): &(Option<u32>, Instant)| {
            read_at.elapsed() < VERSION_LIFE && version.is_none_or(|version| version >= claims.token_version)
        };
        let version = match known.filter(is_believed) {
            Some((version, _)) => version,
            None => {
                let version = self.users.token_version(claims.sub).await?;
                let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
                if versions.len() >= MAX_VERSIONS {
                    versions.clear();
                }
                versions.insert(claims.sub, (version, Instant::now()));
                version
            }
        };
        if version == Some(claims.token_version) { Ok(()) } else { Err(Error::Unauthenticated) }
    }

    async fn key(&self, kid: &str) -> Result<Option<DecodingKey>, Error> {
        let cached = self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(cached) = cached {
            let found = cached.keys.iter().find(|(id, _)| id == kid).map(|(_, key)| key.clone());
            let age = cached.read_at.elapsed();
            if age < KEYS_REREAD || (found.is_some() && age < KEYS_LIFE) {
                return Ok(found);
            }
        }
        let keys = Arc::new(self.read().await?);
        let found = keys.iter().find(|(id, _)| id == kid).map(|(_, key)| key.clone());
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Some(Cached { keys, read_at: Instant::now() });
        Ok(found)
    }

    async fn read(&self) -> Result<Vec<(String, DecodingKey)>, Error> {
        let corrupt = |error: &dyn std::fmt::Display| {
            Error::from(PortError::new("public keys", PortErrorKind::Corrupt, error.to_string()))
        };
        let Some(text) = self.keys.published().await? else { return Ok(Vec::new()) };
        let set: JwkSet = serde_json::from_str(&text).map_err(|error| corrupt(&error))?;
        let mut keys = Vec::with_capacity(set.keys.len());
        for jwk in &set.keys {
            let key = DecodingKey::from_jwk(jwk).map_err(|error| corrupt(&error))?;
            keys.extend(jwk.common.key_id.clone().map(|kid| (kid, key)));
        }
        Ok(keys)
    }
}

impl Foreign {
    async fn verify(&self, token: &str) -> Result<Claims, Error> {
        let identity = self.issuer.verify(token).await?;
        let user = provision(self.accounts.as_ref(), self.clock.as_ref(), &identity).await?;
        let now = self.clock.now().as_second();
        Ok(Claims {
            sub: user.id,
            username: user.username,
            roles: user.roles,
            iss: identity.issuer,
            aud: AUDIENCE.to_owned(),
            iat: now,
            exp: now,
            token_version: user.token_version,
        })
    }
}

/// A thumbprint: 43 characters of URL-safe base64.
fn is_key_id(kid: &str) -> bool {
    kid.len() == 43 && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whoever sent a good access token. As an extractor it refuses everybody else with 401.
#[derive(Debug, Clone)]
pub struct Caller(pub Claims);

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Arc<Verifier>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let verifier = Arc::<Verifier>::from_ref(state);
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Error::Unauthenticated)?;
        Ok(Self(verifier.verify(token).await?))
    }
}

/// The caller of a change: the account must still stand behind the token.
#[derive(Debug, Clone)]
pub struct Changer(pub Claims);

impl<S> FromRequestParts<S> for Changer
where
    S: Send + Sync,
    Arc<Verifier>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Caller(claims) = Caller::from_request_parts(parts, state).await?;
        Arc::<Verifier>::from_ref(state).check_version(&claims).await?;
        Ok(Self(claims))
    }
}

/// The caller, or nobody: an anonymous request. A token that is not good is refused all the same, so that a client
/// learns that it has to refresh it.
#[derive(Debug, Clone)]
pub struct MaybeCaller(pub Option<Claims>);

impl MaybeCaller {
    /// Who it is.
    pub fn id(&self) -> Option<UserId> {
        self.0.as_ref().map(|claims| claims.sub)
    }
}

impl<S> FromRequestParts<S> for MaybeCaller
where
    S: Send + Sync,
    Arc<Verifier>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self(None));
        }
        Caller::from_request_parts(parts, state).await.map(|Caller(claims)| Self(Some(claims)))
    }
}
