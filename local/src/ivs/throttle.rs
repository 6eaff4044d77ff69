//! The control plane's limit on calls: so many of each operation a second, as a bucket that fills steadily.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The buckets of every operation.
pub(super) struct Throttle {
    per_second: f64,
    buckets: Mutex<HashMap<&'static str, Bucket>>,
}

struct Bucket {
    left: f64,
    filled_at: Instant,
}

impl Throttle {
    /// Allows `per_second` calls of each operation, and as many at once.
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second), buckets: Mutex::default() }
    }

    /// Whether a call at `now` is within the limit.
    pub(super) fn allows(&self, operation: &'static str, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(operation).or_insert(Bucket { left: self.per_second, filled_at: now });
        let gained = now.saturating_duration_since(bucket.filled_at).as_secs_f64() * self.per_second;
        bucket.left = (bucket.left + gained).min(self.per_second);
        bucket.filled_at = now;
        if bucket.left < 1.0 {
            return false;
        }
        bucket.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_sixth_call_of_a_second_is_too_many() {
        let (throttle, start) = (Throttle::new(5), Instant::now());
        assert!((0..5).all(|_| throttle.allows("CreateChannel", start)));
        assert!(!throttle.allows("CreateChannel", start));
        assert!(throttle.allows("GetChannel", start), "each operation has its own limit");
        let later = start + Duration::from_millis(250);
        assert!(throttle.allows("CreateChannel", later));
        assert!(!throttle.allows("CreateChannel", later));
    }
}
