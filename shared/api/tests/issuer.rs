//! An OIDC issuer instead of our own keys: its users are known, everybody else's tokens are refused.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use skylark_api::clock::SystemClock;
use skylark_api::issuer::Issuer;
use skylark_api::signing::Signer;
use skylark_api::token::Verifier;
use skylark_domain::account::{RefreshToken, User};
use skylark_domain::ids::UserId;
use skylark_domain::outbox::Change;
use skylark_domain::ports::{Accounts, PublicKeys, Registered, Rotated, TokenVersions};
use skylark_domain::{Error, PortError};

/// Users in memory, as far as provisioning asks.
#[derive(Default)]
struct Store(Mutex<BTreeMap<String, User>>);

#[async_trait]
impl Accounts for Store {
    async fn register(&self, change: Change<User>) -> Result<Registered, PortError> {
        let mut users = self.0.lock().unwrap();
        let user = change.next;
        if users.values().any(|other| other.username == user.username) {
            return Ok(Registered::UsernameTaken);
        }
        users.insert(user.subject.clone().unwrap(), user);
        Ok(Registered::Done)
    }
    async fn by_subject(&self, digest: &str) -> Result<Option<User>, PortError> {
        Ok(self.0.lock().unwrap().get(digest).cloned())
    }
    async fn save(&self, _: Change<User>) -> Result<(), PortError> {
        unreachable!()
    }
    async fn erase(&self, _: Change<User>) -> Result<(), PortError> {
        unreachable!()
    }
    async fn by_id(&self, _: UserId) -> Result<Option<User>, PortError> {
        unreachable!()
    }
    async fn by_username(&self, _: &str) -> Result<Option<User>, PortError> {
        unreachable!()
    }
    async fn by_email(&self, _: &str) -> Result<Option<User>, PortError> {
        unreachable!()
    }
    async fn add_token(&self, _: RefreshToken) -> Result<(), PortError> {
        unreachable!()
    }
    async fn token(&self, _: UserId, _: &str) -> Result<Option<RefreshToken>, PortError> {
        unreachable!()
    }
    async fn rotate_token(&self, _: &RefreshToken, _: RefreshToken, _: Timestamp) -> Result<Rotated, PortError> {
        unreachable!()
    }
    async fn end_tokens(&self, _: UserId, _: Option<&str>) -> Result<(), PortError> {
        unreachable!()
    }
}

#[async_trait]
impl PublicKeys for Store {
    async fn published(&self) -> Result<Option<String>, PortError> {
        Ok(None)
    }
    async fn publish(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl TokenVersions for Store {
    async fn token_version(&self, _: UserId) -> Result<Option<u32>, PortError> {
        Ok(Some(0))
    }
}

struct World {
    url: String,
    key: EncodingKey,
    verifier: Verifier,
    fetches: Arc<AtomicU32>,
}

async fn world() -> World {
    let mut random = rsa::rand_core::OsRng;
    let key = RsaPrivateKey::new(&mut random, 1024).unwrap();
    let number = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let jwks = json!({ "keys": [
        { "kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": number(key.n()), "e": number(key.e()) },
        { "kty": "oct", "kid": "symmetric", "k": "c2VjcmV0" },
    ] });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") });
    let fetches = Arc::new(AtomicU32::new(0));
    let counted = fetches.clone();
    let router =
        Router::new().route("/.well-known/openid-configuration", get(move || async move { Json(discovery) })).route(
            "/keys",
            get(move || async move {
                counted.fetch_add(1, Ordering::Relaxed);
                Json(jwks)
            }),
        );
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let store = Arc::new(Store::default());
    let issuer = Issuer::new(&url, "skylark-api").unwrap();
    let verifier = Verifier::new(store.clone(), store.clone()).believing(issuer, store, Arc::new(SystemClock));
    let key = EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes());
    World { url, key, verifier, fetches }
}

impl World {
    fn claims(&self, subject: &str) -> Value {
        let now = Timestamp::now().as_second();
        json!({ "iss": self.url, "aud": "skylark-api", "sub": subject, "iat": now, "exp": now + 60,
            "preferred_username": "Ada", "email": "ada@example.org", "email_verified": true })
    }

    fn token(&self, claims: &Value) -> String {
        let header = Header { kid: Some("one".into()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    async fn refused(&self, token: &str) {
        assert!(matches!(self.verifier.verify(token).await, Err(Error::Unauthenticated)), "{token}");
    }
}

#[tokio::test]
async fn an_issuers_user_gets_an_account_once() {
    let world = world().await;
    let first = world.verifier.verify(&world.token(&world.claims("s-1"))).await.unwrap();
    assert_eq!(first.username, "ada");
    let again = world.verifier.verify(&world.token(&world.claims("s-1"))).await.unwrap();
    assert_eq!(again.sub, first.sub);
    let other = world.verifier.verify(&world.token(&world.claims("s-2"))).await.unwrap();
    assert_ne!(other.sub, first.sub);
    assert!(other.username.starts_with("ada_"), "{}", other.username);
    assert_eq!(world.fetches.load(Ordering::Relaxed), 1, "keys are believed for a while");
}

#[tokio::test]
async fn everybody_elses_tokens_are_refused() {
    let world = world().await;
    let with = |field: &str, value: Value| {
        let mut claims = world.claims("s-1");
        claims[field] = value;
        world.token(&claims)
    };
    for (field, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another-api")),
        ("exp", json!(1)),
        ("nbf", json!(Timestamp::now().as_second() + 3600)),
        ("sub", Value::Null),
    ] {
        world.refused(&with(field, value)).await;
    }
    let good = world.token(&world.claims("s-1"));
    world.refused(&format!("{}x", &good[..good.len() - 4])).await;
    let hmac = Header { kid: Some("one".into()), ..Header::new(Algorithm::HS256) };
    let forged = jsonwebtoken::encode(&hmac, &world.claims("s-1"), &EncodingKey::from_secret(b"secret")).unwrap();
    world.refused(&forged).await;
    let hmac = Header { kid: Some("symmetric".into()), ..Header::new(Algorithm::HS256) };
    let forged = jsonwebtoken::encode(&hmac, &world.claims("s-1"), &EncodingKey::from_secret(b"secret")).unwrap();
    world.refused(&forged).await;
    // Our own keys open nothing where another issuer is named.
    let ours = Signer::new(&"secret".to_owned().into()).unwrap();
    let at = Timestamp::now();
    let user = User {
        id: skylark_domain::ids::new_id(at),
        username: "ada".into(),
        email: "ada@example.org".into(),
        password_hash: String::new(),
        subject: None,
        roles: Vec::new(),
        display_name: None,
        bio: None,
        token_version: 0,
        created_at: at,
        updated_at: at,
        version: 1,
    };
    world.refused(&ours.sign(&user, at.as_second()).unwrap()).await;
    assert!(Issuer::new("http://issuer.example", "a").is_err(), "keys over an open network");
}
