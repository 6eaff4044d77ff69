//! Cross-origin rules of buckets, as S3 applies them: preflights are answered here, other answers get the headers of the
//! first rule that fits.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::world::{Bucket, CorsRule};

type Buckets = Arc<BTreeMap<String, Bucket>>;

pub(super) fn wrap(buckets: Buckets, router: Router) -> Router {
    router.layer(from_fn_with_state(buckets, apply))
}

async fn apply(State(buckets): State<Buckets>, request: Request, next: Next) -> Response {
    let Some(origin) = text(request.headers(), header::ORIGIN) else { return next.run(request).await };
    let bucket = request.uri().path().trim_start_matches('/').split('/').next().unwrap_or_default();
    let rules = buckets.get(bucket).map_or(&[][..], |bucket| &bucket.cors);
    if request.method() == Method::OPTIONS {
        return preflight(rules, &origin, request.headers());
    }
    let rule = rules.iter().find(|rule| fits(rule, &origin, request.method().as_str()));
    let mut response = next.run(request).await;
    if let Some(rule) = rule {
        add(response.headers_mut(), rule, &origin);
    }
    response
}

fn preflight(rules: &[CorsRule], origin: &str, headers: &HeaderMap) -> Response {
    let method = text(headers, header::ACCESS_CONTROL_REQUEST_METHOD).unwrap_or_default();
    let asked = text(headers, header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
    match rules.iter().find(|rule| fits(rule, origin, &method) && allows_headers(rule, &asked)) {
        Some(rule) => {
            let mut response = StatusCode::OK.into_response();
            add(response.headers_mut(), rule, origin);
            set(response.headers_mut(), header::ACCESS_CONTROL_ALLOW_HEADERS, &asked);
            response
        }
        None => (StatusCode::FORBIDDEN, "CORSResponse: This CORS request is not allowed.\n").into_response(),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn fits(rule: &CorsRule, origin: &str, method: &str) -> bool {
    rule.allowed_origins.iter().any(|pattern| matches(pattern, origin))
        && rule.allowed_methods.iter().any(|allowed| allowed == method)
}

fn allows_headers(rule: &CorsRule, headers: &str) -> bool {
    headers
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .all(|name| rule.allowed_headers.iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &name)))
}

/// One `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end),
        None => pattern == text,
    }
}

fn add(headers: &mut HeaderMap, rule: &CorsRule, origin: &str) {
    let any = rule.allowed_origins.iter().any(|pattern| pattern == "*");
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, if any { "*" } else { origin });
    set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
    set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &rule.exposed_headers.join(", "));
    if let Some(seconds) = rule.max_age_seconds {
        set(headers, header::ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn one_star_stands_for_anything() {
        assert!(matches("*", "http://a"));
        assert!(matches("http://*.example.org", "http://a.example.org"));
        assert!(!matches("http://*.example.org", "http://example.org"));
        assert!(!matches("http://a", "http://a.evil"));
    }
}
