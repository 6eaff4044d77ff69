use std::time::Duration;

use tokio::time::Instant;

/// How long a rate is measured.
const PERIOD: Duration = Duration::from_secs(2);

/// A read should bring about this much of the stream.
const PER_READ: Duration = Duration::from_millis(40);

/// Bounds of what a read waits for.
const LEAST: usize = 512;
const MOST: usize = 16 * 1024;

/// Measures a publisher's rate and finds how many bytes a read should wait for.
#[derive(Debug, Default)]
pub(super) struct Pace {
    since: Option<Instant>,
    bytes: usize,
    low_water: usize,
}

impl Pace {
    /// Counts bytes; answers the receive low-water mark when another one fits better by a quarter.
    pub(super) fn received(&mut self, bytes: usize, now: Instant) -> Option<usize> {
        let since = *self.since.get_or_insert(now);
        self.bytes += bytes;
        let elapsed = now - since;
        if elapsed < PERIOD {
            return None;
        }
        let wanted = (self.bytes as f64 * PER_READ.as_secs_f64() / elapsed.as_secs_f64()) as usize;
        let wanted = wanted.clamp(LEAST, MOST);
        self.since = Some(now);
        self.bytes = 0;
        if wanted.abs_diff(self.low_water) * 4 <= self.low_water {
            return None;
        }
        self.low_water = wanted;
        Some(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marks set while `seconds` of a stream arrive in 50 reads a second.
    fn marks(pace: &mut Pace, start: Instant, seconds: u32, bytes_per_second: usize) -> Vec<usize> {
        let reads = (0..seconds * 50).map(|read| start + Duration::from_millis(20) * read);
        reads.filter_map(|now| pace.received(bytes_per_second / 50, now)).collect()
    }

    #[test]
    fn the_mark_is_40_ms_of_the_stream_within_its_bounds() {
        for (bytes_per_second, mark) in [(125_000, 5_050), (2_000, 512), (10_000_000, 16_384)] {
            let marks = marks(&mut Pace::default(), Instant::now(), 5, bytes_per_second);
            assert_eq!(marks, [mark], "{bytes_per_second}");
        }
    }

    #[test]
    fn the_mark_follows_a_change_of_rate_only() {
        let mut pace = Pace::default();
        let start = Instant::now();
        assert_eq!(marks(&mut pace, start, 10, 125_000).len(), 1);
        assert!(marks(&mut pace, start + Duration::from_secs(10), 10, 140_000).is_empty());
        let slower = marks(&mut pace, start + Duration::from_secs(20), 10, 50_000);
        assert!(slower.last().is_some_and(|mark| (1_900..2_100).contains(mark)), "{slower:?}");
    }
}
