//! What somebody does with streams.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::Value;

use super::encoder::Address;
use super::person::{Person, text};

/// Between two looks at something that changes.
const LOOK: Duration = Duration::from_millis(100);

impl Person {
    /// The newest of the person's own streams of which something is true.
    pub(super) async fn own_stream(&self, holds: impl Fn(&Value) -> bool) -> anyhow::Result<Option<Value>> {
        Ok(self.list("/streams?userId=me").await?.into_iter().find(|stream| holds(stream)))
    }

    /// Announces a stream; `fields` are those of the request.
    pub(super) async fn announce(&self, fields: &Value) -> anyhow::Result<Value> {
        self.post("/streams", Some(fields)).await
    }

    /// The stream as it is now.
    pub(super) async fn stream(&self, id: &str) -> anyhow::Result<Value> {
        self.get(&format!("/streams/{id}")).await
    }

    /// Waits until something is true of the stream.
    pub(super) async fn stream_that(
        &self,
        id: &str,
        patience: Duration,
        holds: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let began = Instant::now();
        loop {
            let stream = self.stream(id).await?;
            if holds(&stream) {
                return Ok(stream);
            }
            if began.elapsed() > patience {
                let words = |field: &str| stream[field].as_str().unwrap_or_default().to_owned();
                let trouble = [words("failureReason"), words("archiveError")].concat();
                bail!("the stream is still {} after {patience:?}. {trouble}", words("state"));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Lets a stream wait for its encoder, and answers where that has to publish.
    pub(super) async fn open(&self, stream: &Value) -> anyhow::Result<Address> {
        self.post(&format!("/streams/{}/start", text(stream, "id")?), None).await?;
        self.address(&text(stream, "channelId")?).await
    }

    /// Where the encoder of a channel publishes.
    pub(super) async fn address(&self, channel: &str) -> anyhow::Result<Address> {
        let shown = self.post(&format!("/channels/{channel}/stream-key/reveal"), None).await?;
        Ok(Address { server: text(&shown, "ingestUrl")?, key: text(&shown, "streamKey")? })
    }

    /// Ends a stream and waits until its recording is a video. Answers the stream.
    pub(super) async fn end_stream(&self, id: &str, patience: Duration) -> anyhow::Result<Value> {
        self.post(&format!("/streams/{id}/stop"), None).await?;
        self.stream_that(id, patience, is_done).await
    }

    /// Removes a stream and its video.
    pub(super) async fn remove_stream(&self, stream: &Value) -> anyhow::Result<()> {
        if let Some(video) = stream["videoId"].as_str() {
            self.ask(Method::DELETE, &format!("/videos/{video}"), None).await?;
        }
        self.ask(Method::DELETE, &format!("/streams/{}", text(stream, "id")?), None).await?;
        Ok(())
    }

    /// The masked stream key of the person's first channel and where encoders connect, when there is one.
    pub(super) async fn masked_key(&self) -> anyhow::Result<Option<(String, String)>> {
        let channels = self.get("/users/me/channels").await?;
        let Some(channel) = channels["items"].get(0) else { return Ok(None) };
        let key = self.get(&format!("/channels/{}/stream-key", text(channel, "id")?)).await?;
        Ok(Some((text(&key, "masked")?, text(&key, "ingestUrl")?)))
    }
}

/// Whether nothing happens to a stream any more by itself.
pub(super) fn is_done(stream: &Value) -> bool {
    let is_recorded = stream["recordingEnabled"] == true && stream["startedAt"].is_string();
    matches!(stream["state"].as_str(), Some("ARCHIVED" | "FAILED" | "DELETED"))
        || (stream["state"] == "STOPPED" && !is_recorded)
}

/// Whether a stream takes place, or is about to.
pub(super) fn is_open(stream: &Value) -> bool {
    matches!(stream["state"].as_str(), Some("STARTING" | "RUNNING"))
}

/// The video that a stream became.
pub(super) fn video_of(stream: &Value) -> anyhow::Result<&str> {
    let trouble = || stream["failureReason"].as_str().unwrap_or("nothing was recorded").to_owned();
    stream["videoId"].as_str().with_context(trouble)
}
