//! What an operation costs, counted exactly. Alone in its file: on a busy machine a call may time out and be made twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use skylark_tests::{Person, Stack, media};

#[tokio::test]
async fn one_upload_costs_what_the_design_says() {
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
