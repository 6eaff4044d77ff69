//! What people are told of a stream: derived from its state, its encoder and the time, never stored as truth. Feeds keep
//! it as of the last write, and readers derive it again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Ingest, State, Stream};

/// What people are told of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It is announced for a time that is still to come.
    Scheduled,
    /// There is a picture, or there was one seconds ago.
    Live,
    /// There is no picture now.
    Offline,
    /// It is over.
    Ended,
}

impl Status {
    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Live => "LIVE",
            Self::Offline => "OFFLINE",
            Self::Ended => "ENDED",
        }
    }

    /// What a stream with these facts is at `now`.
    pub fn of(state: State, ingest: &Ingest, scheduled_at: Option<Timestamp>, now: Timestamp) -> Self {
        match (state, ingest) {
            (State::Created | State::Starting, _) if scheduled_at.is_some_and(|at| at > now) => Self::Scheduled,
            (State::Created | State::Starting, _) => Self::Offline,
            (State::Running, Ingest::Connected { .. }) => Self::Live,
            (State::Running, Ingest::Reconnecting { grace_until, .. }) if *grace_until > now => Self::Live,
            (State::Running, Ingest::None | Ingest::Reconnecting { .. } | Ingest::Lost { .. }) => Self::Offline,
            (State::Stopping | State::Stopped | State::Archiving, _) => Self::Ended,
            (State::Archived | State::Failed | State::Deleted, _) => Self::Ended,
        }
    }
}

impl Stream {
    /// What people are told of it at `now`.
    pub fn status(&self, now: Timestamp) -> Status {
        Status::of(self.state, &self.ingest, self.scheduled_at, now)
    }

    /// What its encoder does at `now`: a grace that is over needs nobody to say so.
    pub fn ingest_at(&self, now: Timestamp) -> Ingest {
        match &self.ingest {
            Ingest::Reconnecting { since, grace_until } if *grace_until <= now => {
                Ingest::Lost { since: *since, window_until: *since + self.reconnect_window() }
            }
            ingest => ingest.clone(),
        }
    }
}

impl Ingest {
    /// As it is written everywhere.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Connected { .. } => "CONNECTED",
            Self::Reconnecting { .. } => "RECONNECTING",
            Self::Lost { .. } => "LOST",
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::stream::GRACE;

    #[test]
    fn grace_ends_by_itself() {
        let since = Timestamp::UNIX_EPOCH;
        let ingest = Ingest::Reconnecting { since, grace_until: since + GRACE };
        let at = |seconds| Status::of(State::Running, &ingest, None, since + SignedDuration::from_secs(seconds));
        assert_eq!((at(9), at(10)), (Status::Live, Status::Offline));
    }

    #[test]
    fn a_schedule_ends_by_itself() {
        let then = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60);
        let at = |seconds| {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
            Status::of(State::Created, &Ingest::None, Some(then), now)
        };
        assert_eq!((at(0), at(60)), (Status::Scheduled, Status::Offline));
    }
}
