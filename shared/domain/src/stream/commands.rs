//! Changing streams: create, edit, start, stop, archive, delete.

use jiff::Timestamp;

use super::state::{self, ChatEdit, Command, Edit, Event};
use super::{Ingest, Live, Settings, State, StopReason, Stream, Visibility};
use crate::channel::Channel;
use crate::check::Check;
use crate::error::{Error, Result};
use crate::idempotency::Once;
use crate::ids::{ChannelId, StreamId, UserId, new_id};
use crate::outbox::{Change, DomainEvent};
use crate::ports::{Saved, StreamCommit};
use crate::stream::session::Session;

/// Characters of a title.
pub const MAX_TITLE: usize = 140;
/// Characters of a description.
pub const MAX_DESCRIPTION: usize = 2000;
/// Minutes of the longest DVR window.
pub const MAX_DVR_MINUTES: u32 = 720;
/// Seconds of the longest reconnect window.
pub const MAX_RECONNECT_SECONDS: u32 = 1800;
/// Seconds between two messages in the slowest room.
pub const MAX_SLOW_MODE_SECONDS: u32 = 3600;
/// Codes in a list of countries.
pub const MAX_COUNTRIES: usize = 250;
/// How often a decision is made anew because something else changed the stream meanwhile.
pub(super) const TRIES: usize = 5;
/// Streams of an owner among which the next one of a channel is looked for.
pub(super) const RECENT: usize = 50;

/// A stream to be announced.
#[derive(Debug, Clone)]
pub struct CreateStream {
    /// One of the caller's channels; the first when absent.
    pub channel_id: Option<ChannelId>,
    /// 1-140 characters.
    pub title: String,
    /// At most 2,000 characters.
    pub description: Option<String>,
    /// When it is announced for.
    pub scheduled_at: Option<Timestamp>,
    /// Who finds it.
    pub visibility: Visibility,
    /// How it is made.
    pub settings: Settings,
}

/// A stream that was changed.
#[derive(Debug)]
pub struct Done {
    /// The stream.
    pub stream: Stream,
    /// Whether an earlier command of the same name did it.
    pub is_repeated: bool,
    /// The trouble there was with what follows from it. It is done later: the stream is changed all the same.
    pub trouble: Option<Error>,
}

impl Done {
    fn new(stream: Stream) -> Self {
        Self { stream, is_repeated: false, trouble: None }
    }

    fn repeated(stream: Stream) -> Self {
        Self { stream, is_repeated: true, trouble: None }
    }
}

impl Live {
    /// Announces a stream in the name of the caller; a user without a channel gets one.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `KeyReused`, `Unavailable`.
    pub async fn create_stream(
        &self,
        caller: UserId,
        username: &str,
        command: CreateStream,
        once: Option<Once>,
    ) -> Result<Done> {
        let check = Check::default().name("title", &command.title, MAX_TITLE);
        let check = check.text("description", command.description.as_deref(), MAX_DESCRIPTION);
        check_settings(check, &command.settings).done()?;
        if let Some(done) = self.repeated(caller, once.as_ref()).await? {
            return Ok(done);
        }
        let current = match command.channel_id {
            Some(id) => self.owned_channel(caller, id).await?,
            None => self.default_channel(caller).await?,
        };
        let now = self.clock.now();
        let stream = Stream {
            title: command.title,
            description: command.description.filter(|text| !text.is_empty()),
            scheduled_at: command.scheduled_at,
            visibility: command.visibility,
            settings: command.settings,
            ..new_stream(new_id(now), &current.channel, username, now)?
        };
        let saved = self.announce(&stream, once.as_ref().map(|once| once.done(stream.id, now))).await?;
        if saved == Saved::Repeated {
            return self.repeated(caller, once.as_ref()).await?.ok_or(Error::InProgress);
        }
        let trouble = self.prepare(stream.channel_id).await.err();
        Ok(Done { trouble, ..Done::new(stream) })
    }

    pub(super) async fn announce(&self, stream: &Stream, done: Option<crate::idempotency::Done>) -> Result<Saved> {
        let event = DomainEvent::record(&Event::StreamCreated(Box::new(stream.clone())), stream.created_at)?;
        let change = Change { next: stream.clone(), event };
        Ok(self.streams.save(StreamCommit { before: None, change, session: None, done }).await?)
    }

