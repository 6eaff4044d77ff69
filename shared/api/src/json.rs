//! Request bodies: JSON of at most 256 KiB; what is wrong is said with a pointer to the place.

use axum::extract::{FromRequest, Request};
use axum::http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::problem::{FieldProblem, Problem};

/// The most bytes of a body.
pub const MAX_BODY: usize = 256 * 1024;

/// A JSON request body. `T` should deny unknown fields.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let bytes = read(request).await?;
        parse(&bytes).map(Self)
    }
}

/// A JSON request body, or none: what is sent without one means what it usually means, whatever type it claims.
#[derive(Debug)]
pub struct OptionalBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let is_json = says_json(&request);
        let bytes = collect(request).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if is_json { parse(&bytes).map(Self) } else { Err(Problem::not_json()) }
    }
}

/// The bytes of a body that says it is JSON.
pub(crate) async fn read(request: Request) -> Result<Vec<u8>, Problem> {
    if says_json(&request) { collect(request).await } else { Err(Problem::not_json()) }
}

fn says_json(request: &Request) -> bool {
    says(request, "application/json")
}

/// Whether a request says that its body is of this type, whatever its parameters.
pub(crate) fn says(request: &Request, wanted: &str) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim() == wanted
}

pub(crate) async fn collect(request: Request) -> Result<Vec<u8>, Problem> {
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::too_large()),
        Err(_) => Err(Problem::malformed_json("The request body was cut off.")),
    }
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            let detail = inner.to_string();
            // Serde appends a position in the text, which means nothing to a client that sent an object.
            let detail = detail.split(" at line ").next().unwrap_or_default().to_owned();
            Problem::validation(vec![FieldProblem {
                pointer: pointer(error.path()),
                code: "invalid".to_owned(),
                detail,
            }])
        } else {
            Problem::malformed_json(format!("The request body is not JSON: {inner}."))
        }
    })?;
    deserializer.end().map_err(|error| Problem::malformed_json(format!("The request body is not JSON: {error}.")))?;
    Ok(value)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its shape matters")]
    struct Sample {
        name: String,
        tags: Vec<u32>,
    }

    #[tokio::test]
    async fn a_body_may_be_absent_but_not_of_another_type() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wish {
            name: Option<String>,
        }
        let read = async |kind: Option<&str>, body: &'static str| {
            let request = kind
                .into_iter()
                .fold(axum::http::Request::post("/"), |request, kind| request.header(header::CONTENT_TYPE, kind));
            let request = request.body(axum::body::Body::from(body)).unwrap();
            let body = OptionalBody::<Wish>::from_request(request, &()).await;
            body.map(|OptionalBody(wish)| wish.name).map_err(|problem| problem.status().as_u16())
        };
        let json = Some("application/json; charset=utf-8");
        assert_eq!(read(None, "").await, Ok(None));
        assert_eq!(read(Some("text/plain"), "").await, Ok(None));
        assert_eq!(read(json, r#"{"name":"Bo"}"#).await, Ok(Some("Bo".to_owned())));
        assert_eq!(read(None, "{}").await, Err(415));
        assert_eq!(read(json, r#"{"nick":"Bo"}"#).await, Err(400));
        assert_eq!(read(json, " ").await, Err(400));
    }

    fn refused(text: &str) -> (String, Vec<String>) {
        let details = parse::<Sample>(text.as_bytes()).unwrap_err().details("/", "r");
        (details.code, details.errors.into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert_eq!(refused(r#"{"name":"a","tags":[1,"x"]}"#), ("validation".into(), vec!["/tags/1".into()]));
        assert_eq!(refused(r#"{"name":"a","tags":[],"owner":1}"#), ("validation".into(), vec!["/owner".into()]));
        assert_eq!(refused(r#"{"name":"a"}"#), ("validation".into(), vec![String::new()]));
        assert_eq!(refused(r#"{"name":"#).0, "malformed-json");
        assert_eq!(refused(r#"{"name":"a","tags":[]} x"#).0, "malformed-json");
        assert_eq!(refused("").0, "malformed-json");
    }
}
