//! What people do with channels and streams.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::Person;

/// How long something may take that is awaited.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a channel's encoder publishes.
#[derive(Debug, Clone)]
pub struct Key {
    /// The server, with a slash at its end.
    pub server: String,
    /// The secret.
    pub key: String,
}

impl Key {
    /// Server and key in one.
    pub fn address(&self) -> String {
        format!("{}{}", self.server, self.key)
    }
}

impl Person {
    /// Announces a stream with these fields.
    pub async fn stream_with(&self, body: Value) -> Result<Value> {
        let answer = self.request(Method::POST, "/api/v1/streams").json(&body).send().await?;
        let status = answer.status();
        let stream: Value = answer.json().await?;
        ensure!(status == 201, "{status}: {stream}");
        Ok(stream)
    }

    /// Announces a stream.
    pub async fn new_stream(&self, title: &str) -> Result<Value> {
        self.stream_with(json!({ "title": title })).await
    }

    /// Shows the key of a stream's channel.
    pub async fn key_of(&self, stream: &Value) -> Result<Key> {
        let channel = stream["channelId"].as_str().context("no channel")?;
        let path = format!("/api/v1/channels/{channel}/stream-key/reveal");
        let shown: Value = self.request(Method::POST, &path).send().await?.error_for_status()?.json().await?;
        let text = |field: &str| Ok::<_, anyhow::Error>(shown[field].as_str().context("no key")?.to_owned());
        Ok(Key { server: text("ingestUrl")?, key: text("streamKey")? })
    }

    /// Does something with a stream: `start`, `stop`, `archive`. Answers status and body.
    pub async fn act(&self, stream: &Value, action: &str) -> Result<(u16, Value)> {
        let id = stream["id"].as_str().context("no id")?;
        let answer = self.request(Method::POST, &format!("/api/v1/streams/{id}/{action}")).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// The stream as it is now.
    pub async fn stream(&self, stream: &Value) -> Result<Value> {
        let id = stream["id"].as_str().context("no id")?;
        let answer = self.request(Method::GET, &format!("/api/v1/streams/{id}")).send().await?;
        ensure!(answer.status() == 200, "{}", answer.text().await?);
        Ok(answer.json().await?)
    }

    /// Waits until something is true of the stream, and answers it.
    pub async fn stream_that(&self, stream: &Value, holds: impl Fn(&Value) -> bool) -> Result<Value> {
        let started = Instant::now();
        loop {
            let now = self.stream(stream).await?;
            if holds(&now) {
                return Ok(now);
            }
            ensure!(started.elapsed() < PATIENCE, "still {now}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the stream has this status (`LIVE`) or state (`ARCHIVED`).
    pub async fn stream_is(&self, stream: &Value, wanted: &str) -> Result<Value> {
        self.stream_that(stream, |now| now["status"] == wanted || now["state"] == wanted).await
    }
}
