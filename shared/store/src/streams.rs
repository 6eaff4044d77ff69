//! Streams.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skylark_domain::chat::room::Room;
use skylark_domain::ids::{ChannelId, StreamId, UserId};
use skylark_domain::outbox::{Change, RecordedEvent};
use skylark_domain::ports::{Saved, StreamCommit, Streams};
use skylark_domain::stream::queries::Card;
use skylark_domain::stream::session::Session;
use skylark_domain::stream::status::Status;
use skylark_domain::stream::{State, Stream, Visibility};
use skylark_domain::{PortError, PortErrorKind};

use crate::channels::{claim, release};
use crate::entity::{Entity, from_item};
use crate::error::corrupt;
use crate::keys::{self, FEED_SHARDS, Key};
use crate::table::{Expression, Table, Write};

/// How long a deleted stream is remembered.
const TOMBSTONE_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// The attributes of a stream that may be absent.
const OPTIONAL: [&str; 16] = [
    "description",
    "scheduledAt",
    "latest",
    "armedAt",
    "startedAt",
    "endedAt",
    "stoppedAt",
    "archivedAt",
    "stopReason",
    "failureReason",
    "archiveError",
    "videoId",
    "openPlaybackUrl",
    "TTL",
    "GSI1PK",
    "GSI1SK",
];

impl Entity for Stream {
    const TYPE: &'static str = "Stream";

    fn key(&self) -> Key {
        keys::stream(self.user_id, self.id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        (self.state == State::Deleted).then(|| self.updated_at + TOMBSTONE_LIFE)
    }

    fn index(&self) -> Vec<(&'static str, AttributeValue)> {
        let text = AttributeValue::S;
        let [pk, sk] = keys::GSI2;
        let position = format!("{:.3}#{}", self.created_at, self.id);
        let status = self.status(self.updated_at);
        let mut more = vec![
            (pk, text(keys::channel_partition(self.channel_id))),
            (sk, text(keys::stream_of_channel(&position))),
            ("status", text(status.name().into())),
        ];
        if !self.needs_token() {
            more.push(("openPlaybackUrl", text(self.playback_url.clone())));
        }
        more.extend(feed_keys(self, status));
        more
    }
}

/// Only PUBLIC streams are in feeds.
fn feed_keys(stream: &Stream, status: Status) -> Vec<(&'static str, AttributeValue)> {
    if stream.visibility != Visibility::Public || stream.state == State::Deleted {
        return Vec::new();
    }
    let [pk, sk] = keys::GSI1;
    let feed = keys::stream_feed(status.name(), shard(stream.id));
    vec![(pk, AttributeValue::S(feed)), (sk, AttributeValue::S(stream.card().position()))]
}

#[allow(clippy::modulo_one, reason = "the number of shards is a constant that may grow")]
fn shard(id: StreamId) -> u32 {
    let [.., last] = *id.uuid().as_bytes();
    u32::from(last) % FEED_SHARDS
}

/// The attributes of a reference that may be absent.
const REFERENCE_OPTIONAL: [&str; 6] = ["scheduledAt", "maxConcurrentViewers", "closesAt", "TTL", "GSI2PK", "GSI2SK"];

/// What is known of a stream by its id alone, which is its room, and whether somebody has to look after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StreamReference {
    #[serde(flatten)]
    room: Room,
    #[serde(skip)]
    pending_at: Option<Timestamp>,
    #[serde(skip)]
    expires_at: Option<Timestamp>,
}

impl StreamReference {
    fn to(stream: &Stream) -> Self {
        let pending_at = match stream.state {
            State::Created => stream.scheduled_at,
            State::Starting | State::Running | State::Stopping | State::Archiving => Some(stream.created_at),
            State::Stopped if stream.sessions.is_empty() => None,
            State::Stopped => Some(stream.created_at),
            State::Archived | State::Failed | State::Deleted => None,
        };
        Self { room: Room::of(stream), pending_at, expires_at: stream.expires_at() }
    }
}

impl Entity for StreamReference {
    const TYPE: &'static str = "StreamReference";

