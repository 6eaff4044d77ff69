//! What nobody else notices: news of IVS that were lost, IVS channels that nobody has, timers whose message was lost.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::ingest::{Report, Taken};
use super::session::News;
use super::{Ingest, Live, State};
use crate::error::Result;
use crate::ids::{ChannelId, StreamId, UserId};
use crate::ports::{IngestMetrics, LiveChannel};

/// How long a session has that was not among the live ones, before it is asked after: lists are late.
const SESSION_PATIENCE: SignedDuration = SignedDuration::from_secs(30);
/// How long somebody has to write down which channel an IVS channel was made for.
const ORPHAN_PATIENCE: SignedDuration = SignedDuration::from_hours(1);
/// How long recordings that cannot be made a video are tried.
const ARCHIVE_PATIENCE: SignedDuration = SignedDuration::from_hours(24);

impl Live {
    /// The streams that wait for being looked after. Each round begins at another of them, so that those that make trouble
    /// keep nobody waiting.
    pub async fn due_streams(&self) -> Result<Vec<(UserId, StreamId)>> {
        let now = self.clock.now();
        let mut due = self.streams.due(now).await?;
        let minute = usize::try_from(now.as_second() / 60).unwrap_or_default();
        let first = minute.checked_rem(due.len()).unwrap_or_default();
        due.rotate_left(first);
        Ok(due)
    }

    /// The channels that IVS says are live.
    pub async fn live_channels(&self) -> Result<Vec<LiveChannel>> {
        Ok(self.provider.live_channels().await?)
    }

    /// Learns of a live channel what its lost events would have said.
    pub async fn learn(&self, live: &LiveChannel) -> Result<Taken> {
        let Some(channel) = self.channels.by_arn(&live.channel_arn).await? else { return Ok(Taken::Foreign) };
        let session = self.streams.session(channel, &live.ingest_id).await?;
        let active = self.channels.channel(channel).await?.and_then(|current| current.active);
        let stream_id = match session.and_then(|session| session.stream_id) {
            Some(id) if active == Some(id) => Some(id),
            // Unknown, or it should have been cut and was not.
            _ => match self.take_news(channel, &live.ingest_id, &News::Started, live.started_at).await? {
                Taken::By(id) => Some(id),
                taken => return Ok(taken),
            },
        };
        let Some(id) = stream_id else { return Ok(Taken::ByNone) };
        if let Some(viewers) = live.viewers {
            self.measurements.note_playback_sessions(id, viewers).await?;
        }
        Ok(Taken::By(id))
    }

    /// Keeps the last measurements of live channels, where nobody else tells of them.
    pub async fn measure(&self, metrics: &dyn IngestMetrics, live: &[LiveChannel]) -> Result<()> {
        let arns: Vec<String> = live.iter().map(|channel| channel.channel_arn.clone()).collect();
        for (arn, sample) in metrics.last_minute(&arns, self.clock.now()).await? {
            if let Some(channel) = live.iter().find(|channel| channel.channel_arn == arn) {
                self.take_sample(&arn, &channel.ingest_id, &sample).await?;
            }
        }
        Ok(())
    }

    /// Looks after one stream that is due; `live` are the ingest sessions that go on, if IVS could say.
    pub async fn reconcile(&self, user: UserId, id: StreamId, live: Option<&HashSet<String>>) -> Result<()> {
        let Some(stream) = self.streams.stream_of(user, id).await? else { return Ok(()) };
        let now = self.clock.now();
        let is_hopeless = |since: Option<Timestamp>| since.unwrap_or(stream.updated_at) + ARCHIVE_PATIENCE <= now;
        match (stream.state, &stream.ingest, live) {
            (State::Running | State::Stopping, Ingest::Connected { ingest_id, since }, Some(live))
                if !live.contains(ingest_id) && *since + SESSION_PATIENCE <= now =>
            {
                let current = self.channels.channel(stream.channel_id).await?;
                if let Some(provider) = current.and_then(|current| current.channel.provider)
                    && let Some(end) = self.provider.session_end(&provider.channel_arn, ingest_id).await?
                {
                    let report = Report {
                        channel_arn: provider.channel_arn,
                        ingest_id: ingest_id.clone(),
                        at: end,
                        news: News::Ended,
                    };
                    self.take_report(report).await?;
                    return Ok(());
                }
            }
            (State::Archiving, _, _) if is_hopeless(stream.stopped_at) => {
                return Ok(self.streams.note_rested(&stream, now).await?);
            }
            (State::Stopped | State::Archiving, _, _) => {
                self.find_recordings(&stream).await?;
                return self.tend(user, id).await.map(|_| ());
            }
            // Its scheduled time has come: feeds learn of it.
            (State::Created, _, _) => return Ok(self.streams.note_rested(&stream, now).await?),
            _ => {}
        }
        self.pursue(stream).await.map(|_| ())
    }

    /// Removes IVS channels that were made here and that no channel has, and answers how many.
    pub async fn remove_orphans(&self) -> Result<usize> {
        let mut removed = 0;
        for (arn, name) in self.provider.list_channels().await? {
            // Our channels are named by their ids, and ids tell their age.
            let Ok(id) = name.parse::<ChannelId>() else { continue };
            if age(id, self.clock.now()).is_none_or(|age| age < ORPHAN_PATIENCE) {
                continue;
            }
            let channel = self.channels.channel(id).await?.map(|current| current.channel);
            let is_needed =
                channel.is_some_and(|channel| channel.provider.is_none_or(|provider| provider.channel_arn == arn));
            if !is_needed {
                self.provider.delete_channel(&arn).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn age(id: ChannelId, now: Timestamp) -> Option<SignedDuration> {
    let (seconds, _) = id.uuid().get_timestamp()?.to_unix();
    let made_at = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(now.duration_since(made_at))
}
