//! Keeps pages of other sites away from loopback ports: a browser sends a name it was tricked into resolving to us in
//! `Host`, and the page's own site in `Origin`.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

/// Refuses foreign hosts with 421, and changes asked for by pages of another origin with 403.
pub fn same_origin(router: Router) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let host = host(request.headers());
        if !host.is_some_and(is_local) {
            return refuse(StatusCode::MISDIRECTED_REQUEST, "this server answers on loopback names only\n");
        }
        let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        if !safe && origin(request.headers()).is_some_and(|origin| Some(origin) != host) {
            return refuse(StatusCode::FORBIDDEN, "pages of another origin may not change anything here\n");
        }
        next.run(request).await
    }))
}

/// Refuses foreign hosts with 421; what pages may do is settled behind it.
pub fn local_hosts(router: Router) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        if !host(request.headers()).is_some_and(is_local) {
            return refuse(StatusCode::MISDIRECTED_REQUEST, "this server answers on loopback names only\n");
        }
        next.run(request).await
    }))
}

/// Refuses foreign hosts with 421, and every page: for the ports that only programs use.
pub fn programs_only(router: Router) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        if !host(request.headers()).is_some_and(is_local) {
            return refuse(StatusCode::MISDIRECTED_REQUEST, "this server answers on loopback names only\n");
        }
        if request.headers().contains_key(header::ORIGIN) {
            return refuse(StatusCode::FORBIDDEN, "pages have no business here\n");
        }
        next.run(request).await
    }))
}

/// Whether a page may open a WebSocket here: it comes from this authority or the same port under another loopback name.
/// Programs, which send no origin, may.
pub fn is_own_page(headers: &HeaderMap) -> bool {
    let (Some(origin), Some(host)) = (origin(headers), host(headers)) else {
        return !headers.contains_key(header::ORIGIN);
    };
    origin == host || (is_local(origin) && is_local(host) && port(origin) == port(host))
}

/// What follows the name of an authority.
fn port(authority: &str) -> Option<&str> {
    let rest = authority.rsplit(']').next().unwrap_or_default();
    rest.split_once(':').map(|(_, port)| port)
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

/// The authority of the page's origin.
fn origin(headers: &HeaderMap) -> Option<&str> {
    let origin = headers.get(header::ORIGIN)?.to_str().unwrap_or("null");
    Some(origin.split_once("://").map_or(origin, |(_, authority)| authority))
}

/// Whether a host, with a port or without, is a loopback name.
pub(crate) fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _)) => name,
        None => host.split(':').next().unwrap_or_default(),
    };
    matches!(name, "127.0.0.1" | "localhost" | "::1")
}

fn refuse(status: StatusCode, message: &'static str) -> Response {
    (status, message).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_another_authority_opens_no_socket() {
        let asked = |host: &'static str, origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            is_own_page(&headers)
        };
        for origin in [None, Some("http://127.0.0.1:8080"), Some("http://localhost:8080"), Some("http://[::1]:8080")] {
            assert!(asked("127.0.0.1:8080", origin) && asked("localhost:8080", origin), "{origin:?}");
        }
        for origin in ["http://localhost:3000", "http://localhost", "https://evil.com:8080", "null", "", "file://"] {
            assert!(!asked("127.0.0.1:8080", Some(origin)), "{origin}");
        }
        assert!(asked("localhost", Some("http://127.0.0.1")));
    }

    #[test]
    fn only_loopback_names_are_local() {
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]:8080", "[::1]"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["evil.com", "localhost.evil.com", "127.0.0.1.evil.com:80", "", "[::2]:80", "10.0.0.1"] {
            assert!(!is_local(host), "{host}");
        }
    }
}
