//! A generated picture that is published by RTMP for as long as somebody wants.

use std::time::Duration;

use anyhow::bail;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::ending::ended;
use crate::cli::encoder::{Encoder, Size};
use crate::cli::people::Profile;
use crate::cli::person::{Person, Refusal, is_passing, text};
use crate::cli::say;
use crate::cli::streams::{is_done, is_open, video_of};
use crate::mediaconvert::Tools;

const DESCRIPTION: &str = "A picture that tells the time. Compare it with your watch: that is the latency.";
/// How long an encoder may take to be seen, and a stream to become a video.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at the stream.
const LOOK: Duration = Duration::from_secs(1);
/// Between two lines about a stream of which there is nothing new.
const REPORT: Duration = Duration::from_secs(10);
/// As encoders do when the line is cut: they come back after this.
const RETRY: Duration = Duration::from_secs(1);
/// An encoder that lasted less long has failed.
const HEALTHY: Duration = Duration::from_secs(30);
/// So many failures in a row are enough.
const FAILURES: u32 = 5;

/// A stream and its encoder.
pub(super) struct OnAir<'a> {
    tools: &'a Tools,
    owner: Person,
    stream: Value,
    id: String,
    encoder: Encoder,
    since: Instant,
    failures: u32,
}

impl<'a> OnAir<'a> {
    /// Begins a stream of somebody, or goes on with one that has lost its encoder.
    pub(super) async fn begin(front: &str, tools: &'a Tools, owner: &Profile, title: &str) -> anyhow::Result<Self> {
        let owner = owner.sign_in(front).await?;
        let stream = stream_for(&owner, title).await?;
        let id = text(&stream, "id")?;
        let address = owner.open(&stream).await?;
        let encoder = Encoder::publish(tools, &address, Size::Large).await?;
        say(&format!(
            "{} publishes \"{}\": {}",
            owner.username,
            text(&stream, "title")?,
            owner.page(&format!("/live/{id}"))
        ));
        Ok(Self { tools, owner, stream, id, encoder, since: Instant::now(), failures: 0 })
    }

    /// `str_...`.
    pub(super) fn stream_id(&self) -> &str {
        &self.id
    }

    /// Whose stream it is.
    pub(super) fn owner(&self) -> &Person {
        &self.owner
    }

    /// Waits until viewers are told that it is live, or until the end.
    pub(super) async fn live(&mut self, over: &mut watch::Receiver<bool>) -> anyhow::Result<()> {
        let began = self.since;
        let is_live = |stream: &Value| stream["status"] == "LIVE" && stream["ingest"]["state"] == "CONNECTED";
        tokio::select! {
            live = self.owner.stream_that(&self.id, PATIENCE, is_live) => {
                self.stream = live?;
                say(&format!("it is LIVE {:.2} s after its encoder was started", began.elapsed().as_secs_f64()));
            }
            said = self.encoder.ended() => bail!(said),
            () = ended(over) => {}
        }
        Ok(())
    }

