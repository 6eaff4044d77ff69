//! The frames that `docs/openapi.json` declares are the frames that go over a socket.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use skylark_domain::chat::Message;
use skylark_domain::chat::frames::{ClientFrame, Code, Joined, Refusal, ServerFrame, Welcome};
use skylark_domain::chat::room::{Role, Room};
use skylark_domain::ids::{StreamId, UserId, new_id};
use skylark_domain::stream::health::Sample;
use skylark_domain::testing::sample_stream;

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn schema(name: &str) -> Value {
    let document = serde_json::to_value(skylark_api::openapi::document()).unwrap();
    let schema = document["components"]["schemas"][name].clone();
    assert!(schema.is_object(), "{name} is not declared");
    schema
}

/// The parts that a declared frame is put together of.
fn parts(frame: &Value) -> Vec<Value> {
    frame["allOf"].as_array().cloned().unwrap_or_else(|| vec![frame.clone()])
}

fn kind(frame: &Value) -> Option<String> {
    parts(frame).iter().find_map(|part| part["properties"]["type"]["enum"][0].as_str().map(str::to_owned))
}

fn kinds(frames: &Value) -> BTreeSet<String> {
    frames["oneOf"].as_array().unwrap().iter().filter_map(kind).collect()
}

/// Properties, and those that are required, of the declared frame of a type.
fn declared(frames: &Value, name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut properties, mut required) = (BTreeSet::new(), BTreeSet::new());
    let frame = frames["oneOf"].as_array().unwrap().iter().find(|frame| kind(frame).as_deref() == Some(name));
    for part in parts(frame.unwrap_or_else(|| panic!("{name} is not declared"))) {
        let part = match part["$ref"].as_str() {
            Some(reference) => schema(reference.rsplit('/').next().unwrap()),
            None => part,
        };
        properties.extend(part["properties"].as_object().unwrap().keys().cloned());
        let names = part["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        required.extend(names);
    }
    (properties, required)
}

fn message() -> Message {
    Message {
        id: new_id(now()),
        stream_id: StreamId::new(),
        user_id: UserId::new().to_string(),
        username: "ada".into(),
        content: "hello".into(),
        roles: vec![Role::Owner],
        client_id: Some("c-1".into()),
        deleted_by: None,
    }
}

/// Every frame, with and without what may be absent.
fn said() -> Vec<ServerFrame> {
    let (stream_id, timestamp) = (StreamId::new(), "2026-11-20T10:00:00.000Z".to_owned());
    let room = Room::of(&sample_stream());
    let message = message();
    let plain = Message { roles: Vec::new(), client_id: None, ..message.clone() };
    let joined =
        |more| ServerFrame::Joined(Box::new(Joined { stream_id, count: 1, timestamp: timestamp.clone(), more }));
    let welcome = Welcome {
        user_id: None,
        username: None,
        roles: vec![Role::Moderator],
        can_write: false,
        status: room.status(now()),
        slow_mode: 5,
        history: vec![ServerFrame::said(&message)],
        more: true,
    };
    let sample = Sample {
        at: now(),
        period_ms: 2000,
        bitrate_kbps: 2000.0,
        fps: 30.0,
        width: 1280,
        height: 720,
        keyframe_ms: 2000.0,
        drift_ms: 0.0,
    };
    let refusal = Refusal::new(Code::SlowMode, now());
    let late = Refusal { retry_after_ms: Some(1000), client_id: Some("c-1".into()), ..refusal.clone() };
    let banned = |until| ServerFrame::UserBanned { stream_id, user_id: "guest:a".into(), until };
    vec![
        joined(None),
        joined(Some(welcome)),
        ServerFrame::said(&message),
        ServerFrame::said(&plain),
        ServerFrame::History { stream_id, messages: vec![ServerFrame::said(&message)], more: false },
        ServerFrame::ViewUpdate { stream_id, count: 3, timestamp: timestamp.clone() },
        ServerFrame::status(&room, now()),
        ServerFrame::measured(stream_id, &sample),
        ServerFrame::MessageDeleted { stream_id, id: message.id },
        banned(None),
        banned(Some(timestamp.clone())),
        ServerFrame::SlowMode { stream_id, seconds: 5 },
        ServerFrame::Error(refusal),
        ServerFrame::Error(late),
        ServerFrame::Pong { t: None },
        ServerFrame::Pong { t: Some(json!(7)) },
    ]
}

#[test]
fn what_a_server_says_is_declared() {
    let frames = schema("ChatServerFrame");
    let mut seen = BTreeSet::new();
    for frame in said() {
        let wire = serde_json::to_value(&frame).unwrap();
        let kind = wire["type"].as_str().unwrap().to_owned();
        let (properties, required) = declared(&frames, &kind);
        let fields: BTreeSet<String> = wire.as_object().unwrap().keys().cloned().collect();
        assert!(fields.is_subset(&properties), "{wire} has more than {properties:?}");
        assert!(required.is_subset(&fields), "{wire} has less than {required:?}");
        seen.insert(kind);
    }
    let mut all = kinds(&frames);
    // Made of the others by whoever sends many at once.
    assert!(all.remove("BATCH"));
    assert_eq!(seen, all);
}

#[test]
fn what_a_client_says_is_declared_and_understood() {
    let frames = schema("ChatClientFrame");
    let sample = |name: &str| match name {
        "after" | "before" | "id" => json!(message().id),
        "limit" | "t" => json!(7),
        _ => json!("hello"),
    };
    let all = kinds(&frames);
    assert_eq!(all.iter().map(String::as_str).collect::<Vec<_>>(), ["CHAT", "DELETE", "HELLO", "HISTORY", "PING"]);
    for kind in all {
        let (properties, required) = declared(&frames, &kind);
        for names in [&properties, &required] {
            let mut frame: serde_json::Map<String, Value> =
                names.iter().map(|name| (name.clone(), sample(name))).collect();
            frame.insert("type".into(), json!(kind));
            let frame = Value::Object(frame).to_string();
            assert!(ClientFrame::read(&frame).is_ok(), "{frame}");
        }
        for missing in required.iter().filter(|name| *name != "type") {
            let frame = json!({ "type": kind });
            assert!(ClientFrame::read(&frame.to_string()).is_err(), "{kind} needs {missing}");
        }
    }
}

#[test]
fn the_codes_of_refusals_are_declared() {
    let codes = [
        Code::RateLimited,
        Code::TooLong,
        Code::Empty,
        Code::BadJson,
        Code::UnknownType,
        Code::Forbidden,
        Code::Banned,
        Code::SlowMode,
        Code::ChatClosed,
        Code::NotFound,
        Code::Unavailable,
    ];
    assert_eq!(schema("ChatErrorCode")["enum"], json!(codes));
}
