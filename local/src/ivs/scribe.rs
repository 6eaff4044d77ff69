//! Writes down what happens to one session, in order: its record, its events, its recording. Everything slow about a
//! stream is here, away from the connection.

use std::time::Duration;

use serde_json::json;
use skylark_hls::Timeline;

use super::live::{Ended, Inbox, News};
use super::recorder::Recorder;
use super::registry::Place;
use super::sessions::{self, Session};
use super::{Ivs, events};
use crate::state::now_ms;

/// The pause before something is stored that could not be.
const AGAIN: Duration = Duration::from_secs(1);

/// Runs until the session's end. `place` is given up once the end is stored.
pub(super) async fn run(ivs: Ivs, session: Session, timeline: Timeline, mut inbox: Inbox, place: Place) {
    let mut recorder = None;
    let mut ended = Ended::default();
    while let Some(news) = inbox.next().await {
        let done = match news {
            News::Ended(how) => {
                ended = how;
                break;
            }
            News::Announced(ingest) => sessions::change(&ivs, &session.stream_id, |session| {
                session.ingest = Some(ingest);
                Ok(Vec::new())
            }),
            News::Started => {
                ivs.broadcasts.live(session.channel.id());
                let started = start(&ivs, &session);
                recorder = Recorder::start(&ivs, &session).await;
                started
            }
            News::Starvation(begins) => sessions::change(&ivs, &session.stream_id, |session| {
                Ok(vec![events::health(session, if begins { "Starvation Start" } else { "Starvation End" })])
            }),
            News::Breach(breach) => {
                tracing::warn!(channel = session.channel.arn, ?breach, "a stream is beyond its limits");
                sessions::change(&ivs, &session.stream_id, |session| Ok(vec![events::breach(session, &breach)]))
            }
            News::Segment(number, segment) => {
                if let Some(recorder) = &mut recorder
                    && let Some((file, bytes)) = recorder.segment(number, &segment).await
                {
                    timeline.stored(number, file, bytes);
                }
                Ok(())
            }
        };
        if let Err(error) = done {
            tracing::error!(
                stream = session.stream_id,
                error = format!("{error:#}"),
                "a session's change is not stored"
            );
        }
    }
    ivs.broadcasts.leave(session.channel.id(), ended.is_stopped, std::time::Instant::now());
    // Until it is stored the channel is taken for live: a full disk must not make that last.
    while let Err(error) = end(&ivs, &session.stream_id, ended.failure.as_deref()) {
        tracing::error!(stream = session.stream_id, error = format!("{error:#}"), "a session's end is not stored");
        tokio::time::sleep(AGAIN).await;
    }
    drop(place);
    if let Some(recorder) = recorder {
        recorder.finish().await;
    }
}

fn start(ivs: &Ivs, session: &Session) -> anyhow::Result<()> {
    tracing::info!(channel = session.channel.arn, stream = session.stream_id, "live");
    sessions::change(ivs, &session.stream_id, |session| {
        session.live_at = Some(now_ms());
        Ok(vec![events::state(session, "Stream Start", json!({}))])
    })
}

/// Stores the end of a session and tells of it.
pub(super) fn end(ivs: &Ivs, stream_id: &str, failure: Option<&str>) -> anyhow::Result<()> {
    sessions::change(ivs, stream_id, |session| {
        session.ended_at = Some(now_ms());
        let mut told = Vec::new();
        if let Some(reason) = failure {
            told.push(events::state(session, "Stream Failure", json!({ "reason": reason })));
        }
        told.push(events::state(session, "Session Ended", json!({})));
        if session.live_at.is_some() {
            told.push(events::state(session, "Stream End", json!({})));
        }
        Ok(told)
    })
}
