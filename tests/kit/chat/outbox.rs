//! Messages on their way, as the SDK keeps them: never more than the room takes, and sent again until they are answered.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

/// A room takes five messages a second of a connection; one is left for what else it says.
const SLOTS: usize = 4;
/// How long the room counts a message.
const WINDOW: Duration = Duration::from_secs(1);

/// The messages of one member, by their numbers.
pub(super) struct Outbox {
    /// Written so far.
    written: usize,
    /// To be written in all.
    total: usize,
    resend: Duration,
    /// Those without an answer, and when they may be sent (again).
    waiting: BTreeMap<usize, Instant>,
    /// When the last ones were answered.
    taken: VecDeque<Instant>,
    /// How often one was sent that had been sent before.
    pub(super) resent: usize,
}

impl Outbox {
    /// `total` messages; one without an answer is sent again after `resend`.
    pub(super) fn new(total: usize, resend: Duration) -> Self {
        Self { written: 0, total, resend, waiting: BTreeMap::new(), taken: VecDeque::new(), resent: 0 }
    }

    /// Takes out a message that is answered; `false` when it has been answered before.
    pub(super) fn settle(&mut self, number: usize, now: Instant) -> bool {
        let is_settled = self.waiting.remove(&number).is_some();
        if is_settled {
            self.taken.push_back(now);
        }
        is_settled
    }

    /// Sends a message again after `pause`.
    pub(super) fn put_off(&mut self, number: usize, pause: Duration, now: Instant) {
        if let Some(at) = self.waiting.get_mut(&number) {
            *at = now + pause;
        }
    }

    /// After a new connection everything is sent again.
    pub(super) fn restart(&mut self, now: Instant) {
        self.waiting.values_mut().for_each(|at| *at = now);
    }

    /// What is to be sent now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<usize> {
        self.taken.retain(|at| now - *at < WINDOW);
        let mut due: Vec<usize> =
            self.waiting.iter().filter(|(_, at)| **at <= now).map(|(number, _)| *number).collect();
        self.resent += due.len();
        while self.written < self.total && self.waiting.len() + self.taken.len() < SLOTS {
            due.push(self.written);
            self.waiting.insert(self.written, now);
            self.written += 1;
        }
        for number in &due {
            self.waiting.insert(*number, now + self.resend);
        }
        due
    }

    /// When there may be something to send.
    pub(super) fn next_at(&self, now: Instant) -> Instant {
        let slot = self.taken.front().filter(|_| self.written < self.total).map(|at| *at + WINDOW);
        let again = self.waiting.values().min().copied();
        slot.into_iter().chain(again).min().unwrap_or(now + self.resend)
    }
}
