//! Reading streams.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::health::Sample;
use super::session::Session;
use super::status::Status;
use super::{Ingest, Live, State, Stream, Visibility, thumbnail_of};
use crate::channel;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, StreamId, UserId, VideoId};
use crate::outbox::RecordedEvent;

/// The most events of one answer.
pub const MAX_EVENTS: usize = 500;
/// Pages of an index that one page of a feed looks through: entries whose time has changed them are passed over.
const PAGES: usize = 5;

/// What a list shows of a PUBLIC stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Identifier.
    pub id: StreamId,
    /// The owner.
    pub user_id: UserId,
    /// The owner's name, where it was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Where it takes place.
    pub channel_id: ChannelId,
    /// Title.
    pub title: String,
    /// Who finds it.
    pub visibility: Visibility,
    /// Where it is in its life.
    pub state: State,
    /// What its encoder does.
    pub ingest: Ingest,
    /// The multivariant playlist, where it plays without a token.
    #[serde(default, rename = "openPlaybackUrl", skip_serializing_if = "Option::is_none")]
    pub playback_url: Option<String>,
    /// When it is announced for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// When its first picture came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// The video of its recordings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_id: Option<VideoId>,
    /// Key of the latest picture of its latest recording.
    #[serde(default, rename = "thumbnail", skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Card {
    /// What people are told of it at `now`.
    pub fn status(&self, now: Timestamp) -> Status {
        Status::of(self.state, &self.ingest, self.scheduled_at, now)
    }

    /// Key of the picture that stands for it.
    pub fn thumbnail(&self) -> Option<String> {
        thumbnail_of(self.user_id, self.video_id, self.state, self.picture.as_ref())
    }

    /// Where it stands in its feed.
    pub fn position(&self) -> String {
        position(self.scheduled_at, self.started_at, self.created_at, self.id)
    }
}

impl Stream {
    /// Its card.
    pub fn card(&self) -> Card {
        Card {
            id: self.id,
            user_id: self.user_id,
            username: self.username.clone(),
            channel_id: self.channel_id,
            title: self.title.clone(),
            visibility: self.visibility,
            state: self.state,
            ingest: self.ingest.clone(),
            playback_url: (!self.needs_token()).then(|| self.playback_url.clone()),
            scheduled_at: self.scheduled_at,
            started_at: self.started_at,
            video_id: self.video_id,
            picture: self.picture.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// The time that counts in a feed, and the id.
fn position(
    scheduled_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    created_at: Timestamp,
    id: StreamId,
) -> String {
    format!("{:.3}#{id}", started_at.or(scheduled_at).unwrap_or(created_at))
}

/// How many watch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Viewers {
    /// Now.
    pub count: u32,
    /// The most there were.
    pub peak: u32,
    /// IVS's own count of playback sessions, for the owner. It is never mixed with the others.
    pub playback_sessions: u32,
}

/// A stream with what is shown beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The stream.
    pub stream: Stream,
    /// How many watch.
    pub viewers: Viewers,
    /// The recording that can be gone back in while it is live.
    pub recording: Option<String>,
}

/// What takes place on a channel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OnAir {
    /// The stream that holds it.
    pub stream: Option<Stream>,
    /// The last measurement of the encoder that sends.
    pub sample: Option<Sample>,
    /// When the last picture began to come.
    pub last_live_at: Option<Timestamp>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T, P> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins, when there may be more.
    pub next: Option<P>,
}

