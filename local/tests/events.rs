//! From an object to a function: the bus, asynchronous invocations with their retries, and queues.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use skylark_local::bus::Bus;
use skylark_local::http;
use skylark_local::lambda::{self, AsyncInvocations, Environment, Lambda, Runner, Settings};
use skylark_local::s3::{self, Headers, Objects};
use skylark_local::sqs::{self, Queues};
use skylark_local::state::State;
use skylark_local::tap::Tap;
use skylark_local::world::{Bucket, Function, Queue, QueueMapping, Rule, World};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The services of one data directory.
struct Cloud {
    objects: Objects,
    lambda: Lambda,
    stop: watch::Sender<bool>,
    sqs: String,
    events: String,
}

fn world(timeout: Duration, mode: &str) -> World {
    let environment = [("PATH".to_owned(), std::env::var("PATH").unwrap()), ("ON_EVENT".to_owned(), mode.to_owned())];
    let function = Function {
        name: "sample".into(),
        deployed_name: "stack-sample".into(),
        memory_mb: 128,
        timeout,
        environment: environment.into(),
        async_retries: 2,
        on_failure: Some("failures".into()),
        line: 1,
    };
    let bucket = Bucket {
        name: "bucket".into(),
        logical_name: "Bucket".into(),
        event_bridge: true,
        cors: Vec::new(),
        expirations: Vec::new(),
        abort_multipart_after: None,
    };
    let rule = |name: &str, bus: &str, pattern: Value| Rule {
        name: name.into(),
        bus: bus.into(),
        pattern,
        function: "sample".into(),
        line: 1,
    };
    World {
        functions: BTreeMap::from([("sample".to_owned(), function)]),
        buckets: vec![bucket],
        buses: vec!["own".into()],
        queues: vec![queue("failures", None), queue("work", Some(("failures".into(), 2)))],
        rules: vec![
            rule("Created", "default", json!({ "source": ["aws.s3"], "detail-type": ["Object Created"] })),
            rule("Own", "own", json!({ "detail": { "wanted": [true] } })),
        ],
        ..World::default()
    }
}

fn queue(name: &str, redrive: Option<(String, u32)>) -> Queue {
    Queue {
        name: name.into(),
        visibility_timeout: Duration::from_secs(30),
        retention: Duration::from_secs(3600),
        delay: Duration::ZERO,
        redrive,
    }
}

async fn start(dir: &Path, world: &World) -> Cloud {
    let state = State::open(&dir.join("state.sqlite"), &[lambda::SCHEMA, sqs::SCHEMA, s3::SCHEMA]).unwrap();
    let binary = dir.join("sample");
    if !binary.exists() {
        std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/function.py"), &binary).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let settings = Settings {
        skylark: env!("CARGO_BIN_EXE_skylark").into(),
        bin_dir: dir.to_owned(),
        logs: dir.join("logs"),
        environment: Environment::default(),
    };
    let lambda = Lambda::start(world, settings).await.unwrap();
    let queues = Queues::new(&world.queues, state.clone());
    let invocations = AsyncInvocations::default();
    let bus = Bus::new(world, invocations.clone(), state.clone()).unwrap();
    let objects = Objects::open(dir.join("objects"), &world.buckets, state.clone(), bus.clone()).unwrap();
    let (stop, stopped) = watch::channel(false);
    let runner = Runner::new(world, invocations, state, lambda.clone(), queues.clone());
    tokio::spawn(runner.run(stopped.clone()));
    for mapping in world.queue_mappings.clone() {
        let consumer = sqs::Consumer::new(mapping, queues.clone(), lambda.clone()).unwrap();
        tokio::spawn(consumer.run(stopped.clone()));
    }
    let mut urls = Vec::new();
    for router in [queues.router(&Tap::default()), bus.router(&Tap::default())] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        urls.push(format!("http://{}", listener.local_addr().unwrap()));
        tokio::spawn(http::serve(listener, router, stopped.clone()));
    }
    let events = urls.pop().unwrap();
    Cloud { objects, lambda, stop, sqs: urls.pop().unwrap(), events }
}

