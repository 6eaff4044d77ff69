//! Keeping order in rooms.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use skylark_api::json::{Body, OptionalBody};
use skylark_api::operations::chat::moderation::{
    BanPage, BanRequest, BanView, ModeratorList, ModeratorView, SlowModeRequest,
};
use skylark_api::operations::streams::PageQuery;
use skylark_api::problem::{Result, Status};
use skylark_api::query::{self, Parameters};
use skylark_api::token::{Caller, Changer, MaybeCaller};

use super::channels::channel_id;
use super::streams::stream_id;
use super::{State as Site, expected, page_headers, settled};

pub(super) async fn delete_message(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path((id, message)): Path<(String, String)>,
) -> Result<Status> {
    let (id, message) = (stream_id(&id)?, query::id(&message, "message")?);
    site.chat.delete_message(caller.sub, id, message).await?;
    Ok(Status::NoContent)
}

pub(super) async fn bans(
    State(site): State<Site>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Response> {
    let id = stream_id(&id)?;
    let limit = query::limit(query.limit)?;
    let list = format!("bans:{id}:{}", caller.sub);
    let after = query.cursor.map(|cursor| site.cursors.open::<String>(&list, &cursor)).transpose()?;
    let page = site.chat.bans(caller.sub, id, after, limit).await?;
    let next_cursor = page.next.map(|at| site.cursors.seal(&list, &at)).transpose()?;
    let shared = [("limit", limit.to_string())];
    let link = query::next_link(&format!("/api/v1/streams/{id}/bans"), &shared, next_cursor.as_deref());
    let items = page.items.into_iter().map(BanView::from).collect();
    Ok((page_headers(&MaybeCaller(Some(caller)), link), Json(BanPage { items, next_cursor })).into_response())
}

pub(super) async fn ban(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path((id, user)): Path<(String, String)>,
    OptionalBody(body): OptionalBody<BanRequest>,
) -> Result<Status> {
    site.chat.ban(caller.sub, stream_id(&id)?, &user, body.into()).await?;
    Ok(Status::NoContent)
}

pub(super) async fn lift_ban(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path((id, user)): Path<(String, String)>,
) -> Result<Status> {
    site.chat.lift_ban(caller.sub, stream_id(&id)?, &user).await?;
    Ok(Status::NoContent)
}

pub(super) async fn set_slow_mode(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(body): Body<SlowModeRequest>,
) -> Result<Status> {
    let (id, version) = (stream_id(&id)?, expected(&headers)?);
    settled(site.chat.set_slow_mode(&site.live, caller.sub, id, version, body.seconds).await?);
    Ok(Status::NoContent)
}

pub(super) async fn moderators(
    State(site): State<Site>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<ModeratorList>> {
    let moderators = site.chat.moderators(&site.live, caller.sub, channel_id(&id)?).await?;
    let items = moderators.into_iter().map(ModeratorView::from).collect();
    Ok(Json(ModeratorList { items, next_cursor: None }))
}

pub(super) async fn appoint(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path((id, user)): Path<(String, String)>,
) -> Result<Status> {
    let (id, user) = (channel_id(&id)?, query::id(&user, "user")?);
    site.chat.appoint(&site.live, caller.sub, id, user).await?;
    Ok(Status::NoContent)
}

pub(super) async fn dismiss(
    State(site): State<Site>,
    Changer(caller): Changer,
    Path((id, user)): Path<(String, String)>,
) -> Result<Status> {
    let (id, user) = (channel_id(&id)?, query::id(&user, "user")?);
    site.chat.dismiss(&site.live, caller.sub, id, user).await?;
    Ok(Status::NoContent)
}
