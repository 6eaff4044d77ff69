//! The rooms of streams, as far as they are reached by HTTP. Served by `stream-handler`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use serde::{Deserialize, Serialize};
use skylark_domain::chat::connection::TICKET_LIFE;
use skylark_domain::ids::StreamId;
use utoipa::ToSchema;

use super::channels::Addresses;
use crate::problem::ProblemDetails;

/// What somebody who asks for a ticket may say.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatTicketRequest {
    /// The name of a guest: at most 32 characters of it are shown. Who is signed in has one.
    pub username: Option<String>,
}

/// Permission to enter a room once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatTicket {
    /// The secret.
    pub ticket: String,
    /// The address of the WebSocket, complete.
    pub ws_url: String,
    /// Seconds the ticket is good for.
    pub expires_in: i64,
}

impl ChatTicket {
    /// For a room.
    pub fn new(stream: StreamId, ticket: String, addresses: &Addresses) -> Self {
        Self { ws_url: addresses.chat(stream, &ticket), ticket, expires_in: TICKET_LIFE.as_secs() }
    }
}

/// Permission to enter a stream's room once. Whoever is not signed in reads only, or is a guest where guests may write.
#[utoipa::path(post, path = "/api/v1/streams/{streamId}/chat-ticket", tag = "streams", operation_id = "create_chat_ticket",
    params(("streamId" = String, Path)), request_body = Option<ChatTicketRequest>,
    responses((status = 201, body = ChatTicket), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 403, description = "`banned`", body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 429, description = "`rate-limited` or `viewer-cap-reached`", body = ProblemDetails)))]
pub(crate) fn ticket() {}
