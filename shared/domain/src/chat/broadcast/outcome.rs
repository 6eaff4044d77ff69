//! What became of a batch.

use super::delivery::{Delivery, Parcel, Tally};
use crate::chat::connection::Seat;
use crate::error::PortError;
use crate::ids::StreamId;
use crate::ports::Connections;

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The first change of each room that has to come again, ascending.
    pub failed: Vec<usize>,
    /// For young connections that could not be found; to be given to [`super::Broadcaster::deliver_late`], whose end nobody
    /// has to wait for.
    pub late: Vec<Parcel>,
    /// What was done, by room.
    pub told: Vec<Told>,
    /// What went wrong, for the log.
    pub troubles: Vec<PortError>,
}

/// What was done for a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The room.
    pub stream_id: StreamId,
    /// Frames that were handed over.
    pub posted: usize,
    /// Connections that are gone.
    pub gone: usize,
    /// Connections that miss something because too much was asked of them.
    pub throttled: usize,
    /// Connections that miss something for another reason.
    pub failed: usize,
}

/// What is being done for one room, or for one user.
#[derive(Debug, Default)]
pub(super) struct Work {
    told: Option<Told>,
    late: Vec<Parcel>,
    dead: Vec<Seat>,
    troubles: Vec<PortError>,
}

impl Outcome {
    pub(super) fn add(&mut self, work: Work) {
        self.told.extend(work.told);
        self.late.extend(work.late);
        self.troubles.extend(work.troubles);
    }
}

impl Work {
    pub(super) fn of(stream_id: StreamId) -> Self {
        let told = Told { stream_id, posted: 0, gone: 0, throttled: 0, failed: 0 };
        Self { told: Some(told), ..Self::default() }
    }

    /// Remembers what went wrong but changes nothing for the others.
    pub(super) fn note<T>(&mut self, result: Result<T, PortError>) -> Option<T> {
        result.map_err(|error| self.troubles.push(error)).ok()
    }

    /// Adds up what became of some parcels.
    pub(super) fn take(&mut self, delivery: &Delivery<'_>, tally: Tally) {
        let (young, dead): (Vec<_>, Vec<_>) =
            tally.gone.into_iter().partition(|parcel| delivery.is_young(&parcel.seat));
        if let Some(told) = &mut self.told {
            told.posted += tally.posted;
            told.gone += dead.len();
            told.throttled += tally.throttled;
            told.failed += tally.failed;
        }
        self.troubles.extend(tally.error);
        self.dead.extend(dead.into_iter().map(|parcel| parcel.seat));
        for parcel in young {
            // A greeting may be there already; it comes first.
            let known = self.late.iter_mut().find(|known| known.seat.connection_id == parcel.seat.connection_id);
            match known {
                Some(known) => known.frames.extend(parcel.frames),
                None => self.late.push(parcel),
            }
        }
    }

    /// Removes the connections that are gone.
    pub(super) async fn remove_dead(&mut self, connections: &dyn Connections) {
        if !self.dead.is_empty() {
            let dead = std::mem::take(&mut self.dead);
            let removed = connections.remove(&dead).await;
            self.note(removed);
        }
    }
}
