//! The rooms of streams, as far as they are reached by HTTP. Served by `stream-handler`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

pub mod frames;
pub mod moderation;

use serde::{Deserialize, Serialize};
use skylark_domain::chat::Message;
use skylark_domain::chat::connection::TICKET_LIFE;
use skylark_domain::chat::history::Passage;
use skylark_domain::chat::room::Role;
use skylark_domain::ids::{MessageId, StreamId};
use utoipa::ToSchema;

use super::channels::Addresses;
use crate::clock::rfc3339;
use crate::problem::{Problem, ProblemDetails, Result};

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

/// What somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ChatRole)]
pub enum RoleName {
    /// The stream is theirs.
    Owner,
    /// The owner trusts them.
    Moderator,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Moderator => Self::Moderator,
        }
    }
}

/// Which messages are asked for: the last ones when nothing is said.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessagesQuery {
    /// The last ones before this message.
    pub before: Option<String>,
    /// The first ones after this message.
    pub after: Option<String>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
    /// 1-100, 50 when absent.
    pub limit: Option<usize>,
}

impl MessagesQuery {
    /// Where the page begins, unless a cursor says so.
    ///
    /// # Errors
    /// 400 for what is no message, and for more than one beginning.
    pub fn passage(&self) -> Result<Passage> {
        let id = |name: &str, text: &str| {
            text.parse::<MessageId>().map_err(|_| Problem::bad_parameter(name, "must be msg_..."))
        };
        match (&self.before, &self.after, &self.cursor) {
            (Some(before), None, None) => id("before", before).map(Passage::Before),
            (None, Some(after), None) => id("after", after).map(Passage::After),
            (None, None, _) => Ok(Passage::Latest),
            (Some(_), Some(_), _) => Err(Problem::bad_parameter("before", "cannot stand beside after")),
            (_, _, Some(_)) => Err(Problem::bad_parameter("cursor", "cannot stand beside before or after")),
        }
    }

    /// The parameters that the next page shares.
    pub fn links(&self) -> Vec<(&'static str, String)> {
        self.limit.map(|limit| ("limit", limit.to_string())).into_iter().collect()
    }
}

/// A page of what was said in a room.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessagePage {
    /// Oldest first.
    pub items: Vec<ChatMessage>,
    /// Where the list goes on: with older messages, or with newer ones when it was asked for those after one.
    pub next_cursor: Option<String>,
}

/// Something that was said in a room.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    /// `msg_...`.
    pub id: String,
    /// `str_...`.
    pub stream_id: String,
    /// `usr_...` or `guest:...`.
    pub user_id: String,
    /// Its author's name then: text, never markup.
    pub username: String,
    /// Text, never markup.
    pub content: String,
    /// What its author was in the room.
    pub roles: Vec<RoleName>,
    /// When it was taken.
    #[schema(format = "date-time")]
    pub created_at: String,
}

impl From<Message> for ChatMessage {
    fn from(message: Message) -> Self {
        Self {
            created_at: rfc3339(message.at()),
            id: message.id.to_string(),
            stream_id: message.stream_id.to_string(),
            user_id: message.user_id,
            username: message.username,
            content: message.content,
            roles: message.roles.into_iter().map(RoleName::from).collect(),
        }
    }
}

/// Permission to enter a stream's room once. Whoever is not signed in reads only, or is a guest where guests may write.
#[utoipa::path(post, path = "/api/v1/streams/{streamId}/chat-ticket", tag = "streams", operation_id = "create_chat_ticket",
    params(("streamId" = String, Path)), request_body = Option<ChatTicketRequest>,
    responses((status = 201, body = ChatTicket), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 403, description = "`banned`", body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 429, description = "`rate-limited` or `viewer-cap-reached`", body = ProblemDetails)))]
pub(crate) fn ticket() {}

/// What was said in a stream's room within the last seven days.
#[utoipa::path(get, path = "/api/v1/streams/{streamId}/messages", tag = "streams", operation_id = "list_chat_messages",
    params(("streamId" = String, Path), ("before" = Option<String>, Query, description = "`msg_...`: the last ones before it"),
        ("after" = Option<String>, Query, description = "`msg_...`: the first ones after it"),
        ("limit" = Option<usize>, Query, description = "1-100, 50 when absent"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ChatMessagePage), (status = 400, description = "`bad-cursor`", body = ProblemDetails),
        (status = 404, body = ProblemDetails)))]
pub(crate) fn messages() {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Cursors;

    fn query(text: &str) -> MessagesQuery {
        let uri = format!("/?{text}").parse().unwrap();
        axum::extract::Query::try_from_uri(&uri).unwrap().0
    }

    #[test]
    fn a_page_of_messages_begins_in_one_place() {
        let id: MessageId = "msg_01kas8xy7me2t8sr0v0bjhvw5w".parse().unwrap();
        let begins = |text: &str| query(text).passage().map_err(|problem| problem.status().as_u16());
        assert_eq!(begins("limit=5"), Ok(Passage::Latest));
        assert_eq!(begins("cursor=x"), Ok(Passage::Latest));
        assert_eq!(begins(&format!("before={id}")), Ok(Passage::Before(id)));
        assert_eq!(begins(&format!("after={id}")), Ok(Passage::After(id)));
        for wrong in
            ["before=".into(), "after=7".into(), format!("after={id}&before={id}"), format!("after={id}&cursor=x")]
        {
            assert_eq!(begins(&wrong), Err(400), "{wrong}");
        }
    }

    #[test]
    fn a_cursor_goes_on_in_its_direction() {
        let cursors = Cursors::new("secret".to_owned().into());
        let id: MessageId = "msg_01kas8xy7me2t8sr0v0bjhvw5w".parse().unwrap();
        for passage in [Passage::Before(id), Passage::After(id)] {
            let cursor = cursors.seal("messages", &passage).unwrap();
            assert_eq!(cursors.open::<Passage>("messages", &cursor).unwrap(), passage);
        }
    }
}
