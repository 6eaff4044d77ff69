//! People who write in a room at a steady pace.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use skylark_tests::chat::Chat;
use skylark_tests::{Person, Stack};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::Room;

/// How long an echo may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Times of messages count from here.
fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

/// When a message was sent, by its content.
pub(crate) fn sent_at(content: &str) -> Option<Instant> {
    Some(epoch() + Duration::from_micros(content.split(' ').next()?.parse().ok()?))
}

pub(crate) struct Writer {
    chat: Chat,
    number: u32,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) sent: usize,
    /// What authors were refused.
    pub(crate) errors: Vec<Value>,
}

impl Writer {
    /// Lets `count` people in.
    pub(crate) async fn enter(stack: &Stack, room: &Room, count: u32) -> Result<Vec<Self>> {
        let mut writers = Vec::new();
        for number in 0..count {
            let mut chat = Chat::enter(&Person::register(stack).await?, &room.stream_id).await?;
            chat.frame_that(|frame| frame["type"] == "JOINED").await?;
            writers.push(Self { chat, number });
        }
        Ok(writers)
    }

    /// Sends at these times, and reads until every message is echoed.
    async fn run(mut self, times: Vec<Instant>) -> Result<Written> {
        let mut written = Written::default();
        let mut echoes = 0;
        for at in times {
            loop {
                tokio::select! {
                    () = sleep_until(at) => break,
                    frame = self.chat.next() => echoes += written.hear(frame?.context("an author's connection has ended")?, self.number),
                }
            }
            let micros = epoch().elapsed().as_micros();
            let content = format!("{micros} are the microseconds after which somebody says this");
            self.chat.say(&content, &format!("w{}-{}", self.number, written.sent)).await?;
            written.sent += 1;
        }
        let rest = async {
            while echoes + written.errors.len() < written.sent {
                let frame = self.chat.next().await?.context("an author's connection has ended")?;
                echoes += written.hear(frame, self.number);
            }
            anyhow::Ok(())
        };
        timeout(PATIENCE, rest).await.context("a message is not echoed")??;
        Ok(written)
    }
}

impl Written {
    /// Answers whether it is an echo.
    fn hear(&mut self, frame: Value, number: u32) -> usize {
        match frame["type"].as_str() {
            Some("CHAT_BROADCAST") => {
                let is_own = frame["client_id"].as_str().is_some_and(|id| id.starts_with(&format!("w{number}-")));
                usize::from(is_own)
            }
            Some("ERROR") => {
                self.errors.push(frame);
                0
            }
            _ => 0,
        }
    }
}

/// Has everybody write in turn, `rate` messages a second in all.
pub(crate) async fn write(writers: Vec<Writer>, rate: u32, seconds: u64) -> Result<Written> {
    let count = writers.len();
    let begin = Instant::now().max(epoch());
    let total = u64::from(rate) * seconds;
    let mut writing = JoinSet::new();
    for (turn, writer) in writers.into_iter().enumerate() {
        let turns = (0..total).skip(turn).step_by(count);
        let times = turns.map(|number| begin + Duration::from_secs_f64(number as f64 / f64::from(rate))).collect();
        writing.spawn(writer.run(times));
    }
    let mut all = Written::default();
    while let Some(written) = writing.join_next().await {
        let written = written??;
        all.sent += written.sent;
        all.errors.extend(written.errors);
    }
    Ok(all)
}
