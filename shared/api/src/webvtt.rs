//! Request bodies that are captions: `text/vtt` of at most 256 KiB.

use axum::extract::{FromRequest, Request};

use crate::json::{collect, says};
use crate::problem::Problem;

/// The bytes of a body that says it is WebVTT.
#[derive(Debug)]
pub struct WebVtt(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for WebVtt {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        if says(&request, "text/vtt") { collect(request).await.map(Self) } else { Err(Problem::not_webvtt()) }
    }
}