impl Cloud {
    async fn put_object(&self, dir: &Path, key: &str) {
        let file = dir.join("body");
        std::fs::write(&file, b"body").unwrap();
        self.objects.adopt("bucket", key, &file, Headers::default()).await.unwrap();
    }

    async fn call(&self, url: &str, target: &str, body: Value) -> Value {
        let answer = reqwest::Client::new().post(url).header("x-amz-target", target).body(body.to_string());
        answer.send().await.unwrap().json().await.unwrap()
    }

    async fn queue(&self, operation: &str, queue: &str, mut body: Value) -> Value {
        body["QueueUrl"] = json!(format!("{}/000000000000/{queue}", self.sqs));
        self.call(&self.sqs, &format!("AmazonSQS.{operation}"), body).await
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.lambda.shutdown().await;
    }
}

/// What the function wrote down, one line for each event.
fn seen(dir: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(dir.join("logs/sample.log")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("EVENT ")?).ok()).collect()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_new_object_starts_the_function_of_the_rule() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = start(dir.path(), &world(Duration::from_secs(20), "print")).await;
    cloud.put_object(dir.path(), "videos/a b+ü.mp4").await;
    until("the invocation", || seen(dir.path()).len() == 1).await;
    let event = &seen(dir.path())[0];
    assert_eq!(event["source"], "aws.s3");
    assert_eq!(event["detail-type"], "Object Created");
    assert_eq!(event["detail"]["bucket"]["name"], "bucket");
    assert_eq!(event["detail"]["object"]["key"], "videos/a b+ü.mp4");
    assert_eq!(event["detail"]["object"]["size"], 4);
    assert_eq!(event["detail"]["reason"], "PutObject");
    cloud.stop().await;
}

#[tokio::test]
async fn events_under_way_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(Duration::from_secs(20), "hang");
    let cloud = start(dir.path(), &world).await;
    cloud.put_object(dir.path(), "one").await;
    until("the first try", || seen(dir.path()).len() == 1).await;
    cloud.stop().await;
    let cloud = start(dir.path(), &world).await;
    until("the second try", || seen(dir.path()).len() == 2).await;
    assert_eq!(seen(dir.path())[0]["id"], seen(dir.path())[1]["id"]);
    cloud.stop().await;
}

