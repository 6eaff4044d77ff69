//! Coming into a room, and leaving it.

use jiff::SignedDuration;

use super::connection::{Connection, Person, Ticket};
use super::room::Room;
use super::{Chat, content};
use crate::error::{Error, Result};
use crate::ids::{MessageId, StreamId};
use crate::ports::Entered;
use crate::token;

/// Guests that may come from one address within [`GUEST_WINDOW`]: coming again gains a flooder nothing.
const MAX_GUESTS: u32 = 5;
const GUEST_WINDOW: SignedDuration = SignedDuration::from_secs(10);
/// Open connections of one person, in all rooms.
const MAX_CONNECTIONS: u32 = 20;

/// Somebody at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// API Gateway's id of the connection.
    pub connection_id: String,
    /// The room.
    pub stream_id: StreamId,
    /// How they prove themselves.
    pub proof: Proof,
    /// Whether they take several frames in one.
    pub is_batch: bool,
    /// The last message they have seen.
    pub after: Option<MessageId>,
}

/// How somebody at the door proves themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// By a ticket.
    Ticket(String),
    /// Not at all: they say who they are, as seed 002's clients do.
    Guest {
        /// Who they say they are.
        user_id: String,
        /// The name to be shown.
        username: Option<String>,
        /// Their network address.
        address: String,
    },
}

impl Chat {
    /// Lets somebody in.
    ///
    /// # Errors
    /// `Unauthenticated` for a ticket that is not good, `NotFound`, `Refused` with `banned`, `LimitReached` with
    /// `viewer-cap-reached` or `connection-limit-reached`, `RateLimited`, `Invalid` for a guest's id that is none, `Unavailable`.
    pub async fn arrive(&self, arrival: Arrival) -> Result<Connection> {
        let now = self.clock.now();
        let (room, person, ticket) = match &arrival.proof {
            Proof::Ticket(secret) => {
                let digest = token::digest(secret);
                let (ticket, room) =
                    futures_util::try_join!(self.connections.ticket(&digest), self.rooms.room(arrival.stream_id))?;
                let is_good = |ticket: &Ticket| ticket.stream_id == arrival.stream_id && ticket.expires_at > now;
                let ticket = ticket.filter(is_good).ok_or(Error::Unauthenticated)?;
                let room = room.ok_or(Error::NotFound { what: "stream" })?;
                let mut person = ticket.person;
                if let Some(person) = &mut person
                    && let Some(member) = person.member().filter(|_| person.keeps_order())
                {
                    // Whoever was a moderator when the ticket was made may not be one any more.
                    person.roles = self.roles(&room, member).await?;
                }
                let roles = person.iter().flat_map(|person| &person.roles).copied().collect::<Vec<_>>();
                if !room.is_shown_to(&roles) {
                    return Err(Error::NotFound { what: "stream" });
                }
                (room, person, Some(digest))
            }
            Proof::Guest { user_id, username, address } => {
                let (room, _) = self.room(None, arrival.stream_id).await?;
                let person = guest(&room, user_id, username.as_deref())?;
                self.count_guest(address).await?;
                (room, person, None)
            }
        };
        self.check_cap(&room, person.as_ref().is_some_and(Person::keeps_order)).await?;
        if let Some(person) = &person
            && self.connections.count_connections_of(&person.user_id).await? >= MAX_CONNECTIONS
            // Connections whose end nobody told of, and which were found to be gone, may still be among them.
            && self.connections.connections_of(&person.user_id).await?.len() >= MAX_CONNECTIONS as usize
        {
            let message = "You are here too often: close some of your windows.";
            return Err(Error::LimitReached { code: "connection-limit-reached", message });
        }
        let shard = shard_of(&arrival.connection_id, room.connection_shards);
        let connection = Connection {
            id: arrival.connection_id,
            stream_id: room.id,
            shard,
            person,
            is_banned: false,
            is_batch: arrival.is_batch,
            after: arrival.after,
            connected_at: now,
            seen_at: now,
        };
        if self.connections.enter(&connection, ticket.as_deref()).await? == Entered::TicketSpent {
            return Err(Error::Unauthenticated);
        }
        // Looked at last: a ban that comes later finds the connection.
        let user_id = connection.person.as_ref().map(|person| person.user_id.as_str());
        if let Err(refused) = self.check_ban(&room, user_id).await {
            self.connections.leave(&connection).await?;
            return Err(refused);
        }
        Ok(connection)
    }

    /// Lets somebody go; again and again, if need be.
    pub async fn leave(&self, connection_id: &str) -> Result<()> {
        match self.connections.connection(connection_id).await? {
            Some(connection) => Ok(self.connections.leave(&connection).await?),
            None => Ok(()),
        }
    }

    async fn count_guest(&self, address: &str) -> Result<()> {
        let now = self.clock.now();
        let window = self.attempts.add(&format!("chat-guest:{address}"), GUEST_WINDOW, now).await?;
        if window.count > MAX_GUESTS {
            let left = window.ends_at.duration_since(now).as_secs().max(1).unsigned_abs();
            return Err(Error::RateLimited { retry_after: std::time::Duration::from_secs(left) });
        }
        Ok(())
    }
}

/// A guest of a room; where guests may not write, nobody.
fn guest(room: &Room, user_id: &str, username: Option<&str>) -> Result<Option<Person>> {
    let id = content::guest_id(user_id);
    let reason = "must be 1 to 32 letters, digits or ._- of ASCII";
    let id = id.ok_or_else(|| Error::Invalid(vec![crate::error::Violation::new("user_id", reason)]))?;
    if !room.takes_guests() {
        return Ok(None);
    }
    let username = username.and_then(content::guest_name).unwrap_or_else(|| format!("User_{user_id}"));
    Ok(Some(Person { user_id: id, username, roles: Vec::new() }))
}

/// The part of a room in which a connection is kept. Ids are random.
fn shard_of(connection_id: &str, shards: u32) -> u32 {
    let sum = connection_id.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    sum % shards.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::ChatMode;
    use crate::testing::sample_stream;

    #[test]
    fn guests_write_in_open_rooms_only_and_have_a_name() {
        let mut room = Room::of(&sample_stream());
        assert_eq!(guest(&room, "7", None).unwrap(), None);
        room.chat.mode = ChatMode::Open;
        let seven = guest(&room, "7", None).unwrap().unwrap();
        assert_eq!((seven.user_id.as_str(), seven.username.as_str(), seven.is_guest()), ("guest:7", "User_7", true));
        assert_eq!(guest(&room, "7", Some(" Ada ")).unwrap().unwrap().username, "Ada");
        assert!(matches!(guest(&room, "a b", None), Err(Error::Invalid(_))));
    }

    #[test]
    fn connections_spread_over_the_shards() {
        let mut counts = [0; 4];
        for number in 0..1000 {
            counts[shard_of(&format!("R{number:07}kwCH6w="), 4) as usize] += 1;
        }
        assert!(counts.iter().all(|count| *count > 150), "{counts:?}");
        assert_eq!(shard_of("any", 1), 0);
    }
}
