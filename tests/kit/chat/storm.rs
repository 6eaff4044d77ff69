//! Many who chat while processes are killed, and the count of what became of their messages.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::history;
pub use super::killer::Kill;
use super::killer::Killer;
use super::member::{Gap, Member, News, Room, name, parse};
use super::outbox::Outbox;
use crate::{Person, Stack};

/// How long nothing new may come until the end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long members may take to see what the others have said last.
const CATCH_UP: Duration = Duration::from_secs(30);

/// What is to happen.
#[derive(Debug, Clone)]
pub struct Storm {
    /// Members of the room.
    pub clients: usize,
    /// Messages of each.
    pub each: usize,
    /// What is killed meanwhile, in any order.
    pub kills: Vec<Kill>,
    /// The time after which a message without an echo is sent again.
    pub resend: Duration,
    /// Chooses the moments.
    pub seed: u64,
}

/// What has happened.
#[derive(Debug, Default)]
pub struct Account {
    /// Messages whose echo came to their author.
    pub echoed: usize,
    /// Of those, messages that are not in the history.
    pub lost: Vec<String>,
    /// Messages that are in the history more than once.
    pub doubled: Vec<String>,
    /// Ids of messages that somebody was told of and that are not in the history.
    pub phantoms: Vec<String>,
    /// How many messages of the history were not shown to how many members, all together.
    pub unseen: usize,
    /// Refusals that a client that keeps to the rules should not see.
    pub refused: Vec<Value>,
    /// Processes that were killed.
    pub killed: BTreeMap<Kill, usize>,
    /// New connections after the first of each member.
    pub reconnects: usize,
    /// Messages that were sent again.
    pub resent: usize,
    /// The longest time from one echo to the next, of all members.
    pub longest_gap: Duration,
    /// From the first message to the last echo.
    pub took: Duration,
}

impl Storm {
    /// Lets it happen on a stack.
    ///
    /// # Errors
    /// When messages are not echoed any more, or members are told what makes no sense.
    pub async fn run(&self, stack: &Arc<Stack>) -> Result<Account> {
        let mut people = Vec::with_capacity(self.clients);
        for _ in 0..self.clients {
            people.push(Person::register(stack).await?);
        }
        let owner = people.first().context("nobody is there")?.clone();
        let stream = owner.new_stream("Storm").await?;
        let stream_id = stream["id"].as_str().context("no id")?.to_owned();

        let (front, front_now) = watch::channel(stack.url("front"));
        let (cut, cut_now) = watch::channel(0);
        let (begun, begun_now) = watch::channel(false);
        let (over, over_now) = watch::channel(false);
        let (echoed, echoed_now) = watch::channel(0);
        let (news, mut heard) = mpsc::unbounded_channel();
        let room = Arc::new(Room {
            stream_id: stream_id.clone(),
            front: front_now,
            cut: cut_now,
            begun: begun_now,
            over: over_now,
            news,
        });
        let mut members = JoinSet::new();
        for (number, person) in people.into_iter().enumerate() {
            let member = Member {
                number,
                person,
                room: room.clone(),
                outbox: Outbox::new(self.each, self.resend),
                dice: StdRng::seed_from_u64(self.seed.wrapping_add(1 + number as u64)),
                shown: BTreeSet::new(),
                gap: Gap::default(),
                writes_at: None,
            };
            members.spawn(member.run());
        }
        let dice = StdRng::seed_from_u64(self.seed);
        let killer = Killer { stack: stack.clone(), front, cut, echoed: echoed_now, dice };
        let mut killing = tokio::spawn(killer.run(self.kills.clone(), self.clients * self.each));

        let mut watched = Watched::new(self.clients, self.each);
        let mut killed = None;
        while !(watched.is_complete() && killed.is_some()) {
            let patience = if watched.all_echoed() && killed.is_some() { CATCH_UP } else { PATIENCE };
            tokio::select! {
                news = timeout(patience, heard.recv()) => match news {
                    Ok(news) => watched.take(news.context("everybody has left")?),
                    // What is still unseen then is counted.
                    Err(_) if watched.all_echoed() && killed.is_some() => break,
                    Err(_) => anyhow::bail!("nothing happens any more: {:?}", watched.account),
                },
                ended = members.join_next() => ended.context("everybody has left")???,
                done = &mut killing, if killed.is_none() => killed = Some(done??),
            }
            if watched.connections >= self.clients && !*begun.borrow() {
                begun.send_replace(true);
            }
            echoed.send_if_modified(|known| std::mem::replace(known, watched.account.echoed) != watched.account.echoed);
        }
        over.send_replace(true);
        while let Some(ended) = members.join_next().await {
            ended??;
        }
        let stored = history(&owner.at(stack.url("front")), &stream_id).await?;
        watched.account.killed = killed.unwrap_or_default();
        watched.compare(&stored)
    }
}

