//! The real time.

use jiff::{Timestamp, TimestampRound, Unit};
use skylark_domain::ports::Clock;

/// The machine's clock, in whole milliseconds: what the API and the table show.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let whole = TimestampRound::new().smallest(Unit::Millisecond).mode(jiff::RoundMode::Trunc);
        // Rounding down can fail only before the first representable moment.
        now.round(whole).unwrap_or(now)
    }
}

/// RFC 3339 in UTC with milliseconds: how every time is written in the API.
pub fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
