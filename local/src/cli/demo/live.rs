//! A generated picture that is published by RTMP for as long as somebody wants.

use std::time::Duration;

use anyhow::bail;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::ending::ended;
use crate::cli::encoder::{Encoder, Size};
use crate::cli::people::Profile;
use crate::cli::person::{Person, Refusal, text};
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

    /// Tells how it goes until the end, or until somebody stops the stream.
    pub(super) async fn keep(&mut self, over: &mut watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut told, mut told_at) = (String::new(), Instant::now());
        loop {
            tokio::select! {
                () = ended(over) => return Ok(()),
                said = self.encoder.ended() => self.come_back(&said).await?,
                _ = looks.tick() => {}
            }
            let stream = self.owner.stream(&self.id).await?;
            if !is_open(&stream) {
                say("somebody has ended the stream");
                return Ok(());
            }
            let state = format!("{}, encoder {}", text(&stream, "status")?, text(&stream["ingest"], "state")?);
            if state != told || told_at.elapsed() >= REPORT {
                say(&format!("{state}, {}", self.measured(&stream).await?));
                (told, told_at) = (state, Instant::now());
            }
        }
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
        self.failures = if self.since.elapsed() < HEALTHY { self.failures + 1 } else { 1 };
        if !is_open(&self.owner.stream(&self.id).await?) {
            // Its server has told it to go.
            return Ok(());
        }
        if self.failures > FAILURES {
            bail!("the encoder ends again and again: {said}");
        }
        say(&format!("the encoder has ended and comes back: {said}"));
        sleep(RETRY).await;
        let address = self.owner.address(&text(&self.stream, "channelId")?).await?;
        self.encoder = Encoder::publish(self.tools, &address, Size::Large).await?;
        self.since = Instant::now();
        Ok(())
    }

    /// Ends the stream, and says where its video is.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        say("the stream ends and becomes a video");
        match self.owner.post(&format!("/streams/{}/stop", self.id), None).await {
            Ok(_) => {}
            // Somebody was quicker.
            Err(error) if error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.status == 409) => {}
            Err(error) => return Err(error),
        }
        self.encoder.finish().await?;
        let stream = self.owner.stream_that(&self.id, PATIENCE, is_done).await?;
        match video_of(&stream) {
            Ok(video) => say(&format!("it plays at {}", self.owner.page(&format!("/watch/{video}")))),
            Err(why) => say(&format!("there is no video: {why:#}")),
        }
        Ok(())
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
