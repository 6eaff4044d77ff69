//! How many watch a stream. The count is taken, not added up: records come more than once. Whoever finds that nobody has
//! counted for three seconds does it; whoever comes too soon sees to it that somebody does then.

use jiff::{SignedDuration, Timestamp};

use super::connection::Statistics;
use super::room::SHARD_VIEWERS;

/// The least time between two counts of a stream.
pub const COUNT_EVERY: SignedDuration = SignedDuration::from_secs(3);

/// What is to be done about a room whose connections changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Count them.
    Now,
    /// Have them counted at this time.
    At(Timestamp),
}

/// What is to be done at `now` by who knows these statistics.
pub fn plan(known: &Statistics, now: Timestamp) -> Plan {
    match known.next_count_at {
        // A clock that is far ahead of ours must not stop the count.
        Some(at) if at > now && at <= now + COUNT_EVERY + COUNT_EVERY => Plan::At(at),
        _ => Plan::Now,
    }
}

/// In how many parts the connections of a room are to be kept when they are kept in parts of these sizes; `None` when that
/// is enough. They are spread over all parts, so that each has about the same.
pub fn more_shards(sizes: &[usize]) -> Option<u32> {
    let limit = SHARD_VIEWERS as usize;
    let known = sizes.len();
    let needed = sizes.iter().sum::<usize>() / limit + 1;
    sizes.iter().any(|size| *size > limit).then(|| u32::try_from(needed.max(known + 1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_counted_every_three_seconds() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let known = |seconds: i64| Statistics {
            next_count_at: Some(now + SignedDuration::from_secs(seconds)),
            ..Statistics::default()
        };
        assert_eq!(plan(&Statistics::default(), now), Plan::Now);
        assert_eq!(plan(&known(-60), now), Plan::Now);
        assert_eq!(plan(&known(0), now), Plan::Now);
        assert_eq!(plan(&known(3), now), Plan::At(now + COUNT_EVERY));
        assert_eq!(plan(&known(3600), now), Plan::Now, "somebody's clock is wrong");
    }

    #[test]
    fn shards_grow_with_the_room() {
        assert_eq!(more_shards(&[0]), None);
        assert_eq!(more_shards(&[2_000]), None);
        assert_eq!(more_shards(&[2_001]), Some(2));
        assert_eq!(more_shards(&[2_001, 3]), Some(3));
        assert_eq!(more_shards(&[9_000, 0]), Some(5));
    }
}
