//! Connections that are gone and whose end nobody told of: they are in the table only, as after a `$disconnect` that never
//! came.

use std::collections::HashSet;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};
use skylark_tests::Stack;

/// The local table wants a signature and checks none.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/dynamodb/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=00";
const TABLE: &str = "skylark-Table";
/// Seconds since they came: they are not young any more.
const AGE: i64 = 600;
/// Seconds a connection's items live.
const LIFE: i64 = 130 * 60;

/// Puts `count` of them in a room, as the functions write connections. Answers their ids.
pub(crate) async fn haunt(stack: &Stack, stream_id: &str, count: u32) -> Result<HashSet<String>> {
    let came = Timestamp::now().as_second() - AGE;
    let at = json!({ "S": Timestamp::from_second(came)?.to_string() });
    let mut ids = HashSet::new();
    for number in 0..count {
        let id = format!("ghost{number:010}=");
        let common = |pk: String, sk: String, kind: &str| {
            json!({
                "PK": { "S": pk },
                "SK": { "S": sk },
                "Type": { "S": kind },
                "v": { "N": "1" },
                "TTL": { "N": (came + LIFE).to_string() },
            })
        };
        let mut seat = common(format!("STREAM#{stream_id}#CONN#0"), format!("CONN#{id}"), "Seat");
        seat["b"] = json!({ "BOOL": true });
        let mut connection = common(format!("CONN#{id}"), "META".to_owned(), "Connection");
        connection["id"] = json!({ "S": id });
        connection["streamId"] = json!({ "S": stream_id });
        connection["shard"] = json!({ "N": "0" });
        connection["isBatch"] = json!({ "BOOL": true });
        (connection["connectedAt"], connection["seenAt"]) = (at.clone(), at.clone());
        for item in [connection, seat] {
            call(stack, "PutItem", &json!({ "TableName": TABLE, "Item": item })).await?;
        }
        ids.insert(id);
    }
    Ok(ids)
}

/// How many of them are still in the room.
pub(crate) async fn left(stack: &Stack, stream_id: &str, ids: &HashSet<String>) -> Result<usize> {
    let (mut left, mut start) = (0, Value::Null);
    loop {
        let mut query = json!({
            "TableName": TABLE,
            "KeyConditionExpression": "PK = :pk",
            "ExpressionAttributeValues": { ":pk": { "S": format!("STREAM#{stream_id}#CONN#0") } },
        });
        if !start.is_null() {
            query["ExclusiveStartKey"] = start;
        }
        let mut page = call(stack, "Query", &query).await?;
        let items = page["Items"].as_array().context("no items")?;
        let id = |item: &Value| item["SK"]["S"].as_str().and_then(|sk| sk.strip_prefix("CONN#")).map(str::to_owned);
        left += items.iter().filter_map(id).filter(|id| ids.contains(id)).count();
        start = page["LastEvaluatedKey"].take();
        if start.is_null() {
            return Ok(left);
        }
    }
}

async fn call(stack: &Stack, operation: &str, body: &Value) -> Result<Value> {
    let answer = reqwest::Client::new()
        .post(stack.url("dynamodb"))
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("authorization", SIGNED)
        .header("x-amz-date", "20261121T000000Z")
        .header("content-type", "application/x-amz-json-1.0")
        .body(body.to_string())
        .send()
        .await?;
    let status = answer.status();
    let body: Value = answer.json().await?;
    ensure!(status == 200, "{operation} answered {status}: {body}");
    Ok(body)
}
