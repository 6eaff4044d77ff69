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

/// In how many parts the connections of a room are to be kept from now on, when so many are kept in `shards` parts; `None`
/// when these are enough. Connections stay where they are: parts that have become too large shrink as people leave.
pub fn more_shards(connections: u32, shards: u32) -> Option<u32> {
    let needed = connections.div_ceil(SHARD_VIEWERS);
    (needed > shards).then_some(needed)
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
    fn shards_grow_with_the_room_and_no_further() {
        for (connections, shards, wanted) in [
            (0, 1, None),
            (2_000, 1, None),
            (2_001, 1, Some(2)),
            (2_001, 2, None),
            (9_000, 2, Some(5)),
            (9_000, 5, None),
        ] {
            assert_eq!(more_shards(connections, shards), wanted, "{connections} in {shards}");
        }
    }
}
