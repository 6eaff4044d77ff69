//! What IVS says of ingest sessions, and what it means for streams: [`Live::take_report`].
//!
//! News are merged into the session they are about; then the session as a whole is put to its stream. So the order and
//! number of the news make no difference.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::commands::{CHANNEL_BUSY, RECENT, TRIES, new_stream, next_among};
use super::session::{News, Session};
use super::state::{self, Command};
use super::{Live, State, StopReason, Stream};
use crate::channel::Current;
use crate::check::Check;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, StreamId};
use crate::ports::Saved;
use crate::token;

/// Encoders come back by themselves when they are cut. For so long after its owner ended a stream that makes no new one.
const COOL_DOWN: SignedDuration = SignedDuration::from_secs(60);
/// Events say when in whole seconds.
const CLOCK_STEP: SignedDuration = SignedDuration::from_secs(2);

/// One thing that IVS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The IVS channel.
    pub channel_arn: String,
    /// IVS's `stream_id`.
    pub ingest_id: String,
    /// When it happened.
    pub at: Timestamp,
    /// What.
    pub news: News,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It concerns this stream.
    By(StreamId),
    /// It concerns no stream.
    ByNone,
    /// The channel is none of ours.
    Foreign,
}

/// Where a session belongs.
enum Home {
    /// To this stream.
    Stream(Box<Stream>),
    /// To none yet.
    None,
    /// To none, and its encoder must go.
    Cut,
}

impl Live {
    /// Lets a report change what it concerns. Repeating it changes nothing.
    pub async fn take_report(&self, report: Report) -> Result<Taken> {
        let Some(channel) = self.channels.by_arn(&report.channel_arn).await? else { return Ok(Taken::Foreign) };
        self.take_news(channel, &report.ingest_id, &report.news, report.at).await
    }

    /// Lets a report of a third-party media server change what it concerns.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for an unknown key.
    pub async fn take_callback(&self, key: &str, session_id: &str, news: &News, at: Timestamp) -> Result<Taken> {
        let is_name = (1..=64).contains(&session_id.len()) && session_id.bytes().all(|byte| byte.is_ascii_graphic());
        Check::default().require("sessionId", is_name, "must be 1 to 64 visible characters").done()?;
        let channel = self.channels.by_key(&token::digest(key)).await?;
        let channel = channel.ok_or(Error::NotFound { what: "stream key" })?;
        self.take_news(channel, session_id, news, at).await
    }

    /// The same, for a channel that is known.
    pub async fn take_news(&self, channel: ChannelId, ingest_id: &str, news: &News, at: Timestamp) -> Result<Taken> {
        for _ in 0..TRIES {
            match self.try_news(channel, ingest_id, news, at).await {
                Err(Error::Stale) => {}
                taken => return taken,
            }
        }
        Err(Error::Stale)
    }

    async fn try_news(&self, channel: ChannelId, ingest_id: &str, news: &News, at: Timestamp) -> Result<Taken> {
        let Some(current) = self.channels.channel(channel).await? else { return Ok(Taken::Foreign) };
        let known = self.streams.session(channel, ingest_id).await?;
        let before = known.unwrap_or_else(|| Session::new(channel, ingest_id));
        let mut session = before.clone().merge(news, at);
        let home = self.home_of(&session, &current).await?;
        if let Home::Stream(stream) = &home {
            session.stream_id = Some(stream.id);
        }
        let mut unsaved = (session != before).then(|| Session { version: before.version + 1, ..session.clone() });
        let Home::Stream(stream) = home else {
            if let Some(session) = unsaved {
                self.streams.save_session(session).await?;
            }
            let is_news = session.trouble != before.trouble;
            if let (true, Some(trouble), Some(active)) = (is_news, &session.trouble, current.active) {
                let note = Command::Note { reason: trouble.reason.clone() };
                self.act(current.channel.user_id, active, None, note, None).await?;
            }
            return self.without_stream(&current, &session, matches!(home, Home::Cut)).await;
        };
        let mut stream = *stream;
        self.note_picture(&stream, &session).await?;
        for command in commands(&before, &session) {
            let Some(event) = state::decide(&stream, command)? else { continue };
            let (saved, next) = self.commit(stream, &event, unsaved.take(), None).await?;
            if saved == Saved::ChannelBusy {
                return Err(CHANNEL_BUSY);
            }
            stream = next;
        }
        if let Some(session) = unsaved {
            self.streams.save_session(session).await?;
        }
        let stream = self.pursue(stream).await?;
        self.settle_session(&current, &stream, &session).await?;
        Ok(Taken::By(stream.id))
    }

    /// Notes where the pictures of a stream stand while its latest session is recorded.
    async fn note_picture(&self, stream: &Stream, session: &Session) -> Result<()> {
        let is_latest = stream.latest.as_ref().is_none_or(|latest| Some(latest.started_at) <= session.started_at);
        match session.recording.as_ref().filter(|recording| is_latest && !recording.is_over) {
            Some(recording) if stream.picture.as_ref() != Some(&recording.picture()) => {
                Ok(self.streams.note_picture(stream, &recording.picture()).await?)
            }
            _ => Ok(()),
        }
    }

