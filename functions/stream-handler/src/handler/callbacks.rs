//! What a third-party media server tells.

use axum::Json;
use axum::extract::State;
use skylark_api::callback::Signed;
use skylark_api::operations::callbacks::{MediaCallback, MediaEvent, SrsAnswer, SrsCallback};
use skylark_api::problem::{Result, Status};
use skylark_domain::stream::session::News;

use super::State as Site;

pub(super) async fn media(State(site): State<Site>, Signed(body): Signed<MediaCallback>) -> Result<Status> {
    let at = body.at.unwrap_or_else(|| site.live.clock.now());
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
