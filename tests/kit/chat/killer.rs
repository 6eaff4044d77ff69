//! Kills processes at moments that a seed chooses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::Rng;
use rand::rngs::StdRng;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::Stack;

/// How long nothing may happen until the next kill.
const PATIENCE: Duration = Duration::from_secs(120);
/// A process that is to be killed is there by then.
const APPEARS: Duration = Duration::from_secs(20);
/// A kill follows the echo that it waits for within this.
const AFTER_MS: std::ops::Range<u64> = 0..400;

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kill {
    /// The whole `skylark`, with everything it has started; it starts again on the same data.
    Everything,
    /// What takes messages.
    Message,
    /// What tells the room.
    Broadcast,
    /// What lets people in, while half of the members come back from a cut.
    Entrance,
}

impl Kill {
    /// For a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Message => "chat-message",
            Self::Broadcast => "chat-broadcast",
            Self::Entrance => "chat-connect, chat-disconnect, stream-handler",
        }
    }

    fn functions(self) -> &'static [&'static str] {
        match self {
            Self::Everything => &[],
            Self::Message => &["chat-message"],
            Self::Broadcast => &["chat-broadcast"],
            Self::Entrance => &["chat-connect", "chat-disconnect", "stream-handler"],
        }
    }
}

pub(super) struct Killer {
    pub(super) stack: Arc<Stack>,
    pub(super) front: watch::Sender<String>,
    pub(super) cut: watch::Sender<usize>,
    /// Messages that are echoed so far.
    pub(super) echoed: watch::Receiver<usize>,
    pub(super) dice: StdRng,
}

impl Killer {
    /// Kills `plan` one after another while the first nine tenths of `messages` are echoed. Answers the processes killed.
    pub(super) async fn run(mut self, mut plan: Vec<Kill>, messages: usize) -> Result<BTreeMap<Kill, usize>> {
        // In any order.
        for last in (1..plan.len()).rev() {
            let other = self.dice.random_range(0..=last);
            plan.swap(last, other);
        }
        let mut moments: Vec<usize> = plan.iter().map(|_| self.dice.random_range(0..messages * 9 / 10)).collect();
        moments.sort_unstable();
        let mut killed = BTreeMap::new();
        for (kill, moment) in plan.into_iter().zip(moments) {
            let reached = self.echoed.wait_for(|echoed| *echoed > moment);
            timeout(PATIENCE, reached).await.context("messages are not echoed any more")??;
            sleep(Duration::from_millis(self.dice.random_range(AFTER_MS))).await;
            *killed.entry(kill).or_default() += self.kill(kill).await.with_context(|| kill.name())?;
        }
        Ok(killed)
    }

    async fn kill(&mut self, kill: Kill) -> Result<usize> {
        match kill {
            Kill::Everything => {
                let stack = self.stack.clone();
                tokio::task::spawn_blocking(move || stack.kill_9_and_restart()).await??;
                self.front.send_replace(self.stack.url("front"));
                return Ok(1);
            }
            Kill::Entrance => self.cut.send_modify(|cut| *cut += 1),
            Kill::Message | Kill::Broadcast => {}
        }
        let began = Instant::now();
        loop {
            let mut count = 0;
            for function in kill.functions() {
                count += self.stack.kill_9_function(function)?;
            }
            if count > 0 {
                return Ok(count);
            }
            ensure!(began.elapsed() < APPEARS, "there is no process of it");
            sleep(Duration::from_millis(10)).await;
        }
    }
}
