//! What is said in rooms.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skylark_domain::PortError;
use skylark_domain::chat::room::Role;
use skylark_domain::chat::{MESSAGE_LIFE, Message, RESEND_LIFE};
use skylark_domain::ids::{MessageId, StreamId, UserId, made_at};
use skylark_domain::ports::{Kept, Messages, Position};

use crate::entity::{Entity, Item, from_item};
use crate::error::corrupt;
use crate::keys::{self, Key, Subject};
use crate::table::{Expression, Table, Write};

/// A message. Its room and id stand in its key: history is read fifty at a time, and what is read is paid for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageItem {
    #[serde(skip)]
    place: Option<(StreamId, MessageId)>,
    user_id: String,
    username: String,
    content: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_by: Option<UserId>,
}

impl Entity for MessageItem {
    const TYPE: &'static str = "Message";

    fn key(&self) -> Key {
        self.place.map(|(room, id)| keys::message(room, id)).unwrap_or_default()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.place.map(|(_, id)| made_at(id) + MESSAGE_LIFE)
    }
}

impl MessageItem {
    fn of(message: &Message) -> Self {
        let Message { id, stream_id, user_id, username, content, roles, client_id, deleted_by } = message.clone();
        Self { place: Some((stream_id, id)), user_id, username, content, roles, client_id, deleted_by }
    }
}

/// The message that an item is, by what its key said.
pub(crate) fn message(stream_id: StreamId, id: MessageId, item: Item) -> Result<Message, PortError> {
    let MessageItem { user_id, username, content, roles, client_id, deleted_by, .. } = from_item(item)?;
    Ok(Message { id, stream_id, user_id, username, content, roles, client_id, deleted_by })
}

fn read(item: Item) -> Result<Message, PortError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    match keys::read(&text(keys::PK), &text(keys::SK)) {
        Some(Subject::Message { room, id }) => message(room, id, item),
        _ => Err(corrupt(format!("no message at {} {}", text(keys::PK), text(keys::SK)))),
    }
}

/// An author's own name for a message.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resend {
    #[serde(skip)]
    key: Option<Key>,
    message_id: MessageId,
}

impl Entity for Resend {
    const TYPE: &'static str = "Resend";

    fn key(&self) -> Key {
        self.key.clone().unwrap_or_default()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(made_at(self.message_id) + RESEND_LIFE)
    }
}

/// How many more are read than were asked for, at most, because some of them are not shown.
const HIDDEN: usize = 50;

/// Messages of a page where most are not shown.
const LARGE_PAGE: usize = 1_000;

fn is_shown(message: &Message, now: Timestamp) -> bool {
    message.deleted_by.is_none() && message.at() + MESSAGE_LIFE > now
}

#[async_trait]
impl Messages for Table {
    async fn keep(&self, message: &Message) -> Result<Kept, PortError> {
        let item = MessageItem::of(message);
        let Some(client_id) = &message.client_id else {
            return self.put(&item).await.map(|()| Kept::Done);
        };
        let key = keys::resend(&message.user_id, message.stream_id, client_id);
        let record = Resend { key: Some(key.clone()), message_id: message.id };
        let writes = vec![Write::put(&item), Write::create_or_expired(&record, message.at())];
        if self.transact(writes).await?.is_ok() {
            return Ok(Kept::Done);
        }
        let before: Option<Resend> = self.get(key).await?;
        before.map(|before| Kept::Before(before.message_id)).ok_or_else(|| corrupt("a record of a message is gone"))
    }

    async fn message(&self, room: StreamId, id: MessageId) -> Result<Option<Message>, PortError> {
        self.get_item(keys::message(room, id)).await?.map(read).transpose()
    }

    async fn unsay(&self, room: StreamId, id: MessageId, by: UserId, now: Timestamp) -> Result<bool, PortError> {
        let condition = "attribute_exists(#pk) AND attribute_not_exists(deletedBy) AND #ttl > :now";
        let unsay = Expression::new("SET deletedBy = :by, content = :nothing", condition)
            .name("#pk", keys::PK)
            .name("#ttl", keys::TTL)
            .value(":by", AttributeValue::S(by.to_string()))
            .value(":nothing", AttributeValue::S(String::new()))
            .value(":now", AttributeValue::N(now.as_second().to_string()));
        Ok(self.update(keys::message(room, id), unsay).await?.is_some())
    }

    async fn messages_after(
        &self,
        room: StreamId,
        after: Position,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Message>, PortError> {
        let mut found = Vec::new();
        let mut from = match after {
            Position::Time(time) => keys::messages_at(time),
            Position::Message(id) => keys::message(room, id).sk,
        };
        let mut wanted = limit + 1;
        while found.len() < limit {
            let to = format!("{}~", keys::MESSAGES);
            // The bound itself may be part of the answer.
            let page = self.query_first(keys::stream_partition(room), from.clone(), to, wanted).await?;
            let is_last = page.len() < wanted;
            for item in page {
                let message = read(item)?;
                let at = keys::message(room, message.id).sk;
                if at != from && found.len() < limit && is_shown(&message, now) {
                    found.push(message);
                }
                from = at;
            }
            if is_last {
                break;
            }
            // Many in a row were deleted.
            wanted = LARGE_PAGE;
        }
        Ok(found)
    }

    async fn messages_before(
        &self,
        room: StreamId,
        before: Option<MessageId>,
        limit: usize,
        now: Timestamp,
        strongly: bool,
    ) -> Result<Vec<Message>, PortError> {
        let mut below = before.map_or_else(|| format!("{}~", keys::MESSAGES), |id| keys::message(room, id).sk);
        // Nothing older is shown.
        let above = keys::messages_at(now - MESSAGE_LIFE - SignedDuration::from_secs(1));
        if below < above {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut wanted = limit + usize::from(before.is_some());
        for _ in 0..=HIDDEN {
            let partition = keys::stream_partition(room);
            let page = self.query_back(partition, above.clone(), below.clone(), wanted, strongly).await?;
            let is_last = page.len() < wanted;
            for item in page {
                let message = read(item)?;
                let at = keys::message(room, message.id).sk;
                if at != below && found.len() < limit && is_shown(&message, now) {
                    found.push(message);
                }
                below = at;
            }
            if is_last || found.len() == limit {
                break;
            }
            wanted = limit + 1;
        }
        found.reverse();
        Ok(found)
    }
}
