//! After a process was killed: sessions that nobody ended get their end, their events, and a recording that plays up to
//! where it was complete.

use anyhow::Context;

use super::recording::{self, PLAYLIST, Recording};
use super::sessions::{self, Session};
use super::{Ivs, PLAYLIST_TYPE, recorder, scribe};

/// Ends what the last process left open.
///
/// # Errors
/// When the sessions cannot be read.
pub(super) async fn run(ivs: &Ivs) -> anyhow::Result<()> {
    for session in sessions::unfinished(ivs)? {
        tracing::warn!(channel = session.channel.arn, stream = session.stream_id, "a session was cut off and ends now");
        if session.ended_at.is_none() {
            scribe::end(ivs, &session.stream_id, None)?;
        }
        if let Some(recording) = &session.recording {
            end_recording(ivs, &session, recording).await;
        }
    }
    Ok(())
}

async fn end_recording(ivs: &Ivs, session: &Session, recording: &Recording) {
    let (duration_ms, failure) = match close_playlist(ivs, recording).await {
        Ok(duration_ms) => (duration_ms, None),
        Err(error) => (0, Some(format!("{error:#}"))),
    };
    recorder::conclude(ivs, session, recording, duration_ms, failure.as_deref()).await;
}

/// Ends the playlist that the recording got to; answers how long it plays.
async fn close_playlist(ivs: &Ivs, recording: &Recording) -> anyhow::Result<u64> {
    let rendition = recording.rendition.as_ref().context("no segment was complete")?;
    let key = recording.rendition_key(rendition, PLAYLIST);
    let object = ivs.objects.get(&recording.bucket, &key).map_err(|error| anyhow::anyhow!("{error}"))?;
    let playlist = tokio::fs::read_to_string(ivs.objects.path(&object)).await?;
    let (closed, duration_ms) = recording::closed(&playlist);
    recorder::write_text(ivs, recording, &key, PLAYLIST_TYPE, closed).await?;
    Ok(duration_ms)
}