    fn key(&self) -> Key {
        keys::stream_reference(self.room.id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    fn index(&self) -> Vec<(&'static str, AttributeValue)> {
        let Some(at) = self.pending_at else { return Vec::new() };
        let [pk, sk] = keys::GSI2;
        let position = format!("{at:.3}#{}", self.room.id);
        vec![(pk, AttributeValue::S(keys::PENDING_STREAMS.into())), (sk, AttributeValue::S(position))]
    }
}

#[async_trait]
impl Streams for Table {
    async fn save(&self, commit: StreamCommit) -> Result<Saved, PortError> {
        let StreamCommit { before, change, session, done } = commit;
        let next = &change.next;
        let mut writes = match &before {
            None => vec![Write::create(next), Write::create(&StreamReference::to(next))],
            Some(before) => vec![Write::advance(next, before.version, &OPTIONAL)],
        };
        writes.push(Write::create(&event_of(&change)));
        if let Some(before) = &before
            && (StreamReference::to(before) != StreamReference::to(next) || next.state == State::Archiving)
        {
            writes.push(Write::merge(&StreamReference::to(next), &REFERENCE_OPTIONAL));
        }
        let holds = before.as_ref().is_some_and(Stream::is_active);
        let claimed = writes.len();
        match (holds, next.is_active()) {
            (false, true) => writes.push(claim(next.channel_id, next.id)),
            (true, false) => writes.push(release(next.channel_id, next.id)),
            (true, true) | (false, false) => {}
        }
        let is_claim = !holds && next.is_active();
        writes.extend(session.map(session_write));
        let record = writes.len();
        writes.extend(done.map(|done| Write::create_or_expired(&done, Timestamp::now())));
        match self.transact(writes).await? {
            Ok(()) => Ok(Saved::Done),
            Err(refused) if refused.at(record) => Ok(Saved::Repeated),
            Err(refused) if is_claim && refused.at(claimed) && !refused.at(0) => Ok(Saved::ChannelBusy),
            Err(_) => Err(stale(next.id)),
        }
    }

    async fn stream(&self, id: StreamId) -> Result<Option<Stream>, PortError> {
        match self.get::<StreamReference>(keys::stream_reference(id)).await? {
            Some(reference) => self.stream_of(reference.room.user_id, id).await,
            None => Ok(None),
        }
    }

    async fn stream_of(&self, user: UserId, id: StreamId) -> Result<Option<Stream>, PortError> {
        let stream: Option<Stream> = self.get(keys::stream(user, id)).await?;
        Ok(stream.filter(|stream| stream.expires_at().is_none_or(|end| end > Timestamp::now())))
    }

    async fn streams_of(&self, user: UserId, before: Option<StreamId>, limit: usize) -> Result<Vec<Stream>, PortError> {
        let above = keys::STREAMS.to_owned();
        let mut below = before.map_or_else(|| format!("{above}~"), |before| keys::stream(user, before).sk);
        let mut found: Vec<Stream> = Vec::new();
        // Deleted ones are skipped: they may make a page short.
        while found.len() < limit {
            // The bound itself is part of the answer, and of the page before.
            let page = self.query_last(keys::user_partition(user), above.clone(), below.clone(), limit + 1).await?;
            let is_last = page.len() <= limit;
            for item in page {
                let stream: Stream = from_item(item)?;
                let at = keys::stream(user, stream.id).sk;
                if at != below && stream.state != State::Deleted && found.len() < limit {
                    found.push(stream);
                }
                below = at;
            }
            if is_last {
                break;
            }
        }
        Ok(found)
    }

    async fn on_channel(
        &self,
        channel: ChannelId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Stream>, PortError> {
        let prefix = keys::stream_of_channel("");
        let after = after.map(keys::stream_of_channel);
        let items = self.query_index_last(keys::channel_partition(channel), prefix, after, limit).await?;
        items.into_iter().map(from_item).collect()
    }

    async fn with_status(&self, status: Status, after: Option<&str>, limit: usize) -> Result<Vec<Card>, PortError> {
        let mut cards: Vec<Card> = Vec::new();
        for shard in 0..FEED_SHARDS {
            let feed = keys::stream_feed(status.name(), shard);
            let items = match status {
                Status::Scheduled => self.query_index_first("GSI1", keys::GSI1, feed, after, limit).await?,
                Status::Live | Status::Offline | Status::Ended => {
                    self.query_index("GSI1", keys::GSI1, feed, after, limit).await?
                }
            };
            for item in items {
                cards.push(serde_dynamo::from_item(item).map_err(corrupt)?);
            }
        }
        cards.sort_by_key(Card::position);
        if status != Status::Scheduled {
            cards.reverse();
        }
        cards.truncate(limit);
        Ok(cards)
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<(UserId, StreamId)>, PortError> {
        // Just above every position of this moment.
        let until = format!("{now:.3}$");
        let items = self.query_index_until("GSI2", keys::GSI2, keys::PENDING_STREAMS.into(), until).await?;
        let references = items.into_iter().map(from_item::<StreamReference>);
        references.map(|reference| reference.map(|reference| (reference.room.user_id, reference.room.id))).collect()
    }

    async fn note_rested(&self, stream: &Stream, now: Timestamp) -> Result<(), PortError> {
        let [pk, sk] = keys::GSI2;
        let rest = Expression::new("REMOVE #pk, #sk", "attribute_exists(#pk)").name("#pk", pk).name("#sk", sk);
        self.update(keys::stream_reference(stream.id), rest).await?;
        let status = stream.status(now);
        let mut list = Expression::new("SET #status = :status", "#version = :version")
            .name("#status", "status")
            .name("#version", "version")
            .value(":status", AttributeValue::S(status.name().into()))
            .value(":version", AttributeValue::N(stream.version.to_string()));
        if let Some((name, feed)) = feed_keys(stream, status).into_iter().next() {
            list = list.also("#feed = :feed").name("#feed", name).value(":feed", feed);
        }
        self.update(keys::stream(stream.user_id, stream.id), list).await.map(|_| ())
    }

    async fn note_picture(&self, stream: &Stream, key: &str) -> Result<(), PortError> {
        let note = Expression::new("SET thumbnail = :key", "attribute_exists(#pk)")
            .name("#pk", keys::PK)
            .value(":key", AttributeValue::S(key.to_owned()));
        self.update(keys::stream(stream.user_id, stream.id), note).await.map(|_| ())
    }

    async fn events(&self, id: StreamId, after: u64, limit: usize) -> Result<Vec<RecordedEvent>, PortError> {
        let partition = keys::stream_partition(id);
        let (from, to) = (keys::event(&partition, after + 1).sk, format!("{}~", keys::EVENTS));
        let items = self.query_first(partition, from, to, limit).await?;
        items.into_iter().map(from_item).collect()
    }

    async fn session(&self, channel: ChannelId, id: &str) -> Result<Option<Session>, PortError> {
        self.get(keys::session(channel, id)).await
    }

    async fn save_session(&self, session: Session) -> Result<(), PortError> {
        let id = session.id.clone();
        let saved = self.transact(vec![session_write(session)]).await?;
        saved.map_err(|_| PortError::new("streams", PortErrorKind::Conflict, format!("{id} has another version")))
    }

    async fn sessions_on(
        &self,
        channel: ChannelId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Session>, PortError> {
        let prefix = keys::session_of_channel("");
        let after = after.map(keys::session_of_channel);
        let items = self.query_index_last(keys::channel_partition(channel), prefix, after, limit).await?;
        items.into_iter().map(from_item).collect()
    }
}

impl Entity for Session {
    const TYPE: &'static str = "IngestSession";

    fn key(&self) -> Key {
        keys::session(self.channel_id, &self.id)
    }

    fn index(&self) -> Vec<(&'static str, AttributeValue)> {
        let Some(position) = self.position() else { return Vec::new() };
        let [pk, sk] = keys::GSI2;
        let text = AttributeValue::S;
        vec![(pk, text(keys::channel_partition(self.channel_id))), (sk, text(keys::session_of_channel(&position)))]
    }
}

fn session_write(session: Session) -> Write {
    match session.version {
        1 => Write::create(&session),
        version => Write::replace(&session, version - 1),
    }
}

fn event_of(change: &Change<Stream>) -> RecordedEvent {
    RecordedEvent {
        aggregate: keys::stream_partition(change.next.id),
        version: change.next.version,
        event: change.event.clone(),
    }
}

fn stale(stream: StreamId) -> PortError {
    PortError::new("streams", PortErrorKind::Conflict, format!("{stream} has another version"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use skylark_domain::ids::VideoId;
    use skylark_domain::stream::{IngestRef, StopReason};
    use skylark_domain::testing::sample_stream;

    use super::*;
    use crate::entity::to_item;

    #[test]
    fn every_attribute_that_may_be_absent_is_known_as_such() {
        let names = |stream: &Stream| to_item(stream).unwrap().into_keys().collect::<BTreeSet<_>>();
        let at = Some(Timestamp::UNIX_EPOCH);
        let most = Stream {
            description: Some("d".into()),
            scheduled_at: at,
            latest: Some(IngestRef { ingest_id: "st-1".into(), started_at: Timestamp::UNIX_EPOCH }),
            armed_at: at,
            started_at: at,
            ended_at: at,
            stopped_at: at,
            archived_at: at,
            stop_reason: Some(StopReason::Command),
            failure_reason: Some("f".into()),
            archive_error: Some("a".into()),
            video_id: Some(VideoId::from_uuid(sample_stream().id.uuid())),
            ..sample_stream()
        };
        let hidden = Stream { visibility: Visibility::Private, ..sample_stream() };
        let deleted = Stream { state: State::Deleted, ..sample_stream() };
        let (most, hidden, deleted) = (names(&most), names(&hidden), names(&deleted));
        let differing = most.symmetric_difference(&hidden).chain(most.symmetric_difference(&deleted));
        let differing: BTreeSet<&str> = differing.map(String::as_str).collect();
        assert_eq!(differing, BTreeSet::from(OPTIONAL));
    }
}
