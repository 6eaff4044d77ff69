//! How much one connection may ask of a process. Messages are counted in the table, exactly; this is for everything else,
//! and by each process for itself: it keeps one client from using up what all share, and costs nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Frames at once: a client that was away for long asks for page after page.
const BURST: f64 = 30.0;
/// Frames each second, in the long run.
const PER_SECOND: f64 = 3.0;
/// Connections that are remembered.
const MOST: usize = 10_000;

#[derive(Default)]
pub(super) struct Patience(Mutex<HashMap<String, (Timestamp, f64)>>);

impl Patience {
    /// Takes one frame of what a connection may ask, and answers whether there was one.
    pub(super) fn has_more(&self, connection_id: &str, now: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(connection_id) {
            known.clear();
        }
        let (since, left) = known.entry(connection_id.to_owned()).or_insert((now, BURST));
        let passed = now.duration_since(*since).as_secs_f64().max(0.0);
        *left = (*left + passed * PER_SECOND).min(BURST);
        *since = now;
        let has_more = *left >= 1.0;
        if has_more {
            *left -= 1.0;
        }
        has_more
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_three_each_second() {
        let patience = Patience::default();
        let at = |ms: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_millis(ms);
        assert_eq!((0..40).filter(|_| patience.has_more("a", at(0))).count(), 30);
        assert!(patience.has_more("b", at(0)), "everyone has their own");
        assert_eq!((0..9).filter(|_| patience.has_more("a", at(1_000))).count(), 3);
        assert!(!patience.has_more("a", at(0)), "a clock that was set back gives nothing");
        assert_eq!((0..99).filter(|_| patience.has_more("a", at(3_600_000))).count(), 30);
    }
}
