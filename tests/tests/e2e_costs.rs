//! What an operation costs, counted exactly. One test at a time: on a busy machine a call may time out and be made twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use skylark_tests::{Person, Stack, media};

static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn one_upload_costs_what_the_design_says() {
    let _turn = TURN.lock().await;
    let stack = Stack::start().unwrap();
    let ada = Person::register(&stack).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = media::movie(&dir.path().join("a.mp4"), 320, 240, 2).unwrap();
    stack.forget_calls().await.unwrap();
    let id = ada.upload("Counted", "video/mp4", &file).await.unwrap();
    ada.finished(&id).await.unwrap();
    // The source goes after the video is READY.
    let started = std::time::Instant::now();
    let calls = loop {
        let calls = stack.calls().await.unwrap();
        if calls.contains_key("s3.DeleteObject") {
            break calls;
        }
        assert!(started.elapsed().as_secs() < 10, "{calls:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let count = |name: &str| calls.get(name).copied().unwrap_or_default();
    let exact = [
        ("dynamodb.TransactWriteItems", 3),
        ("mediaconvert.Probe", 1),
        ("mediaconvert.CreateJob", 1),
        ("mediaconvert.SearchJobs", 0),
        ("s3.ListObjectsV2", 1),
        ("s3.CopyObject", 1),
        ("s3.DeleteObject", 1),
        // The source itself, and the master playlist.
        ("s3.PutObject", 2),
    ];
    for (name, expected) in exact {
        assert_eq!(count(name), expected, "{name} in {calls:?}");
    }
    // The head, at most seven boxes further on, and the transcoded playlist.
    assert!((2..=9).contains(&count("s3.GetObject")), "{calls:?}");
    let known = ["dynamodb.GetItem", "dynamodb.UpdateItem", "events.PutEvents", "s3.GetObject"];
    let rest: Vec<&String> = calls
        .keys()
        .filter(|name| !known.contains(&name.as_str()) && !exact.iter().any(|(exact, _)| exact == name))
        .collect();
    assert!(rest.is_empty(), "{rest:?}");
}

#[tokio::test]
async fn a_state_change_of_a_stream_costs_one_transaction() {
    let _turn = TURN.lock().await;
    let stack = Stack::start().unwrap();
    let ada = Person::register(&stack).await.unwrap();
    let stream = ada.new_stream("Counted").await.unwrap();
    let client = reqwest::Client::new();
    let listed = client.post(format!("{}/ListChannels", stack.url("ivs"))).json(&serde_json::json!({}));
    let listed: serde_json::Value = listed.send().await.unwrap().json().await.unwrap();
    let arn = listed["channels"][0]["arn"].as_str().unwrap();
    let tell = async |name: &str| {
        let event = serde_json::json!({
            "version": "0", "id": "1", "detail-type": "IVS Stream State Change", "source": "aws.ivs",
            "account": "000000000000", "region": "us-east-1", "time": jiff::Timestamp::now().to_string(),
            "resources": [arn], "detail": { "event_name": name, "channel_name": "c", "stream_id": "st-counted" },
        });
        let url = format!("{}/2015-03-31/functions/stream-status-update/invocations", stack.url("lambda"));
        stack.forget_calls().await.unwrap();
        // What the room and the outbox are told of it is paid for by other functions.
        stack.forget_capacity().await.unwrap();
        let answer = client.post(url).json(&event).send().await.unwrap();
        assert!(!answer.headers().contains_key("x-amz-function-error"), "{}", answer.text().await.unwrap());
        let messages = stack.calls().await.unwrap().get("sqs.SendMessage").copied().unwrap_or_default();
        (stack.table_calls("stream-status-update").await.unwrap(), messages)
    };
    let costs = |calls: &[(&str, u64)], messages| {
        let calls: BTreeMap<String, u64> = calls.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        (calls, messages)
    };
    // Each reads the channel's reference, the channel and the session.
    let started = costs(&[("GetItem", 3), ("Query", 1), ("TransactWriteItems", 1)], 0);
    assert_eq!(tell("Stream Start").await, started);
    assert_eq!(ada.stream(&stream).await.unwrap()["status"], "LIVE");
    // Nothing is written for what is known.
    assert_eq!(tell("Stream Start").await, costs(&[("GetItem", 4)], 0));
    // The grace is waited for by a message.
    let ended = costs(&[("GetItem", 4), ("TransactWriteItems", 1)], 1);
    assert_eq!(tell("Stream End").await, ended);
}
