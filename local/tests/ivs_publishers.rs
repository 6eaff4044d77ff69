//! Who may publish to the IVS stand-in, and what everybody else is told, status by status.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kit/ivs.rs"]
mod kit;
#[path = "kit/rtmp.rs"]
mod rtmp;

use std::time::{Duration, Instant};

use kit::{Server, start, until};
use rtmp::Peer;
use skylark_local::ivs::Options;

const START: &str = "NetStream.Publish.Start";

async fn publish(server: &Server, app: &str, name: &str) -> (Peer, String) {
    let mut peer = Peer::connect(&server.rtmp, app).await;
    let code = peer.publish(name).await.unwrap();
    (peer, code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told_so_at_once_and_the_eleventh_is_not_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    for _ in 0..10 {
        let mut peer = Peer::connect(&server.rtmp, "live").await;
        let asked = Instant::now();
        assert_eq!(peer.publish("sk_us-east-1_wrong").await.as_deref(), Some("NetStream.Publish.BadName"));
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        assert_eq!(peer.status().await, None, "the connection is closed");
    }
    assert_eq!(publish(&server, "live", "sk_us-east-1_wrong").await.1, "NetStream.Publish.Denied");
    assert!(server.states().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_found_in_every_form_of_address() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    let token = format!("anything?token={}", channel.key);
    for (app, name) in [("live", channel.key.as_str()), ("app", &channel.key), ("live", &token)] {
        let (peer, code) = publish(&server, app, name).await;
        assert_eq!(code, START, "{app}");
        drop(peer);
        let begun = server.count("Session Created");
        until("the end", async || server.count("Session Ended") == begun).await;
    }
    assert_eq!(server.count("Stream End"), 0, "nothing could be watched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_encoder_starves_and_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    let (mut first, code) = publish(&server, "live", &channel.key).await;
    assert_eq!(code, START);
    assert_eq!(publish(&server, "live", &channel.key).await.1, "NetStream.Publish.BadName");
    server.until_state("Starvation Start").await;
    let second = async || publish(&server, "live", &channel.key).await.1;
    until("the take-over", async || second().await == START).await;
    assert_eq!(first.status().await.as_deref(), Some("NetConnection.Connect.Closed"));
    let states = server.states();
    assert_eq!(states[..4], ["Session Created", "Starvation Start", "Session Ended", "Session Created"], "{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_than_the_quota_are_turned_away() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options { concurrent_streams: 1, ..Options::default() }).await;
    let (one, other) = (server.channel(false).await, server.channel(false).await);
    let (_peer, code) = publish(&server, "live", &one.key).await;
    assert_eq!(code, START);
    assert_eq!(publish(&server, "live", &other.key).await.1, "NetStream.Publish.Rejected");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_than_the_quota_are_sent_to_the_edge_there_is() {
    let dir = tempfile::tempdir().unwrap();
    let edge = Some("rtmp://edge.example/live".to_owned());
    let server = start(dir.path(), Options { concurrent_streams: 0, edge, ..Options::default() }).await;
    let channel = server.channel(false).await;
    assert_eq!(publish(&server, "live", &channel.key).await.1, "NetConnection.Connect.Rejected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_opens_nothing_and_the_running_stream_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    let (_peer, code) = publish(&server, "live", &channel.key).await;
    assert_eq!(code, START);
    let keys = server.client.list_stream_keys().channel_arn(&channel.arn).send().await.unwrap();
    server.client.delete_stream_key().arn(keys.stream_keys()[0].arn().unwrap()).send().await.unwrap();
    assert_eq!(publish(&server, "live", &channel.key).await.1, "NetStream.Publish.BadName");
    assert_eq!(server.count("Session Ended"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_seconds_above_the_bitrate_of_the_type_end_the_stream() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    let noise = "-f lavfi -i testsrc2=size=640x360:rate=30,noise=alls=100:allf=t -b:v 8M -maxrate 8M -bufsize 1M";
    let encoder = server.encoder_with(&channel.key, noise);
    assert!(!encoder.ended().await.is_empty());
    server.until_state("Stream End").await;
    let breach = server.events().into_iter().find(|event| event["detail-type"] == "IVS Limit Breach").unwrap();
    assert_eq!(breach["detail"]["limit_name"], "Ingest Bitrate");
    assert_eq!(breach["detail"]["limit_value"], 3_500_000);
    assert!(breach["detail"]["exceeded_by"].as_u64() > Some(1_000_000), "{breach}");
}
