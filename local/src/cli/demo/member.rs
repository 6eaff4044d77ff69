//! One of many who chat: comes, says what it is told to say, comes back when the line is cut.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{interval, sleep};

use super::phrases::username;
use crate::cli::chatter::Chatter;
use crate::cli::person::{Person, Refusal, is_passing};

/// Pauses before it comes back: the first, and the longest.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// API Gateway closes a connection that has been silent for ten minutes.
const PING: Duration = Duration::from_secs(240);
/// An echo that has not come by now is lost.
const ECHO: Duration = Duration::from_secs(30);

/// What a member tells of itself.
pub(super) enum News {
    /// It is in the room, where this much time must be between two of its messages.
    Here(Duration),
    /// It is not any more, and so many of its messages had no echo.
    Gone(usize),
    /// It has said something.
    Said,
    /// Its words came back after this.
    Echoed(Duration),
    /// So many of its messages had no echo for long.
    Unheard(usize),
    /// A message was refused, by this code.
    Refused(String),
    /// This much time must be between two messages.
    Slower(Duration),
    /// The stream is over.
    Over,
    /// It is not let in and gives up.
    KeptOut(String),
}

/// Somebody in a crowd.
pub(super) struct Member {
    pub(super) number: usize,
    pub(super) front: String,
    pub(super) stream: String,
    /// Passwords are expensive: few sign in at once.
    pub(super) door: Arc<Semaphore>,
    /// What it is to say.
    pub(super) words: mpsc::Receiver<String>,
    pub(super) news: mpsc::UnboundedSender<(usize, News)>,
}

impl Member {
    /// Takes part until it is dropped or kept out.
    pub(super) async fn run(mut self) {
        let mut pause = PAUSE;
        let person = loop {
            match self.sign_in().await {
                Ok(person) => break person,
                Err(error) if is_passing(&error) => wait(&mut pause).await,
                Err(error) => return self.tell(News::KeptOut(format!("{error:#}"))),
            }
        };
        loop {
            let mut pending = BTreeMap::new();
            match self.take_part(&person, &mut pending, &mut pause).await {
                Err(error) if is_final(&error) => return self.tell(News::KeptOut(format!("{error:#}"))),
                // The line was cut.
                Ok(()) | Err(_) => self.tell(News::Gone(pending.len())),
            }
            wait(&mut pause).await;
        }
    }

    async fn sign_in(&self) -> anyhow::Result<Person> {
        let _turn = self.door.acquire().await?;
        Person::sign_in(&self.front, &username(self.number)).await
    }

    /// Talks until the connection ends.
    async fn take_part(
        &mut self,
        person: &Person,
        pending: &mut BTreeMap<String, Instant>,
        pause: &mut Duration,
    ) -> anyhow::Result<()> {
        let mut chatter = Chatter::enter(person, &self.stream).await?;
        let visit: u64 = rand::rng().random();
        let mut pings = interval(PING);
        let mut said = 0_u64;
        loop {
            tokio::select! {
                frame = chatter.next() => match frame? {
                    Some(frame) => self.hear(&frame, pending, pause),
                    None => return Ok(()),
                },
                Some(words) = self.words.recv() => {
                    said += 1;
                    let name = format!("{visit:016x}-{said}");
                    pending.insert(name.clone(), Instant::now());
                    chatter.say(&words, &name).await?;
                    self.tell(News::Said);
                }
                _ = pings.tick() => chatter.send(&json!({ "type": "PING", "t": 0 })).await?,
            }
            let before = pending.len();
            pending.retain(|_, since| since.elapsed() < ECHO);
            if before > pending.len() {
                self.tell(News::Unheard(before - pending.len()));
            }
        }
    }

    fn hear(&self, frame: &Value, pending: &mut BTreeMap<String, Instant>, pause: &mut Duration) {
        let seconds = |field: &str| Duration::from_secs(frame[field].as_u64().unwrap_or_default());
        let mut own = || pending.remove(frame["client_id"].as_str()?);
        match frame["type"].as_str() {
            Some("JOINED") if frame["can_write"] == false => {
                self.tell(News::Refused("read only".to_owned()));
            }
            Some("JOINED") => {
                *pause = PAUSE;
                self.tell(News::Here(seconds("slow_mode")));
            }
            Some("CHAT_BROADCAST") => {
                if let Some(since) = own() {
                    self.tell(News::Echoed(since.elapsed()));
                }
            }
            Some("ERROR") => {
                own();
                self.tell(News::Refused(frame["code"].as_str().unwrap_or("no code").to_owned()));
            }
            Some("SLOW_MODE") => self.tell(News::Slower(seconds("seconds"))),
            Some("STREAM_STATUS") if frame["status"] == "ENDED" => self.tell(News::Over),
            _ => {}
        }
    }

    fn tell(&self, news: News) {
        // Nobody listens any more at the end.
        let _ = self.news.send((self.number, news));
    }
}

/// Waits before the next try, each time longer. Those whose lines were cut together do not come back together.
async fn wait(pause: &mut Duration) {
    let share = rand::rng().random_range(0.5..1.0);
    sleep(pause.mul_f64(share)).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}

/// Whether coming back later would be no use.
fn is_final(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refusal>().is_some_and(|refusal| (400..500).contains(&refusal.status) && refusal.status != 429)
}
