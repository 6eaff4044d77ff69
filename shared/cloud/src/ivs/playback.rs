//! Tokens of private playback: JWTs signed with ES384, whose public key IVS was told.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p384::SecretKey;
use p384::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256, Sha384};
use skylark_domain::error::PROVIDER;
use skylark_domain::{PortError, PortErrorKind};

pub(super) struct Signer {
    key: EncodingKey,
    public_key: String,
    name: String,
    imported: AtomicBool,
}

#[derive(Serialize)]
struct Claims<'a> {
    #[serde(rename = "aws:channel-arn")]
    channel_arn: &'a str,
    /// Epoch seconds.
    exp: i64,
}

impl Signer {
    /// The key that `secret` stands for: always the same one.
    pub(super) fn new(secret: &SecretString) -> Result<Self, PortError> {
        let key = derive(secret.expose_secret());
        let private = key.to_pkcs8_der().map_err(rejected)?;
        let public_key = key.public_key().to_public_key_pem(LineEnding::LF).map_err(rejected)?;
        let digest = Sha256::digest(public_key.as_bytes());
        let name = digest[..6].iter().fold("skylark-".to_owned(), |name, byte| format!("{name}{byte:02x}"));
        let key = EncodingKey::from_ec_der(private.as_bytes());
        Ok(Self { key, public_key, name, imported: AtomicBool::new(false) })
    }

    /// The public half as PEM.
    pub(super) fn public_key(&self) -> &str {
        &self.public_key
    }

    /// A name that only this key has.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_imported(&self) -> bool {
        self.imported.load(Ordering::Relaxed)
    }

    pub(super) fn note_imported(&self) {
        self.imported.store(true, Ordering::Relaxed);
    }

    /// A token for the playback URL of a channel.
    pub(super) fn sign(&self, channel_arn: &str, until: Timestamp) -> Result<String, PortError> {
        let claims = Claims { channel_arn, exp: until.as_second() };
        jsonwebtoken::encode(&Header::new(Algorithm::ES384), &claims, &self.key).map_err(rejected)
    }
}

/// SHA-384 of the secret as a P-384 scalar. Next to no digest is none; then the next is taken.
fn derive(secret: &str) -> SecretKey {
    let mut digest = Sha384::digest(secret.as_bytes());
    loop {
        if let Ok(key) = SecretKey::from_slice(&digest) {
            return key;
        }
        digest = Sha384::digest(digest);
    }
}

fn rejected(error: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::new(PROVIDER, PortErrorKind::Rejected, error)
}
