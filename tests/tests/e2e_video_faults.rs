//! Bad files, failing services and lost answers: every video ends, with a code or READY, and nothing is paid twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};
use skylark_tests::{Person, Stack, media};

/// A stack of its own and somebody who uses it.
async fn begin() -> (Stack, Person) {
    let stack = Stack::start().unwrap();
    let ada = Person::register(&stack).await.unwrap();
    (stack, ada)
}

/// Two seconds that are transcoded in one; the folder goes with its guard.
fn small_movie() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = media::movie(&dir.path().join("a.mp4"), 320, 240, 2).unwrap();
    (dir, file)
}

#[tokio::test]
async fn bad_files_fail_coded_before_create_job() {
    let (stack, ada) = begin().await;
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let good = std::fs::read(media::movie(&at("good.mp4"), 320, 240, 2).unwrap()).unwrap();
    // The index last, as recorders write it.
    let late = media::make(&at("late.mp4"), "-f lavfi -i testsrc2=size=320x240:duration=2 -pix_fmt yuv420p").unwrap();
    let late = std::fs::read(late).unwrap();
    let noise: Vec<u8> = (0..50_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let sound = std::fs::read(media::make(&at("a.m4a"), "-f lavfi -i sine=duration=2 -c:a aac").unwrap()).unwrap();
    let tune = std::fs::read(media::make(&at("a.wav"), "-f lavfi -i sine=duration=1").unwrap()).unwrap();
    let list = b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile:///etc/passwd\n".to_vec();
    let cases = [
        ("text", b"This is not a video.\n".repeat(50), "unsupported_format"),
        ("one byte", vec![0], "unsupported_format"),
        ("noise", noise, "unsupported_format"),
        ("a playlist", list, "unsupported_format"),
        ("only sound", sound, "no_video_track"),
        ("only sound, wave", tune, "no_video_track"),
        ("cut in its media", good[..good.len() * 3 / 4].to_vec(), "truncated"),
        ("cut before its index", late[..late.len() * 3 / 4].to_vec(), "truncated"),
        ("cut in a header", good[..30].to_vec(), "truncated"),
    ];
    let mut ids = Vec::new();
    for (name, bytes, _) in &cases {
        let file = at("bad.mp4");
        std::fs::write(&file, bytes).unwrap();
        ids.push(ada.upload(name, "video/mp4", &file).await.unwrap());
    }
    for (id, (name, _, code)) in ids.iter().zip(&cases) {
        let video = ada.finished(id).await.unwrap();
        assert_eq!((&video["status"], &video["failure"]["code"]), (&json!("FAILED"), &json!(code)), "{name}");
        assert_eq!(video["failure"]["retryable"], false, "{name}");
        assert!(video["failure"]["message"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
        assert!(video["hlsUrl"].is_null(), "{name}");
    }
    let calls = stack.calls().await.unwrap();
    assert_eq!(calls.get("mediaconvert.CreateJob"), None, "{calls:?}");
    // Files that no container is told of are not even probed.
    assert_eq!(calls["mediaconvert.Probe"], 2, "{calls:?}");
}

#[tokio::test]
async fn what_only_decoding_shows_fails_after_the_job() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = media::movie(&dir.path().join("a.mp4"), 320, 240, 4).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let media_start = bytes.windows(4).position(|kind| kind == b"mdat").unwrap() + 4;
    for (number, byte) in bytes[media_start..].iter_mut().enumerate() {
        *byte = (number.wrapping_mul(2_654_435_761) >> 11) as u8;
    }
    std::fs::write(&file, bytes).unwrap();
    let id = ada.upload("Scrambled", "video/mp4", &file).await.unwrap();
    let video = ada.finished(&id).await.unwrap();
    assert_eq!(video["status"], "FAILED", "{video}");
    let code = video["failure"]["code"].as_str().unwrap();
    assert!(["corrupt", "truncated"].contains(&code), "{video}");
}

#[tokio::test]
async fn create_job_answer_lost_adopts_the_job() {
    let (stack, ada) = begin().await;
    let dir = tempfile::tempdir().unwrap();
    // Its job is still running when it is looked for.
    let file = long_movie(dir.path()).unwrap();
    // Every try of the first invocation: Lambda's retry then finds a claim without a job.
    stack.inject("mediaconvert", "CreateJob", "lost-answer", 3).await.unwrap();
    let id = ada.upload("Adopted", "video/mp4", &file).await.unwrap();
    let video = ada.finished(&id).await.unwrap();
    assert_eq!(video["status"], "READY", "{video}");
    let calls = stack.calls().await.unwrap();
    assert!(calls["mediaconvert.CreateJob"] >= 3 && calls["mediaconvert.SearchJobs"] >= 1, "{calls:?}");
    let jobs: Value =
        reqwest::get(format!("{}/2017-08-29/jobs", stack.url("mediaconvert"))).await.unwrap().json().await.unwrap();
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 1, "{jobs}");
}

#[tokio::test]
async fn lost_answers_and_refusals_on_the_way_end_ready_all_the_same() {
    let (stack, ada) = begin().await;
    let (_dir, file) = small_movie();
    for (service, operation, kind, times) in [
        ("mediaconvert", "Probe", "unavailable", 3),
        ("s3", "CopyObject", "unavailable", 4),
        ("s3", "PutObject", "lost-answer", 1),
        ("dynamodb", "UpdateItem", "lost-answer", 1),
    ] {
        // The upload itself goes through: only what the functions ask fails.
        let id = ada.upload("Shaken", "video/mp4", &file).await.unwrap();
        stack.inject(service, operation, kind, times).await.unwrap();
        let video = ada.finished(&id).await.unwrap();
        assert_eq!(video["status"], "READY", "{service}.{operation}: {video}");
    }
}

#[tokio::test]
async fn failures_of_ours_are_retried_by_their_owner() {
    let dir = tempfile::tempdir().unwrap();
    let killed = dir.path().join("ffmpeg");
    std::fs::write(&killed, "#!/bin/sh\nkill -9 $$\n").unwrap();
    std::fs::set_permissions(&killed, std::fs::Permissions::from_mode(0o755)).unwrap();
    let stack = Stack::start_with(&[("FFMPEG", killed.to_str().unwrap())]).unwrap();
    let ada = Person::register(&stack).await.unwrap();
    let file = media::movie(&dir.path().join("a.mp4"), 320, 240, 2).unwrap();
    let id = ada.upload("Again", "video/mp4", &file).await.unwrap();
    let video = ada.finished(&id).await.unwrap();
    assert_eq!(video["failure"]["code"], "internal", "{video}");
    assert_eq!(video["failure"]["retryable"], true);
    stack.kill_9_and_restart().unwrap();
    let ada = ada.at(stack.url("front"));
    let retry = ada.request(Method::POST, &format!("/api/v1/videos/{id}/retry")).send().await.unwrap();
    assert_eq!(retry.status(), 202);
    let retried: Value = retry.json().await.unwrap();
    assert_eq!((&retried["status"], &retried["failure"]), (&json!("PROCESSING"), &Value::Null));
    let again = ada.request(Method::POST, &format!("/api/v1/videos/{id}/retry")).send().await.unwrap();
    assert!([409, 202].contains(&again.status().as_u16()));
    assert_eq!(ada.finished(&id).await.unwrap()["status"], "READY");
}

#[tokio::test]
async fn kill_9_mid_transcode_ends_ready() {
    let (stack, ada) = begin().await;
    let dir = tempfile::tempdir().unwrap();
    let file = long_movie(dir.path()).unwrap();
    let id = ada.upload("Long", "video/mp4", &file).await.unwrap();
    let path = format!("/api/v1/videos/{id}");
    let percent = |video: &Value| video["progress"]["percent"].as_u64().unwrap_or_default();
    let before = ada.video_that(&id, |video| percent(video) > 0).await.unwrap();
    assert_eq!(before["progress"]["phase"], "TRANSCODING");

    let tag = ada.request(Method::GET, &path).send().await.unwrap().headers()["etag"].to_str().unwrap().to_owned();
    let edit = ada.request(Method::PATCH, &path).header("if-match", &tag).json(&json!({ "title": "Longer" }));
    let edited = edit.send().await.unwrap();
    assert_eq!(edited.status(), 200);
    let edited: Value = edited.json().await.unwrap();
    assert_eq!(edited["title"], "Longer");
    assert!(percent(&edited) >= percent(&before), "{edited}");
    let stale = ada.request(Method::PATCH, &path).header("if-match", &tag).json(&json!({ "title": "X" }));
    assert_eq!(stale.send().await.unwrap().status(), 412);
    let blind = ada.request(Method::PATCH, &path).json(&json!({ "title": "X" }));
    assert_eq!(blind.send().await.unwrap().status(), 428);
    assert_eq!(ada.request(Method::DELETE, &path).send().await.unwrap().status(), 409);

    stack.kill_9_and_restart().unwrap();
    let ada = ada.at(stack.url("front"));
    let after = ada.video(&id).await.unwrap();
    assert!(percent(&after) >= percent(&edited) || after["status"] != "PROCESSING", "{after}");
    let video = ada.finished(&id).await.unwrap();
    assert_eq!((&video["status"], &video["title"]), (&json!("READY"), &json!("Longer")), "{video}");

    let poster = ada.request(Method::PUT, &format!("{path}/poster")).json(&json!({ "thumbnail": 7 }));
    assert_eq!(poster.send().await.unwrap().status(), 200);
    let bytes = async |url: &Value| reqwest::get(url.as_str().unwrap()).await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes(&video["posterUrl"]).await, bytes(&video["thumbnails"][7]["url"]).await);
    let beyond = ada.request(Method::PUT, &format!("{path}/poster")).json(&json!({ "thumbnail": 10 }));
    assert_eq!(beyond.send().await.unwrap().status(), 400);

    assert_eq!(ada.request(Method::DELETE, &path).send().await.unwrap().status(), 204);
    for url in [&video["hlsUrl"], &video["posterUrl"], &video["thumbnails"][0]["url"]] {
        assert_eq!(reqwest::get(url.as_str().unwrap()).await.unwrap().status(), 404, "{url}");
    }
}

