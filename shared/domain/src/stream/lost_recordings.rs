//! Recordings whose events were lost are found where IVS puts them: below the channel and the minute they began in.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::session::{News, Session};
use super::{Live, Stream};
use crate::error::Result;

/// IVS begins to record about when the picture comes.
const NEARBY: SignedDuration = SignedDuration::from_secs(60);
/// Bytes of the largest report that is read.
const MAX_REPORT: u64 = 1024 * 1024;
const REPORT: &str = "/events/recording-ended.json";

/// What is needed of `events/recording-ended.json`.
#[derive(Debug, Deserialize)]
struct Report {
    recording_started_at: Timestamp,
    media: Media,
}

#[derive(Debug, Deserialize)]
struct Media {
    hls: Hls,
}

#[derive(Debug, Deserialize)]
struct Hls {
    duration_ms: u64,
}

impl Live {
    /// Learns of the recordings of a stream that is over what their lost events would have said.
    pub(super) async fn find_recordings(&self, stream: &Stream) -> Result<()> {
        for id in &stream.sessions {
            let Some(session) = self.streams.session(stream.channel_id, id).await? else { continue };
            let found = match &session.recording {
                Some(recording) if recording.is_over => None,
                Some(recording) => {
                    self.report(&recording.prefix).await?.map(|report| (recording.prefix.clone(), report))
                }
                None if stream.settings.recording_enabled => self.look_for(&session).await?,
                None => None,
            };
            if let Some((prefix, report)) = found {
                let news = News::RecordingEnded { prefix, duration_ms: report.media.hls.duration_ms };
                self.take_news(stream.channel_id, id, &news, report.recording_started_at).await?;
            }
        }
        Ok(())
    }

    /// The recording that began with a session.
    async fn look_for(&self, session: &Session) -> Result<Option<(String, Report)>> {
        let current = self.channels.channel(session.channel_id).await?;
        let arn = current.and_then(|current| current.channel.provider).map(|provider| provider.channel_arn);
        let (Some(arn), Some(started_at)) = (arn, session.started_at) else { return Ok(None) };
        for minute in [-1, 0, 1] {
            let Some(folder) = folder(&arn, started_at + SignedDuration::from_mins(minute)) else { continue };
            for object in self.media.list(&folder).await? {
                let Some(prefix) = object.key.strip_suffix(REPORT) else { continue };
                if let Some(report) = self.report(prefix).await?
                    && report.recording_started_at.duration_since(started_at).abs() < NEARBY
                {
                    return Ok(Some((prefix.to_owned(), report)));
                }
            }
        }
        Ok(None)
    }

    /// The report of a recording that is complete. One that makes no sense is none.
    async fn report(&self, prefix: &str) -> Result<Option<Report>> {
        let text = self.media.read(&format!("{prefix}{REPORT}"), 0, MAX_REPORT).await?;
        Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
    }
}

/// Where IVS puts recordings of a channel that begin in the minute of `at`: nothing is padded with zeros.
fn folder(arn: &str, at: Timestamp) -> Option<String> {
    let mut parts = arn.split(':');
    let account = parts.nth(4)?;
    let id = parts.next()?.strip_prefix("channel/")?;
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let (year, month, day) = (at.year(), at.month(), at.day());
    Some(format!("ivs/v1/{account}/{id}/{year}/{month}/{day}/{}/{}/", at.hour(), at.minute()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_stand_below_channel_and_minute() {
        let at = "2026-11-02T09:05:59Z".parse().unwrap();
        let found = folder("arn:aws:ivs:eu-west-1:111122223333:channel/AbCdEf", at);
        assert_eq!(found.as_deref(), Some("ivs/v1/111122223333/AbCdEf/2026/11/2/9/5/"));
        assert_eq!(folder("nonsense", at), None);
    }
}
