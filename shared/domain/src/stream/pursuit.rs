//! What a stored stream asks for: its timers, and the calls to IVS that its state means. Everything here follows from
//! what is stored and can be done again, so events, messages to ourselves and the housekeeper all come here.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::state::{self, Command};
use super::{Ingest, Live, MAX_RUNNING, RECORDING_PATIENCE, START_PATIENCE, STOP_PATIENCE, State, StopReason, Stream};
use crate::error::{Error, Result};
use crate::ids::{StreamId, UserId};
use crate::ports::{Cut, Nudge};

/// Changes that follow one from the other at most.
const STEPS: usize = 8;
/// SQS delays a message no longer; what is left is waited for when it comes.
const MAX_DELAY: SignedDuration = SignedDuration::from_mins(15);

/// What is next for a stream.
enum Next {
    /// This change.
    Do(Command),
    /// Looking again at this time.
    Wait(Timestamp),
    /// Nothing.
    Rest,
}

impl Live {
    /// Looks after a stream of this owner, as a message or the housekeeper asks.
    pub async fn tend(&self, user: UserId, id: StreamId) -> Result<Option<Stream>> {
        match self.streams.stream_of(user, id).await? {
            Some(stream) => self.pursue(stream).await.map(Some),
            None => Ok(None),
        }
    }

    /// Does what a message asks for, unless the encoder has done something else meanwhile.
    pub async fn take_nudge(&self, nudge: &Nudge) -> Result<()> {
        let stream = self.streams.stream_of(nudge.user_id, nudge.stream_id).await?;
        match stream.filter(|stream| stream.ingest_seq == nudge.ingest_seq) {
            Some(stream) => self.pursue(stream).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Does what a stream asks for until there is nothing to do but wait.
    pub(super) async fn pursue(&self, mut stream: Stream) -> Result<Stream> {
        for _ in 0..STEPS {
            let now = self.clock.now();
            match self.next_step(&stream, now).await? {
                Next::Do(command) => {
                    let Some(event) = state::decide(&stream, command)? else { return Ok(stream) };
                    let was_active = stream.is_active();
                    let user = stream.user_id;
                    let id = stream.id;
                    stream = match self.commit(stream, &event, None, None).await {
                        Ok((_, next)) => next,
                        // Something else came between: it is looked at again as it is now.
                        Err(Error::Stale) => {
                            self.streams.stream_of(user, id).await?.ok_or(Error::NotFound { what: "stream" })?
                        }
                        Err(error) => return Err(error),
                    };
                    if was_active && !stream.is_active() {
                        self.prepare(stream.channel_id).await?;
                    }
                }
                Next::Wait(until) => {
                    self.wait(&stream, until, now).await?;
                    return Ok(stream);
                }
                Next::Rest => return Ok(stream),
            }
        }
        Ok(stream)
    }

    async fn wait(&self, stream: &Stream, until: Timestamp, now: Timestamp) -> Result<()> {
        let delay = until.duration_since(now).clamp(SignedDuration::from_secs(1), MAX_DELAY);
        let Stream { user_id, id: stream_id, ingest_seq, .. } = *stream;
        // Whole seconds, none too few: a message that comes too early only comes again.
        let delay = Duration::from_secs(u64::try_from(delay.as_millis()).unwrap_or_default().div_ceil(1000));
        Ok(self.nudges.send(&Nudge { user_id, stream_id, ingest_seq, at: until }, delay).await?)
    }

    async fn next_step(&self, stream: &Stream, now: Timestamp) -> Result<Next> {
        let after = |at: Option<Timestamp>, patience: SignedDuration| at.unwrap_or(stream.updated_at) + patience;
        Ok(match (stream.state, &stream.ingest) {
            // The housekeeper is early enough for these.
            (State::Starting, _) if after(stream.armed_at, START_PATIENCE) <= now => {
                Next::Do(Command::Stop(StopReason::NoEncoder))
            }
            (State::Running, _) if after(stream.started_at, MAX_RUNNING) <= now => {
                Next::Do(Command::Stop(StopReason::MaxDuration))
            }
            (State::Running, Ingest::Reconnecting { grace_until, .. }) if *grace_until <= now => {
                Next::Do(Command::Lose)
            }
            (State::Running, Ingest::Reconnecting { grace_until, .. }) => Next::Wait(*grace_until),
            (State::Running, Ingest::Lost { window_until, .. }) if *window_until <= now => {
                Next::Do(Command::Stop(StopReason::ReconnectWindow))
            }
            (State::Running, Ingest::Lost { window_until, .. }) => Next::Wait(*window_until),
            (State::Stopping, _) => self.confirm_stop(stream, now).await?,
            (State::Stopped, _) if !self.recordings(stream).await?.is_empty() => Next::Do(Command::Archive),
            (State::Stopped, _) if after(stream.stopped_at, RECORDING_PATIENCE) <= now => {
                self.streams.note_rested(stream, now).await?;
                Next::Rest
            }
            (State::Archiving, _) => self.next_of_archive(stream, now).await?,
            (State::Created | State::Starting | State::Running | State::Stopped, _) => Next::Rest,
            (State::Archived | State::Failed | State::Deleted, _) => Next::Rest,
        })
    }

    /// Cuts the encoder. IVS tells when the session is over, or has had its time to.
    async fn confirm_stop(&self, stream: &Stream, now: Timestamp) -> Result<Next> {
        let until = stream.ended_at.unwrap_or(stream.updated_at) + STOP_PATIENCE;
        let current = self.channels.channel(stream.channel_id).await?;
        let cut = match current.and_then(|current| current.channel.provider) {
            Some(provider) => self.provider.stop_stream(&provider.channel_arn).await,
            None => Ok(Cut::NotLive),
        };
        match cut {
            Ok(Cut::NotLive) => Ok(Next::Do(Command::Settle)),
            _ if until <= now => Ok(Next::Do(Command::Settle)),
            Ok(Cut::Done) => Ok(Next::Wait(until)),
            Err(error) => Err(error.into()),
        }
    }

    async fn next_of_archive(&self, stream: &Stream, now: Timestamp) -> Result<Next> {
        use super::archive::Archived;
        Ok(match self.make_video(stream, now).await? {
            Archived::Video(id) => Next::Do(Command::Publish(id)),
            Archived::NotYet => Next::Rest,
            Archived::Never(reason) => Next::Do(Command::FailArchive { reason }),
        })
    }
}
