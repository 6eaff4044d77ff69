//! Rooms: tickets, history, and who keeps order.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use skylark_api::address::viewer_address;
use skylark_api::json::OptionalBody;
use skylark_api::operations::chat::{ChatTicket, ChatTicketRequest};
use skylark_api::problem::{Problem, Result, Status};
use skylark_api::token::MaybeCaller;
use skylark_domain::chat::tickets::Asker;

use super::State as Site;
use super::streams::stream_id;

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

/// The network address a request came from.
pub(super) struct Address(String);

impl FromRequestParts<Site> for Address {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self> {
        Ok(Self(viewer_address(parts, &site.origin_secret)))
    }
}
