//! Stream records reach their function in order, from a checkpoint that survives everything.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use skylark_local::dynamodb::Service;
use skylark_local::dynamodb::streams::{self, Consumer};
use skylark_local::http;
use skylark_local::lambda::{self, Environment, Lambda, Settings};
use skylark_local::sqs::{self, Queues};
use skylark_local::state::State;
use skylark_local::tap::Tap;
use skylark_local::world::{Function, Queue, StreamMapping, Table};
use tokio::net::TcpListener;
use tokio::sync::watch;

struct Cloud {
    url: String,
    sqs: String,
    lambda: Lambda,
    stop: watch::Sender<bool>,
    consumer: tokio::task::JoinHandle<()>,
    _service: Service,
}

fn mapping() -> StreamMapping {
    StreamMapping {
        name: "Outbox".into(),
        table: "things".into(),
        function: "sample".into(),
        filters: vec![
            json!({ "eventName": ["INSERT"], "dynamodb": { "Keys": { "PK": { "S": [{ "prefix": "EVT#" }] } } } }),
        ],
        batch_size: 10,
        max_age: Duration::from_secs(3600),
        max_retries: None,
        reports_failures: true,
        on_failure: Some("failures".into()),
    }
}

async fn start(dir: &Path, mapping: StreamMapping) -> Cloud {
    let table = Table {
        name: "things".into(),
        create: json!({
            "TableName": "things",
            "AttributeDefinitions": [{ "AttributeName": "PK", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "PK", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        }),
        ttl_attribute: None,
    };
    let function = Function {
        name: "sample".into(),
        deployed_name: "stack-sample".into(),
        memory_mb: 128,
        timeout: Duration::from_secs(20),
        environment: [("PATH".to_owned(), std::env::var("PATH").unwrap()), ("ON_EVENT".to_owned(), "print".to_owned())]
            .into(),
        async_retries: 0,
        on_failure: None,
        line: 1,
    };
    let binary = dir.join("sample");
    if !binary.exists() {
        std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/function.py"), &binary).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let queue = Queue {
        name: "failures".into(),
        visibility_timeout: Duration::from_secs(30),
        retention: Duration::from_secs(3600),
        delay: Duration::ZERO,
        redrive: None,
    };
    let settings = Settings {
        skylark: env!("CARGO_BIN_EXE_skylark").into(),
        bin_dir: dir.to_owned(),
        logs: dir.join("logs"),
        environment: Environment::default(),
    };
    let world = skylark_local::world::World {
        functions: BTreeMap::from([("sample".to_owned(), function)]),
        ..Default::default()
    };
    let lambda = Lambda::start(&world, settings).await.unwrap();
    let state = State::open(&dir.join("state.sqlite"), &[lambda::SCHEMA, sqs::SCHEMA, streams::SCHEMA]).unwrap();
    let queues = Queues::new(&[queue], state.clone());
    let file = dir.join("dynamodb.sqlite");
    let service = Service::start(&file, &[table], &Tap::default()).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let mut urls = Vec::new();
    for router in [service.router(), queues.router(&Tap::default())] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        urls.push(format!("http://{}", listener.local_addr().unwrap()));
        tokio::spawn(http::serve(listener, router, stopped.clone()));
    }
    let consumer = Consumer::new(mapping, &file, state, lambda.clone(), queues).unwrap();
    let consumer = tokio::spawn(consumer.run(service.written(), stopped));
    let sqs = urls.pop().unwrap();
    Cloud { url: urls.pop().unwrap(), sqs, lambda, stop, consumer, _service: service }
}

impl Cloud {
    async fn put(&self, key: &str, more: Value) {
        let mut item = json!({ "PK": { "S": key } });
        for (name, value) in more.as_object().unwrap() {
            item[name] = json!({ "S": value });
        }
        self.call("PutItem", json!({ "TableName": "things", "Item": item })).await;
    }

    async fn call(&self, operation: &str, body: Value) {
        let answer = reqwest::Client::new()
            .post(&self.url)
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x")
            .header("x-amz-date", "20260101T000000Z")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }

    async fn failures(&self) -> Vec<Value> {
        let body = json!({ "QueueUrl": format!("{}/000000000000/failures", self.sqs), "MaxNumberOfMessages": 10 });
        let answer = reqwest::Client::new().post(&self.sqs).header("x-amz-target", "AmazonSQS.ReceiveMessage");
        let answer: Value = answer.body(body.to_string()).send().await.unwrap().json().await.unwrap();
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        messages.iter().map(|message| serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()).collect()
    }

    /// Ends everything at once, as far as one process can.
    async fn cut_off(self) {
        self.consumer.abort();
        self.stop.send(true).unwrap();
        self.lambda.shutdown().await;
    }
}

/// The keys of the records of every batch that the function saw.
fn batches(dir: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(dir.join("logs/sample.log")).unwrap_or_default();
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("EVENT ")?).ok());
    let keys = |event: Value| {
        let records = event["Records"].as_array().unwrap().clone();
        records.iter().map(|record| record["dynamodb"]["Keys"]["PK"]["S"].as_str().unwrap().to_owned()).collect()
    };
    events.map(keys).collect()
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn keys(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| format!("EVT#{number:02}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_records_resume_at_the_checkpoint_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let gate = dir.path().join("gate");
    let cloud = start(dir.path(), mapping()).await;
    cloud.put("OTHER#1", json!({})).await;
    for key in keys(0..4) {
        cloud.put(&key, json!({})).await;
    }
    // What is changed or deleted is no new event.
    cloud.put("EVT#00", json!({ "more": "x" })).await;
    cloud.put("EVT#04", json!({ "wait_for": gate.to_str().unwrap() })).await;
    for key in keys(5..8) {
        cloud.put(&key, json!({})).await;
    }
    until("the held up record", async || batches(dir.path()).iter().filter(|keys| keys[0] == "EVT#04").count() >= 2)
        .await;
    cloud.cut_off().await;
    let before = batches(dir.path());

    let cloud = start(dir.path(), mapping()).await;
    cloud.put("EVT#08", json!({})).await;
    std::fs::write(&gate, "").unwrap();
    until("the last record", async || batches(dir.path()).concat().contains(&"EVT#08".to_owned())).await;
    let after = batches(dir.path()).split_off(before.len());
    assert!(before.concat().starts_with(&keys(0..4)), "{before:?}");
    assert_eq!(after[0][0], "EVT#04", "what was done before the cut is not done again: {after:?}");
    // Repeated while it is held up, and never overtaken.
    let mut done: Vec<String> = after.concat();
    done.dedup();
    let mut last = 0;
    for key in &done {
        let number: usize = key[4..].parse().unwrap();
        assert!(number <= last + 1 || last == 0, "{done:?}");
        last = last.max(number);
    }
    assert_eq!(last, 8);
    cloud.cut_off().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisonous_record_is_given_up_alone_and_told_of() {
    let dir = tempfile::tempdir().unwrap();
    // All are there before anybody looks, so that the poisonous one has company.
    let nobody =
        StreamMapping { name: "Nobody".into(), filters: vec![json!({ "eventName": ["REMOVE"] })], ..mapping() };
    let cloud = start(dir.path(), nobody).await;
    for number in 0..6 {
        let more = if number == 3 { json!({ "poison": "yes" }) } else { json!({}) };
        cloud.put(&format!("EVT#{number:02}"), more).await;
    }
    cloud.cut_off().await;
    let cloud = start(dir.path(), StreamMapping { max_retries: Some(2), ..mapping() }).await;
    let mut told = Vec::new();
    until("the message", async || {
        told.extend(cloud.failures().await);
        !told.is_empty()
    })
    .await;
    until("the last record", async || batches(dir.path()).last().is_some_and(|keys| keys.last().unwrap() == "EVT#05"))
        .await;
    assert_eq!(told.len(), 1);
    let alone = batches(dir.path()).iter().filter(|keys| **keys == ["EVT#03"]).count();
    assert_eq!(alone, 3, "found among the others, then tried as often as it may be");
    assert_eq!(told[0]["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(told[0]["requestContext"]["approximateInvokeCount"], 3);
    let info = &told[0]["DDBStreamBatchInfo"];
    assert_eq!((&info["batchSize"], &info["startSequenceNumber"]), (&json!(1), &info["endSequenceNumber"]));
    cloud.cut_off().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_as_aws_writes_it() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = start(dir.path(), mapping()).await;
    cloud.put("EVT#00", json!({ "name": "first" })).await;
    until("the record", async || !batches(dir.path()).is_empty()).await;
    let text = std::fs::read_to_string(dir.path().join("logs/sample.log")).unwrap();
    let event = text.lines().find_map(|line| line.strip_prefix("EVENT ")).unwrap();
    let record = serde_json::from_str::<Value>(event).unwrap()["Records"][0].take();
    assert_eq!((&record["eventName"], &record["eventSource"]), (&json!("INSERT"), &json!("aws:dynamodb")));
    assert_eq!(record["awsRegion"], "us-east-1");
    assert!(
        record["eventSourceARN"]
            .as_str()
            .unwrap()
            .starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/")
    );
    let change = &record["dynamodb"];
    assert_eq!(change["NewImage"], json!({ "PK": { "S": "EVT#00" }, "name": { "S": "first" } }));
    assert_eq!(change["Keys"], json!({ "PK": { "S": "EVT#00" } }));
    assert!(change["SequenceNumber"].is_string() && change.get("OldImage").is_none());
    cloud.cut_off().await;
}