/// Long enough that its transcode can be watched.
fn long_movie(dir: &Path) -> anyhow::Result<PathBuf> {
    media::silent_movie(&dir.join("long.mp4"), 1920, 1080, 20)
}

/// Where the consumer of the outbox is, and the last record there is.
fn outbox(stack: &Stack) -> (i64, i64) {
    let one = |file: &str, query: &str| -> i64 {
        let connection = rusqlite::Connection::open(stack.data().join(file)).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        connection.query_row(query, [], |row| row.get(0)).unwrap()
    };
    (
        one(
            "state.sqlite",
            "SELECT COALESCE(MAX(sequence), 0) FROM stream_checkpoints WHERE mapping = 'EventPublisherOutbox'",
        ),
        one("dynamodb.sqlite", "SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records"),
    )
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = std::time::Instant::now();
    while !holds().await {
        assert!(started.elapsed().as_secs() < 60, "{what} does not happen");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_bus_that_is_down_loses_no_event_and_stops_no_command() {
    let stack = Stack::start().unwrap();
    stack.inject("events", "PutEvents", "unavailable", 12).await.unwrap();
    let ada = Person::register(&stack).await.unwrap();
    for number in 0..5 {
        ada.announce(&format!("Video {number}"), "video/mp4", 10).await.unwrap();
    }
    until("a failed try", async || stack.calls().await.unwrap().contains_key("events.PutEvents")).await;
    assert!(outbox(&stack).0 < outbox(&stack).1);
    stack.kill_9_and_restart().unwrap();
    until("the drained outbox", async || outbox(&stack).0 == outbox(&stack).1).await;
    let calls = stack.calls().await.unwrap();
    assert!(calls["events.PutEvents"] >= 1, "{calls:?}");
    assert_eq!(stack.messages("FailedRecords").await.unwrap(), 0);
}

/// Runs the housekeeper as its schedule would `hours` from now.
async fn keep_house(stack: &Stack, hours: i64) {
    let time =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64 + hours * 3600;
    let time = jiff::Timestamp::from_second(time).unwrap().to_string();
    let event = json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
        "time": time, "region": "us-east-1", "resources": [], "detail": {},
    });
    let url = format!("{}/2015-03-31/functions/housekeeper/invocations", stack.url("lambda"));
    let answer = reqwest::Client::new().post(url).body(event.to_string()).send().await.unwrap();
    assert!(!answer.headers().contains_key("x-amz-function-error"), "{}", answer.text().await.unwrap());
}

