//! The S3 stand-in, met by AWS's own client.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use skylark_local::bus::Bus;
use skylark_local::lambda::AsyncInvocations;
use skylark_local::s3::{self, Objects, View};
use skylark_local::state::State;
use skylark_local::tap::Tap;
use skylark_local::web::Web;
use skylark_local::world::{Bucket, CorsRule, World};
use skylark_local::{http, lambda};
use tokio::net::TcpListener;
use tokio::sync::watch;

struct Server {
    client: Client,
    url: String,
    dir: tempfile::TempDir,
    _stop: watch::Sender<bool>,
}

async fn start() -> Server {
    start_in(tempfile::tempdir().unwrap()).await
}

async fn start_in(dir: tempfile::TempDir) -> Server {
    let state = State::open(&dir.path().join("state.sqlite"), &[lambda::SCHEMA, s3::SCHEMA]).unwrap();
    let bus = Bus::new(&World::default(), AsyncInvocations::default(), state.clone()).unwrap();
    let bucket = Bucket {
        name: "bucket".into(),
        logical_name: "Bucket".into(),
        event_bridge: true,
        cors: vec![CorsRule {
            allowed_origins: vec!["http://app.test".into()],
            allowed_methods: vec!["PUT".into()],
            allowed_headers: vec!["*".into()],
            exposed_headers: vec!["ETag".into()],
            max_age_seconds: Some(60),
        }],
        expirations: Vec::new(),
        abort_multipart_after: None,
    };
    let web = Bucket { name: "web".into(), event_bridge: false, cors: Vec::new(), ..bucket.clone() };
    let view = View { bucket: web.name.clone(), web: Web::Built(dir.path().join("dist")) };
    let objects = Objects::open(dir.path().join("objects"), &[bucket, web], state, bus).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(http::serve(listener, s3::router(&objects, Some(view), "secret", &Tap::default()), stopped));
    let client = client(&url, "secret");
    Server { client, url, dir, _stop: stop }
}

fn client(url: &str, secret: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("tester", secret, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url)
        .build();
    Client::from_conf(config)
}

async fn read(client: &Client, key: &str) -> Vec<u8> {
    let answer = client.get_object().bucket("bucket").key(key).send().await.unwrap();
    answer.body.collect().await.unwrap().to_vec()
}

async fn put(client: &Client, key: &str, body: &[u8]) {
    client.put_object().bucket("bucket").key(key).body(body.to_vec().into()).send().await.unwrap();
}

async fn presign_put(client: &Client, key: &str, length: usize) -> PresignedRequest {
    let expires = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let request = client.put_object().bucket("bucket").key(key).content_type("video/mp4").if_none_match("*");
    request.content_length(i64::try_from(length).unwrap()).presigned(expires).await.unwrap()
}

async fn send(presigned: &PresignedRequest, body: &[u8], more: &[(&str, &str)]) -> u16 {
    let client = reqwest::Client::new();
    let mut request = client.request(presigned.method().parse().unwrap(), presigned.uri()).body(body.to_vec());
    for (name, value) in presigned.headers().filter(|(name, _)| *name != "content-length") {
        request = request.header(name, value);
    }
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn any_key_is_just_a_key() {
    let server = start().await;
    let keys = ["../x", "a", "a/b", "a b+c", "ünïcode/☃", "..", "a//b", "trailing/", "%2e%2e%2fx", "q?x=1&y"];
    for (number, key) in keys.iter().enumerate() {
        put(&server.client, key, number.to_string().as_bytes()).await;
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(read(&server.client, key).await, number.to_string().as_bytes(), "{key}");
    }
    let listed = server.client.list_objects_v2().bucket("bucket").send().await.unwrap();
    let listed: Vec<&str> = listed.contents().iter().filter_map(|object| object.key()).collect();
    let sorted: BTreeSet<&str> = keys.into();
    assert_eq!(listed, sorted.into_iter().collect::<Vec<_>>());
    // Nothing stands outside its folder.
    let outside: Vec<_> =
        std::fs::read_dir(server.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(outside.iter().all(|name| name == "objects" || name.to_string_lossy().starts_with("state.sqlite")));
}

#[tokio::test]
async fn ranges_heads_copies_and_deletes_work() {
    let server = start().await;
    let client = &server.client;
    put(client, "one", b"0123456789").await;
    for (range, expected, said) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=5-100", "56789", "bytes 5-9/10"),
    ] {
        let answer = client.get_object().bucket("bucket").key("one").range(range).send().await.unwrap();
        assert_eq!(answer.content_range(), Some(said));
        assert_eq!(answer.body.collect().await.unwrap().to_vec(), expected.as_bytes());
    }
    let error = client.get_object().bucket("bucket").key("one").range("bytes=10-").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 416);
    let head = client.head_object().bucket("bucket").key("one").send().await.unwrap();
    assert_eq!((head.content_length(), head.e_tag()), (Some(10), Some("\"781e5e245d69b566979b86e28d23f2c7\"")));
    client.copy_object().bucket("bucket").key("two").copy_source("bucket/one").send().await.unwrap();
    client.delete_object().bucket("bucket").key("one").send().await.unwrap();
    client.delete_object().bucket("bucket").key("one").send().await.unwrap();
    assert_eq!(read(client, "two").await, b"0123456789");
    assert!(
        client.head_object().bucket("bucket").key("one").send().await.unwrap_err().into_service_error().is_not_found()
    );
    let error = client.get_object().bucket("bucket").key("one").send().await.unwrap_err().into_service_error();
    assert!(error.is_no_such_key());
}

