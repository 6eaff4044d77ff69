//! Playback of the IVS stand-in: private channels, and what players of any page may read.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kit/ivs.rs"]
mod kit;

use base64::Engine;
use kit::{media_playlist, start, text, until};
use serde_json::{Value, json};
use skylark_local::ivs::Options;

/// A key pair of these tests: the public half as PEM, the private one as PKCS #8 in base64.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEiPtfyFXmICSafS9l1vLQdWkh3fDQeEV5
xsRGwBxxnOOY0XawBOYD0vdoMter3AUdR0zNO7oq0Y37t7TW8b1wARPD+VDYrjT8
ZIDRs1s9x+5HgjeSy3LrRzwJHX/IdC6k
-----END PUBLIC KEY-----";
const PRIVATE_KEY: &str = "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDC5nzv5wGpkrIi49TVu\
    PEMIjlxV4UuV7xU1wl9as//UYlzgEChOWIgPnLCJ6Z5dfHGhZANiAASI+1/IVeYg\
    JJp9L2XW8tB1aSHd8NB4RXnGxEbAHHGc45jRdrAE5gPS92gy16vcBR1HTM07uirR\
    jfu3tNbxvXABE8P5UNiuNPxkgNGzWz3H7keCN5LLcutHPAkdf8h0LqQ=";

/// A token for `channel` that expires `seconds` from now.
fn token(channel: &str, seconds: i64, more: Value) -> String {
    let der = base64::engine::general_purpose::STANDARD.decode(PRIVATE_KEY).unwrap();
    let mut claims = json!({ "aws:channel-arn": channel, "exp": jiff::Timestamp::now().as_second() + seconds });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let key = jsonwebtoken::EncodingKey::from_ec_der(&der);
    jsonwebtoken::encode(&jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES384), &claims, &key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_channel_plays_with_a_token_only() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    server.client.update_channel().arn(&channel.arn).authorized(true).send().await.unwrap();
    let encoder = server.encoder(&channel.key);
    server.until_state("Stream Start").await;
    let with = |token: &str| format!("{}?token={token}", channel.playback);
    let good = token(&channel.arn, 60, json!({}));
    text(&with(&good), 403).await;
    server.client.import_playback_key_pair().public_key_material(PUBLIC_KEY).send().await.unwrap();

    let other = token(&channel.arn.replace("channel/", "channel/x"), 60, json!({}));
    let forever = token(&channel.arn, 60, json!({ "exp": null }));
    let old = token(&channel.arn, -1, json!({}));
    let mut broken = good.clone();
    broken.replace_range(good.len() - 8..good.len() - 4, "AAAA");
    for bad in ["", "x", &other, &forever, &old, &broken] {
        text(&with(bad), 403).await;
    }
    text(&channel.playback, 403).await;
    let playlist = media_playlist(&with(&good)).await;
    assert!(text(&playlist, 200).await.contains("#EXT-X-MAP"));
    assert!(playlist.contains(&good), "the playlist's address carries the token");
    text(playlist.split('&').next().unwrap(), 403).await;

    let bound = token(&channel.arn, 60, json!({ "aws:access-control-allow-origin": "https://*.example.org" }));
    let client = reqwest::Client::new();
    for (origin, status) in [("https://a.example.org", 200), ("https://evil.example", 403)] {
        let answer = client.get(with(&bound)).header("origin", origin).send().await.unwrap();
        assert_eq!(answer.status(), status, "{origin}");
        let allowed = answer.headers()["access-control-allow-origin"].to_str().unwrap();
        assert_eq!(allowed, if status == 200 { origin } else { "*" });
    }
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn players_of_any_page_get_types_and_caching() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    let encoder = server.encoder(&channel.key);
    server.until_state("Stream Start").await;
    let playlist = media_playlist(&channel.playback).await;
    until("a segment", async || text(&playlist, 200).await.contains("#EXTINF")).await;
    let client = reqwest::Client::new();
    let header = |answer: &reqwest::Response, name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let preflight = client.request(reqwest::Method::OPTIONS, &playlist).send().await.unwrap();
    assert_eq!((preflight.status().as_u16(), header(&preflight, "access-control-allow-origin")), (204, "*".into()));
    let answer = client.get(&playlist).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(header(&answer, "content-type"), "application/vnd.apple.mpegurl");
    assert!(header(&answer, "cache-control").contains("no-cache"));
    let listed = answer.text().await.unwrap();
    let segment = listed.lines().find(|line| line.starts_with("segment-")).unwrap();
    let segment = reqwest::Url::parse(&playlist).unwrap().join(segment).unwrap();
    for method in [reqwest::Method::GET, reqwest::Method::HEAD] {
        let request = client.request(method.clone(), segment.clone()).header("accept-encoding", "gzip");
        let answer = request.send().await.unwrap();
        assert_eq!(header(&answer, "content-type"), "video/iso.segment");
        assert!(header(&answer, "cache-control").contains("immutable"));
        assert!(!answer.headers().contains_key("content-encoding"));
        let length: usize = header(&answer, "content-length").parse().unwrap();
        let body = answer.bytes().await.unwrap();
        assert_eq!(body.len(), if method == reqwest::Method::HEAD { 0 } else { length });
        assert!(length > 1000);
    }
    text(&segment.to_string().replace("segment-", "segment-9"), 404).await;
    text(&playlist.replace("/v1/", "/v1/x"), 404).await;
    let foreign = client.get(&playlist).header("host", "evil.com").send().await.unwrap();
    assert_eq!(foreign.status(), 421);
    encoder.stop().await;
}
