//! HTTP to the video commands and queries, and back.

mod captions;
mod uploads;
mod videos;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post, put};
use skylark_api::cursor::Cursors;
use skylark_api::token::Verifier;
use skylark_domain::video::Videos;

/// What the routes need.
#[derive(Clone, FromRef)]
pub(crate) struct State {
    pub(crate) videos: Videos,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) cursors: Cursors,
    pub(crate) media_url: Arc<str>,
}

/// The routes of this function.
pub(crate) fn router(state: State) -> Router {
    Router::new()
        .route("/api/v1/uploads", post(uploads::begin))
        .route("/api/v1/uploads/{uploadId}", get(uploads::get).delete(uploads::abort))
        .route("/api/v1/uploads/{uploadId}/parts", post(uploads::sign_parts))
        .route("/api/v1/uploads/{uploadId}/complete", post(uploads::complete))
        .route("/api/v1/videos", get(videos::list))
        .route("/api/v1/videos/{videoId}", get(videos::get).patch(videos::edit).delete(videos::delete))
        .route("/api/v1/videos/{videoId}/retry", post(videos::retry))
        .route("/api/v1/videos/{videoId}/poster", put(videos::choose_poster))
        .route("/api/v1/videos/{videoId}/captions/{lang}", put(captions::set).delete(captions::remove))
        .with_state(state)
}