#[tokio::test]
async fn uploads_that_never_come_expire() {
    let (stack, ada) = begin().await;
    let small = ada.announce("Small", "video/mp4", 10).await.unwrap();
    let large = ada.announce("Large", "video/mp4", 100 * 1024 * 1024).await.unwrap();
    let status = async |begun: &Value| {
        let video = ada.video(begun["videoId"].as_str().unwrap()).await.unwrap();
        (video["status"].as_str().unwrap().to_owned(), video["failure"]["code"].as_str().map(str::to_owned))
    };
    keep_house(&stack, 0).await;
    assert_eq!(status(&small).await.0, "UPLOADING");
    keep_house(&stack, 2).await;
    assert_eq!(status(&small).await, ("FAILED".into(), Some("upload_expired".into())));
    assert_eq!(status(&large).await.0, "UPLOADING", "parts may take a day");
    keep_house(&stack, 25).await;
    assert_eq!(status(&large).await, ("FAILED".into(), Some("upload_expired".into())));
    let upload = format!("/api/v1/uploads/{}", large["uploadId"].as_str().unwrap());
    let state: Value = ada.request(Method::GET, &upload).send().await.unwrap().json().await.unwrap();
    assert_eq!(state["status"], "EXPIRED");
}

#[tokio::test]
async fn a_transcoder_that_is_down_only_delays() {
    let (stack, ada) = begin().await;
    let (_dir, file) = small_movie();
    stack.inject("mediaconvert", "CreateJob", "unavailable", 1000).await.unwrap();
    let id = ada.upload("Delayed", "video/mp4", &file).await.unwrap();
    until("the last try", async || stack.messages("FailedInvocations").await.unwrap() == 1).await;
    stack.heal().await.unwrap();
    assert_eq!(ada.video(&id).await.unwrap()["status"], "PROCESSING");
    keep_house(&stack, 1).await;
    assert_eq!(ada.finished(&id).await.unwrap()["status"], "READY");
}

