//! Rooms: tickets and history.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use skylark_api::address::viewer_address;
use skylark_api::json::OptionalBody;
use skylark_api::operations::chat::{ChatMessage, ChatMessagePage, ChatTicket, ChatTicketRequest, MessagesQuery};
use skylark_api::problem::{Problem, Result, Status};
use skylark_api::query::{self, Parameters};
use skylark_api::token::MaybeCaller;
use skylark_domain::chat::tickets::Asker;

use super::streams::stream_id;
use super::{State as Site, page_headers};

/// Messages of a page when nothing is said.
const PAGE: usize = 50;

pub(super) async fn ticket(
    State(site): State<Site>,
    caller: MaybeCaller,
    address: Address,
    Path(id): Path<String>,
    OptionalBody(body): OptionalBody<ChatTicketRequest>,
) -> Result<Response> {
    let id = stream_id(&id)?;
    let asker = match caller.0 {
        Some(claims) => {
            // What is written in the room is a change: the account must still stand behind it.
            site.verifier.check_version(&claims).await?;
            Asker::Member { id: claims.sub, username: claims.username }
        }
        None => Asker::Guest { address: address.0, username: body.username },
    };
    let ticket = site.chat.issue_ticket(id, asker).await?;
    Ok(Status::Created.with(Json(ChatTicket::new(id, ticket, &site.addresses))))
}

pub(super) async fn messages(
    State(site): State<Site>,
    caller: MaybeCaller,
    Path(id): Path<String>,
    Parameters(query): Parameters<MessagesQuery>,
) -> Result<Response> {
    let id = stream_id(&id)?;
    let limit = query::limit(query.limit.or(Some(PAGE)))?;
    let list = format!("messages:{id}:{}", caller.id().map(|id| id.to_string()).unwrap_or_default());
    let asked = query.passage()?;
    let passage = query.cursor.as_deref().map_or(Ok(asked), |cursor| site.cursors.open(&list, cursor))?;
    let page = site.chat.history(caller.id(), id, passage, limit).await?;
    let next_cursor = page.next.map(|passage| site.cursors.seal(&list, &passage)).transpose()?;
    let link = query::next_link(&format!("/api/v1/streams/{id}/messages"), &query.links(), next_cursor.as_deref());
    let items = page.items.into_iter().map(ChatMessage::from).collect();
    Ok((page_headers(&caller, link), Json(ChatMessagePage { items, next_cursor })).into_response())
}

/// The network address a request came from.
pub(super) struct Address(String);

impl FromRequestParts<Site> for Address {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self> {
        Ok(Self(viewer_address(parts, &site.origin_secret)))
    }
}
