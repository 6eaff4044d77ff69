//! The DynamoDB stand-in: speed, durability and schema.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use skylark_local::dynamodb::Service;
use skylark_local::tap::Tap;
use skylark_local::template;
use skylark_local::world::Table;

fn tables() -> Vec<Table> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml"));
    template::read(path, &BTreeMap::new()).unwrap().tables
}

/// The wire, by hand: what any SDK sends, without its cost.
struct Wire {
    client: reqwest::Client,
    url: String,
    table: String,
    _service: Service,
}

impl Wire {
    async fn start(file: &Path) -> Self {
        let tables = tables();
        let service = Service::start(file, &tables, &Tap::default()).await.unwrap();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = service.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { client: reqwest::Client::new(), url, table: tables[0].name.clone(), _service: service }
    }

    async fn call(&self, operation: &str, body: Value) -> Value {
        let signature = "AWS4-HMAC-SHA256 Credential=test/20261120/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host, Signature=00";
        let answer = self
            .client
            .post(&self.url)
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", signature)
            .header("x-amz-date", "20261120T100000Z")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{operation}: {status} {body}");
        body
    }

    async fn put(&self, number: usize) {
        let item = json!({ "PK": { "S": format!("P#{}", number % 10) }, "SK": { "S": format!("{number:08}") } });
        self.call("PutItem", json!({ "TableName": self.table, "Item": item })).await;
    }

    async fn time_puts(&self, from: usize, count: usize) -> Duration {
        let started = Instant::now();
        for number in from..from + count {
            self.put(number).await;
        }
        started.elapsed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn puts_stay_fast_after_20000_writes() {
    let dir = tempfile::tempdir().unwrap();
    let wire = Wire::start(&dir.path().join("db")).await;
    wire.time_puts(0, 100).await;
    let first = wire.time_puts(100, 400).await;
    for batch in 0..800 {
        let puts: Vec<Value> = (0..25)
            .map(|n| {
                let number = 1000 + batch * 25 + n;
                json!({ "PutRequest": { "Item": {
                    "PK": { "S": format!("P#{}", number % 10) }, "SK": { "S": format!("{number:08}") } } } })
            })
            .collect();
        wire.call("BatchWriteItem", json!({ "RequestItems": { &wire.table: puts } })).await;
    }
    let last = wire.time_puts(100_000, 400).await;
    // Without the index the ratio is above 10.
    assert!(last < first * 3, "400 puts took {first:?} at first and {last:?} after 20,000 writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_in_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let wire = Wire::start(&dir.path().join("db")).await;
    for number in 0..50 {
        wire.put(number).await;
    }
    // As a kill -9 would leave them: the files of a database that is still open.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let revived = Wire::start(&copy.path().join("db")).await;
    let scan = revived.call("Scan", json!({ "TableName": revived.table, "Select": "COUNT" })).await;
    assert_eq!(scan["Count"], 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_schema_in_the_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("db");
    drop(Service::start(&file, &tables(), &Tap::default()).await.unwrap());
    let mut changed = tables();
    changed[0].create["GlobalSecondaryIndexes"].as_array_mut().unwrap().pop();
    let error = Service::start(&file, &changed, &Tap::default()).await.err().unwrap();
    let error = format!("{error:#}");
    assert!(error.contains("skylark reset") && error.contains(&changed[0].name), "{error}");
}