#[tokio::test]
async fn a_job_whose_end_nobody_told_is_settled() {
    let (stack, ada) = begin().await;
    let (_dir, file) = small_movie();
    // Every try to publish what was made fails, until Lambda gives the event up.
    stack.inject("s3", "ListObjectsV2", "unavailable", 1000).await.unwrap();
    let id = ada.upload("Untold", "video/mp4", &file).await.unwrap();
    until("the last try", async || stack.messages("FailedInvocations").await.unwrap() == 1).await;
    stack.heal().await.unwrap();
    assert_eq!(ada.video(&id).await.unwrap()["status"], "PROCESSING");
    keep_house(&stack, 1).await;
    assert_eq!(ada.finished(&id).await.unwrap()["status"], "READY");
}

#[tokio::test]
async fn storage_that_is_down_is_a_503_on_large_uploads_only() {
    let (stack, ada) = begin().await;
    stack.inject("s3", "*", "unavailable", 1000).await.unwrap();
    ada.announce("Small", "video/mp4", 10).await.unwrap();
    let body = json!({ "fileName": "a", "contentType": "video/mp4", "fileSize": 100_000_000, "title": "Large" });
    let refused = ada.request(Method::POST, "/api/v1/uploads").json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    let problem = refused.text().await.unwrap();
    assert!(problem.contains("unavailable") && !problem.contains("s3") && !problem.contains("S3"), "{problem}");
    let mine = ada.request(Method::GET, "/api/v1/videos?userId=me").send().await.unwrap();
    assert_eq!(mine.json::<Value>().await.unwrap()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_table_that_is_down_is_a_503_without_inner_words() {
    let (stack, ada) = begin().await;
    let begun = ada.announce("Small", "video/mp4", 10).await.unwrap();
    stack.inject("dynamodb", "*", "unavailable", 1000).await.unwrap();
    let video = format!("/api/v1/videos/{}", begun["videoId"].as_str().unwrap());
    for path in [video.as_str(), "/api/v1/videos"] {
        let refused = ada.request(Method::GET, path).send().await.unwrap();
        assert_eq!(refused.status(), 503, "{path}");
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["detail"], "Temporarily unavailable: try again.");
    }
}

#[tokio::test]
async fn events_that_come_twice_late_or_empty_change_nothing_they_should_not() {
    let (stack, ada) = begin().await;
    let (_dir, file) = small_movie();
    let send = async |function: &str, detail: Value| {
        let event = json!({
            "version": "0", "id": "1", "detail-type": "x", "source": "aws.x", "account": "000000000000",
            "time": "2026-11-21T10:00:00Z", "region": "us-east-1", "resources": [], "detail": detail,
        });
        let url = format!("{}/2015-03-31/functions/{function}/invocations", stack.url("lambda"));
        let answer = reqwest::Client::new().post(url).body(event.to_string()).send().await.unwrap();
        assert!(!answer.headers().contains_key("x-amz-function-error"), "{}", answer.text().await.unwrap());
    };
    let key_of = |begun: &Value| {
        let url = reqwest::Url::parse(begun["url"].as_str().unwrap()).unwrap();
        url.path().splitn(3, '/').nth(2).unwrap().to_owned()
    };
    // The event says that the object is empty, whatever was announced.
    let begun = ada.announce("Empty", "video/mp4", 10).await.unwrap();
    send("video-upload-trigger", json!({ "object": { "key": key_of(&begun), "size": 0 } })).await;
    let video = ada.video(begun["videoId"].as_str().unwrap()).await.unwrap();
    assert_eq!(video["failure"]["code"], "empty_file", "{video}");

    let size = std::fs::metadata(&file).unwrap().len();
    let begun = ada.announce("Repeated", "video/mp4", size).await.unwrap();
    let id = begun["videoId"].as_str().unwrap();
    let mut put = reqwest::Client::new().put(begun["url"].as_str().unwrap()).body(std::fs::read(&file).unwrap());
    for (name, value) in begun["headers"].as_object().unwrap() {
        put = put.header(name, value.as_str().unwrap());
    }
    assert_eq!(put.send().await.unwrap().status(), 200);
    let created = json!({ "object": { "key": key_of(&begun), "size": size } });
    let again = (0..5).map(|_| send("video-upload-trigger", created.clone()));
    futures_util::future::join_all(again).await;
    let video = ada.finished(id).await.unwrap();
    assert_eq!(video["status"], "READY");
    send("video-upload-trigger", created).await;
    let jobs: Value =
        reqwest::get(format!("{}/2017-08-29/jobs", stack.url("mediaconvert"))).await.unwrap().json().await.unwrap();
    let good = jobs["jobs"].as_array().unwrap().iter().filter(|job| job["status"] == "COMPLETE").count();
    assert_eq!(good, 1, "{jobs}");

    // Reports of an attempt that is over, in every order.
    let owner = video["userId"].as_str().unwrap();
    for (status, attempt) in
        [("ERROR", "1"), ("PROGRESSING", "1"), ("COMPLETE", "0"), ("CANCELED", "7"), ("ERROR", "x")]
    {
        let metadata = json!({ "userId": owner, "videoId": id, "attempt": attempt });
        send("video-status-update", json!({ "jobId": "1", "status": status, "userMetadata": metadata })).await;
    }
    assert_eq!(ada.video(id).await.unwrap(), video);
}

#[tokio::test]
async fn transactions_that_meet_others_are_tried_again() {
    let (stack, ada) = begin().await;
    stack.inject("dynamodb", "TransactWriteItems", "conflict", 3).await.unwrap();
    ada.announce("Met", "video/mp4", 10).await.unwrap();
    // Without end: on a busy machine a try may time out and take one more.
    stack.inject("dynamodb", "TransactWriteItems", "conflict", 1000).await.unwrap();
    let body = json!({ "fileName": "a", "contentType": "video/mp4", "fileSize": 10, "title": "Busy" });
    let refused = ada.request(Method::POST, "/api/v1/uploads").json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    let named = ada.request(Method::POST, "/api/v1/uploads").header("idempotency-key", "k").json(&body).send();
    let refused: Value = named.await.unwrap().json().await.unwrap();
    assert_eq!(refused["code"], "idempotency-in-progress");
}

#[tokio::test]
async fn what_a_cut_off_delete_left_is_removed() {
    let (stack, ada) = begin().await;
    let (_dir, file) = small_movie();
    let id = ada.upload("Half gone", "video/mp4", &file).await.unwrap();
    let video = ada.finished(&id).await.unwrap();
    let hls = video["hlsUrl"].as_str().unwrap();
    stack.inject("s3", "ListObjectsV2", "unavailable", 1000).await.unwrap();
    let path = format!("/api/v1/videos/{id}");
    assert_eq!(ada.request(Method::DELETE, &path).send().await.unwrap().status(), 503);
    assert_eq!(ada.request(Method::GET, &path).send().await.unwrap().status(), 404);
    assert_eq!(reqwest::get(hls).await.unwrap().status(), 200, "its media is still there");
    stack.heal().await.unwrap();
    keep_house(&stack, 1).await;
    assert_eq!(reqwest::get(hls).await.unwrap().status(), 404);
    // Done is done.
    stack.forget_calls().await.unwrap();
    keep_house(&stack, 2).await;
    assert!(!stack.calls().await.unwrap().contains_key("s3.ListObjectsV2"));
}

#[tokio::test]
async fn a_file_that_comes_after_it_was_given_up_goes() {
    let (_stack, ada) = begin().await;
    let begun = ada.announce("Late", "video/mp4", 10).await.unwrap();
    let upload = format!("/api/v1/uploads/{}", begun["uploadId"].as_str().unwrap());
    assert_eq!(ada.request(Method::DELETE, &upload).send().await.unwrap().status(), 204);
    let put = || {
        let mut put = reqwest::Client::new().put(begun["url"].as_str().unwrap()).body("ten bytes!");
        for (name, value) in begun["headers"].as_object().unwrap() {
            put = put.header(name, value.as_str().unwrap());
        }
        put.send()
    };
    assert_eq!(put().await.unwrap().status(), 200);
    // Where it stands, nothing can be put; when it is gone, the URL works again for a while.
    until("its removal", async || put().await.unwrap().status() == 200).await;
    assert_eq!(ada.video(begun["videoId"].as_str().unwrap()).await.unwrap()["failure"]["code"], "upload_expired");
}