/// What members have told.
struct Watched {
    clients: usize,
    each: usize,
    account: Account,
    /// Contents by id of all messages somebody was told of.
    told: HashMap<String, String>,
    /// Which messages each member was shown.
    shown: Vec<Vec<bool>>,
    shown_count: usize,
    connections: usize,
    began: Instant,
    echoed_at: Option<Instant>,
}

impl Watched {
    fn new(clients: usize, each: usize) -> Self {
        Self {
            clients,
            each,
            account: Account::default(),
            told: HashMap::new(),
            shown: vec![vec![false; clients * each]; clients],
            shown_count: 0,
            connections: 0,
            began: Instant::now(),
            echoed_at: None,
        }
    }

    fn all_echoed(&self) -> bool {
        self.account.echoed == self.clients * self.each
    }

    /// Whether everybody has seen everything.
    fn is_complete(&self) -> bool {
        self.all_echoed() && self.shown_count == self.clients * self.clients * self.each
    }

    fn take(&mut self, news: News) {
        match news {
            News::Echoed => {
                let now = Instant::now();
                if let Some(before) = self.echoed_at.replace(now) {
                    self.account.longest_gap = self.account.longest_gap.max(now - before);
                } else {
                    self.began = now;
                }
                self.account.took = now - self.began;
                self.account.echoed += 1;
            }
            News::Shown { member, content, id } => {
                let index = parse(&content).map(|(author, number)| author * self.each + number);
                let shown = index.and_then(|index| self.shown.get_mut(member)?.get_mut(index));
                if let Some(shown) = shown.filter(|shown| !**shown) {
                    *shown = true;
                    self.shown_count += 1;
                }
                self.told.insert(id, content);
            }
            News::Refused(frame) => self.account.refused.push(frame),
            News::Connected => {
                self.connections += 1;
                self.account.reconnects = self.connections.saturating_sub(self.clients);
            }
            News::Resent => self.account.resent += 1,
        }
    }

    /// Holds what was told against what is stored.
    fn compare(mut self, stored: &[Value]) -> Result<Account> {
        let (mut counts, mut ids) = (BTreeMap::<&str, usize>::new(), HashSet::new());
        for message in stored {
            let text = |field: &str| message[field].as_str().with_context(|| format!("no {field} in {message}"));
            *counts.entry(text("content")?).or_default() += 1;
            ensure!(ids.insert(text("id")?), "the history has an id twice: {message}");
        }
        // Everybody's every message was echoed, or we would not be here.
        let all = (0..self.clients).flat_map(|member| (0..self.each).map(move |number| name(member, number)));
        self.account.lost = all.filter(|name| !counts.contains_key(name.as_str())).collect();
        self.account.doubled =
            counts.iter().filter(|(_, count)| **count > 1).map(|(name, _)| (*name).to_owned()).collect();
        self.account.phantoms = self.told.keys().filter(|id| !ids.contains(id.as_str())).cloned().collect();
        self.account.unseen = self.clients * self.clients * self.each - self.shown_count;
        Ok(self.account)
    }
}
