//! The front door: what CloudFront and the HTTP API do on AWS, on one port.

mod compression;
pub mod guard;
mod media;
mod payload;
mod policy;
mod routes;
mod web;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::Service as _;

use self::policy::Policies;
use self::routes::Routes;
use crate::drain;
use crate::lambda::Lambda;
use crate::s3::Objects;
use crate::web::Web;
use crate::websocket::WebSockets;
use crate::world::World;

/// The HTTP API's limit for bodies.
const MAX_BODY: usize = 10 * 1024 * 1024;
/// The time a client may take for its request headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The HTTP API's limit for the request line and headers together.
const MAX_HEADERS: usize = 10_240;
/// By this header CloudFront proves to the functions that a request came through it.
const ORIGIN_HEADER: HeaderName = HeaderName::from_static("x-origin-verify");
/// The address of the viewer, as CloudFront's function sets it.
const VIEWER_ADDRESS: HeaderName = HeaderName::from_static("x-viewer-address");
/// The country of the viewer, as CloudFront sets it.
const VIEWER_COUNTRY: HeaderName = HeaderName::from_static("cloudfront-viewer-country");
/// Nobody looks at a laptop from elsewhere: by this header a request says where it wants to come from.
const PRETENDED_COUNTRY: HeaderName = HeaderName::from_static("x-local-viewer-country");
/// Paths that belong to the HTTP API; the rest is the web app's.
const API_PATHS: [&str; 8] =
    ["/api/", "/health", "/actuator/", "/.well-known/", "/oembed", "/watch/", "/live/", "/embed/"];

/// What the front door needs.
#[derive(Clone)]
pub struct Front {
    routes: std::sync::Arc<Routes>,
    lambda: Lambda,
    websockets: Option<WebSockets>,
    origin_secret: Option<HeaderValue>,
    web: Web,
    policies: Policies,
    objects: Objects,
    /// Name of the media bucket.
    media_bucket: Option<String>,
}

impl Front {
    /// The front door of `world`. `origin_secret` is the value of the header that proves CloudFront; `page_peers` are the
    /// origins the page may talk to beside its own, those of its WebSockets among them.
    pub fn new(
        world: &World,
        lambda: Lambda,
        websockets: Option<WebSockets>,
        objects: Objects,
        origin_secret: Option<&str>,
        web: Web,
        page_peers: &[String],
    ) -> anyhow::Result<Self> {
        let media_bucket = world.buckets.iter().find(|bucket| bucket.logical_name == "MediaBucket");
        Ok(Self {
            objects,
            media_bucket: media_bucket.map(|bucket| bucket.name.clone()),
            routes: std::sync::Arc::new(Routes::new(&world.routes)),
            lambda,
            websockets,
            origin_secret: origin_secret.map(HeaderValue::from_str).transpose()?,
            policies: Policies::new(page_peers, matches!(web, Web::Vite(_)))?,
            web,
        })
    }

    /// Sets the headers that CloudFront sets. A client's own words about these are worth nothing.
    fn stamp(&self, headers: &mut HeaderMap, peer: SocketAddr) {
        headers.remove(&VIEWER_ADDRESS);
        headers.remove(&ORIGIN_HEADER);
        headers.remove(VIEWER_COUNTRY);
        if let Some(country) = headers.remove(PRETENDED_COUNTRY).filter(is_country) {
            headers.insert(VIEWER_COUNTRY, country);
        }
        if let Some(secret) = &self.origin_secret {
            headers.insert(ORIGIN_HEADER, secret.clone());
        }
        if let Ok(address) = HeaderValue::from_str(&peer.ip().to_string()) {
            headers.insert(VIEWER_ADDRESS, address);
        }
    }

    /// What answers every path.
    pub fn router(self) -> Router {
        let router = Router::new().fallback(answer).layer(DefaultBodyLimit::max(MAX_BODY)).with_state(self);
        guard::same_origin(compression::wrap(router))
    }
}

