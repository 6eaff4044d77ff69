//! A member of a room who writes and reads as the SDK does, whatever happens to the connection.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Chat;
use super::outbox::Outbox;
use crate::Person;

/// The SDK's times: for an answer, and from one try to the next.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE_MS: std::ops::Range<u64> = 500..1000;
/// From everybody's coming to the first message of one.
const BEGIN_MS: std::ops::Range<u64> = 0..3000;
/// Messages of a page of the history.
const PAGE: usize = 100;
/// Messages that are asked for again when some were left out.
const OVERLAP: usize = 100;

/// What a member has seen.
pub(super) enum News {
    /// Its own message was answered by its echo.
    Echoed,
    /// A message is there, the first time for this member.
    Shown { member: usize, content: String, id: String },
    /// A message was refused for good.
    Refused(Value),
    /// The connection is a new one.
    Connected,
    /// A message was sent again.
    Resent,
}

/// What all members know.
pub(super) struct Room {
    pub(super) stream_id: String,
    /// Where the API is; it moves when the server starts anew.
    pub(super) front: watch::Receiver<String>,
    /// Each change cuts the connections of every second member, the even and the odd in turn.
    pub(super) cut: watch::Receiver<usize>,
    /// Turns true when everybody has come: who comes later is not shown everything.
    pub(super) begun: watch::Receiver<bool>,
    /// The end.
    pub(super) over: watch::Receiver<bool>,
    pub(super) news: mpsc::UnboundedSender<News>,
}

pub(super) struct Member {
    pub(super) number: usize,
    pub(super) person: Person,
    pub(super) room: Arc<Room>,
    pub(super) outbox: Outbox,
    pub(super) dice: StdRng,
    /// Time and id of each message that was shown.
    pub(super) shown: BTreeSet<(String, String)>,
    pub(super) gap: Gap,
    /// When it writes its first message. Everybody's together would be more than a frame holds.
    pub(super) writes_at: Option<Instant>,
}

/// What has to be asked for: messages may be missing after `from`, and everything before it is shown.
#[derive(Default)]
pub(super) struct Gap {
    from: Option<String>,
    /// Since when an answer is awaited.
    asked_at: Option<Instant>,
    /// From where another gap begins that came to light meanwhile.
    next: Option<String>,
}

impl Member {
    /// Takes part until the end.
    pub(super) async fn run(mut self) -> Result<()> {
        let mut over = self.room.over.clone();
        loop {
            let member = &mut self;
            let taking_part = async {
                let lost = match timeout(PATIENCE, member.connect()).await {
                    Ok(Ok(chat)) => member.converse(chat).await,
                    Ok(Err(error)) => Err(error),
                    Err(_) => Ok(()),
                };
                // A connection that is lost is come back from, whatever it was; what makes no sense is not.
                if let Err(error) = lost
                    && let Ok(nonsense) = error.downcast::<Nonsense>()
                {
                    return Err(nonsense);
                }
                sleep(Duration::from_millis(member.dice.random_range(PAUSE_MS))).await;
                Ok(())
            };
            tokio::select! {
                _ = over.wait_for(|over| *over) => return Ok(()),
                done = taking_part => done?,
            }
        }
    }

    async fn connect(&mut self) -> Result<Chat> {
        let front = self.room.front.borrow().clone();
        let address = self.person.at(front).chat_address(&self.room.stream_id).await?;
        let mut chat = Chat::connect(&address, None).await?;
        // Until a gap is closed, what came after it does not count.
        let newest = || self.shown.last().map(|(_, id)| id.clone());
        let from = self.gap.from.take().or(self.gap.next.take()).or_else(newest);
        let hello = json!({ "type": "HELLO", "after": from });
        self.gap = Gap { from, asked_at: Some(Instant::now()), next: None };
        chat.send(&hello).await?;
        Ok(chat)
    }

