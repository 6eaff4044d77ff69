//! What a third-party media server tells.

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use skylark_api::callback::Signed;
use skylark_api::operations::callbacks::{MediaCallback, MediaEvent, SrsAnswer, SrsCallback};
use skylark_api::problem::{Problem, Result, Status};
use skylark_domain::stream::session::News;

use super::State as Site;

/// How far the time of a callback may be from now.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
/// Characters of a reason.
const MAX_REASON: usize = 200;

pub(super) async fn media(State(site): State<Site>, Signed(body): Signed<MediaCallback>) -> Result<Status> {
    let now = site.live.clock.now();
    let at = body.at.unwrap_or(now);
    if now.duration_since(at).abs() > MAX_AGE {
        return Err(Problem::bad_parameter("at", "must be within a day of now"));
    }
    if body.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON) {
        return Err(Problem::bad_parameter("reason", "must be at most 200 characters"));
    }
    let news = match body.event {
        MediaEvent::SessionCreated => News::Created,
        MediaEvent::StreamStart => News::Started,
        MediaEvent::StreamEnd => News::Ended,
        MediaEvent::StreamFailure => News::Trouble(body.reason.unwrap_or_default()),
    };
    site.live.take_callback(&body.stream_key, &body.session_id, &news, at).await?;
    Ok(Status::NoContent)
}

pub(super) async fn on_publish(State(site): State<Site>, Signed(body): Signed<SrsCallback>) -> Result<Json<SrsAnswer>> {
    tell(&site, &body, &News::Started).await
}

pub(super) async fn on_unpublish(
    State(site): State<Site>,
    Signed(body): Signed<SrsCallback>,
) -> Result<Json<SrsAnswer>> {
    tell(&site, &body, &News::Ended).await
}

async fn tell(site: &Site, body: &SrsCallback, news: &News) -> Result<Json<SrsAnswer>> {
    site.live.take_callback(body.key(), &body.client_id, news, site.live.clock.now()).await?;
    Ok(Json(SrsAnswer { code: 0 }))
}