#[tokio::test]
async fn listing_pages_and_groups() {
    let server = start().await;
    for key in ["a/1", "a/2", "b/1", "b/2/3", "c"] {
        put(&server.client, key, b"x").await;
    }
    let mut pages = server.client.list_objects_v2().bucket("bucket").max_keys(2).into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.contents().len() <= 2);
        keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
    }
    assert_eq!(keys, ["a/1", "a/2", "b/1", "b/2/3", "c"]);
    let listed = server.client.list_objects_v2().bucket("bucket").delimiter("/").send().await.unwrap();
    let groups: Vec<_> = listed.common_prefixes().iter().filter_map(|group| group.prefix()).collect();
    assert_eq!((groups, listed.contents().len(), listed.key_count()), (vec!["a/", "b/"], 1, Some(3)));
    let listed = server.client.list_objects_v2().bucket("bucket").prefix("b/").send().await.unwrap();
    assert_eq!(listed.contents().len(), 2);
}

#[tokio::test]
async fn second_put_on_one_url_is_412() {
    let server = start().await;
    let presigned = presign_put(&server.client, "once", 5).await;
    assert_eq!(send(&presigned, b"first", &[]).await, 200);
    assert_eq!(send(&presigned, b"other", &[]).await, 412);
    assert_eq!(read(&server.client, "once").await, b"first");
    // Twenty at once: one wins.
    let presigned = presign_put(&server.client, "race", 2).await;
    let sent = (10..30).map(|number| {
        let presigned = presigned.clone();
        tokio::spawn(async move { send(&presigned, number.to_string().as_bytes(), &[]).await })
    });
    let mut statuses = Vec::new();
    for one in sent.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 412].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn a_presigned_url_allows_one_thing_only() {
    let server = start().await;
    let presigned = presign_put(&server.client, "exact", 5).await;
    assert_eq!(send(&presigned, b"sixsix", &[]).await, 403, "one byte too many");
    assert_eq!(send(&presigned, b"four", &[]).await, 403, "one byte too few");
    assert_eq!(send(&presigned, b"fives", &[("x-amz-copy-source", "bucket/other")]).await, 403, "an unsigned header");
    assert_eq!(send(&presigned, b"fives", &[("content-type", "text/html")]).await, 403, "another type");
    let http = reqwest::Client::new();
    let other_key = presigned.uri().replace("/exact", "/other");
    assert_eq!(http.put(other_key).body("fives").send().await.unwrap().status(), 403);
    assert_eq!(http.get(presigned.uri()).send().await.unwrap().status(), 403, "another method");
    assert_eq!(http.get(format!("{}/bucket/exact", server.url)).send().await.unwrap().status(), 403, "unsigned");
    let expired = PresigningConfig::builder()
        .start_time(std::time::SystemTime::now() - Duration::from_secs(120))
        .expires_in(Duration::from_secs(60))
        .build()
        .unwrap();
    let expired = server.client.put_object().bucket("bucket").key("late").presigned(expired).await.unwrap();
    assert_eq!(send(&expired, b"x", &[]).await, 403, "expired");
    let forged = presign_put(&client(&server.url, "another secret"), "forged", 1).await;
    assert_eq!(send(&forged, b"x", &[]).await, 403, "signed with another secret");
    let listed = server.client.list_objects_v2().bucket("bucket").send().await.unwrap();
    assert!(listed.contents().is_empty());
    assert_eq!(send(&presigned, b"fives", &[]).await, 200);
}

