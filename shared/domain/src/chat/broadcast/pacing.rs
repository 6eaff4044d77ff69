//! How fast a room may be told things. All posts share one quota with the account's other requests, so the frames of a
//! room are apart by the time that a frame for everybody everywhere would need. What comes meanwhile becomes the next
//! frame: pacing is what puts messages together.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The least time between two frames of a room.
const LEAST: Duration = Duration::from_millis(250);
/// A function has 30 seconds, and needs its share of them to post: nothing waits for longer than this.
const MOST: Duration = Duration::from_secs(10);
/// Those who wait at a time need much less.
const LONGEST_LINE: SignedDuration = SignedDuration::from_secs(30);
/// The share of the quota that posts may have.
const SHARE: f64 = 0.6;

/// Posts against their quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// Posts of a second that the account is allowed.
    pub(super) quota: u32,
}

impl Pace {
    fn per_second(self) -> f64 {
        SHARE * f64::from(self.quota.max(1))
    }

    /// The time between two frames of a room with `own` of `total` connections. The total is a count of a minute ago.
    pub(super) fn window(self, total: u32, own: u32) -> Duration {
        Duration::from_secs_f64(f64::from(total.max(own)) / self.per_second()).clamp(LEAST, MOST)
    }

    /// The time that this many posts take of everybody's.
    fn cost(self, posts: usize) -> SignedDuration {
        SignedDuration::try_from_secs_f64(posts as f64 / self.per_second()).unwrap_or(SignedDuration::MAX)
    }
}

/// The line that all posts of a process stand in.
#[derive(Debug, Default)]
pub(super) struct Line(Mutex<Option<Timestamp>>);

impl Line {
    /// Takes the place of so many posts, and answers how long they have to wait.
    pub(super) fn enter(&self, pace: Pace, posts: usize, now: Timestamp) -> Duration {
        let mut free_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can be that far ahead: the clock was set back.
        let begin = free_at.filter(|at| *at <= now + LONGEST_LINE).map_or(now, |at| at.max(now));
        *free_at = begin.checked_add(pace.cost(posts)).ok();
        Duration::try_from(begin.duration_since(now)).unwrap_or_default()
    }
}

/// What is left of a time that began at `since`. A clock that was set back makes nobody wait longer than that.
pub(super) fn rest(since: Timestamp, time: Duration, now: Timestamp) -> Duration {
    let elapsed = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    time.saturating_sub(elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_for_everybody_uses_the_share_of_the_quota() {
        let pace = Pace { quota: 10_000 };
        let seconds = |total, own| pace.window(total, own).as_secs_f64();
        assert!((seconds(0, 1) - 0.25).abs() < 1e-9);
        assert!((seconds(1_500, 10) - 0.25).abs() < 1e-9);
        assert!((seconds(12_000, 10) - 2.0).abs() < 1e-9);
        assert!((seconds(10, 12_000) - 2.0).abs() < 1e-9, "a total is never believed to be lower than the room's own");
        assert_eq!(pace.window(u32::MAX, 0), MOST);
        assert_eq!(Pace { quota: 0 }.window(u32::MAX, 0), MOST);
    }

    #[test]
    fn posts_stand_in_one_line() {
        let (line, pace) = (Line::default(), Pace { quota: 10_000 });
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let ms = |posts, at: i64| line.enter(pace, posts, now + SignedDuration::from_millis(at)).as_millis();
        assert_eq!((ms(6, 0), ms(6, 0), ms(60, 0)), (0, 1, 2));
        assert_eq!(ms(6, 2), 10);
        assert_eq!(ms(6, 1_000), 0, "nobody is owed anything for the time when nothing was said");
        assert_eq!(ms(6, -3_600_000), 0, "a clock that was set back holds nobody up");
        assert_eq!(line.enter(Pace { quota: 0 }, usize::MAX, now), Duration::ZERO);
    }

    #[test]
    fn what_is_left_is_never_more_than_the_whole() {
        let since: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let left = |ms: i64| rest(since, LEAST, since + jiff::SignedDuration::from_millis(ms)).as_millis();
        assert_eq!((left(0), left(100), left(250), left(9_000), left(-5_000)), (250, 150, 0, 0, 250));
    }
}
