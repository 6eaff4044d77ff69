//! Channels. A channel's item is written by versions, but for the stream that holds it and what was set on its IVS channel:
//! those are plain updates underneath, which the next version leaves alone.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use skylark_domain::channel::{Channel, Current, Options};
use skylark_domain::idempotency::Done;
use skylark_domain::ids::{ChannelId, StreamId, UserId};
use skylark_domain::outbox::{Change, RecordedEvent};
use skylark_domain::ports::{Channels, Claimed, Committed};
use skylark_domain::{PortError, PortErrorKind};

use crate::entity::{Entity, Item, from_item};
use crate::error::corrupt;
use crate::keys::{self, Key};
use crate::table::{Expression, Table, Write};

/// The attributes of a channel that may be absent.
const OPTIONAL: [&str; 2] = ["provider", "key"];
/// The attribute that names the stream that holds a channel.
const ACTIVE: &str = "activeStreamId";

impl Entity for Channel {
    const TYPE: &'static str = "Channel";

    fn key(&self) -> Key {
        keys::channel(self.id)
    }

    fn index(&self) -> Vec<(&'static str, AttributeValue)> {
        let [pk, sk] = keys::GSI2;
        let text = AttributeValue::S;
        vec![(pk, text(keys::user_partition(self.user_id))), (sk, text(keys::channel_partition(self.id)))]
    }
}

/// Names a channel where it can be found by something else than its id.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pointer {
    #[serde(skip)]
    key: Option<(String, String)>,
    channel_id: ChannelId,
}

impl Pointer {
    fn new(key: Key, channel_id: ChannelId) -> Self {
        Self { key: Some((key.pk, key.sk)), channel_id }
    }
}

impl Entity for Pointer {
    const TYPE: &'static str = "ChannelReference";

    fn key(&self) -> Key {
        let (pk, sk) = self.key.clone().unwrap_or_default();
        Key { pk, sk }
    }
}

/// What changes underneath a channel.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Underneath {
    active_stream_id: Option<StreamId>,
    applied: Option<Options>,
}

fn read(item: Item) -> Result<Current, PortError> {
    let Underneath { active_stream_id, applied } = serde_dynamo::from_item(item.clone()).map_err(corrupt)?;
    Ok(Current { channel: from_item(item)?, active: active_stream_id, applied })
}

/// Gives a channel to a stream, unless another has it.
pub(crate) fn claim(channel: ChannelId, stream: StreamId) -> Write {
    let update = Expression::new(
        "SET #active = :stream",
        "attribute_exists(#pk) AND (attribute_not_exists(#active) OR #active = :stream)",
    )
    .name("#active", ACTIVE)
    .name("#pk", keys::PK)
    .value(":stream", AttributeValue::S(stream.to_string()));
    Write::Update(keys::channel(channel), update)
}

/// Takes a channel from the stream that has it.
pub(crate) fn release(channel: ChannelId, stream: StreamId) -> Write {
    let update = Expression::new("REMOVE #active", "#active = :stream")
        .name("#active", ACTIVE)
        .value(":stream", AttributeValue::S(stream.to_string()));
    Write::Update(keys::channel(channel), update)
}

#[async_trait]
impl Channels for Table {
    async fn create(&self, change: Change<Channel>, done: Option<Done>) -> Result<Claimed, PortError> {
        let channel = &change.next;
        let slot = Pointer::new(keys::channel_slot(channel.user_id, channel.slot), channel.id);
        let mut writes = vec![Write::create(channel), Write::create(&slot), Write::create(&event_of(&change))];
        writes.extend(done.map(|done| Write::create_or_expired(&done, Timestamp::now())));
        match self.transact(writes).await? {
            Ok(()) => Ok(Claimed::Done),
            Err(refused) if refused.at(3) => Ok(Claimed::Repeated),
            Err(refused) if refused.at(1) => Ok(Claimed::SlotTaken),
            Err(_) => Err(stale(channel.id)),
        }
    }

    async fn save(
        &self,
        before: &Channel,
        change: Change<Channel>,
        done: Option<Done>,
    ) -> Result<Committed, PortError> {
        let channel = &change.next;
        let mut writes = vec![Write::advance(channel, before.version, &OPTIONAL), Write::create(&event_of(&change))];
        if let Some(provider) = channel.provider.as_ref().filter(|_| channel.provider != before.provider) {
            writes.push(Write::put(&Pointer::new(keys::provider_channel(&provider.channel_arn), channel.id)));
        }
        if let Some(key) = channel.key.as_ref().filter(|_| channel.key != before.key) {
            writes.push(Write::put(&Pointer::new(keys::stream_key(&key.digest), channel.id)));
            if let Some(old) = before.key.as_ref().filter(|old| old.digest != key.digest) {
                writes.push(Write::Delete(keys::stream_key(&old.digest)));
            }
        }
        let record = writes.len();
        writes.extend(done.map(|done| Write::create_or_expired(&done, Timestamp::now())));
        match self.transact(writes).await? {
            Ok(()) => Ok(Committed::Done),
            Err(refused) if refused.at(record) => Ok(Committed::Repeated),
            Err(_) => Err(stale(channel.id)),
        }
    }

    async fn channel(&self, id: ChannelId) -> Result<Option<Current>, PortError> {
        self.get_item(keys::channel(id)).await?.map(read).transpose()
    }

    async fn channels_of(&self, user: UserId) -> Result<Vec<ChannelId>, PortError> {
        let slots: Vec<Pointer> = self.query(keys::user_partition(user), keys::CHANNEL_SLOTS).await?;
        Ok(slots.into_iter().map(|slot| slot.channel_id).collect())
    }

    async fn by_arn(&self, arn: &str) -> Result<Option<ChannelId>, PortError> {
        let found: Option<Pointer> = self.get(keys::provider_channel(arn)).await?;
        Ok(found.map(|pointer| pointer.channel_id))
    }

    async fn by_key(&self, digest: &str) -> Result<Option<ChannelId>, PortError> {
        let found: Option<Pointer> = self.get(keys::stream_key(digest)).await?;
        Ok(found.map(|pointer| pointer.channel_id))
    }

    async fn begin_apply(&self, id: ChannelId, attempt: &str) -> Result<(), PortError> {
        let note = Expression::new("SET applying = :attempt REMOVE applied", "attribute_exists(#pk)")
            .name("#pk", keys::PK)
            .value(":attempt", AttributeValue::S(attempt.to_owned()));
        self.update(keys::channel(id), note).await.map(|_| ())
    }

    async fn note_applied(&self, id: ChannelId, attempt: &str, applied: Options) -> Result<(), PortError> {
        let note = Expression::new("SET applied = :applied REMOVE applying", "applying = :attempt")
            .value(":attempt", AttributeValue::S(attempt.to_owned()))
            .value(":applied", serde_dynamo::to_attribute_value(applied).map_err(corrupt)?);
        self.update(keys::channel(id), note).await.map(|_| ())
    }
}

fn event_of(change: &Change<Channel>) -> RecordedEvent {
    RecordedEvent {
        aggregate: keys::channel_partition(change.next.id),
        version: change.next.version,
        event: change.event.clone(),
    }
}

fn stale(channel: ChannelId) -> PortError {
    PortError::new("channels", PortErrorKind::Conflict, format!("{channel} has another version"))
}