    /// Pulls the encoder's plug.
    pub(super) async fn cut(self) -> anyhow::Result<OffAir<'a>> {
        self.encoder.kill().await?;
        Ok(OffAir { tools: self.tools, owner: self.owner, stream: self.stream, id: self.id })
    }

    /// Tells how it goes until the end, or until somebody stops the stream. Outlives a server that begins anew.
    pub(super) async fn keep(&mut self, over: &mut watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = Told { line: String::new(), at: Instant::now() };
        let mut silent_since: Option<Instant> = None;
        loop {
            let came_back = tokio::select! {
                () = ended(over) => return Ok(()),
                said = self.encoder.ended() => self.come_back(&said).await,
                _ = looks.tick() => Ok(()),
            };
            let seen = match came_back {
                Ok(()) => self.look(&mut told).await,
                Err(error) => Err(error),
            };
            match seen {
                Ok(true) => silent_since = None,
                Ok(false) => {
                    say("somebody has ended the stream");
                    return Ok(());
                }
                Err(error) if is_passing(&error) => {
                    if silent_since.is_none() {
                        say(&format!("waiting: {error:#}"));
                    }
                    if silent_since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Says what is new, and every now and then what is not. Answers whether the stream goes on.
    async fn look(&self, told: &mut Told) -> anyhow::Result<bool> {
        let stream = self.owner.stream(&self.id).await?;
        if !is_open(&stream) {
            return Ok(false);
        }
        let line = format!("{}, encoder {}", text(&stream, "status")?, text(&stream["ingest"], "state")?);
        if line != told.line || told.at.elapsed() >= REPORT {
            say(&format!("{line}, {}", self.measured(&stream).await?));
            *told = Told { line, at: Instant::now() };
        }
        Ok(true)
    }

    /// What the server measures.
    async fn measured(&self, stream: &Value) -> anyhow::Result<String> {
        let viewers = stream["viewerCount"].as_u64().unwrap_or_default();
        let viewers = format!("{viewers} {}", if viewers == 1 { "viewer" } else { "viewers" });
        let channel = self.owner.get(&format!("/channels/{}", text(stream, "channelId")?)).await?;
        let live = &channel["live"];
        Ok(match (live["bitrateKbps"].as_f64(), live["fps"].as_f64()) {
            (Some(kbps), Some(fps)) => format!("{viewers}, {kbps:.0} kbit/s, {fps:.0} frames/s"),
            _ => viewers,
        })
    }

    /// Publishes again after the encoder has ended by itself. The key may be another one by now.
    async fn come_back(&mut self, said: &str) -> anyhow::Result<()> {
        sleep(RETRY).await;
        if !is_open(&self.owner.stream(&self.id).await?) {
            // Its server has told it to go.
            return Ok(());
        }
        self.failures = if self.since.elapsed() < HEALTHY { self.failures + 1 } else { 1 };
        if self.failures > FAILURES {
            bail!("the encoder ends again and again: {said}");
        }
        say(&format!("the encoder has ended and comes back: {said}"));
        let address = self.owner.address(&text(&self.stream, "channelId")?).await?;
        self.encoder = Encoder::publish(self.tools, &address, Size::Large).await?;
        self.since = Instant::now();
        Ok(())
    }

    /// Ends the stream, and says where its video is.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        let Self { owner, id, encoder, stream, .. } = self;
        say("the stream ends and becomes a video");
        if stream["status"] == "LIVE" {
            stop(&owner, &id).await?;
            encoder.finish().await?;
        } else {
            // One that came after the stream's end would begin another.
            encoder.kill().await?;
            stop(&owner, &id).await?;
        }
        let stream = owner.stream_that(&id, PATIENCE, is_done).await?;
        match video_of(&stream) {
            Ok(video) => say(&format!("it plays at {}", owner.page(&format!("/watch/{video}")))),
            Err(why) => say(&format!("there is no video: {why:#}")),
        }
        Ok(())
    }
}

/// What was said of a stream last.
struct Told {
    line: String,
    at: Instant,
}

async fn stop(owner: &Person, id: &str) -> anyhow::Result<()> {
    match owner.post(&format!("/streams/{id}/stop"), None).await {
        // Somebody was quicker.
        Err(error) if error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.status == 409) => Ok(()),
        done => done.map(|_| ()),
    }
}

/// A stream whose encoder is gone.
pub(super) struct OffAir<'a> {
    tools: &'a Tools,
    owner: Person,
    stream: Value,
    id: String,
}

impl<'a> OffAir<'a> {
    /// The stream as viewers are told of it.
    pub(super) async fn look(&self) -> anyhow::Result<Value> {
        self.owner.stream(&self.id).await
    }

    /// Publishes again.
    pub(super) async fn come_back(self) -> anyhow::Result<OnAir<'a>> {
        let address = self.owner.address(&text(&self.stream, "channelId")?).await?;
        let encoder = Encoder::publish(self.tools, &address, Size::Large).await?;
        let Self { tools, owner, stream, id } = self;
        Ok(OnAir { tools, owner, stream, id, encoder, since: Instant::now(), failures: 0 })
    }
}

/// A stream to publish to: the one that takes place without an encoder, one that never began, or a new one.
async fn stream_for(owner: &Person, title: &str) -> anyhow::Result<Value> {
    if let Some(card) = owner.own_stream(|stream| is_open(stream) || stream["state"] == "STOPPING").await? {
        let id = text(&card, "id")?;
        let stream = owner.stream_that(&id, PATIENCE, |stream| stream["state"] != "STOPPING").await?;
        if is_open(&stream) {
            if stream["ingest"]["state"] == "CONNECTED" {
                bail!("{} is live already: {}", owner.username, owner.page(&format!("/live/{id}")));
            }
            return Ok(stream);
        }
    }
    let waits =
        |stream: &Value| stream["state"] == "CREATED" && stream["title"] == title && stream["scheduledAt"].is_null();
    match owner.own_stream(waits).await? {
        Some(card) => owner.stream(&text(&card, "id")?).await,
        None => owner.announce(&json!({ "title": title, "description": DESCRIPTION })).await,
    }
}