    /// The stream that an earlier command of this name made or changed.
    async fn repeated(&self, caller: UserId, once: Option<&Once>) -> Result<Option<Done>> {
        let Some(once) = once else { return Ok(None) };
        let Some(done) = once.repeated(self.idempotency.as_ref(), self.clock.now()).await? else { return Ok(None) };
        let id: StreamId = done.resource.parse().map_err(|_| Error::NotFound { what: "stream" })?;
        Ok(Some(Done::repeated(self.owned_stream(caller, id).await?)))
    }

    /// Changes the words or settings of the caller's stream.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Forbidden`, `Stale`, `Conflict` with `channel-live` for what cannot change meanwhile.
    pub async fn edit_stream(
        &self,
        caller: UserId,
        id: StreamId,
        expected_version: Option<u64>,
        edit: Edit,
    ) -> Result<Done> {
        let before = self.owned_stream(caller, id).await?;
        check_expected(&before, expected_version)?;
        let check = Check::default().text("description", edit.description.as_deref(), MAX_DESCRIPTION);
        let check = match &edit.title {
            Some(title) => check.name("title", title, MAX_TITLE),
            None => check,
        };
        let is_announced = before.state == State::Created;
        let check = check.require(
            "scheduledAt",
            edit.scheduled_at.is_none() || is_announced,
            "can be changed only before the stream starts",
        );
        let event = state::decide(&before, Command::Edit(Box::new(edit.clone())))?;
        let Some(event) = event else { return Ok(Done::new(before)) };
        let after = before.clone().change(&event, before.updated_at)?.next;
        check_settings(check, &after.settings).done()?;
        let current = self.owned_channel(caller, before.channel_id).await?;
        let options = after.options(&current.channel);
        if before.is_active() && options != before.options(&current.channel) {
            if before.ingest != Ingest::None {
                return Err(Error::Conflict {
                    code: "channel-live",
                    message: "Latency, recording and who may watch cannot change while the channel is live.",
                });
            }
            self.apply(&current, options).await?;
        }
        let edited = self.act(caller, id, expected_version, Command::Edit(Box::new(edit)), None).await?;
        Ok(Done { trouble: self.prepare(before.channel_id).await.err(), ..edited })
    }

    /// Sets how long one waits between two messages in a stream's room. Whether the caller may is decided before:
    /// moderators do it in the owner's name.
    pub(crate) async fn set_slow_mode(
        &self,
        owner: UserId,
        id: StreamId,
        expected_version: Option<u64>,
        seconds: u32,
    ) -> Result<Done> {
        let holds = seconds <= MAX_SLOW_MODE_SECONDS;
        Check::default().require("seconds", holds, format!("must be 0 to {MAX_SLOW_MODE_SECONDS}")).done()?;
        let chat = ChatEdit { slow_mode_seconds: Some(seconds), ..ChatEdit::default() };
        let edit = Edit { chat: Some(chat), ..Edit::default() };
        self.act(owner, id, expected_version, Command::Edit(Box::new(edit)), None).await
    }

    /// Lets the caller's stream wait for its encoder. IVS is asked first: without it nothing changes.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Stale`, `IllegalTransition`, `Conflict` with `channel-busy` or `channel-live`,
    /// `Unavailable`.
    pub async fn start(
        &self,
        caller: UserId,
        id: StreamId,
        expected_version: Option<u64>,
        once: Option<Once>,
    ) -> Result<Done> {
        if let Some(done) = self.repeated(caller, once.as_ref()).await? {
            return Ok(done);
        }
        let stream = self.owned_stream(caller, id).await?;
        check_expected(&stream, expected_version)?;
        if state::decide(&stream, Command::Start)?.is_none() {
            return Ok(Done::new(stream));
        }
        let current = self.owned_channel(caller, stream.channel_id).await?;
        if current.active.is_some_and(|active| active != id) {
            return Err(CHANNEL_BUSY);
        }
        match self.apply(&current, stream.options(&current.channel)).await {
            Err(error @ Error::Conflict { code: "channel-gone", .. }) => {
                let reason = "The streaming service has lost the channel.".to_owned();
                // What was announced on it names a playlist that is gone, too.
                for other in self.streams.streams_of(caller, None, RECENT).await? {
                    if other.id != id && other.channel_id == stream.channel_id && other.state == State::Created {
                        self.act(caller, other.id, None, Command::Fail { reason: reason.clone() }, None).await?;
                    }
                }
                self.act(caller, id, expected_version, Command::Fail { reason }, None).await?;
                self.forget_provider(&current).await?;
                Err(error)
            }
            Err(error) => Err(error),
            Ok(()) => self.act(caller, id, expected_version, Command::Start, once).await,
        }
    }

