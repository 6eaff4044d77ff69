//! Plays S3: s3s speaks the wire (SigV4, presigned URLs, XML), `backend` answers its operations from `objects`, which
//! keeps bodies as files and everything else in the state database.

mod access;
mod backend;
mod cors;
mod lifecycle;
mod multipart;
mod objects;
mod view;

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use s3s::service::S3ServiceBuilder;
use tower::ServiceExt as _;

pub use self::lifecycle::run as run_lifecycle;
pub use self::objects::{Headers, Object, Objects, SCHEMA};
pub use self::view::View;
use crate::drain;
use crate::tap::Tap;

/// What answers S3's calls, path style. The bucket of `view` shows what is elsewhere. `secret_key` is the one that goes with
/// every access key id.
pub fn router(objects: &Objects, view: Option<View>, secret_key: &str, tap: &Tap) -> Router {
    let read_only = view.as_ref().map(|view| view.bucket.clone());
    let mut service = S3ServiceBuilder::new(backend::Backend { objects: objects.clone(), view });
    service.set_auth(access::OneSecret(secret_key.into()));
    service.set_access(access::SignedOnly { read_only });
    let service = service.build();
    let answer = tower::service_fn(move |request: axum::extract::Request| {
        let service = service.clone();
        async move {
            if access::is_refused_form(&request) {
                return Ok(StatusCode::FORBIDDEN.into_response());
            }
            let (parts, body) = request.into_parts();
            let (body, lender) = drain::lend(body);
            let request = axum::http::Request::from_parts(parts, Body::new(body));
            let response = match service.oneshot(request).await {
                Ok(response) => response.map(Body::new),
                Err(error) => {
                    tracing::error!(?error, "S3 cannot answer");
                    StatusCode::INTERNAL_SERVER_ERROR.into_response()
                }
            };
            if !response.status().is_success() {
                lender.drain().await;
            }
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let router = tap.wrap("s3", operation, Router::new().fallback_service(answer));
    cors::wrap(objects.buckets(), router)
}

/// S3's name for what a request asks.
fn operation(parts: &Parts) -> String {
    let query = parts.uri.query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let of_object = parts.uri.path().trim_matches('/').contains('/');
    match parts.method {
        Method::PUT if has("partNumber") => "UploadPart",
        Method::PUT if parts.headers.contains_key("x-amz-copy-source") => "CopyObject",
        Method::PUT => "PutObject",
        Method::GET if has("uploadId") => "ListParts",
        Method::GET if of_object => "GetObject",
        Method::GET => "ListObjectsV2",
        Method::HEAD if of_object => "HeadObject",
        Method::HEAD => "HeadBucket",
        Method::POST if has("uploads") => "CreateMultipartUpload",
        Method::POST if has("uploadId") => "CompleteMultipartUpload",
        Method::POST => "DeleteObjects",
        Method::DELETE if has("uploadId") => "AbortMultipartUpload",
        Method::DELETE => "DeleteObject",
        _ => "Other",
    }
    .to_owned()
}
