//! What was said while a stream was recorded, beside its video: one JSON object a line (NDJSON), gzip, in media time.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::Serialize;

use super::Message;
use super::frames::timestamp;
use super::room::Role;
use crate::error::{Error, Result};
use crate::ids::{MessageId, StreamId};
use crate::ports::{Messages, NewObject, Position};

/// The content type of an export.
const CONTENT_TYPE: &str = "application/x-ndjson; charset=utf-8";
/// Browsers and CloudFront unpack it by themselves.
const CONTENT_ENCODING: &str = "gzip";
const CACHE: &str = "public, max-age=60";
/// Messages read at a time.
const PAGE: usize = 1_000;
/// Messages of one export: what twelve hours at ten messages each second are.
const MOST: usize = 432_000;

/// Viewers are seconds behind and take time to write: what is said so long after the last picture still is about it.
const FAREWELL_MS: u64 = 30_000;

/// A recording that a video consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    /// When its first picture was.
    pub began_at: Timestamp,
    /// Milliseconds.
    pub duration_ms: u64,
}

/// A message in a video.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// Milliseconds from the video's start.
    media_ms: u64,
    id: MessageId,
    user_id: &'a str,
    username: &'a str,
    content: &'a str,
    #[serde(skip_serializing_if = "<[Role]>::is_empty")]
    roles: &'a [Role],
    /// When it was said: RFC 3339, UTC, milliseconds.
    timestamp: String,
}

/// Where something that happened at `at` is in a video of these takes, in milliseconds. What happened between two takes is
/// where they meet, and what happened within [`FAREWELL_MS`] of the last is at its end; before the first there is no video.
pub fn media_ms(takes: &[Take], at: Timestamp) -> Option<u64> {
    let mut begin = 0;
    let mut found = None;
    for (number, take) in takes.iter().enumerate() {
        let Ok(passed) = u64::try_from(at.duration_since(take.began_at).as_millis()) else { break };
        let is_last = number + 1 == takes.len();
        let is_of_video = !is_last || passed <= take.duration_ms + FAREWELL_MS;
        found = is_of_video.then_some(begin + passed.min(take.duration_ms));
        begin += take.duration_ms;
    }
    found
}

/// The export of a room's messages under `key`; `None` when nothing was said during the takes.
///
/// # Errors
/// `Unavailable`.
pub async fn export(
    messages: &dyn Messages,
    room: StreamId,
    takes: &[Take],
    key: String,
    now: Timestamp,
) -> Result<Option<NewObject>> {
    let Some(first) = takes.first() else { return Ok(None) };
    let mut body = GzEncoder::new(Vec::new(), Compression::default());
    let (mut after, mut count) = (Position::Time(first.began_at), 0);
    loop {
        let page = messages.messages_after(room, after, PAGE, now).await?;
        for message in &page {
            if let Some(at) = media_ms(takes, message.at()) {
                write_line(&mut body, at, message)?;
                count += 1;
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE && count < MOST => after = Position::Message(last.id),
            _ => break,
        }
    }
    let body = body.finish().map_err(internal)?;
    let object = NewObject {
        key,
        body,
        content_type: CONTENT_TYPE,
        content_encoding: Some(CONTENT_ENCODING),
        cache_control: CACHE,
    };
    Ok((count > 0).then_some(object))
}

fn write_line(body: &mut impl Write, media_ms: u64, message: &Message) -> Result<()> {
    let line = Line {
        media_ms,
        id: message.id,
        user_id: &message.user_id,
        username: &message.username,
        content: &message.content,
        roles: &message.roles,
        timestamp: timestamp(message.at()),
    };
    let mut line = serde_json::to_vec(&line).map_err(internal)?;
    line.push(b'\n');
    body.write_all(&line).map_err(internal)
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Internal(Box::new(error))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn media_time_leaves_out_what_was_not_recorded() {
        let at = |seconds: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let takes = [Take { began_at: at(100), duration_ms: 10_000 }, Take { began_at: at(200), duration_ms: 5_000 }];
        let cases = [(99, None), (100, Some(0)), (104, Some(4_000)), (110, Some(10_000)), (150, Some(10_000))];
        let more = [(200, Some(10_000)), (203, Some(13_000)), (205, Some(15_000))];
        let farewell = [(206, Some(15_000)), (235, Some(15_000)), (236, None)];
        for (second, wanted) in cases.into_iter().chain(more).chain(farewell) {
            assert_eq!(media_ms(&takes, at(second)), wanted, "{second}");
        }
        assert_eq!(media_ms(&[], at(0)), None);
    }
}