    /// Ends the caller's stream and cuts its encoder.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Stale`, `IllegalTransition`.
    pub async fn stop(
        &self,
        caller: UserId,
        id: StreamId,
        expected_version: Option<u64>,
        once: Option<Once>,
    ) -> Result<Done> {
        if let Some(done) = self.repeated(caller, once.as_ref()).await? {
            return Ok(done);
        }
        self.owned_stream(caller, id).await?;
        let done = self.act(caller, id, expected_version, Command::Stop(StopReason::Command), once).await?;
        Ok(self.follow(done).await)
    }

    /// Makes a video of the recordings of the caller's stream, or tries again.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Stale`, `IllegalTransition`, `Conflict` with `no-recording`.
    pub async fn archive(
        &self,
        caller: UserId,
        id: StreamId,
        expected_version: Option<u64>,
        once: Option<Once>,
    ) -> Result<Done> {
        if let Some(done) = self.repeated(caller, once.as_ref()).await? {
            return Ok(done);
        }
        let stream = self.owned_stream(caller, id).await?;
        check_expected(&stream, expected_version)?;
        if state::decide(&stream, Command::Archive)?.is_some() && self.recordings(&stream).await?.is_empty() {
            return Err(Error::Conflict { code: "no-recording", message: "There is no recording of this stream." });
        }
        let done = self.act(caller, id, expected_version, Command::Archive, once).await?;
        Ok(self.follow(done).await)
    }

    /// Deletes the caller's stream. Its video stays.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Stale`, `IllegalTransition` unless it is at rest.
    pub async fn delete_stream(&self, caller: UserId, id: StreamId, expected_version: Option<u64>) -> Result<Done> {
        let found = self.streams.stream_of(caller, id).await?;
        if let Some(stream) = found.filter(|stream| stream.state == State::Deleted) {
            return Ok(Done::new(stream));
        }
        self.owned_stream(caller, id).await?;
        let deleted = self.act(caller, id, expected_version, Command::Delete, None).await?;
        Ok(Done { trouble: self.prepare(deleted.stream.channel_id).await.err(), ..deleted })
    }

    /// Does what a changed stream asks for.
    async fn follow(&self, done: Done) -> Done {
        match self.pursue(done.stream.clone()).await {
            Ok(stream) => Done { stream, ..done },
            Err(error) => Done { trouble: Some(error), ..done },
        }
    }

    /// The caller's own stream.
    pub(super) async fn owned_stream(&self, caller: UserId, id: StreamId) -> Result<Stream> {
        match self.streams.stream_of(caller, id).await? {
            Some(stream) if stream.state != State::Deleted => Ok(stream),
            Some(_) => Err(Error::NotFound { what: "stream" }),
            // Who may see it is told that it is not theirs.
            None => match self.streams.stream(id).await? {
                Some(stream) if stream.visibility != Visibility::Private && stream.state != State::Deleted => {
                    Err(Error::Forbidden)
                }
                _ => Err(Error::NotFound { what: "stream" }),
            },
        }
    }

