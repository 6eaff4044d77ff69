//! Playback key pairs: public keys that the tokens of private channels are verified with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::channels::Named;
use super::recording_configurations::Pages;
use super::refusal::{Kind, refuse};
use super::resources::{self, Page, Resource, Tags};
use super::{Ivs, arn, checks};

/// AWS's quota.
const MAX_KEYS: u32 = 3;
/// What a public key on P-384 begins with in DER: its algorithm, its curve and the mark of an uncompressed point
/// (RFC 5480). Two numbers of 48 bytes follow.
const P384: [u8; 24] = [
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22, 0x03, 0x62, 0x00, 0x04,
];

/// A public key as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlaybackKey {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) fingerprint: String,
    pub(super) tags: Tags,
    /// PEM.
    pub(super) public_key: String,
}

impl Resource for PlaybackKey {
    const KIND: &'static str = arn::PLAYBACK_KEY;

    fn arn(&self) -> &str {
        &self.arn
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl PlaybackKey {
    fn wire(&self) -> Value {
        json!({ "arn": self.arn, "name": self.name, "fingerprint": self.fingerprint, "tags": self.tags })
    }
}

/// Every imported key.
pub(super) fn all(ivs: &Ivs) -> anyhow::Result<Vec<PlaybackKey>> {
    let page = Page { after: 0, most: 100 };
    ivs.state.transact(|transaction| Ok(resources::list(transaction, None, None, page)?.0))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Import {
    public_key_material: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    tags: Tags,
}

pub(super) fn import(ivs: &Ivs, input: Import) -> anyhow::Result<Value> {
    checks::name(&input.name)?;
    checks::tags(&input.tags)?;
    let Some(der) = p384(&input.public_key_material) else {
        return refuse(Kind::Validation, "publicKeyMaterial is the PEM of an EC public key on P-384");
    };
    let fingerprint: Vec<String> = Md5::digest(&der).iter().map(|byte| format!("{byte:02x}")).collect();
    let key = PlaybackKey {
        arn: arn::fresh(arn::PLAYBACK_KEY),
        name: input.name,
        fingerprint: fingerprint.join(":"),
        tags: input.tags,
        public_key: input.public_key_material,
    };
    ivs.state.transact(|transaction| {
        let (known, _) = resources::list::<PlaybackKey>(transaction, None, None, Page { after: 0, most: 100 })?;
        if known.iter().any(|known| known.fingerprint == key.fingerprint) {
            return refuse(Kind::Conflict, "the key is imported already");
        }
        if known.len() >= usize::try_from(MAX_KEYS)? {
            return refuse(Kind::Quota, format!("there are {MAX_KEYS} playback key pairs"));
        }
        resources::put(transaction, &key)
    })?;
    Ok(json!({ "keyPair": key.wire() }))
}

/// The DER of a public key on P-384.
fn p384(pem: &str) -> Option<Vec<u8>> {
    let body = pem.trim().strip_prefix("-----BEGIN PUBLIC KEY-----")?.strip_suffix("-----END PUBLIC KEY-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(body).ok()?;
    (der.starts_with(&P384) && der.len() == P384.len() + 96).then_some(der)
}

/// The key as a point of its curve, uncompressed (SEC 1, 2.3.3).
pub(super) fn point(pem: &str) -> Option<Vec<u8>> {
    p384(pem).map(|der| der[P384.len() - 1..].to_vec())
}

pub(super) fn get(ivs: &Ivs, input: Named) -> anyhow::Result<Value> {
    let key: PlaybackKey = ivs.state.transact(|transaction| resources::need(transaction, &input.arn))?;
    Ok(json!({ "keyPair": key.wire() }))
}

pub(super) fn list(ivs: &Ivs, input: Pages) -> anyhow::Result<Value> {
    let page = Page::ask(input.next_token.as_deref(), input.max_results, 50, 100)?;
    let (keys, next) =
        ivs.state.transact(|transaction| resources::list::<PlaybackKey>(transaction, None, None, page))?;
    let summary = |key: &PlaybackKey| json!({ "arn": key.arn, "name": key.name, "tags": key.tags });
    Ok(json!({ "keyPairs": keys.iter().map(summary).collect::<Vec<_>>(), "nextToken": next }))
}

pub(super) fn delete(ivs: &Ivs, input: Named) -> anyhow::Result<Value> {
    ivs.state.transact(|transaction| {
        resources::need::<PlaybackKey>(transaction, &input.arn)?;
        resources::delete(transaction, &input.arn)?;
        Ok(json!({}))
    })
}