async fn answer(State(front): State<Front>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let is_api = API_PATHS.iter().any(|prefix| path.starts_with(prefix));
    if let Some(websockets) = front.websockets.as_ref().filter(|sockets| !is_api && sockets.has_path(&path)) {
        return connect(&front, websockets, peer, request.into_parts().0).await;
    }
    if let (Some(path), Some(bucket)) = (path.strip_prefix("/media/"), &front.media_bucket) {
        return media::serve(&front.objects, bucket, request.method(), path, request.headers()).await;
    }
    let mut answer = if is_api { call(&front, peer, request).await } else { web::serve(&front.web, request).await };
    front.policies.put_on(&path, &mut answer);
    answer
}

async fn connect(front: &Front, websockets: &WebSockets, peer: SocketAddr, mut parts: Parts) -> Response {
    // The guard in front looks at origins of changes only, and a handshake is a GET.
    if !guard::is_own_page(&parts.headers) {
        return payload::message(StatusCode::FORBIDDEN, "Forbidden");
    }
    if head_size(&parts) > MAX_HEADERS {
        return payload::message(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
    }
    front.stamp(&mut parts.headers, peer);
    websockets.handshake(parts, peer).await
}

/// Bytes of the request line and the headers.
fn head_size(parts: &Parts) -> usize {
    let headers: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    parts.method.as_str().len() + parts.uri.to_string().len() + headers
}

async fn call(front: &Front, peer: SocketAddr, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(found) = front.routes.find(parts.method.as_str(), parts.uri.path()) else {
        return payload::message(StatusCode::NOT_FOUND, "Not Found");
    };
    if head_size(&parts) > MAX_HEADERS {
        return payload::message(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
    }
    front.stamp(&mut parts.headers, peer);
    let (lent, lender) = drain::lend(body);
    let body = match http_body_util::Limited::new(lent, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            lender.drain().await;
            let mut answer = payload::message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
            // Something may be left of the body all the same: nothing can follow it on this connection.
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            return answer;
        }
        Err(_) => return payload::message(StatusCode::BAD_REQUEST, "Bad Request"),
    };
    let event = payload::event(&parts, &body, &found, peer);
    let invocation = front.lambda.invoke(&found.function, event.to_string().into()).await;
    match invocation.outcome {
        Ok(answer) => payload::response(&answer).unwrap_or_else(|error| {
            tracing::error!(function = found.function, %error, "the function's answer is no HTTP response");
            payload::message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }),
        Err(error) => {
            tracing::error!(function = found.function, request_id = invocation.request_id, %error, "invocation failed");
            let timed_out = error.error_type == "Sandbox.Timedout";
            let status = if timed_out { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
            payload::message(status, status.canonical_reason().unwrap_or_default())
        }
    }
}

/// Serves `router` on `listener` until `stop` turns true. Slow header senders are cut off.
pub async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_headers(64);
    let builder = std::sync::Arc::new(builder);
    let mut make = router.into_make_service_with_connect_info::<SocketAddr>();
    loop {
        let (socket, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: give the open connections time to end.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = until_true(&mut stop) => return,
        };
        let Ok(service) = make.call(peer).await;
        let (builder, mut stop) = (builder.clone(), stop.clone());
        tokio::spawn(async move {
            let connection =
                builder.serve_connection_with_upgrades(TokioIo::new(socket), TowerToHyperService::new(service));
            tokio::select! {
                served = connection => if let Err(error) = served {
                    tracing::debug!(%peer, %error, "a connection broke");
                },
                () = until_true(&mut stop) => {}
            }
        });
    }
}

pub(crate) async fn until_true(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is an end as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn text(status: StatusCode, message: &'static str) -> Response {
    (status, [("content-type", "text/plain; charset=utf-8")], Body::from(message)).into_response()
}

/// ISO 3166 alpha-2.
fn is_country(value: &HeaderValue) -> bool {
    matches!(value.as_bytes(), [first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase())
}
