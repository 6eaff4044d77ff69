//! Counts the calls that reach each stand-in and injects faults into them, so that tests can hold the ledger of calls
//! against the design and can lose an answer on purpose.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, request::Parts};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What happens to a call instead of its normal course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The call is executed but its answer is lost: the connection is cut.
    LostAnswer,
    /// The call is refused with 503 before it is executed.
    Unavailable,
    /// The call is refused with 429 before it is executed.
    Throttled,
    /// The call is a DynamoDB transaction, and is cancelled because of another write at the same moment.
    Conflict,
}

/// A fault that waits for calls of `service` and `operation`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    /// `mediaconvert`.
    pub service: String,
    /// `CreateJob`; `*` is any.
    pub operation: String,
    /// What happens.
    pub kind: FaultKind,
    /// How many calls it still meets.
    pub times: u32,
}

#[derive(Default)]
struct Ledger {
    calls: BTreeMap<String, u64>,
    faults: Vec<Fault>,
}

/// The ledger and the faults of one stack. Cheap to clone.
#[derive(Clone, Default)]
pub struct Tap(Arc<Mutex<Ledger>>);

/// How a service names the operation of a request.
pub type NameOperation = fn(&Parts) -> String;

#[derive(Clone)]
struct Layered {
    tap: Tap,
    service: &'static str,
    name: NameOperation,
}

impl Tap {
    /// Puts the tap in front of a service's router.
    pub fn wrap(&self, service: &'static str, name: NameOperation, router: Router) -> Router {
        router.layer(from_fn_with_state(Layered { tap: self.clone(), service, name }, pass))
    }

    /// `GET /calls` -> counts by `service.Operation`, `DELETE /calls` forgets them, `POST /faults` adds a [`Fault`],
    /// `DELETE /faults` forgets those.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/calls", get(calls).delete(forget))
            .route("/faults", post(add_fault).delete(heal))
            .with_state(self.clone())
    }

    /// Counts one call and takes the fault that waits for it, if any.
    pub fn meet(&self, service: &str, operation: &str) -> Option<FaultKind> {
        let mut ledger = self.lock();
        *ledger.calls.entry(format!("{service}.{operation}")).or_default() += 1;
        let index = ledger
            .faults
            .iter()
            .position(|fault| fault.service == service && (fault.operation == "*" || fault.operation == operation))?;
        let kind = ledger.faults[index].kind;
        ledger.faults[index].times -= 1;
        if ledger.faults[index].times == 0 {
            ledger.faults.remove(index);
        }
        Some(kind)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pass(State(layered): State<Layered>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let operation = (layered.name)(&parts);
    let request = Request::from_parts(parts, body);
    match layered.tap.meet(layered.service, &operation) {
        None => next.run(request).await,
        Some(FaultKind::LostAnswer) => {
            drop(next.run(request).await);
            // A body that fails before its first byte makes the server cut the connection.
            let cut =
                futures_util::stream::once(async { Err::<bytes::Bytes, _>(std::io::Error::other("answer lost")) });
            Response::new(Body::from_stream(cut))
        }
        Some(FaultKind::Unavailable) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(FaultKind::Throttled) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Some(FaultKind::Conflict) => {
            let body = json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
                "CancellationReasons": [{ "Code": "TransactionConflict" }, { "Code": "None" }],
            });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}

async fn calls(State(tap): State<Tap>) -> Json<BTreeMap<String, u64>> {
    Json(tap.lock().calls.clone())
}

async fn forget(State(tap): State<Tap>) -> StatusCode {
    tap.lock().calls.clear();
    StatusCode::NO_CONTENT
}

async fn heal(State(tap): State<Tap>) -> StatusCode {
    tap.lock().faults.clear();
    StatusCode::NO_CONTENT
}

async fn add_fault(State(tap): State<Tap>, Json(fault): Json<Fault>) -> StatusCode {
    if fault.times == 0 {
        return StatusCode::BAD_REQUEST;
    }
    tap.lock().faults.push(fault);
    StatusCode::CREATED
}

/// The operation of a service that speaks AWS JSON: what follows the dot in `X-Amz-Target`.
pub fn target_operation(parts: &Parts) -> String {
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}
