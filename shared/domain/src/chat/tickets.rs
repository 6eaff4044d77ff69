//! Tickets: who asks for a room is told apart here, once, so that nobody's identity stands in the address of a socket.

use std::time::Duration;

use jiff::SignedDuration;

use super::Chat;
use super::connection::{Person, TICKET_LIFE, Ticket};
use super::content::guest_name;
use super::room::{Role, Room};
use crate::error::{Error, Result};
use crate::ids::{StreamId, UserId};
use crate::token;

/// Tickets for one user, or for the guests of one address, in a window.
const MAX_TICKETS: u32 = 5;
/// How long they count.
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// Who asks for a ticket.
#[derive(Debug, Clone)]
pub enum Asker {
    /// Somebody who is signed in.
    Member {
        /// The user.
        id: UserId,
        /// The name to be shown.
        username: String,
    },
    /// Somebody who is not.
    Guest {
        /// The network address they ask from.
        address: String,
        /// The name they would like to be shown.
        username: Option<String>,
    },
}

impl Chat {
    /// A ticket for a room, as its holder gets it. It lets somebody in who only reads, too, and counts them: a room that is
    /// closed still has a history and viewers.
    ///
    /// # Errors
    /// `NotFound`, `RateLimited`, `Refused` with `banned`, `LimitReached` with `viewer-cap-reached`.
    pub async fn issue_ticket(&self, id: StreamId, asker: Asker) -> Result<String> {
        let caller = match &asker {
            Asker::Member { id, .. } => Some(*id),
            Asker::Guest { .. } => None,
        };
        let (room, roles) = self.room(caller, id).await?;
        self.count_ticket(&asker).await?;
        self.check_ban(&room, caller.map(|id| id.to_string()).as_deref()).await?;
        self.check_cap(&room, !roles.is_empty()).await?;
        let secret = token::random_ticket().map_err(|error| Error::Internal(Box::new(error)))?;
        let ticket = Ticket {
            digest: token::digest(&secret),
            stream_id: id,
            person: person(&room, roles, asker)?,
            expires_at: self.clock.now() + TICKET_LIFE,
        };
        self.connections.keep_ticket(&ticket).await?;
        Ok(secret)
    }

    async fn count_ticket(&self, asker: &Asker) -> Result<()> {
        let subject = match asker {
            Asker::Member { id, .. } => format!("chat-ticket:{id}"),
            Asker::Guest { address, .. } => format!("chat-ticket:{address}"),
        };
        let now = self.clock.now();
        let window = self.attempts.add(&subject, WINDOW, now).await?;
        if window.count <= MAX_TICKETS {
            return Ok(());
        }
        let left = u64::try_from(window.ends_at.duration_since(now).as_millis()).unwrap_or_default();
        Err(Error::RateLimited { retry_after: Duration::from_millis(left.max(1)) })
    }

    /// Whether somebody may be in the rooms of a channel.
    pub(super) async fn check_ban(&self, room: &Room, user_id: Option<&str>) -> Result<()> {
        let Some(user_id) = user_id else { return Ok(()) };
        let ban = self.rooms.ban(room.channel_id, user_id).await?;
        match ban.filter(|ban| ban.holds(self.clock.now())) {
            Some(_) => Err(Error::Refused { code: "banned", message: "You are banned from this chat." }),
            None => Ok(()),
        }
    }

    /// Whether one more may watch. Those who keep order always may.
    pub(super) async fn check_cap(&self, room: &Room, keeps_order: bool) -> Result<()> {
        let Some(most) = room.max_concurrent_viewers.filter(|_| !keeps_order) else { return Ok(()) };
        if self.rooms.statistics(room.id).await?.viewer_count < most {
            return Ok(());
        }
        let message = "As many people watch this stream as may: try again later.";
        Err(Error::LimitReached { code: "viewer-cap-reached", message })
    }
}

/// Who enters; nobody for somebody who only reads.
fn person(room: &Room, roles: Vec<Role>, asker: Asker) -> Result<Option<Person>> {
    match asker {
        Asker::Member { id, username } => Ok(Some(Person { user_id: id.to_string(), username, roles })),
        Asker::Guest { .. } if !room.takes_guests() => Ok(None),
        Asker::Guest { username, .. } => {
            let id = token::random_name().map_err(|error| Error::Internal(Box::new(error)))?;
            let username = username.as_deref().and_then(guest_name).unwrap_or_else(|| format!("User_{id}"));
            Ok(Some(Person { user_id: format!("guest:{id}"), username, roles }))
        }
    }
}
