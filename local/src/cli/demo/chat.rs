//! People who talk in a room, and how long their words take to come back.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use rand::Rng;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};

use super::ending::ended;
use super::member::{Member, News};
use super::phrases::phrase;
use super::report::Report;
use crate::cli::people::DEMO;
use crate::cli::person::{Person, Refusal, text};
use crate::cli::say;

/// Between two reports.
const REPORT: Duration = Duration::from_secs(5);
/// Between two messages of one person: a room takes five a second.
const GAP: Duration = Duration::from_millis(250);
/// Who signs in at once.
const AT_THE_DOOR: usize = 3;

/// How many chat, and how much.
#[derive(Clone, Copy)]
pub(super) struct Crowd {
    /// People.
    pub(super) users: usize,
    /// Messages each second, of all together.
    pub(super) rate: u32,
}

/// A member as the others know it.
struct Place {
    words: mpsc::Sender<String>,
    is_here: bool,
    /// What must be between two of its messages.
    gap: Duration,
    speaks_after: Instant,
    kept_out: bool,
}

/// The people, and what is measured of them.
struct Room {
    places: Vec<Place>,
    since_report: Report,
    in_all: Report,
    is_over: bool,
    /// Why somebody was not let in, last.
    trouble: Option<String>,
}

/// Lets a crowd talk in the room of a stream until the end, or until the stream is over.
///
/// # Errors
/// When there is no such stream, or nobody is let in.
pub(super) async fn run(
    front: &str,
    stream: Option<&str>,
    crowd: Crowd,
    over: &mut watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let stream = find(front, stream).await?;
    say(&format!("{} people come to chat: {front}/live/{stream}", crowd.users));
    let (news, mut told) = mpsc::unbounded_channel();
    let door = Arc::new(Semaphore::new(AT_THE_DOOR));
    let mut members = JoinSet::new();
    let mut room = Room {
        places: Vec::new(),
        since_report: Report::default(),
        in_all: Report::default(),
        is_over: false,
        trouble: None,
    };
    for number in 0..crowd.users {
        let (sender, words) = mpsc::channel(1);
        let (front, stream) = (front.to_owned(), stream.clone());
        members.spawn(Member { number, front, stream, door: door.clone(), words, news: news.clone() }.run());
        let place = Place { words: sender, is_here: false, gap: GAP, speaks_after: Instant::now(), kept_out: false };
        room.places.push(place);
    }
    let mut turns = interval(Duration::from_secs(1) / crowd.rate);
    turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut reports = interval_at(Instant::now() + REPORT, REPORT);
    while !room.is_over {
        tokio::select! {
            () = ended(over) => break,
            Some((number, news)) = told.recv() => room.note(number, news)?,
            _ = turns.tick() => room.speak(),
            _ = reports.tick() => room.report(),
        }
    }
    room.in_all.add(std::mem::take(&mut room.since_report));
    say(&format!("chat in all: {}", room.in_all.line()));
    Ok(())
}

impl Room {
    fn note(&mut self, number: usize, news: News) -> anyhow::Result<()> {
        let count = self.places.len();
        let Some(place) = self.places.get_mut(number) else { return Ok(()) };
        match news {
            News::Here(gap) => (place.is_here, place.gap) = (true, gap.max(GAP)),
            News::Gone(unheard) => {
                place.is_here = false;
                self.since_report.unheard += unheard;
            }
            News::Said => self.since_report.said += 1,
            News::Echoed(took) => self.since_report.echo(took),
            News::Unheard(messages) => self.since_report.unheard += messages,
            News::Refused(code) => self.since_report.refuse(code),
            News::Slower(gap) => place.gap = gap.max(GAP),
            News::Over => {
                say("the stream is over");
                self.is_over = true;
            }
            News::KeptOut(why) => {
                (place.is_here, place.kept_out) = (false, true);
                if self.places.iter().filter(|place| place.kept_out).count() == count {
                    bail!("nobody is let in: {why}");
                }
                self.trouble = Some(why);
            }
        }
        Ok(())
    }

    /// Somebody says something who may.
    fn speak(&mut self) {
        let mut dice = rand::rng();
        let now = Instant::now();
        let free = |place: &&mut Place| place.is_here && place.speaks_after <= now;
        let mut free: Vec<&mut Place> = self.places.iter_mut().filter(free).collect();
        if free.is_empty() {
            return;
        }
        let place = free.swap_remove(dice.random_range(0..free.len()));
        // Who has not said the last sentence yet says nothing now.
        if place.words.try_send(phrase(&mut dice)).is_ok() {
            place.speaks_after = now + place.gap;
        }
    }

    fn report(&mut self) {
        let here = self.places.iter().filter(|place| place.is_here).count();
        say(&format!("chat: {here} of {} people are here; {}", self.places.len(), self.since_report.line()));
        if let Some(why) = self.trouble.take() {
            say(&format!("chat: somebody is not let in: {why}"));
        }
        self.in_all.add(std::mem::take(&mut self.since_report));
    }
}

/// The stream that was named, or the newest that is live.
async fn find(front: &str, named: Option<&str>) -> anyhow::Result<String> {
    let demo = Person::sign_in(front, DEMO.username).await?;
    let Some(id) = named else {
        let feed = demo.get("/streams?status=LIVE&limit=1").await?;
        let live = match feed["items"].get(0) {
            Some(stream) => Some(stream.clone()),
            None => demo.own_stream(|stream| stream["status"] == "LIVE").await?,
        };
        let live = live.context("no stream is live: begin one with `skylark demo live`, or name one with --stream")?;
        return text(&live, "id");
    };
    let refused = match demo.stream(id).await {
        Ok(stream) => return text(&stream, "id"),
        Err(error) => error,
    };
    match refused.downcast_ref::<Refusal>() {
        Some(refusal) if matches!(refusal.status, 400 | 404) => bail!("there is no stream {id}"),
        _ => Err(refused),
    }
}
