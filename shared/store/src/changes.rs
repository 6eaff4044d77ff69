//! Reads the records of the table's stream that people in a room are to be told of.

use std::collections::HashMap;

use serde_dynamo::AttributeValue as StreamValue;
use skylark_domain::PortError;
use skylark_domain::chat::changes::Change;
use skylark_domain::chat::connection::Ban;
use skylark_domain::outbox::RecordedEvent;

use crate::connections;
use crate::entity::{Item, from_item};
use crate::error::corrupt;
use crate::keys::{self, Subject};
use crate::measurements::RollUp;
use crate::messages;

/// Events of a user that end every session.
const ENDS_SESSIONS: [&str; 3] = ["UserErased", "SessionsEnded", "PasswordChanged"];

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It is new.
    Inserted,
    /// It was changed.
    Modified,
    /// It is gone.
    Removed {
        /// Because its time was over.
        by_ttl: bool,
    },
}

/// What a record tells; `None` when it is nothing for a room. `old` and `new` are the item before and after, empty when
/// there is none.
///
/// # Errors
/// `Corrupt` when an item makes no sense.
pub fn change(
    became: Became,
    old: HashMap<String, StreamValue>,
    new: HashMap<String, StreamValue>,
) -> Result<Option<Change>, PortError> {
    let (old, new) = (item(old), item(new));
    let known = if new.is_empty() { &old } else { &new };
    let text = |name: &str| known.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
    let Some(subject) = keys::read(text(keys::PK), text(keys::SK)) else { return Ok(None) };
    let is_deleted = |item: &Item| item.contains_key("deletedBy");
    Ok(match (subject, became) {
        (Subject::Message { room, id }, Became::Inserted) => Some(Change::Said(messages::message(room, id, new)?)),
        (Subject::Message { room, id }, Became::Modified) if is_deleted(&new) && !is_deleted(&old) => {
            Some(Change::Unsaid { stream_id: room, id })
        }
        (Subject::Seat { room, shard, connection_id }, Became::Inserted) => {
            Some(Change::Joined(connections::seat(room, shard, connection_id, &new)?))
        }
        (Subject::Seat { room, .. }, Became::Removed { .. }) => Some(Change::Left { stream_id: room }),
        (Subject::StreamEvent(room), Became::Inserted) => {
            Some(Change::Stream { stream_id: room, event: from_item::<RecordedEvent>(new)?.event })
        }
        (Subject::Health(room), Became::Inserted | Became::Modified) => {
            let measured: RollUp = serde_dynamo::from_item(new).map_err(corrupt)?;
            Some(Change::Measured { stream_id: room, sample: measured.into() })
        }
        (Subject::Ban, Became::Inserted | Became::Modified) => {
            let Ban { stream_id, user_id, until, .. } = from_item(new)?;
            Some(Change::Banned { stream_id, user_id, until })
        }
        (Subject::RefreshToken(user), Became::Removed { by_ttl: false }) => Some(Change::SignedOut(user)),
        // Users of another issuer have no refresh tokens here, and a crash may leave those of others.
        (Subject::UserEvent(user), Became::Inserted) => {
            let event = from_item::<RecordedEvent>(new)?.event;
            ENDS_SESSIONS.contains(&event.name.as_str()).then_some(Change::SignedOut(user))
        }
        _ => None,
    })
}

fn item(image: HashMap<String, StreamValue>) -> Item {
    image.into_iter().map(|(name, value)| (name, value.into())).collect()
}
