//! Two HTTP faces of Lambda: the Runtime API towards the processes (each under its own path, so that an answer can only
//! come from the process that was asked), and `Invoke` towards callers.

use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{FunctionError, Lambda};
use crate::tap::Tap;
use crate::world::{ACCOUNT, REGION};

/// Lambda's limit for payloads and answers.
const MAX_PAYLOAD: usize = 6 * 1024 * 1024;

pub(super) fn runtime_router(lambda: Lambda) -> Router {
    Router::new()
        .route("/{function}/{process}/2018-06-01/runtime/invocation/next", get(next))
        .route("/{function}/{process}/2018-06-01/runtime/invocation/{request}/response", post(response))
        .route("/{function}/{process}/2018-06-01/runtime/invocation/{request}/error", post(error))
        .route("/{function}/{process}/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(MAX_PAYLOAD + 4096))
        .with_state(lambda)
}

async fn next(State(lambda): State<Lambda>, Path((function, process)): Path<(String, String)>) -> Response {
    let Some(pool) = lambda.pool(&function) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(task) = pool.next(&process).await else { return StatusCode::GONE.into_response() };
    let deadline = task.deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", pool.function().deployed_name);
    let trace = format!("Root=1-{:08x}-{};Sampled=0", deadline / 1000, &task.request_id.replace('-', "")[..24]);
    let mut answer = Response::new(Body::from(task.payload));
    for (name, value) in [
        ("lambda-runtime-aws-request-id", task.request_id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", arn),
        ("lambda-runtime-trace-id", trace),
        ("content-type", "application/json".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

async fn response(
    State(lambda): State<Lambda>,
    Path((function, process, request)): Path<(String, String, String)>,
    body: Bytes,
) -> StatusCode {
    if body.len() > MAX_PAYLOAD {
        let error =
            FunctionError::new("Function.ResponseSizeTooLarge", "Response payload size exceeded 6291456 bytes.");
        finish(&lambda, &function, &process, &request, Err(error));
        return StatusCode::PAYLOAD_TOO_LARGE;
    }
    finish(&lambda, &function, &process, &request, Ok(body))
}

async fn error(
    State(lambda): State<Lambda>,
    Path((function, process, request)): Path<(String, String, String)>,
    body: Bytes,
) -> StatusCode {
    finish(&lambda, &function, &process, &request, Err(reported(&body)))
}

fn finish(
    lambda: &Lambda,
    function: &str,
    process: &str,
    request: &str,
    outcome: Result<Bytes, FunctionError>,
) -> StatusCode {
    match lambda.pool(function) {
        Some(pool) if pool.finish(process, request, outcome) => StatusCode::ACCEPTED,
        // An answer nobody waits for: the invocation has timed out.
        _ => StatusCode::BAD_REQUEST,
    }
}

async fn init_error(
    State(lambda): State<Lambda>,
    Path((function, process)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let Some(pool) = lambda.pool(&function) else { return StatusCode::NOT_FOUND };
    pool.fail_init(&process, reported(&body));
    StatusCode::ACCEPTED
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reported {
    error_type: String,
    error_message: String,
}

fn reported(body: &[u8]) -> FunctionError {
    match serde_json::from_slice::<Reported>(body) {
        Ok(report) => FunctionError { error_type: report.error_type, message: report.error_message },
        Err(_) => FunctionError::new("Runtime.Unknown", String::from_utf8_lossy(body)),
    }
}

pub(super) fn invoke_router(lambda: Lambda, tap: &Tap) -> Router {
    let router = Router::new()
        .route("/2015-03-31/functions/{function}/invocations", post(invoke))
        .layer(DefaultBodyLimit::max(MAX_PAYLOAD))
        .with_state(lambda);
    tap.wrap("lambda", |_| "Invoke".to_owned(), router)
}

async fn invoke(
    State(lambda): State<Lambda>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Bytes,
) -> Response {
    let kind = headers.get("x-amz-invocation-type").and_then(|kind| kind.to_str().ok()).unwrap_or("RequestResponse");
    if kind != "RequestResponse" {
        let message = format!("the local cloud has no invocation type {kind}");
        return (StatusCode::BAD_REQUEST, Json(json!({ "Type": "User", "Message": message }))).into_response();
    }
    let Some(function) = lambda.function(&name) else {
        let message = format!("Function not found: {name}");
        return (StatusCode::NOT_FOUND, Json(json!({ "Type": "User", "Message": message }))).into_response();
    };
    let name = function.name.clone();
    let invocation = lambda.invoke(&name, payload).await;
    let mut answer = match invocation.outcome {
        Ok(body) => Response::new(Body::from(body)),
        Err(error) => {
            let body = json!({ "errorType": error.error_type, "errorMessage": error.message });
            let mut answer = Json(body).into_response();
            answer.headers_mut().insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
            answer
        }
    };
    if let Ok(id) = HeaderValue::from_str(&invocation.request_id) {
        answer.headers_mut().insert("x-amzn-requestid", id);
    }
    answer
}

/// Lambda's words for an invocation that took too long.
pub(super) fn timed_out(request_id: &str, limit: Duration) -> FunctionError {
    let message = format!("RequestId: {request_id} Error: Task timed out after {:.2} seconds", limit.as_secs_f64());
    FunctionError::new("Sandbox.Timedout", message)
}