    /// A session of a stream that is over: an encoder that still sends goes, and once it is gone the channel can be set.
    async fn settle_session(&self, current: &Current, stream: &Stream, session: &Session) -> Result<()> {
        let is_on_air = current.active.is_some_and(|active| active != stream.id);
        if stream.is_active() || session.started_at.is_none() || is_on_air {
            return Ok(());
        }
        match (session.ended_at, &current.channel.provider) {
            (Some(_), _) => self.prepare(current.channel.id).await,
            (None, Some(provider)) => {
                self.provider.stop_stream(&provider.channel_arn).await?;
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// A session that no stream has: its key was taken a moment ago, or it must go, or it is over.
    async fn without_stream(&self, current: &Current, session: &Session, must_go: bool) -> Result<Taken> {
        let channel = &current.channel;
        if must_go && let Some(provider) = &channel.provider {
            self.provider.stop_stream(&provider.channel_arn).await?;
        } else if session.ended_at.is_some() {
            // What could not be set on the channel while it was live can be now.
            self.prepare(channel.id).await?;
        } else if session.created_at.is_some()
            && current.active.is_none()
            && let Some(next) = self.next_stream(channel).await?
            && fits(&next, current)
        {
            let done = self.act(next.user_id, next.id, None, Command::Connect, None).await?;
            return Ok(Taken::By(done.stream.id));
        }
        Ok(Taken::ByNone)
    }

    /// The stream that a session belongs to. It is decided once, by when the picture came.
    async fn home_of(&self, session: &Session, current: &Current) -> Result<Home> {
        let channel = &current.channel;
        if let Some(id) = session.stream_id {
            let stream = self.streams.stream_of(channel.user_id, id).await?;
            return Ok(stream.map_or(Home::None, |stream| Home::Stream(Box::new(stream))));
        }
        let Some(started_at) = session.started_at else { return Ok(Home::None) };
        let recent = self.streams.streams_of(channel.user_id, None, RECENT).await?;
        let mut recent: Vec<Stream> = recent.into_iter().filter(|stream| stream.channel_id == channel.id).collect();
        // It may be an old one.
        if let Some(id) = current.active
            && !recent.iter().any(|stream| stream.id == id)
        {
            recent.extend(self.streams.stream_of(channel.user_id, id).await?);
        }
        // What was over before it was heard of does not begin what waits now.
        let active = recent.iter().find(|stream| Some(stream.id) == current.active && session.ended_at.is_none());
        if let Some(stream) = recent.iter().find(|stream| covers(stream, started_at)).or(active) {
            return Ok(self.guarded(stream.clone(), session, current));
        }
        if current.active.is_some() {
            // It was over before anybody heard of it, and the channel is another stream's by now.
            return Ok(Home::None);
        }
        let cools_down = |stream: &Stream| {
            stream.stop_reason == Some(StopReason::Command)
                && stream
                    .ended_at
                    .is_some_and(|ended| started_at + CLOCK_STEP >= ended && started_at < ended + COOL_DOWN)
        };
        let next = next_among(recent.clone(), channel.id);
        match next {
            Some(next) => Ok(self.guarded(next, session, current)),
            None if recent.iter().any(cools_down) => {
                Ok(if session.ended_at.is_some() { Home::None } else { Home::Cut })
            }
            None => self.untitled(session, started_at, current).await,
        }
    }

    /// A stream that only some may watch never begins on a channel that is open to all, nor the other way round: the
    /// encoder is cut, the channel is set, and the encoder comes back.
    fn guarded(&self, stream: Stream, session: &Session, current: &Current) -> Home {
        match session.ended_at {
            _ if fits(&stream, current) || !stream.sessions.is_empty() => Home::Stream(Box::new(stream)),
            Some(_) => Home::None,
            None => Home::Cut,
        }
    }

    /// An encoder that nobody announced makes a stream of its own; which one, follows from its session.
    async fn untitled(&self, session: &Session, started_at: Timestamp, current: &Current) -> Result<Home> {
        let channel = &current.channel;
        let id = id_of(&session.id, started_at);
        if let Some(stream) = self.streams.stream_of(channel.user_id, id).await? {
            return Ok(self.guarded(stream, session, current));
        }
        let Some(owner) = self.accounts.by_id(channel.user_id).await? else { return Ok(Home::Cut) };
        let announced = new_stream(id, channel, &owner.username, started_at)?;
        let title = format!("Live with {}", owner.display_name.unwrap_or(owner.username));
        let stream = Stream { title, ..announced };
        self.announce(&stream, None).await?;
        Ok(self.guarded(stream, session, current))
    }
}

/// Whether the IVS channel is as open as a stream. Where nobody knows how it is set, it fits none.
fn fits(stream: &Stream, current: &Current) -> bool {
    current.applied.is_some_and(|applied| applied.authorized == stream.needs_token())
}

/// Whether a stream was waiting or running at this time.
fn covers(stream: &Stream, at: Timestamp) -> bool {
    let was_begun = !matches!(stream.state, State::Created | State::Failed | State::Deleted);
    let begin = stream.armed_at.into_iter().chain(stream.started_at).min();
    was_begun
        && begin.is_some_and(|begin| begin <= at + CLOCK_STEP)
        && stream.stopped_at.is_none_or(|stopped| at < stopped)
}

/// What a session as a whole asks of its stream, in this order.
fn commands(before: &Session, session: &Session) -> Vec<Command> {
    let mut commands = Vec::new();
    commands.extend(session.reference().map(Command::GoLive));
    if let (Some(_), Some(at)) = (session.started_at, session.ended_at) {
        commands.push(Command::Drop { ingest_id: session.id.clone(), at });
    }
    if session.trouble != before.trouble
        && let Some(trouble) = &session.trouble
    {
        commands.push(Command::Note { reason: trouble.reason.clone() });
    }
    commands
}

/// The id of the stream that an unannounced session makes: the same however often it is made.
fn id_of(ingest_id: &str, started_at: Timestamp) -> StreamId {
    let digest = Sha256::digest(ingest_id.as_bytes());
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    let milliseconds = u64::try_from(started_at.as_millisecond()).unwrap_or_default();
    StreamId::from_uuid(Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
}
