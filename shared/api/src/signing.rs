//! The key that signs access tokens, and its public half.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use skylark_domain::account::User;
use skylark_domain::{Error, Result};

use crate::token::{AUDIENCE, Claims, ISSUER, LIFE_SECONDS};

/// Signs access tokens with ES256.
pub struct Signer {
    key: EncodingKey,
    kid: String,
    jwks: String,
}

impl Signer {
    /// The key that `secret` stands for: always the same one.
    pub fn new(secret: &SecretString) -> Result<Self> {
        let key = derive(secret.expose_secret());
        let point = key.public_key().to_encoded_point(false);
        let coordinate =
            |value: Option<&p256::FieldBytes>| value.map(|value| URL_SAFE_NO_PAD.encode(value)).unwrap_or_default();
        let (x, y) = (coordinate(point.x()), coordinate(point.y()));
        // RFC 7638: the members in this order, without spaces.
        let thumbprint = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(thumbprint.as_bytes()));
        let jwk: Value =
            json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig" });
        let der = key.to_pkcs8_der().map_err(|error| Error::Internal(Box::new(error)))?;
        let jwks = json!({ "keys": [jwk] }).to_string();
        Ok(Self { key: EncodingKey::from_ec_der(der.as_bytes()), kid, jwks })
    }

    /// The public half as a JWK set.
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// An access token for `user`, good from `now` (epoch seconds) for [`LIFE_SECONDS`].
    pub fn sign(&self, user: &User, now: i64) -> Result<String> {
        let claims = Claims {
            sub: user.id,
            username: user.username.clone(),
            roles: user.roles.clone(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now,
            exp: now + LIFE_SECONDS,
            token_version: user.token_version,
        };
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(|error| Error::Internal(Box::new(error)))
    }
}

/// SHA-256 of the secret as a P-256 scalar. Fewer than one digest in four billion is none; then the next is taken.
fn derive(secret: &str) -> SecretKey {
    let mut digest = Sha256::digest(secret.as_bytes());
    loop {
        if let Ok(key) = SecretKey::from_slice(&digest) {
            return key;
        }
        digest = Sha256::digest(digest);
    }
}
