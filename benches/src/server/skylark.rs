//! `skylark up` on free ports and a data directory that goes with it.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use skylark_tests::{Person, Stack};

use super::{Binaries, Channel};
use crate::encoder::Address;

/// Users that register at a time: hashing passwords is slow on purpose.
const AT_ONCE: usize = 4;
/// How long a call that was throttled waits, and how often.
const AGAIN: Duration = Duration::from_millis(100);
const TRIES: u32 = 100;

pub(crate) struct Skylark(Stack);

/// A user with a stream that waits for its encoder.
pub(crate) struct Streamer {
    pub(crate) person: Person,
    /// `str_...`.
    pub(crate) stream_id: String,
    pub(crate) channel: Channel,
}

/// Starts the skylark that is to be measured.
pub(crate) fn start(binaries: &Binaries, mut flags: Vec<OsString>) -> Result<Stack> {
    let skylark = match &binaries.skylark {
        Some(skylark) => std::path::absolute(skylark)?,
        None => std::env::current_exe()?.with_file_name("skylark"),
    };
    if let Some(bin_dir) = &binaries.bin_dir {
        flags.extend(["--bin-dir".into(), std::path::absolute(bin_dir)?.into()]);
    }
    Stack::start_binary(&skylark, &flags)
}

impl Skylark {
    pub(crate) fn start(binaries: &Binaries, streams: usize) -> Result<Self> {
        Ok(Self(start(binaries, vec!["--max-streams".into(), streams.to_string().into()])?))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.pid()
    }

    pub(super) async fn users(&self, count: usize) -> Result<Vec<Channel>> {
        Ok(self.streamers(count).await?.into_iter().map(|streamer| streamer.channel).collect())
    }

    /// Users who registered, announced a stream and revealed its key, all through the front door.
    pub(crate) async fn streamers(&self, count: usize) -> Result<Vec<Streamer>> {
        let mut streamers = Vec::with_capacity(count);
        while streamers.len() < count {
            let batch = AT_ONCE.min(count - streamers.len());
            let (a, b, c, d) = tokio::join!(
                self.streamer(batch > 0),
                self.streamer(batch > 1),
                self.streamer(batch > 2),
                self.streamer(batch > 3)
            );
            streamers.extend([a?, b?, c?, d?].into_iter().flatten());
        }
        Ok(streamers)
    }

    async fn streamer(&self, wanted: bool) -> Result<Option<Streamer>> {
        if !wanted {
            return Ok(None);
        }
        let person = Person::register(&self.0).await?;
        let stream = ask(&person, "/api/v1/streams", json!({ "title": "Load" })).await?;
        let channel_id = text(&stream, "channelId")?;
        let key = ask(&person, &format!("/api/v1/channels/{channel_id}/stream-key/reveal"), Value::Null).await?;
        let channel = Channel {
            address: Address::new(&text(&key, "ingestUrl")?, text(&key, "streamKey")?),
            playlist: text(&stream, "playbackUrl")?,
        };
        Ok(Some(Streamer { person, stream_id: text(&stream, "id")?, channel }))
    }

    /// Channels that IVS's own wire makes: no user, no recording.
    pub(super) async fn channels(&self, count: usize) -> Result<Vec<Channel>> {
        let client = reqwest::Client::new();
        let mut channels = Vec::with_capacity(count);
        for _ in 0..count {
            let made = self.channel(&client).await?;
            let playlist = text(&made["channel"], "playbackUrl")?;
            let address = Address::new(&self.0.url("rtmp"), text(&made["streamKey"], "value")?);
            channels.push(Channel { address, playlist });
        }
        Ok(channels)
    }

    async fn channel(&self, client: &reqwest::Client) -> Result<Value> {
        let url = format!("{}/CreateChannel", self.0.url("ivs"));
        for _ in 0..TRIES {
            let answer = client.post(&url).json(&json!({ "type": "BASIC" })).send().await?;
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                tokio::time::sleep(AGAIN).await;
                continue;
            }
            return Ok(answer.error_for_status()?.json().await?);
        }
        bail!("CreateChannel is throttled for too long")
    }
}

/// POSTs as `person`, and answers the body of a success.
pub(crate) async fn ask(person: &Person, path: &str, body: Value) -> Result<Value> {
    let request = person.request(Method::POST, path);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await?;
    let status = answer.status();
    let body: Value = answer.json().await?;
    ensure!(status.is_success(), "{path} answered {status}: {body}");
    Ok(body)
}

fn text(body: &Value, field: &str) -> Result<String> {
    Ok(body[field].as_str().with_context(|| format!("no {field} in {body}"))?.to_owned())
}
