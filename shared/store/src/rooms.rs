//! Rooms: what they are, who keeps order in them, and how many are there.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skylark_domain::PortError;
use skylark_domain::chat::connection::{Ban, Moderator, Statistics};
use skylark_domain::chat::room::Room;
use skylark_domain::ids::{ChannelId, StreamId, UserId};
use skylark_domain::ports::Rooms;

use crate::entity::{Entity, from_item};
use crate::error::corrupt;
use crate::keys::{self, Key};
use crate::table::{Expression, Table};

/// How long a room is remembered to have connections: as long as one can last.
const BUSY_LIFE: SignedDuration = SignedDuration::from_mins(130);

impl Entity for Ban {
    const TYPE: &'static str = "Ban";

    fn key(&self) -> Key {
        keys::ban(self.channel_id, &self.user_id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.until
    }
}

impl Entity for Moderator {
    const TYPE: &'static str = "Moderator";

    fn key(&self) -> Key {
        keys::moderator(self.channel_id, self.user_id)
    }
}

/// A room that has connections.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BusyRoom {
    stream_id: StreamId,
    #[serde(skip)]
    until: Option<Timestamp>,
}

impl Entity for BusyRoom {
    const TYPE: &'static str = "BusyRoom";

    fn key(&self) -> Key {
        keys::busy_room(self.stream_id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.until
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StatisticsItem {
    viewer_count: u32,
    peak: u32,
    next_count_at: Option<i64>,
    playback_sessions: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Total {
    connections: u32,
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[async_trait]
impl Rooms for Table {
    async fn room(&self, id: StreamId) -> Result<Option<Room>, PortError> {
        let item = self.get_item(keys::stream_reference(id)).await?;
        item.map(serde_dynamo::from_item).transpose().map_err(corrupt)
    }

    async fn raise_shards(&self, id: StreamId, shards: u32) -> Result<(), PortError> {
        let condition = "attribute_exists(#pk) AND (attribute_not_exists(connectionShards) OR connectionShards < :n)";
        let raise =
            Expression::new("SET connectionShards = :n", condition).name("#pk", keys::PK).value(":n", number(shards));
        self.update(keys::stream_reference(id), raise).await.map(|_| ())
    }

    async fn ban(&self, channel: ChannelId, user_id: &str) -> Result<Option<Ban>, PortError> {
        self.get(keys::ban(channel, user_id)).await
    }

    async fn keep_ban(&self, ban: &Ban) -> Result<(), PortError> {
        self.put(ban).await
    }

    async fn lift_ban(&self, channel: ChannelId, user_id: &str) -> Result<(), PortError> {
        self.delete(keys::ban(channel, user_id)).await
    }

    async fn bans(&self, channel: ChannelId) -> Result<Vec<Ban>, PortError> {
        self.query(keys::channel_partition(channel), keys::BANS).await
    }

    async fn moderator(&self, channel: ChannelId, user: UserId) -> Result<Option<Moderator>, PortError> {
        self.get(keys::moderator(channel, user)).await
    }

    async fn moderators(&self, channel: ChannelId) -> Result<Vec<Moderator>, PortError> {
        self.query(keys::channel_partition(channel), keys::MODERATORS).await
    }

    async fn appoint(&self, moderator: &Moderator) -> Result<(), PortError> {
        self.put(moderator).await
    }

    async fn dismiss(&self, channel: ChannelId, user: UserId) -> Result<(), PortError> {
        self.delete(keys::moderator(channel, user)).await
    }

    async fn statistics(&self, id: StreamId) -> Result<Statistics, PortError> {
        let item = self.get_item(keys::stream_statistics(id)).await?.unwrap_or_default();
        let stored: StatisticsItem = serde_dynamo::from_item(item).map_err(corrupt)?;
        let next_count_at = stored.next_count_at.map(Timestamp::from_millisecond).transpose().map_err(corrupt)?;
        let StatisticsItem { viewer_count, peak, playback_sessions, .. } = stored;
        Ok(Statistics { viewer_count, peak, next_count_at, playback_sessions })
    }

    async fn note_count(
        &self,
        id: StreamId,
        before: &Statistics,
        count: u32,
        next_count_at: Timestamp,
    ) -> Result<bool, PortError> {
        let set = "SET viewerCount = :count, admitted = :count, peak = :peak, nextCountAt = :next, streamId = :id";
        let note = match before.next_count_at {
            Some(at) => Expression::new(set, "nextCountAt = :before").value(":before", number(at.as_millisecond())),
            None => Expression::new(set, "attribute_not_exists(nextCountAt)"),
        };
        let note = note
            .value(":count", number(count))
            .value(":peak", number(count.max(before.peak)))
            .value(":next", number(next_count_at.as_millisecond()))
            .value(":id", AttributeValue::S(id.to_string()));
        Ok(self.update(keys::stream_statistics(id), note).await?.is_some())
    }

    async fn note_busy(&self, id: StreamId, now: Timestamp) -> Result<(), PortError> {
        self.put(&BusyRoom { stream_id: id, until: Some(now + BUSY_LIFE) }).await
    }

    async fn busy_rooms(&self, now: Timestamp) -> Result<Vec<StreamId>, PortError> {
        let items = self.query_items(keys::CONNECTION_STATISTICS.to_owned(), keys::BUSY_ROOMS).await?;
        let is_over = |seconds: &str| seconds.parse().is_ok_and(|end: i64| end <= now.as_second());
        items
            .into_iter()
            .filter(|item| !item.get(keys::TTL).and_then(|end| end.as_n().ok()).is_some_and(|end| is_over(end)))
            .map(|item| from_item::<BusyRoom>(item).map(|room| room.stream_id))
            .collect()
    }

    async fn total_connections(&self) -> Result<u32, PortError> {
        let item = self.get_item(keys::connection_total()).await?.unwrap_or_default();
        let total: Total = serde_dynamo::from_item(item).map_err(corrupt)?;
        Ok(total.connections)
    }

    async fn note_total_connections(&self, count: u32) -> Result<(), PortError> {
        let set = Expression::always("SET connections = :count").value(":count", number(count));
        self.update(keys::connection_total(), set).await.map(|_| ())
    }
}
