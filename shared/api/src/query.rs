//! Parameters of a request's query and path.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use skylark_domain::Error;

use crate::problem::{Problem, Result};

/// The parameters of the query. `T` should deny unknown fields.
#[derive(Debug)]
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(parameters)| Self(parameters))
            .map_err(|error| Problem::bad_parameter("", &error.body_text()))
    }
}

/// The `limit` of a list: 1-100, 20 when nothing is said.
pub fn limit(limit: Option<usize>) -> Result<usize> {
    match limit {
        None => Ok(20),
        Some(limit @ 1..=100) => Ok(limit),
        Some(_) => Err(Problem::bad_parameter("limit", "must be 1 to 100")),
    }
}

/// The `Link` header of a page that has a next one: the same list with its cursor.
pub fn next_link(path: &str, parameters: &[(&str, String)], cursor: Option<&str>) -> Option<HeaderValue> {
    // Filters are ids and names and cursors are base64: nothing needs escaping.
    let filters: String = parameters.iter().map(|(name, value)| format!("{name}={value}&")).collect();
    HeaderValue::try_from(format!("<{path}?{filters}cursor={}>; rel=\"next\"", cursor?)).ok()
}

/// An id in the path; text that is none names nothing.
pub fn id<T: FromStr>(text: &str, what: &'static str) -> Result<T> {
    text.parse().map_err(|_| Error::NotFound { what }.into())
}