#[tokio::test]
async fn a_body_that_is_not_what_was_said_leaves_nothing() {
    let server = start().await;
    let wrong = "AAAAAAAAAAAAAAAAAAAAAA==";
    let sent = server.client.put_object().bucket("bucket").key("k").content_md5(wrong).body(b"x".to_vec().into());
    assert_eq!(sent.send().await.unwrap_err().raw_response().unwrap().status().as_u16(), 400);
    let sent =
        server.client.put_object().bucket("bucket").key("k").checksum_crc32("AAAAAA==").body(b"x".to_vec().into());
    assert_eq!(sent.send().await.unwrap_err().raw_response().unwrap().status().as_u16(), 400);
    // Cut off half-way: headers promise more than comes.
    let presigned = presign_put(&server.client, "k", 1000).await;
    let url = url::Url::parse(presigned.uri()).unwrap();
    let mut socket = tokio::net::TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    let target = &presigned.uri()[server.url.len()..];
    let host = url.authority();
    let head = format!(
        "PUT {target} HTTP/1.1\r\nhost: {host}\r\ncontent-type: video/mp4\r\nif-none-match: *\r\ncontent-length: 1000\r\n\r\nhalf"
    );
    tokio::io::AsyncWriteExt::write_all(&mut socket, head.as_bytes()).await.unwrap();
    drop(socket);
    let objects = server.dir.path().join("objects");
    let started = std::time::Instant::now();
    while std::fs::read_dir(&objects).unwrap().count() > 0 {
        assert!(started.elapsed() < Duration::from_secs(10), "a cut-off body is left on the disk");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(server.client.list_objects_v2().bucket("bucket").send().await.unwrap().contents().is_empty());
}

#[tokio::test]
async fn streamed_bodies_with_trailing_checksums_are_taken() {
    let server = start().await;
    let file = server.dir.path().join("upload");
    let body: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    std::fs::write(&file, &body).unwrap();
    let stream = ByteStream::from_path(&file).await.unwrap();
    server.client.put_object().bucket("bucket").key("streamed").body(stream).send().await.unwrap();
    assert_eq!(read(&server.client, "streamed").await, body);
}

#[tokio::test]
async fn parts_are_put_together_in_order_and_survive_a_restart() {
    let server = start().await;
    let client = &server.client;
    let begun =
        client.create_multipart_upload().bucket("bucket").key("big").content_type("video/mp4").send().await.unwrap();
    let id = begun.upload_id().unwrap().to_owned();
    let parts = [vec![1u8; 5 * 1024 * 1024], vec![2u8; 5 * 1024 * 1024], vec![3u8; 10]];
    let mut etags = Vec::new();
    for (number, body) in parts.iter().enumerate() {
        let number = i32::try_from(number).unwrap() + 1;
        let part = client.upload_part().bucket("bucket").key("big").upload_id(&id).part_number(number);
        let sent = part.body(body.clone().into()).send().await.unwrap();
        etags.push(CompletedPart::builder().part_number(number).e_tag(sent.e_tag().unwrap()).build());
    }
    let server = start_in(server.dir).await;
    let client = &server.client;
    let listed = client.list_parts().bucket("bucket").key("big").upload_id(&id).max_parts(2).send().await.unwrap();
    assert_eq!((listed.parts().len(), listed.is_truncated()), (2, Some(true)));
    let complete = |parts: Vec<CompletedPart>| {
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        client.complete_multipart_upload().bucket("bucket").key("big").upload_id(&id).multipart_upload(upload).send()
    };
    let code = |error: aws_sdk_s3::error::SdkError<_>| {
        aws_sdk_s3::error::ProvideErrorMetadata::code(&error).unwrap_or_default().to_owned()
    };
    let reversed = etags.iter().rev().cloned().collect();
    assert_eq!(code(complete(reversed).await.unwrap_err()), "InvalidPartOrder");
    let wrong = vec![CompletedPart::builder().part_number(1).e_tag("\"00000000000000000000000000000000\"").build()];
    assert_eq!(code(complete(wrong).await.unwrap_err()), "InvalidPart");
    let small_first = vec![etags[2].clone()];
    let done = complete(etags.clone()).await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-3\""), "{done:?}");
    assert_eq!(code(complete(small_first).await.unwrap_err()), "NoSuchUpload");
    assert_eq!(read(client, "big").await, parts.concat());
    let head = client.head_object().bucket("bucket").key("big").send().await.unwrap();
    assert_eq!(head.content_type(), Some("video/mp4"));
    // The parts are gone from the disk.
    assert_eq!(std::fs::read_dir(server.dir.path().join("objects")).unwrap().count(), 1);
}