impl Live {
    /// A stream: PUBLIC and UNLISTED ones for everybody, PRIVATE ones for their owner.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn stream(&self, caller: Option<UserId>, id: StreamId) -> Result<Stream> {
        let found = self.streams.stream(id).await?;
        found.filter(|stream| stream.is_shown_to(caller)).ok_or(Error::NotFound { what: "stream" })
    }

    /// The same, with how many watch and what can be gone back in.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn view(&self, caller: Option<UserId>, id: StreamId) -> Result<View> {
        let stream = self.stream(caller, id).await?;
        self.with_surroundings(stream).await
    }

    /// What is shown beside a stream.
    pub async fn with_surroundings(&self, stream: Stream) -> Result<View> {
        // People come before the first picture does.
        let viewers = self.measurements.viewers(stream.id).await?;
        let recording = match &stream.latest {
            Some(latest) if stream.state == State::Running && stream.settings.dvr_enabled => {
                let session = self.streams.session(stream.channel_id, &latest.ingest_id).await?;
                session.and_then(|session| session.recording).map(|recording| recording.prefix)
            }
            _ => None,
        };
        Ok(View { stream, viewers, recording })
    }

    /// How many watch a stream.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn stream_viewers(&self, caller: Option<UserId>, id: StreamId) -> Result<Viewers> {
        self.stream(caller, id).await?;
        Ok(self.measurements.viewers(id).await?)
    }

    /// These, each with how many watch it.
    pub async fn count_viewers(&self, cards: Vec<Card>) -> Result<Vec<(Card, Viewers)>> {
        let ids: Vec<StreamId> = cards.iter().map(|card| card.id).collect();
        let counts = if ids.is_empty() { HashMap::new() } else { self.measurements.viewers_of(&ids).await? };
        Ok(cards
            .into_iter()
            .map(|card| {
                let viewers = counts.get(&card.id).copied().unwrap_or_default();
                (card, viewers)
            })
            .collect())
    }

    /// PUBLIC streams of a status: SCHEDULED ones the nearest first, others the newest.
    pub async fn feed(&self, status: Status, after: Option<String>, limit: usize) -> Result<Page<Card, String>> {
        let now = self.clock.now();
        let mut items: Vec<Card> = Vec::new();
        let mut after = after.or_else(|| (status == Status::Scheduled).then(|| format!("{now:.3}")));
        for _ in 0..PAGES {
            let page = self.streams.with_status(status, after.as_deref(), limit).await?;
            let is_last = page.len() < limit;
            for card in page {
                after = Some(card.position());
                if card.status(now) == status {
                    items.push(card);
                }
                if items.len() == limit {
                    return Ok(Page { items, next: after });
                }
            }
            if is_last {
                return Ok(Page { items, next: None });
            }
        }
        Ok(Page { items, next: after })
    }

    /// Somebody's streams, newest first: their own all, others' when they are PUBLIC.
    pub async fn streams_by(
        &self,
        caller: Option<UserId>,
        owner: UserId,
        status: Option<Status>,
        before: Option<StreamId>,
        limit: usize,
    ) -> Result<Page<Stream, StreamId>> {
        let now = self.clock.now();
        let is_shown = |stream: &Stream| {
            (caller == Some(owner) || stream.visibility == Visibility::Public)
                && status.is_none_or(|status| status == stream.status(now))
        };
        let mut before = before;
        let mut items = Vec::new();
        loop {
            let page = self.streams.streams_of(owner, before, limit).await?;
            let is_last = page.len() < limit;
            for stream in page {
                before = Some(stream.id);
                if is_shown(&stream) {
                    items.push(stream);
                }
                if items.len() == limit {
                    return Ok(Page { items, next: before });
                }
            }
            if is_last {
                return Ok(Page { items, next: None });
            }
        }
    }

    /// The streams of the caller's channel, newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn streams_on(
        &self,
        caller: UserId,
        channel: ChannelId,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<Stream, String>> {
        self.owned_channel(caller, channel).await?;
        let items = self.streams.on_channel(channel, after.as_deref(), limit).await?;
        let last = items.last().map(|last| format!("{:.3}#{}", last.created_at, last.id));
        let next = last.filter(|_| items.len() == limit);
        let items = items.into_iter().filter(|stream| stream.state != State::Deleted).collect();
        Ok(Page { items, next })
    }

    /// The ingest sessions of the caller's channel, newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn sessions_on(
        &self,
        caller: UserId,
        channel: ChannelId,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<Session, String>> {
        self.owned_channel(caller, channel).await?;
        let items = self.streams.sessions_on(channel, after.as_deref(), limit).await?;
        let last = items.last().and_then(Session::position);
        let next = last.filter(|_| items.len() == limit);
        Ok(Page { items, next })
    }

    /// What has happened to the caller's stream, from the version after `after`.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn history(&self, caller: UserId, id: StreamId, after: u64) -> Result<Vec<RecordedEvent>> {
        self.owned_stream(caller, id).await?;
        Ok(self.streams.events(id, after, MAX_EVENTS).await?)
    }

    /// The caller's channels, by their slots.
    pub async fn channels_by(&self, caller: UserId) -> Result<Vec<channel::Current>> {
        let mut found = Vec::new();
        for id in self.channels.channels_of(caller).await? {
            found.extend(self.channels.channel(id).await?);
        }
        Ok(found)
    }

    /// What takes place on a channel.
    pub async fn on_air(&self, current: &channel::Current) -> Result<OnAir> {
        let channel = &current.channel;
        let last = self.streams.sessions_on(channel.id, None, 1).await?.pop();
        let last_live_at = last.and_then(|session| session.started_at);
        let stream = match current.active {
            Some(active) => self.streams.stream_of(channel.user_id, active).await?,
            None => None,
        };
        let sample = match &stream {
            Some(Stream { id, ingest: Ingest::Connected { .. }, .. }) => {
                let recently = self.clock.now() - SignedDuration::from_mins(2);
                self.measurements.samples(*id, recently).await?.pop()
            }
            _ => None,
        };
        Ok(OnAir { stream, sample, last_live_at })
    }
}

impl Session {
    /// Where it stands among the sessions of its channel: nowhere before anything has begun.
    pub fn position(&self) -> Option<String> {
        let began = self.started_at.or(self.created_at).or(self.ended_at)?;
        Some(format!("{began:.3}#{}", self.id))
    }
}