    /// Reads, decides and saves, again when something else came between.
    pub(super) async fn act(
        &self,
        user: UserId,
        id: StreamId,
        expected_version: Option<u64>,
        command: Command,
        once: Option<Once>,
    ) -> Result<Done> {
        for _ in 0..TRIES {
            let before = self.streams.stream_of(user, id).await?.ok_or(Error::NotFound { what: "stream" })?;
            check_expected(&before, expected_version)?;
            let Some(event) = state::decide(&before, command.clone())? else {
                return Ok(Done::new(before));
            };
            let done = once.as_ref().map(|once| once.done(id, self.clock.now()));
            match self.commit(before.clone(), &event, None, done).await {
                Ok((Saved::Done, next)) => return Ok(Done::new(next)),
                Ok((Saved::Repeated, _)) => {
                    let stream = self.streams.stream_of(user, id).await?.unwrap_or(before);
                    return Ok(Done::repeated(stream));
                }
                Ok((Saved::ChannelBusy, _)) => return Err(CHANNEL_BUSY),
                Err(Error::Stale) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Stale)
    }

    /// Saves what an event makes of a stream.
    pub(super) async fn commit(
        &self,
        before: Stream,
        event: &Event,
        session: Option<Session>,
        done: Option<crate::idempotency::Done>,
    ) -> Result<(Saved, Stream)> {
        let change = before.clone().change(event, self.clock.now())?;
        let next = change.next.clone();
        let saved = self.streams.save(StreamCommit { before: Some(before), change, session, done }).await?;
        Ok((saved, next))
    }

    /// The stream that an encoder begins on a channel: the newest that is announced and may start by itself.
    pub(crate) async fn next_stream(&self, channel: &Channel) -> Result<Option<Stream>> {
        let recent = self.streams.streams_of(channel.user_id, None, RECENT).await?;
        Ok(next_among(recent, channel.id))
    }
}

/// The newest of these that is announced on a channel and may start by itself.
pub(super) fn next_among(recent: Vec<Stream>, channel: ChannelId) -> Option<Stream> {
    let may_start =
        |stream: &Stream| stream.channel_id == channel && stream.state == State::Created && stream.settings.auto_start;
    recent.into_iter().find(may_start)
}

pub(super) const CHANNEL_BUSY: Error =
    Error::Conflict { code: "channel-busy", message: "Another stream takes place on this channel: stop it first." };

fn check_expected(stream: &Stream, expected_version: Option<u64>) -> Result<()> {
    match expected_version {
        Some(expected) if expected != stream.version => Err(Error::Stale),
        _ => Ok(()),
    }
}

/// A stream that says nothing yet.
pub(super) fn new_stream(id: StreamId, channel: &Channel, username: &str, now: Timestamp) -> Result<Stream> {
    let provider = channel.provider.as_ref().ok_or(Error::NotFound { what: "channel" })?;
    Ok(Stream {
        id,
        user_id: channel.user_id,
        username: Some(username.to_owned()),
        channel_id: channel.id,
        playback_url: provider.playback_url.clone(),
        title: String::new(),
        description: None,
        scheduled_at: None,
        visibility: Visibility::Public,
        settings: Settings { recording_enabled: channel.recording_enabled, ..Settings::default() },
        state: State::Created,
        ingest: Ingest::None,
        ingest_seq: 0,
        latest: None,
        sessions: Vec::new(),
        armed_at: None,
        started_at: None,
        ended_at: None,
        stopped_at: None,
        archived_at: None,
        stop_reason: None,
        failure_reason: None,
        archive_error: None,
        video_id: None,
        picture: None,
        created_at: now,
        updated_at: now,
        version: 1,
    })
}

fn check_settings(check: Check, settings: &Settings) -> Check {
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let are_codes = |codes: &[String]| codes.len() <= MAX_COUNTRIES && codes.iter().all(is_code);
    let codes = format!("must be at most {MAX_COUNTRIES} ISO 3166 alpha-2 codes such as DE");
    check
        .require(
            "dvrWindowInMinutes",
            (1..=MAX_DVR_MINUTES).contains(&settings.dvr_window_in_minutes),
            format!("must be 1 to {MAX_DVR_MINUTES}"),
        )
        .require(
            "reconnectWindowSeconds",
            settings.reconnect_window_seconds <= MAX_RECONNECT_SECONDS,
            format!("must be 0 to {MAX_RECONNECT_SECONDS}"),
        )
        .require("maxConcurrentViewers", settings.max_concurrent_viewers != Some(0), "must be at least 1")
        .require("allowedCountries", are_codes(&settings.allowed_countries), codes.clone())
        .require("blockedCountries", are_codes(&settings.blocked_countries), codes)
        .require(
            "chat/slowModeSeconds",
            settings.chat.slow_mode_seconds <= MAX_SLOW_MODE_SECONDS,
            format!("must be 0 to {MAX_SLOW_MODE_SECONDS}"),
        )
}
