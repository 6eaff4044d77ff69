//! What is live now: GetStream, ListStreams, StopStream.

use serde::Deserialize;
use serde_json::{Value, json};

use super::channels::Channel;
use super::refusal::{Kind, refuse};
use super::resources::{self, Page};
use super::sessions::{self, Session, time};
use super::{Ivs, checks};

/// The most streams of one page.
const MOST_LISTED: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfChannel {
    channel_arn: String,
}

fn wire(ivs: &Ivs, session: &Session) -> anyhow::Result<Value> {
    let health = match ivs.registry.is_starving(&session.channel.arn) {
        None => "UNKNOWN",
        Some(true) => "STARVING",
        Some(false) => "HEALTHY",
    };
    Ok(json!({
        "channelArn": session.channel.arn,
        "streamId": session.stream_id,
        "startTime": time(session.started_at)?,
        "state": "LIVE",
        "health": health,
        "viewerCount": ivs.broadcasts.viewers(session.channel.id()),
    }))
}

pub(super) fn get(ivs: &Ivs, input: OfChannel) -> anyhow::Result<Value> {
    let channel: Channel = ivs.state.transact(|transaction| resources::need(transaction, &input.channel_arn))?;
    let Some((_, session)) = sessions::watchable(ivs, Some(&channel.arn))?.pop() else {
        return refuse(Kind::NotBroadcasting, "the channel is not broadcasting");
    };
    let mut stream = wire(ivs, &session)?;
    stream["playbackUrl"] = json!(ivs.playback_url(channel.id()));
    Ok(json!({ "stream": stream }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    filter_by: Option<Filter>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Deserialize)]
struct Filter {
    health: Option<String>,
}

pub(super) fn list(ivs: &Ivs, input: List) -> anyhow::Result<Value> {
    let page = Page::ask(input.next_token.as_deref(), input.max_results, MOST_LISTED, MOST_LISTED)?;
    let health = input.filter_by.and_then(|filter| filter.health);
    if let Some(health) = &health {
        checks::one_of("health", health, &["HEALTHY", "STARVING", "UNKNOWN"])?;
    }
    let mut found = Vec::new();
    for (number, session) in sessions::watchable(ivs, None)? {
        let stream = wire(ivs, &session)?;
        if number > page.after && health.as_ref().is_none_or(|health| stream["health"] == health.as_str()) {
            found.push((number, stream));
        }
    }
    let (streams, next) = page.cut(found);
    Ok(json!({ "streams": streams, "nextToken": next }))
}

pub(super) fn stop(ivs: &Ivs, input: OfChannel) -> anyhow::Result<Value> {
    let channel: Channel = ivs.state.transact(|transaction| resources::need(transaction, &input.channel_arn))?;
    if ivs.registry.stop(&channel.arn) {
        return Ok(json!({}));
    }
    if ivs.state.transact(|transaction| sessions::is_live(transaction, &channel.arn))? {
        return refuse(Kind::Unavailable, "the stream is about to end");
    }
    refuse(Kind::NotBroadcasting, "the channel is not broadcasting")
}
