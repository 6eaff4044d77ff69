//! What a process remembers of rooms between two batches. Nothing depends on it but speed: another process knows other
//! things.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::chat::connection::Statistics;
use crate::ids::StreamId;

/// Rooms that are remembered before those that were quiet are forgotten.
const ROOMS: usize = 1_000;
/// How long a room is quiet then.
const QUIET: SignedDuration = SignedDuration::from_mins(10);
/// How long the number of all connections is believed.
const TOTAL_LIFE: SignedDuration = SignedDuration::from_secs(5);

/// What is known of a room.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// When it was told something last.
    pub(super) told_at: Option<Timestamp>,
    /// How many connections it had then.
    pub(super) size: u32,
    /// Its count, as it was read or noted last.
    pub(super) statistics: Option<Statistics>,
    /// The count that was told last.
    pub(super) told_count: Option<u32>,
    /// The time that a message to ourselves was sent for.
    pub(super) queued_for: Option<Timestamp>,
    /// When it was noted to have connections.
    pub(super) noted_busy_at: Option<Timestamp>,
    used_at: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rooms: HashMap<StreamId, Known>,
    total: Option<(u32, Timestamp)>,
}

impl Memory {
    /// Looks at what is known of a room, or changes it.
    pub(super) fn room<T>(&self, id: StreamId, now: Timestamp, look: impl FnOnce(&mut Known) -> T) -> T {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.rooms.len() >= ROOMS && !state.rooms.contains_key(&id) {
            state.rooms.retain(|_, known| known.used_at.is_some_and(|at| now.duration_since(at) < QUIET));
        }
        let known = state.rooms.entry(id).or_default();
        known.used_at = Some(now);
        look(known)
    }

    /// The number of all connections, if it was read lately.
    pub(super) fn total(&self, now: Timestamp) -> Option<u32> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.total.filter(|(_, at)| now.duration_since(*at) < TOTAL_LIFE).map(|(total, _)| total)
    }

    pub(super) fn keep_total(&self, total: u32, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).total = Some((total, now));
    }
}
