//! A room beside a real encoder: what everybody is told of the stream, what its owner is told, and what of the room is
//! kept beside the recording.

use std::io::Read;

use flate2::read::GzDecoder;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use skylark_tests::Encoder;

use crate::ears::{Cast, Ears, fields, send};

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_room_follows_its_stream_and_is_replayed_beside_the_recording() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let mut viewer = Ears::enter(&cast.viewer, &cast.id).await;
    viewer.chat_and_hear("before the picture").await;
    let key = cast.owner.key_of(&cast.stream).await.unwrap();
    let encoder = Encoder::publish(&key.address()).unwrap();
    let is_status = |frame: &Value, status: &str| frame["type"] == "STREAM_STATUS" && frame["status"] == status;
    for ears in [&mut owner, &mut viewer] {
        let live = ears.until("LIVE", |frame| is_status(frame, "LIVE")).await;
        assert_eq!(fields(&live), ["ingest", "state", "status", "stream_id", "timestamp", "type"]);
        assert_eq!((&live["state"], &live["ingest"]), (&json!("RUNNING"), &json!("CONNECTED")));
    }
    cast.owner.stream_that(&cast.stream, |now| now["dvrUrl"].is_string()).await.unwrap();
    let mut said = Vec::new();
    for content in ["first", "second", "third"] {
        said.push(viewer.chat_and_hear(content).await);
        // Measurements come every few seconds: that is the time between two messages.
        let stats = owner.until("INGEST_STATS", |frame| frame["type"] == "INGEST_STATS").await;
        let expected = ["bitrate_kbps", "drift_ms", "fps", "height", "timestamp", "type", "width"];
        assert_eq!(fields(&stats), [&expected[..4], &["stream_id"], &expected[4..]].concat());
        assert_eq!((&stats["width"], &stats["height"]), (&json!(320), &json!(180)));
    }
    // Whatever was sent to the viewer before this has arrived.
    viewer.chat_and_hear("the last").await;
    assert!(viewer.of_type("INGEST_STATS").is_empty());

    assert_eq!(cast.owner.act(&cast.stream, "stop").await.unwrap().0, 202);
    encoder.refused().await.unwrap();
    for ears in [&mut owner, &mut viewer] {
        ears.until("ENDED", |frame| is_status(frame, "ENDED")).await;
    }
    // The room stays open for a while.
    viewer.chat_and_hear("good night").await;

    let archived = cast.owner.stream_is(&cast.stream, "ARCHIVED").await.unwrap();
    let video = cast.owner.video(archived["videoId"].as_str().unwrap()).await.unwrap();
    let replay = reqwest::get(video["chatReplayUrl"].as_str().unwrap()).await.unwrap();
    assert_eq!(replay.status(), 200);
    let header = |name: &str| replay.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header("content-encoding"), header("content-type")),
        ("gzip".into(), "application/x-ndjson; charset=utf-8".into())
    );
    let mut text = String::new();
    GzDecoder::new(&*replay.bytes().await.unwrap()).read_to_string(&mut text).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let channel = cast.stream["channelId"].as_str().unwrap();
    let sessions = send(&cast.owner, Method::GET, &format!("/api/v1/channels/{channel}/sessions")).await;
    let sessions: Value = sessions.json().await.unwrap();
    let began = time(&sessions["items"][0]["startedAt"]);
    let duration = video["durationMs"].as_u64().unwrap();
    let contents: Vec<&str> = lines.iter().map(|line| line["content"].as_str().unwrap()).collect();
    assert_eq!(contents[..3], ["first", "second", "third"], "{text}");
    for (line, message) in lines.iter().zip(&said) {
        assert_eq!(fields(line), ["content", "id", "media_ms", "timestamp", "user_id", "username"]);
        assert_eq!((&line["id"], &line["timestamp"]), (&message["id"], &message["timestamp"]));
        let media_ms = line["media_ms"].as_u64().unwrap();
        let passed = time(&message["timestamp"]).duration_since(began).as_millis();
        assert!(i128::from(media_ms).abs_diff(passed) <= 1500, "{line} is {passed} ms after {began}");
        assert!(media_ms <= duration, "{line} is behind the video's {duration} ms");
    }
    // Among each other they stand exactly as they were said; what was said after the last picture stands at the end.
    let shift = |line: &Value| time(&line["timestamp"]).as_millisecond() - line["media_ms"].as_i64().unwrap();
    let (first, end) = (shift(&lines[0]), &lines.last().unwrap()["media_ms"]);
    assert!(lines.iter().all(|line| shift(line) == first || &line["media_ms"] == end && shift(line) > first), "{text}");
}
