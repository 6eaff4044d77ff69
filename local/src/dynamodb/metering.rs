//! What the table's calls cost, by the function that makes them: DynamoDB's own `ConsumedCapacity`, asked for in the
//! functions' stead. Tests hold it against the design.
//! Source: DynamoDB developer guide, "Read and write operations", "Capacity unit consumption".

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::tap::target_operation;

/// Calls that answer what they have consumed.
const PRICED: [&str; 10] = [
    "GetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "TransactGetItems",
    "TransactWriteItems",
];

/// What calls of one kind have cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
struct Cost {
    calls: u64,
    /// Read units of calls that read, write units of those that write, indexes included. A call that fails tells none.
    units: f64,
}

/// By function and operation; `None` while nobody asks.
type Bills = Option<BTreeMap<String, BTreeMap<String, Cost>>>;

/// Adds up what calls cost, once somebody has asked for it. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Bills>>);

/// A call that is metered.
pub(super) struct Metered {
    function: String,
    operation: String,
}

impl Meter {
    /// `DELETE /capacity` begins anew, `GET /capacity` -> `{"chat-message":{"PutItem":{"calls":1,"units":1.0}}}`.
    pub(super) fn router(&self) -> Router {
        Router::new().route("/capacity", get(read).delete(begin)).with_state(self.clone())
    }

    /// The call to be metered, if anybody asks.
    pub(super) fn meet(&self, parts: &Parts) -> Option<Metered> {
        self.bills().as_ref()?;
        let operation = target_operation(parts);
        let function = caller(&parts.headers)?.to_owned();
        PRICED.contains(&operation.as_str()).then_some(Metered { function, operation })
    }

    /// Adds what an answer says.
    pub(super) fn add(&self, call: Metered, answer: &[u8]) {
        if let Some(bills) = &mut *self.bills() {
            let cost = bills.entry(call.function).or_default().entry(call.operation).or_default();
            cost.calls += 1;
            cost.units += consumed(answer);
        }
    }

    fn bills(&self) -> std::sync::MutexGuard<'_, Bills> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The access key id of a signed request, which is the function's name.
fn caller(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    authorization.split_once("Credential=")?.1.split('/').next()
}

/// The request, asking what it costs. What is no JSON object stays as it is.
pub(super) fn asking(request: Bytes) -> Bytes {
    let Ok(mut fields) = serde_json::from_slice::<Map<String, Value>>(&request) else { return request };
    fields.insert("ReturnConsumedCapacity".into(), "TOTAL".into());
    serde_json::to_vec(&fields).map_or(request, Bytes::from)
}

/// One table's consumption, or a list of them.
fn consumed(answer: &[u8]) -> f64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let units = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or_default();
    match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().map(units).sum(),
        one => units(one),
    }
}

async fn read(State(meter): State<Meter>) -> Json<Value> {
    Json(serde_json::json!(meter.bills().clone().unwrap_or_default()))
}

async fn begin(State(meter): State<Meter>) -> StatusCode {
    *meter.bills() = Some(BTreeMap::new());
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &str) -> Parts {
        let request =
            axum::http::Request::post("/").header("x-amz-target", format!("DynamoDB_20120810.{operation}")).header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=chat-message/20261121/us-east-1/dynamodb/aws4_request",
            );
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn nothing_is_metered_before_somebody_asks() {
        let meter = Meter::default();
        assert!(meter.meet(&call("PutItem")).is_none());
        *meter.bills() = Some(BTreeMap::new());
        assert!(meter.meet(&call("DescribeTable")).is_none());
        let answers: [&[u8]; 3] =
            [br#"{"ConsumedCapacity":{"CapacityUnits":1.5}}"#, br#"{"ConsumedCapacity":[{"CapacityUnits":4}]}"#, b"no"];
        for answer in answers {
            let metered = meter.meet(&call("PutItem")).unwrap();
            meter.add(metered, answer);
        }
        let cost = meter.bills().as_ref().unwrap()["chat-message"]["PutItem"];
        assert_eq!(cost, Cost { calls: 3, units: 5.5 });
    }

    #[test]
    fn a_request_asks_what_it_costs_and_keeps_the_rest() {
        let asked: Value = serde_json::from_slice(&asking(Bytes::from_static(br#"{"Key":{"PK":{"S":"a"}}}"#))).unwrap();
        assert_eq!(asked, serde_json::json!({ "Key": { "PK": { "S": "a" } }, "ReturnConsumedCapacity": "TOTAL" }));
        assert_eq!(asking(Bytes::from_static(b"[1")), Bytes::from_static(b"[1"));
    }
}