#[tokio::test]
async fn cross_origin_rules_are_the_buckets() {
    let server = start().await;
    let http = reqwest::Client::new();
    let preflight = |origin: &str, method: &str| {
        http.request(reqwest::Method::OPTIONS, format!("{}/bucket/k", server.url))
            .header("origin", origin)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "content-type")
            .send()
    };
    let allowed = preflight("http://app.test", "PUT").await.unwrap();
    assert_eq!(allowed.status(), 200);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "http://app.test");
    assert_eq!(preflight("http://evil.test", "PUT").await.unwrap().status(), 403);
    assert_eq!(preflight("http://app.test", "DELETE").await.unwrap().status(), 403);
    let presigned = presign_put(&server.client, "k", 1).await;
    let mut request = http.put(presigned.uri()).header("origin", "http://app.test").body("x");
    for (name, value) in presigned.headers().filter(|(name, _)| *name != "content-length") {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-expose-headers"], "ETag");
}

#[tokio::test]
async fn the_page_is_read_as_it_is_now_and_nothing_is_written() {
    let server = start().await;
    let dist = server.dir.path().join("dist");
    std::fs::create_dir(&dist).unwrap();
    std::fs::write(dist.join("index.html"), "<p>one").unwrap();
    let page = || server.client.get_object().bucket("web").key("index.html");
    let first = page().send().await.unwrap();
    assert_eq!(first.content_type(), Some("text/html"));
    let etag = first.e_tag().unwrap().to_owned();
    assert_eq!(first.body.collect().await.unwrap().to_vec(), b"<p>one");
    let head = server.client.head_object().bucket("web").key("index.html").send().await.unwrap();
    assert_eq!((head.content_length(), head.e_tag()), (Some(6), Some(etag.as_str())));
    let known = page().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(known.raw_response().unwrap().status().as_u16(), 304);

    std::fs::write(dist.join("index.html"), "<p>two").unwrap();
    let second = page().if_none_match(&etag).send().await.unwrap();
    assert_eq!(second.body.collect().await.unwrap().to_vec(), b"<p>two");
    for key in ["nothing.js", "../state.sqlite"] {
        let missing = server.client.get_object().bucket("web").key(key).send().await.unwrap_err();
        assert_eq!(missing.into_service_error().meta().code(), Some("NoSuchKey"), "{key}");
    }

    put(&server.client, "a", b"a").await;
    let put = server.client.put_object().bucket("web").key("index.html").send().await.unwrap_err();
    let copy = server.client.copy_object().bucket("web").key("index.html").copy_source("bucket/a").send().await;
    let delete = server.client.delete_object().bucket("web").key("index.html").send().await.unwrap_err();
    assert_eq!(put.into_service_error().meta().code(), Some("AccessDenied"));
    assert_eq!(copy.unwrap_err().into_service_error().meta().code(), Some("AccessDenied"));
    assert_eq!(delete.into_service_error().meta().code(), Some("AccessDenied"));
    assert_eq!(std::fs::read(dist.join("index.html")).unwrap(), b"<p>two");
}
