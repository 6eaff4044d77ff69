//! Vite's dev server behind the front door, so that the page has one origin with the API while it is being written:
//! requests and the WebSocket that tells the page of changes are handed on.

use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, ensure};
use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use hyper::upgrade::OnUpgrade;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::File;
use crate::http::guard;

/// More than any file of a page that is being written.
const MAX_FILE: usize = 64 * 1024 * 1024;

/// A running dev server on this machine.
#[derive(Debug, Clone)]
pub struct Vite(Arc<Server>);

#[derive(Debug)]
struct Server {
    authority: Authority,
    client: Client<HttpConnector, Body>,
}

impl FromStr for Vite {
    type Err = anyhow::Error;

    /// Reads `http://127.0.0.1:5173`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let url: Uri = text.parse()?;
        ensure!(url.scheme() == Some(&Scheme::HTTP) && url.path() == "/" && url.query().is_none(), "http://host:port");
        let authority = url.authority().context("http://host:port")?.clone();
        // Whatever a page asks for is sent there.
        ensure!(guard::is_local(authority.as_str()), "it must be on this machine: 127.0.0.1 or localhost");
        Ok(Self(Arc::new(Server { authority, client: Client::builder(TokioExecutor::new()).build_http() })))
    }
}

impl Vite {
    /// Hands a request on. One that asks for a WebSocket becomes it.
    pub(crate) async fn forward(&self, mut request: Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return (StatusCode::METHOD_NOT_ALLOWED, "the web app is only read\n").into_response();
        }
        let wants_upgrade = request.headers().contains_key(header::UPGRADE);
        if wants_upgrade && !guard::is_own_page(request.headers()) {
            return (StatusCode::FORBIDDEN, "pages of another origin may not listen here\n").into_response();
        }
        let client_side = wants_upgrade.then(|| hyper::upgrade::on(&mut request));
        if !wants_upgrade {
            drop_hop_by_hop(request.headers_mut());
        }
        let path = request.uri().path_and_query().cloned();
        match self.address(path.unwrap_or(PathAndQuery::from_static("/"))) {
            Ok(address) => *request.uri_mut() = address,
            Err(error) => return self.no_answer(&error),
        }
        let mut answer = match self.0.client.request(request).await {
            Ok(answer) => answer,
            Err(error) => return self.no_answer(&error),
        };
        match client_side {
            Some(client_side) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                tokio::spawn(join(client_side, hyper::upgrade::on(&mut answer)));
            }
            _ => drop_hop_by_hop(answer.headers_mut()),
        }
        answer.map(Body::new)
    }

    /// The file at `path`; `None` when Vite has none.
    pub(super) async fn read(&self, path: &str) -> anyhow::Result<Option<File>> {
        let address = self.address(PathAndQuery::try_from(format!("/{path}"))?)?;
        let answer = self.0.client.get(address).await.context("Vite does not answer")?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        ensure!(answer.status().is_success(), "Vite answers {}", answer.status());
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let content_type = kind.unwrap_or("application/octet-stream").to_owned();
        let body = Limited::new(answer.into_body(), MAX_FILE).collect().await;
        let bytes = body.map_err(|error| anyhow::anyhow!(error).context("Vite's answer was cut off"))?.to_bytes();
        Ok(Some(File { bytes, content_type }))
    }

    fn address(&self, path: PathAndQuery) -> axum::http::Result<Uri> {
        Uri::builder().scheme(Scheme::HTTP).authority(self.0.authority.clone()).path_and_query(path).build()
    }

    fn no_answer(&self, error: &dyn std::error::Error) -> Response {
        tracing::warn!(%error, "Vite does not answer");
        let advice = format!("Vite does not answer at http://{}: start it, or wait a moment.\n", self.0.authority);
        (StatusCode::BAD_GATEWAY, advice).into_response()
    }
}

/// These are about one connection, and there are two.
fn drop_hop_by_hop(headers: &mut HeaderMap) {
    for name in [header::CONNECTION, header::TE, header::TRAILER, header::TRANSFER_ENCODING, header::UPGRADE] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}

/// Carries bytes both ways until either side ends.
async fn join(one: OnUpgrade, other: OnUpgrade) {
    let (one, other) = match tokio::try_join!(one, other) {
        Ok(both) => both,
        Err(error) => {
            tracing::debug!(%error, "a WebSocket to Vite did not come about");
            return;
        }
    };
    // A page that is closed breaks its connection, which is an end like any other.
    if let Err(error) = tokio::io::copy_bidirectional(&mut TokioIo::new(one), &mut TokioIo::new(other)).await {
        tracing::debug!(%error, "a WebSocket to Vite broke");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_on_this_machine_is_taken() {
        for text in ["http://127.0.0.1:5173", "http://localhost:5173/", "http://[::1]:1"] {
            assert!(text.parse::<Vite>().is_ok(), "{text}");
        }
        for text in [
            "https://127.0.0.1:5173",
            "http://example.org",
            "http://127.0.0.1.example.org:80",
            "http://10.0.0.1:5173",
            "127.0.0.1:5173",
            "http://127.0.0.1:5173/base",
            "",
        ] {
            assert!(text.parse::<Vite>().is_err(), "{text}");
        }
    }
}
