//! Pages of videos and streams: the web app's own page, with what programs are told of what it shows.

use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{Html, IntoResponse, Response};
use skylark_api::problem::{Result, Status};
use skylark_domain::Error;
use skylark_domain::preview::{Preview, Subject};

use super::Site;
use super::markup::{head, no_index};

/// CloudFront may show it again for a moment; browsers ask, for the page names files that a new one has not.
const CACHE: &str = "public, max-age=0, s-maxage=10";

pub(super) async fn video(State(site): State<Site>, uri: Uri) -> Result<Response> {
    let id = uri.path().strip_prefix("/watch/").and_then(|id| id.parse().ok());
    site.show(id.map(Subject::Video)).await
}

pub(super) async fn stream(State(site): State<Site>, uri: Uri) -> Result<Response> {
    let id = uri.path().strip_prefix("/live/").and_then(|id| id.parse().ok());
    site.show(id.map(Subject::Stream)).await
}

pub(super) async fn embedded(State(site): State<Site>, uri: Uri) -> Result<Response> {
    let subject = uri.path().strip_prefix("/embed/").and_then(Subject::of_id);
    site.show(subject).await
}

impl Site {
    /// The page of `subject`. What does not exist and what not everybody may see are the same page with 404: the app may
    /// still show its owner what is theirs.
    async fn show(&self, subject: Option<Subject>) -> Result<Response> {
        let (preview, page) = tokio::join!(self.find(subject), self.pages.current());
        let page = page?;
        Ok(match preview? {
            Some(preview) => {
                let html = page.with_head(&head(&preview, &self.links));
                ([(header::CACHE_CONTROL, CACHE)], Html(html)).into_response()
            }
            None => Status::NoSuchPage.with(Html(page.with_more(&no_index().into_string()))),
        })
    }

    async fn find(&self, subject: Option<Subject>) -> std::result::Result<Option<Preview>, Error> {
        let Some(subject) = subject else { return Ok(None) };
        match self.previews.of(subject).await {
            Ok(preview) => Ok(Some(preview)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