    /// Writes and reads until the connection is lost.
    async fn converse(&mut self, mut chat: Chat) -> Result<()> {
        let mut cut = self.room.cut.clone();
        cut.mark_unchanged();
        let mut begun = self.room.begun.clone();
        let mut is_joined = false;
        loop {
            let now = Instant::now();
            if *begun.borrow_and_update() && self.writes_at.is_none() {
                self.writes_at = Some(now + Duration::from_millis(self.dice.random_range(BEGIN_MS)));
            }
            let writes = is_joined && self.writes_at.is_some_and(|at| at <= now);
            if writes {
                self.pump(&mut chat).await?;
            }
            let next_at = match self.writes_at {
                Some(_) if writes => self.outbox.next_at(now),
                Some(at) if is_joined => at,
                _ => now + PATIENCE,
            };
            let answered_by = self.gap.asked_at.map_or(Instant::now() + PATIENCE, |at| at + PATIENCE);
            tokio::select! {
                frame = chat.next() => {
                    let frame = frame?.context("the connection has ended")?;
                    match frame["type"].as_str() {
                        Some("JOINED") => {
                            self.page(&mut chat, &frame["history"], &frame["more"]).await?;
                            if !is_joined {
                                is_joined = true;
                                self.outbox.restart(Instant::now());
                                self.tell(News::Connected);
                            }
                        }
                        Some("HISTORY") => self.page(&mut chat, &frame["messages"], &frame["more"]).await?,
                        Some("BATCH") => self.find_gap(&mut chat).await?,
                        Some("CHAT_BROADCAST") => self.show(&frame)?,
                        Some("ERROR") => self.refused(frame)?,
                        _ => {}
                    }
                }
                () = sleep_until(next_at.min(answered_by)) => {
                    if self.gap.asked_at.is_some_and(|at| at.elapsed() >= PATIENCE) {
                        bail!("nobody answers");
                    }
                }
                Ok(()) = begun.changed() => {}
                // The killer may have ended.
                Ok(()) = cut.changed() => {
                    if *cut.borrow_and_update() % 2 == self.number % 2 {
                        bail!("cut off");
                    }
                }
            }
        }
    }

    async fn pump(&mut self, chat: &mut Chat) -> Result<()> {
        let before = self.outbox.resent;
        for number in self.outbox.due(Instant::now()) {
            let name = name(self.number, number);
            chat.say(&name, &name).await?;
        }
        for _ in before..self.outbox.resent {
            self.tell(News::Resent);
        }
        Ok(())
    }

    /// Shows a page of the history, and asks for the next if there is one.
    async fn page(&mut self, chat: &mut Chat, messages: &Value, more: &Value) -> Result<()> {
        let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
        for message in messages {
            self.show(message)?;
        }
        let last = messages.last().and_then(|last| last["id"].as_str()).filter(|_| *more == Value::Bool(true));
        self.gap = Gap { from: last.map(str::to_owned).or(self.gap.next.take()), asked_at: None, next: None };
        self.ask(chat).await
    }

    /// Notes that a batch has left something out. Messages come a little out of order: some that are known come again.
    async fn find_gap(&mut self, chat: &mut Chat) -> Result<()> {
        let from = self.shown.iter().nth_back(OVERLAP).or(self.shown.first()).map(|(_, id)| id.clone());
        if self.gap.asked_at.is_some() {
            // The first of them reaches furthest back.
            self.gap.next = self.gap.next.take().or(from);
            return Ok(());
        }
        self.gap.from = from;
        self.ask(chat).await
    }

    async fn ask(&mut self, chat: &mut Chat) -> Result<()> {
        let Some(from) = &self.gap.from else { return Ok(()) };
        self.gap.asked_at = Some(Instant::now());
        chat.send(&json!({ "type": "HISTORY", "after": from, "limit": PAGE })).await
    }

    fn show(&mut self, message: &Value) -> Result<()> {
        let text = |field: &str| message[field].as_str().map(str::to_owned);
        let (Some(content), Some(id), Some(timestamp)) = (text("content"), text("id"), text("timestamp")) else {
            return Err(Nonsense(format!("no message: {message}")).into());
        };
        // The echo is what carries the author's own name for it.
        if let Some((member, number)) = message["client_id"].as_str().and_then(parse)
            && member == self.number
            && self.outbox.settle(number, Instant::now())
        {
            self.tell(News::Echoed);
        }
        // An id that is new for a content that is not would be a double: all ids are told.
        if self.shown.insert((timestamp, id.clone())) {
            self.tell(News::Shown { member: self.number, content, id });
        }
        Ok(())
    }

    fn refused(&mut self, frame: Value) -> Result<()> {
        let number = frame["client_id"].as_str().and_then(parse).map(|(_, number)| number);
        match (frame["code"].as_str(), number) {
            (Some("UNAVAILABLE"), Some(number)) => {
                let pause = Duration::from_millis(frame["retry_after_ms"].as_u64().unwrap_or_default());
                self.outbox.put_off(number, pause, Instant::now());
                Ok(())
            }
            // The connection's own item is not there: the client has to come again.
            (Some("NOT_FOUND"), _) => bail!("the room does not know the connection"),
            _ => {
                self.tell(News::Refused(frame));
                Ok(())
            }
        }
    }

    fn tell(&self, news: News) {
        // Nobody listens any more at the end.
        let _ = self.room.news.send(news);
    }
}

/// What no server may say.
#[derive(Debug)]
struct Nonsense(String);

impl std::fmt::Display for Nonsense {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Nonsense {}

/// A message's content, which is its author's name for it too.
pub(super) fn name(member: usize, number: usize) -> String {
    format!("m{member}-{number}")
}

/// Member and number of a message.
pub(super) fn parse(name: &str) -> Option<(usize, usize)> {
    let (member, number) = name.strip_prefix('m')?.split_once('-')?;
    Some((member.parse().ok()?, number.parse().ok()?))
}