#[tokio::test]
async fn timed_out_invocation_is_killed_retried_then_dead_lettered() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = start(dir.path(), &world(Duration::from_secs(1), "hang")).await;
    cloud.put_object(dir.path(), "one").await;
    let received = cloud.queue("ReceiveMessage", "failures", json!({ "WaitTimeSeconds": 20 })).await;
    let record: Value = serde_json::from_str(received["Messages"][0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!(seen(dir.path()).len(), 3, "one try and two retries");
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(record["requestPayload"]["detail"]["object"]["key"], "one");
    assert_eq!(record["responsePayload"]["errorType"], "Sandbox.Timedout");
    cloud.stop().await;
}

#[tokio::test]
async fn put_events_reaches_the_rules_of_its_bus() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = start(dir.path(), &world(Duration::from_secs(20), "print")).await;
    let entry = |bus: &str, source: &str, detail: &str| json!({ "Source": source, "DetailType": "Thing", "Detail": detail, "EventBusName": bus });
    let body = json!({ "Entries": [
        entry("own", "skylark", r#"{"wanted":true}"#),
        entry("own", "skylark", r#"{"wanted":false}"#),
        entry("default", "skylark", r#"{"wanted":true}"#),
        entry("nowhere", "skylark", r#"{"wanted":true}"#),
        entry("own", "aws.s3", r#"{"wanted":true}"#),
        entry("own", "skylark", "not json"),
    ] });
    let answer = cloud.call(&cloud.events, "AWSEvents.PutEvents", body).await;
    assert_eq!(answer["FailedEntryCount"], 2);
    assert_eq!(answer["Entries"][5]["ErrorCode"], "MalformedDetail");
    until("the invocation", || seen(dir.path()).len() == 1).await;
    assert_eq!(seen(dir.path())[0]["id"], answer["Entries"][0]["EventId"]);
    cloud.stop().await;
}

#[tokio::test]
async fn queues_hide_delay_redeliver_and_bury() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = start(dir.path(), &world(Duration::from_secs(1), "print")).await;
    let delayed = json!({ "MessageBody": "late", "DelaySeconds": 1 });
    cloud.queue("SendMessage", "work", delayed).await;
    let sent = cloud.queue("SendMessage", "work", json!({ "MessageBody": "now" })).await;
    assert_eq!(sent["MD5OfMessageBody"], "97bc592b27a9ada2d9a4bb418ed0ebed");
    let first = cloud.queue("ReceiveMessage", "work", json!({ "MaxNumberOfMessages": 10 })).await;
    assert_eq!(first["Messages"].as_array().unwrap().len(), 1);
    assert_eq!(first["Messages"][0]["Body"], "now");
    let receipt = first["Messages"][0]["ReceiptHandle"].clone();
    // It is hidden; with its time-out over it comes again, and the delayed one arrives in its time.
    let back = json!({ "ReceiptHandle": receipt, "VisibilityTimeout": 0 });
    cloud.queue("ChangeMessageVisibility", "work", back).await;
    let mut bodies = Vec::new();
    while bodies.len() < 2 {
        let next = cloud.queue("ReceiveMessage", "work", json!({ "WaitTimeSeconds": 20 })).await;
        bodies.push(next["Messages"][0].clone());
    }
    assert_eq!(bodies[0]["Body"], "now");
    assert_eq!(bodies[0]["Attributes"]["ApproximateReceiveCount"], "2");
    assert_eq!(bodies[1]["Body"], "late");
    // Twice received is enough: the third time it is among the dead letters.
    let back = json!({ "ReceiptHandle": bodies[0]["ReceiptHandle"], "VisibilityTimeout": 0 });
    cloud.queue("ChangeMessageVisibility", "work", back).await;
    let gone = cloud.queue("DeleteMessage", "work", json!({ "ReceiptHandle": bodies[1]["ReceiptHandle"] })).await;
    assert_eq!(gone, json!({}));
    assert_eq!(cloud.queue("ReceiveMessage", "work", json!({})).await, json!({}));
    let dead = cloud.queue("ReceiveMessage", "failures", json!({ "WaitTimeSeconds": 20 })).await;
    assert_eq!(dead["Messages"][0]["Body"], "now");
    let unknown = cloud.queue("ReceiveMessage", "nothing", json!({})).await;
    assert_eq!(unknown["__type"], "com.amazonaws.sqs#QueueDoesNotExist");
    cloud.stop().await;
}

#[tokio::test]
async fn messages_of_a_queue_reach_their_function_and_only_failed_ones_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = world(Duration::from_secs(20), "print");
    world.queues[1].visibility_timeout = Duration::from_secs(1);
    world.queue_mappings = vec![QueueMapping {
        queue: "work".into(),
        function: "sample".into(),
        batch_size: 10,
        concurrency: 1,
        reports_failures: true,
    }];
    let cloud = start(dir.path(), &world).await;
    let there = dir.path().join("there");
    std::fs::write(&there, b"").unwrap();
    for file in [&there, &dir.path().join("missing")] {
        let body = json!({ "MessageBody": json!({ "file": file }).to_string() });
        cloud.queue("SendMessage", "work", body).await;
    }
    // Twice received is enough: then it is among the dead letters.
    let dead = cloud.queue("ReceiveMessage", "failures", json!({ "WaitTimeSeconds": 20 })).await;
    assert!(dead["Messages"][0]["Body"].as_str().unwrap().contains("missing"), "{dead}");
    let records: Vec<Value> =
        seen(dir.path()).iter().flat_map(|event| event["Records"].as_array().unwrap().clone()).collect();
    let of = |name: &str| records.iter().filter(|one| one["body"].as_str().unwrap().contains(name)).count();
    assert_eq!((of("there"), of("missing")), (1, 2));
    assert_eq!(records[0]["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:work");
    assert_eq!(records[0]["attributes"]["ApproximateReceiveCount"], "1");
    cloud.stop().await;
}
