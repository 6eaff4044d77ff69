//! The stage's throttling: a bucket of tokens, as API Gateway describes it ("Throttle requests to your REST APIs").

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::world::StageThrottle;

pub(super) struct Throttle {
    limit: StageThrottle,
    bucket: Mutex<(f64, Instant)>,
}

impl Throttle {
    pub(super) fn new(limit: StageThrottle) -> Self {
        Self { limit, bucket: Mutex::new((limit.burst, Instant::now())) }
    }

    /// Whether one more request may pass `now`.
    pub(super) fn take(&self, now: Instant) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, since) = *bucket;
        let gained = now.saturating_duration_since(since).as_secs_f64() * self.limit.rate;
        let tokens = (tokens + gained).min(self.limit.burst);
        let passes = tokens >= 1.0;
        *bucket = (if passes { tokens - 1.0 } else { tokens }, now.max(since));
        passes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let throttle = Throttle::new(StageThrottle { rate: 10.0, burst: 3.0 });
        let now = Instant::now();
        let passed = |at: Duration, tries: u32| (0..tries).filter(|_| throttle.take(now + at)).count();
        assert_eq!(passed(Duration::ZERO, 5), 3);
        assert_eq!(passed(Duration::from_millis(99), 5), 0);
        assert_eq!(passed(Duration::from_millis(201), 5), 2);
        assert_eq!(passed(Duration::from_secs(60), 5), 3, "no more than the burst is saved up");
    }
}
