//! Videos and uploads.
//!
//! A video's item is written by versions, but for job, percent and phase: those are plain updates underneath, which the
//! next version leaves alone.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skylark_domain::idempotency::Done;
use skylark_domain::ids::{UploadId, UserId, VideoId};
use skylark_domain::outbox::{Change, RecordedEvent};
use skylark_domain::ports::{Committed, VideoCatalog};
use skylark_domain::video::queries::{Card, month, position};
use skylark_domain::video::{Current, Progress, Status, Upload, Video, Visibility, names};
use skylark_domain::{PortError, PortErrorKind};

use crate::entity::{Entity, Item, from_item};
use crate::error::corrupt;
use crate::keys::{self, FEED_SHARDS, Key};
use crate::table::{Expression, Table, Write};

/// How long a deleted video is remembered.
const TOMBSTONE_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How long its item stays after that, for whoever has to remove what was made of it.
const PURGE_LIFE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long the record of an upload outlives it.
const UPLOAD_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The attributes of a video that may be absent.
const OPTIONAL: [&str; 14] = [
    "description",
    "artist",
    "input",
    "media",
    "captions",
    "failure",
    "attemptAt",
    "thumbnail",
    "durationMs",
    "TTL",
    "GSI1PK",
    "GSI1SK",
    "GSI2PK",
    "GSI2SK",
];

impl Entity for Video {
    const TYPE: &'static str = "Video";

    fn key(&self) -> Key {
        keys::video(self.user_id, self.id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        (self.status == Status::Deleted).then(|| self.updated_at + PURGE_LIFE)
    }

    fn index(&self) -> Vec<(&'static str, AttributeValue)> {
        let text = AttributeValue::S;
        let mut more = Vec::new();
        if let Some(media) = &self.media {
            more.push(("durationMs", AttributeValue::N(media.duration_ms.to_string())));
            if !media.thumbnails.is_empty() {
                more.push(("thumbnail", text(names::poster(self.user_id, self.id))));
            }
        }
        let is_listed = matches!(self.status, Status::Processing | Status::Ready | Status::Failed);
        if is_listed && self.visibility == Visibility::Public {
            let [pk, sk] = keys::GSI1;
            let feed = keys::video_feed(self.status.name(), &month(self.created_at), shard(self.id));
            more.extend([(pk, text(feed)), (sk, text(position(self.created_at, self.id)))]);
        }
        let due = match self.status {
            Status::Uploading => self.uploaded().map(|uploaded| uploaded.expires_at),
            Status::Processing | Status::Deleted => Some(self.updated_at),
            Status::Ready | Status::Failed => None,
        };
        if let Some(due) = due {
            let [pk, sk] = keys::GSI2;
            more.extend([(pk, text(keys::PENDING_VIDEOS.into())), (sk, text(position(due, self.id)))]);
        }
        more
    }
}

#[allow(clippy::modulo_one, reason = "the number of shards is a constant that may grow")]
fn shard(id: VideoId) -> u32 {
    let [.., last] = *id.uuid().as_bytes();
    u32::from(last) % FEED_SHARDS
}

impl Entity for Upload {
    const TYPE: &'static str = "Upload";

    fn key(&self) -> Key {
        keys::upload(self.user_id, self.id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        // Events about its object come late.
        Some(self.expires_at + UPLOAD_LIFE)
    }
}

/// Whose a video is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VideoReference {
    id: VideoId,
    user_id: UserId,
    #[serde(skip)]
    expires_at: Option<Timestamp>,
}

impl VideoReference {
    fn to(video: &Video) -> Self {
        Self { id: video.id, user_id: video.user_id, expires_at: video.expires_at() }
    }
}

impl Entity for VideoReference {
    const TYPE: &'static str = "VideoReference";

