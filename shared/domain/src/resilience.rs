//! The circuit breaker as a pure state machine. Its state is in the table, for memory means nothing on Lambda; who uses
//! it is an adapter's business.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Failures within one [`WINDOW`] that open a circuit.
pub const FAILURES: u32 = 5;
/// The time failures are counted over.
pub const WINDOW: SignedDuration = SignedDuration::from_secs(30);
/// How long an open circuit stays so before somebody may try.
pub const PAUSE: SignedDuration = SignedDuration::from_secs(15);

/// Whether calls to a dependency are made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Circuit {
    /// Since when none are; absent while they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_since: Option<Timestamp>,
    /// When the next one may be tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_at: Option<Timestamp>,
    /// One more with each change: two changes of the same circuit cannot both be made.
    pub version: u64,
}

/// What may be done with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Make it.
    Pass,
    /// Make it if nobody else does: store this circuit first.
    Probe(Circuit),
    /// Do not make it before this moment.
    Refuse(Timestamp),
}

impl Circuit {
    /// What may be done with a call at `now`.
    pub fn gate(&self, now: Timestamp) -> Gate {
        match (self.open_since, self.probe_at) {
            (None, _) => Gate::Pass,
            (Some(_), Some(probe_at)) if probe_at > now => Gate::Refuse(probe_at),
            (Some(since), _) => {
                let probe_at = Some(now + PAUSE);
                Gate::Probe(Self { open_since: Some(since), probe_at, version: self.version + 1 })
            }
        }
    }

    /// The circuit once calls are not made any more.
    #[must_use]
    pub fn open(&self, now: Timestamp) -> Self {
        let since = self.open_since.unwrap_or(now);
        Self { open_since: Some(since), probe_at: Some(now + PAUSE), version: self.version + 1 }
    }

    /// The circuit once a call has succeeded.
    #[must_use]
    pub fn close(&self) -> Self {
        Self { open_since: None, probe_at: None, version: self.version + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn an_open_circuit_lets_one_through_every_fifteen_seconds() {
        let closed = Circuit::default();
        assert_eq!(closed.gate(at(0)), Gate::Pass);
        let open = closed.open(at(0));
        assert_eq!(open.gate(at(14)), Gate::Refuse(at(15)));
        let Gate::Probe(probing) = open.gate(at(15)) else { panic!("nobody may try") };
        assert_eq!(probing.gate(at(16)), Gate::Refuse(at(30)));
        assert_eq!(probing.open(at(17)).open_since, Some(at(0)));
        assert_eq!(probing.close().gate(at(17)), Gate::Pass);
        assert_eq!([open.version, probing.version, probing.close().version], [1, 2, 3]);
    }
}
