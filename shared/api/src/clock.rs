//! The real time.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{Timestamp, TimestampRound, Unit};
use skylark_domain::ports::{Clock, Timer};

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

#[async_trait]
impl Timer for SystemClock {
    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// RFC 3339 in UTC with milliseconds: how every time is written in the API.
pub fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