    fn key(&self) -> Key {
        keys::video_reference(self.id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// What changes underneath a video.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Underneath {
    job_id: Option<String>,
    job_attempt: u32,
    phase: Option<String>,
    percent: u32,
}

fn read(item: Item) -> Result<Current, PortError> {
    let Underneath { job_id, job_attempt, phase, percent } = serde_dynamo::from_item(item.clone()).map_err(corrupt)?;
    let video: Video = from_item(item)?;
    let is_current = job_attempt == video.attempt && video.attempt > 0;
    Ok(Current {
        job_id: job_id.filter(|_| is_current),
        progress: if is_current { Progress { phase, percent } } else { Progress::default() },
        video,
    })
}

#[async_trait]
impl VideoCatalog for Table {
    async fn announce(
        &self,
        change: Change<Video>,
        upload: Upload,
        done: Option<Done>,
    ) -> Result<Committed, PortError> {
        let video = &change.next;
        let writes = vec![
            Write::create(video),
            Write::create(&VideoReference::to(video)),
            Write::create(&upload),
            Write::create(&event_of(&change)),
        ];
        self.commit(video.id, writes, done).await
    }

    async fn save(&self, change: Change<Video>, done: Option<Done>) -> Result<Committed, PortError> {
        self.commit(change.next.id, writes(&change), done).await
    }

    async fn adopt(&self, change: Change<Video>) -> Result<(), PortError> {
        let video = &change.next;
        let writes =
            vec![Write::create(video), Write::create(&VideoReference::to(video)), Write::create(&event_of(&change))];
        self.transact(writes).await?.map_err(|_| stale(video.id))
    }

    async fn save_with_upload(&self, change: Change<Video>, upload: Upload) -> Result<(), PortError> {
        let mut writes = writes(&change);
        writes.push(Write::put(&upload));
        self.transact(writes).await?.map_err(|_| stale(change.next.id))
    }

    async fn video(&self, id: VideoId) -> Result<Option<Current>, PortError> {
        match self.get::<VideoReference>(keys::video_reference(id)).await? {
            Some(reference) => self.video_of(reference.user_id, id).await,
            None => Ok(None),
        }
    }

    async fn video_of(&self, user: UserId, id: VideoId) -> Result<Option<Current>, PortError> {
        let current = self.get_item(keys::video(user, id)).await?.map(read).transpose()?;
        let is_over =
            |video: &Video| video.status == Status::Deleted && video.updated_at + TOMBSTONE_LIFE <= Timestamp::now();
        Ok(current.filter(|current| !is_over(&current.video)))
    }

    async fn upload(&self, user: UserId, id: UploadId) -> Result<Option<Upload>, PortError> {
        self.get(keys::upload(user, id)).await
    }

    async fn note_job(
        &self,
        user: UserId,
        video: VideoId,
        attempt: u32,
        job_id: &str,
    ) -> Result<Option<String>, PortError> {
        let note = Expression::new(
            "SET jobId = :job, jobAttempt = :attempt REMOVE phase, #percent",
            "#status = :processing AND attempt = :attempt AND (attribute_not_exists(jobAttempt) OR jobAttempt < :attempt)",
        )
        .name("#percent", "percent")
        .name("#status", "status")
        .value(":job", AttributeValue::S(job_id.to_owned()))
        .value(":attempt", AttributeValue::N(attempt.to_string()))
        .value(":processing", AttributeValue::S(Status::Processing.name().into()));
        if self.update(keys::video(user, video), note).await?.is_some() {
            return Ok(Some(job_id.to_owned()));
        }
        // Noted already, perhaps by this very call, whose answer was lost.
        let current = self.video_of(user, video).await?;
        Ok(current.filter(|current| current.video.attempt == attempt).and_then(|current| current.job_id))
    }

    async fn note_progress(
        &self,
        user: UserId,
        video: VideoId,
        attempt: u32,
        progress: &Progress,
    ) -> Result<(), PortError> {
        let note = Expression::new(
            "SET phase = :phase, #percent = :percent",
            "#status = :processing AND attempt = :attempt AND jobAttempt = :attempt
             AND (attribute_not_exists(#percent) OR #percent < :percent
                  OR (#percent = :percent AND phase <> :phase))",
        )
        .name("#percent", "percent")
        .name("#status", "status")
        .value(":phase", AttributeValue::S(progress.phase.clone().unwrap_or_default()))
        .value(":percent", AttributeValue::N(progress.percent.to_string()))
        .value(":attempt", AttributeValue::N(attempt.to_string()))
        .value(":processing", AttributeValue::S(Status::Processing.name().into()));
        self.update(keys::video(user, video), note).await.map(|_| ())
    }

    async fn note_purged(&self, user: UserId, video: VideoId) -> Result<(), PortError> {
        let note = Expression::new("REMOVE #pk, #sk", "#status = :deleted")
            .name("#pk", keys::GSI2[0])
            .name("#sk", keys::GSI2[1])
            .name("#status", "status")
            .value(":deleted", AttributeValue::S(Status::Deleted.name().into()));
        self.update(keys::video(user, video), note).await.map(|_| ())
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<Current>, PortError> {
        // Just above every position of this moment.
        let until = format!("{now:.3}$");
        let items = self.query_index_until("GSI2", keys::GSI2, keys::PENDING_VIDEOS.into(), until).await?;
        items.into_iter().map(read).collect()
    }

    async fn videos_of(&self, user: UserId, before: Option<VideoId>, limit: usize) -> Result<Vec<Current>, PortError> {
        let above = keys::VIDEOS.to_owned();
        let mut below = before.map_or_else(|| format!("{above}~"), |before| keys::video(user, before).sk);
        let mut found: Vec<Current> = Vec::new();
        // Deleted ones are skipped: they may make a page short.
        while found.len() < limit {
            // The bound itself is part of the answer, and of the page before.
            let page = self.query_last(keys::user_partition(user), above.clone(), below.clone(), limit + 1).await?;
            let is_last = page.len() <= limit;
            for item in page {
                let current = read(item)?;
                let at = keys::video(user, current.video.id).sk;
                if at != below && current.video.status != Status::Deleted && found.len() < limit {
                    found.push(current);
                }
                below = at;
            }
            if is_last {
                break;
            }
        }
        Ok(found)
    }

    async fn ready_in(&self, month: &str, after: Option<&str>, limit: usize) -> Result<Vec<Card>, PortError> {
        let mut cards: Vec<Card> = Vec::new();
        for shard in 0..FEED_SHARDS {
            let feed = keys::video_feed(Status::Ready.name(), month, shard);
            let items = self.query_index("GSI1", keys::GSI1, feed, after, limit).await?;
            for item in items {
                cards.push(serde_dynamo::from_item(item).map_err(corrupt)?);
            }
        }
        cards.sort_by_key(|card| std::cmp::Reverse(card.position()));
        cards.truncate(limit);
        Ok(cards)
    }
}

impl Table {
    async fn commit(&self, video: VideoId, mut writes: Vec<Write>, done: Option<Done>) -> Result<Committed, PortError> {
        let record = writes.len();
        writes.extend(done.map(|done| Write::create_or_expired(&done, Timestamp::now())));
        match self.transact(writes).await? {
            Ok(()) => Ok(Committed::Done),
            Err(refused) if refused.at(record) => Ok(Committed::Repeated),
            Err(_) => Err(stale(video)),
        }
    }
}

/// The next version of a video and the event that led to it; a deleted one is forgotten by its id as well.
fn writes(change: &Change<Video>) -> Vec<Write> {
    let video = &change.next;
    let mut writes = vec![Write::advance(video, video.version - 1, &OPTIONAL), Write::create(&event_of(change))];
    if video.status == Status::Deleted {
        writes.push(Write::put(&VideoReference::to(video)));
    }
    writes
}

fn event_of(change: &Change<Video>) -> RecordedEvent {
    RecordedEvent {
        aggregate: keys::video_partition(change.next.id),
        version: change.next.version,
        event: change.event.clone(),
    }
}

fn stale(video: VideoId) -> PortError {
    PortError::new("videos", PortErrorKind::Conflict, format!("{video} has another version"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use skylark_domain::testing::{sample_media, sample_video};
    use skylark_domain::video::FailureCode;
    use skylark_domain::video::captions::Caption;

    use super::*;
    use crate::entity::to_item;

    #[test]
    fn every_attribute_that_may_be_absent_is_known_as_such() {
        let names = |video: &Video| to_item(video).unwrap().into_keys().collect::<BTreeSet<_>>();
        let most = Video {
            description: Some("d".into()),
            artist: Some("a".into()),
            media: Some(sample_media()),
            captions: vec![Caption { lang: "en".into(), revision: "a".into() }],
            failure: Some(FailureCode::Internal),
            status: Status::Processing,
            attempt: 1,
            attempt_at: Some(Timestamp::UNIX_EPOCH),
            ..sample_video()
        };
        let least = |status| names(&Video { input: None, status, visibility: Visibility::Unlisted, ..sample_video() });
        let most = names(&most);
        let (deleted, failed) = (least(Status::Deleted), least(Status::Failed));
        let differing = most.symmetric_difference(&deleted).chain(most.symmetric_difference(&failed));
        let differing: BTreeSet<&str> = differing.map(String::as_str).collect();
        assert_eq!(differing, BTreeSet::from(OPTIONAL));
    }
}
