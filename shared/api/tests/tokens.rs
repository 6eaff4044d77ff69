//! Access tokens: the good one is known, every bad one gets the same answer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use skylark_api::signing::Signer;
use skylark_api::token::Verifier;
use skylark_domain::account::{Role, User};
use skylark_domain::ids::UserId;
use skylark_domain::ports::{PublicKeys, TokenVersions};
use skylark_domain::{Error, PortError};

struct Published {
    jwks: String,
    reads: AtomicU32,
    version: AtomicU32,
}

#[async_trait]
impl PublicKeys for Published {
    async fn published(&self) -> Result<Option<String>, PortError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Ok(Some(self.jwks.clone()))
    }

    async fn publish(&self, _jwks: &str) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl TokenVersions for Published {
    async fn token_version(&self, user: UserId) -> Result<Option<u32>, PortError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Ok((user != gone()).then(|| self.version.load(Ordering::Relaxed)))
    }
}

/// Somebody whose account was erased.
fn gone() -> UserId {
    UserId::from_uuid(uuid::Uuid::nil())
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn user() -> User {
    let at = jiff::Timestamp::now();
    User {
        id: skylark_domain::ids::new_id(at),
        username: "ada".into(),
        email: "ada@example.org".into(),
        password_hash: String::new(),
        subject: None,
        roles: vec![Role::Viewer],
        display_name: None,
        bio: None,
        token_version: 3,
        created_at: at,
        updated_at: at,
        version: 1,
    }
}

fn signer(secret: &str) -> Signer {
    Signer::new(&secret.to_owned().into()).unwrap()
}

fn verifier(signer: &Signer) -> (Verifier, Arc<Published>) {
    let published =
        Arc::new(Published { jwks: signer.jwks().to_owned(), reads: AtomicU32::new(0), version: AtomicU32::new(3) });
    (Verifier::new(published.clone(), published.clone()), published)
}

/// `header.payload.signature` with the parts replaced that are given.
fn forged(good: &str, header: Option<Value>, payload: Option<Value>) -> String {
    let parts: Vec<&str> = good.split('.').collect();
    let part = |value: Option<Value>, old: &str| match value {
        Some(value) => URL_SAFE_NO_PAD.encode(value.to_string()),
        None => old.to_owned(),
    };
    format!("{}.{}.{}", part(header, parts[0]), part(payload, parts[1]), parts[2])
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_good_token_is_known_and_the_keys_are_read_once() {
    let signer = signer("one");
    let (verifier, published) = verifier(&signer);
    let user = user();
    for _ in 0..3 {
        let claims = verifier.verify(&signer.sign(&user, now()).unwrap()).await.unwrap();
        assert_eq!((claims.sub, claims.token_version), (user.id, 3));
    }
    assert_eq!(published.reads.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_same_secret_is_always_the_same_key() {
    assert_eq!(signer("one").jwks(), signer("one").jwks());
    assert_ne!(signer("one").jwks(), signer("two").jwks());
}

#[tokio::test]
async fn unknown_key_ids_do_not_make_the_keys_be_read_again_and_again() {
    let (verifier, published) = verifier(&signer("one"));
    let foreign = signer("two").sign(&user(), now()).unwrap();
    for _ in 0..5 {
        assert!(matches!(verifier.verify(&foreign).await, Err(Error::Unauthenticated)));
    }
    assert_eq!(published.reads.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn every_bad_token_is_refused() {
    let signer = signer("one");
    let (verifier, _) = verifier(&signer);
    let good = signer.sign(&user(), now()).unwrap();
    let header = decoded(good.split('.').next().unwrap());
    let claims = decoded(good.split('.').nth(1).unwrap());
    let with = |base: &Value, field: &str, value: Value| {
        let mut changed = base.clone();
        changed[field] = value;
        Some(changed)
    };
    // Signed by the real key, but with claims that are not good.
    let key = real_key("one");
    let signed = |claims: Option<Value>| {
        let mut real = Header::new(Algorithm::ES256);
        real.kid = header["kid"].as_str().map(str::to_owned);
        jsonwebtoken::encode(&real, &claims.unwrap(), &key).unwrap()
    };
    let without = |field: &str| {
        let mut changed = claims.clone();
        changed.as_object_mut().unwrap().remove(field);
        Some(changed)
    };
    assert!(verifier.verify(&signed(Some(claims.clone()))).await.is_ok(), "the forger's key is the real one");
    let hs256 = {
        let mut header_hs = Header::new(Algorithm::HS256);
        header_hs.kid = header["kid"].as_str().map(str::to_owned);
        jsonwebtoken::encode(&header_hs, &claims, &EncodingKey::from_secret(signer.jwks().as_bytes())).unwrap()
    };
    let bad = [
        ("empty", String::new()),
        ("garbage", "garbage".to_owned()),
        ("two parts", good.rsplit_once('.').unwrap().0.to_owned()),
        ("no signature", format!("{}.", good.rsplit_once('.').unwrap().0)),
        ("cut signature", good[..good.len() - 4].to_owned()),
        ("trailing part", format!("{good}.x")),
        ("alg none", forged(&good, with(&header, "alg", json!("none")), None)),
        ("alg HS256, signed with the public key", hs256),
        ("alg ES384", forged(&good, with(&header, "alg", json!("ES384")), None)),
        ("kid with a path", forged(&good, with(&header, "kid", json!("../../etc/passwd")), None)),
        ("kid with SQL", forged(&good, with(&header, "kid", json!("' OR 1=1 --")), None)),
        ("kid of nobody", forged(&good, with(&header, "kid", json!("A".repeat(43))), None)),
        ("kid is a number", forged(&good, with(&header, "kid", json!(1)), None)),
        ("own key in the header", forged(&good, with(&header, "jku", json!("https://evil.example/jwks")), None)),
        ("swapped payload", forged(&good, None, with(&claims, "username", json!("admin")))),
        ("payload is no JSON", format!("{}.{}.{}", good.split('.').next().unwrap(), "AAAA", "AAAA")),
        ("another key", {
            let other = self::signer("two");
            other.sign(&user(), now()).unwrap()
        }),
        ("expired", signer.sign(&user(), now() - 3600).unwrap()),
        ("made in the future", signed(with(&claims, "iat", json!(now() + 3600)))),
        ("not yet good", signed(with(&claims, "nbf", json!(now() + 3600)))),
        ("no exp", signed(without("exp"))),
        ("exp is a text", signed(with(&claims, "exp", json!("9999999999")))),
        ("exp is negative", signed(with(&claims, "exp", json!(-1)))),
        ("no sub", signed(without("sub"))),
        ("sub is no user", signed(with(&claims, "sub", json!("vid_01jd")))),
        ("wrong audience", signed(with(&claims, "aud", json!("somebody-else")))),
        ("no audience", signed(without("aud"))),
        ("wrong issuer", signed(with(&claims, "iss", json!("https://evil.example")))),
        ("no issuer", signed(without("iss"))),
        ("unknown role", signed(with(&claims, "roles", json!(["god"])))),
        ("64 KB", format!("{good}{}", "A".repeat(64 * 1024))),
    ];
    for (name, token) in bad {
        assert!(matches!(verifier.verify(&token).await, Err(Error::Unauthenticated)), "{name}");
    }
}

/// The private key that a secret stands for, derived once more here: a change of the derivation is a change of every key.
fn real_key(secret: &str) -> EncodingKey {
    use p256::pkcs8::EncodePrivateKey;
    use sha2::{Digest, Sha256};
    let key = p256::SecretKey::from_slice(&Sha256::digest(secret.as_bytes())).unwrap();
    EncodingKey::from_ec_der(key.to_pkcs8_der().unwrap().as_bytes())
}

#[tokio::test]
async fn a_change_needs_the_accounts_own_token_version() {
    let signer = signer("one");
    let (verifier, published) = verifier(&signer);
    let claims = async |user: &User| verifier.verify(&signer.sign(user, now()).unwrap()).await.unwrap();
    let good = claims(&user()).await;
    let reads = published.reads.load(Ordering::Relaxed);
    for _ in 0..3 {
        verifier.check_version(&good).await.unwrap();
    }
    assert_eq!(published.reads.load(Ordering::Relaxed), reads + 1, "believed for a while");
    published.version.store(4, Ordering::Relaxed);
    verifier.check_version(&good).await.unwrap();
    let newer = claims(&User { id: good.sub, token_version: 4, ..user() }).await;
    verifier.check_version(&newer).await.unwrap();
    assert!(
        matches!(verifier.check_version(&good).await, Err(Error::Unauthenticated)),
        "whoever is newer made us look"
    );
    let old = claims(&User { token_version: 2, ..user() }).await;
    assert!(matches!(verifier.check_version(&old).await, Err(Error::Unauthenticated)));
    let erased = claims(&User { id: gone(), ..user() }).await;
    assert!(matches!(verifier.check_version(&erased).await, Err(Error::Unauthenticated)));
}
