//! Somebody who reads a room.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use skylark_tests::chat::Chat;
use tokio::sync::watch;

use super::writer::sent_at;

/// What one viewer was told.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) is_batch: bool,
    /// Frames in which there was a message.
    pub(crate) frames: usize,
    /// From the author's socket to the viewer's, of each message.
    pub(crate) latencies: Vec<Duration>,
    /// Messages that came more than once.
    pub(crate) doubles: usize,
    /// Messages that came after one that is later by its time and id.
    pub(crate) inversions: usize,
}

impl Seen {
    /// Different messages.
    pub(crate) fn messages(&self) -> usize {
        self.latencies.len()
    }
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow, default)]
    messages: Vec<Frame<'a>>,
    #[serde(borrow, default)]
    id: &'a str,
    #[serde(borrow, default)]
    timestamp: &'a str,
    #[serde(borrow, default)]
    content: std::borrow::Cow<'a, str>,
    #[serde(default)]
    skipped: usize,
}

/// Reads until `total` messages were told, or until it is over. The connection stays open as long as what comes back.
pub(crate) async fn watch_room(
    mut chat: Chat,
    is_batch: bool,
    total: usize,
    mut over: watch::Receiver<bool>,
) -> Result<(Seen, Chat)> {
    let mut seen = Seen { is_batch, frames: 0, latencies: Vec::with_capacity(total), doubles: 0, inversions: 0 };
    let mut ids = HashSet::new();
    let mut last = (String::new(), String::new());
    while seen.messages() < total {
        let text = tokio::select! {
            text = chat.text() => text?.context("a viewer's connection has ended")?,
            _ = over.wait_for(|over| *over) => break,
        };
        let frame: Frame<'_> = serde_json::from_str(&text).with_context(|| text.clone())?;
        if frame.skipped > 0 {
            bail!("{} messages were left out of a batch", frame.skipped);
        }
        let told = if frame.kind == "BATCH" { &frame.messages[..] } else { std::slice::from_ref(&frame) };
        let mut has_message = false;
        for message in told.iter().filter(|message| message.kind == "CHAT_BROADCAST") {
            has_message = true;
            if !ids.insert(message.id.to_owned()) {
                seen.doubles += 1;
                continue;
            }
            seen.latencies.push(sent_at(&message.content).context("nobody wrote this")?.elapsed());
            let key = (message.timestamp.to_owned(), message.id.to_owned());
            if key < last {
                seen.inversions += 1;
            } else {
                last = key;
            }
        }
        seen.frames += usize::from(has_message);
    }
    Ok((seen, chat))
}
