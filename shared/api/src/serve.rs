//! Puts a router under Lambda, and the edge around a router: request ids, problem bodies, headers every answer has.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use lambda_http::Context;
use lambda_runtime::LambdaEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument;

use crate::problem::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers events with `router` until Lambda ends the process.
///
/// # Errors
/// When the Runtime API fails.
pub async fn run(router: Router) -> Result<(), lambda_http::Error> {
    lambda_http::run(edge(router)).await
}

/// Answers events that are no requests with `handle` until Lambda ends the process. An error makes Lambda deliver the
/// event again.
///
/// # Errors
/// When the Runtime API fails.
pub async fn run_events<E, A, F, R>(handle: F) -> Result<(), lambda_runtime::Error>
where
    E: DeserializeOwned,
    A: Serialize,
    F: Fn(E) -> R,
    R: Future<Output = Result<A, skylark_domain::Error>>,
{
    let handle = &handle;
    let answer = lambda_runtime::service_fn(async |event: LambdaEvent<E>| {
        let span = tracing::info_span!("event", request_id = event.context.request_id);
        let handled = handle(event.payload).instrument(span).await;
        handled.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "event failed");
            lambda_runtime::Error::from(error)
        })
    });
    lambda_runtime::run(answer).await
}

/// JSON logs, as Lambda's log settings ask for.
pub fn start_telemetry() {
    lambda_http::tracing::init_default_subscriber();
}

/// The edge around a function's routes.
pub fn edge(router: Router) -> Router {
    router
        .fallback(async || Problem::no_route())
        .method_not_allowed_fallback(async || Problem::bad_method())
        .layer(from_fn(around))
}

async fn around(request: Request, next: Next) -> Response {
    let request_id =
        request.extensions().get::<Context>().map(|context| context.request_id.clone()).unwrap_or_default();
    let path = request.uri().path().to_owned();
    let trace =
        request.headers().get("traceparent").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let span = tracing::info_span!("request", method = %request.method(), path, request_id, traceparent = trace);
    let mut response = next.run(request).instrument(span).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = with_body(response, &problem, &path, &request_id);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn with_body(response: Response, problem: &Problem, path: &str, request_id: &str) -> Response {
    let (mut parts, _) = response.into_parts();
    let body = serde_json::to_vec(&problem.details(path, request_id)).unwrap_or_default();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}
