//! Hands frames to connections, many at a time and not faster than the quota allows.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use rand::Rng;

use super::pacing::{Line, Pace};
use crate::chat::connection::Seat;
use crate::error::PortError;
use crate::ports::{Clock, Frame, Posted, SocketPush, Timer};

/// A connection that is younger cannot be told to be gone: its handshake may not be over.
const YOUTH: SignedDuration = SignedDuration::from_secs(10);
/// How often a frame is sent again after API Gateway asked to slow down.
const THROTTLED_RETRIES: u32 = 2;
/// How long is waited before that, in milliseconds; at random, or all would come back at once.
const JITTER_MS: std::ops::RangeInclusive<u64> = 50..=300;
/// Waits that are shorter than this are not worth a timer.
const GRAIN: Duration = Duration::from_millis(5);

/// Frames for one connection, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Parcel {
    /// The connection.
    pub seat: Seat,
    /// The frames.
    pub frames: Vec<Frame>,
}

/// What became of many parcels.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Frames that were handed over.
    pub(super) posted: usize,
    /// What is left of parcels whose connection is not there.
    pub(super) gone: Vec<Parcel>,
    /// Connections that miss something because they are asked too much of.
    pub(super) throttled: usize,
    /// Connections that miss something for another reason.
    pub(super) failed: usize,
    /// One of those reasons.
    pub(super) error: Option<PortError>,
}

/// How one parcel's way ended.
enum End {
    Done,
    Gone(Parcel),
    Throttled,
    Failed(PortError),
}

pub(super) struct Delivery<'a> {
    pub(super) push: &'a dyn SocketPush,
    pub(super) timer: &'a dyn Timer,
    pub(super) clock: &'a dyn Clock,
    pub(super) pace: Pace,
    pub(super) line: &'a Line,
    /// Parcels at a time.
    pub(super) concurrency: usize,
}

impl Delivery<'_> {
    pub(super) async fn post_all(&self, parcels: Vec<Parcel>) -> Tally {
        let posts = stream::iter(parcels).map(|parcel| async move {
            let wait = self.line.enter(self.pace, parcel.frames.len(), self.clock.now());
            if wait > GRAIN {
                self.timer.sleep(wait).await;
            }
            self.post(parcel).await
        });
        let count = |mut tally: Tally, (posted, end): (usize, End)| async move {
            tally.posted += posted;
            match end {
                End::Done => {}
                End::Gone(parcel) => tally.gone.push(parcel),
                End::Throttled => tally.throttled += 1,
                End::Failed(error) => {
                    tally.failed += 1;
                    tally.error = Some(error);
                }
            }
            tally
        };
        posts.buffer_unordered(self.concurrency).fold(Tally::default(), count).await
    }

    /// Posts one frame after the other: what comes later makes no sense without what came before. Answers how many went.
    async fn post(&self, parcel: Parcel) -> (usize, End) {
        for (posted, frame) in parcel.frames.iter().enumerate() {
            let end = match self.post_frame(&parcel.seat.connection_id, frame).await {
                Ok(Posted::Done) => continue,
                Ok(Posted::Gone) => {
                    End::Gone(Parcel { frames: parcel.frames.iter().skip(posted).cloned().collect(), ..parcel })
                }
                Ok(Posted::Throttled) => End::Throttled,
                Err(error) => End::Failed(error),
            };
            return (posted, end);
        }
        (parcel.frames.len(), End::Done)
    }

    async fn post_frame(&self, connection_id: &str, frame: &Frame) -> Result<Posted, PortError> {
        let mut tries = 0;
        loop {
            match self.push.post(connection_id, frame).await? {
                Posted::Throttled if tries < THROTTLED_RETRIES => {
                    tries += 1;
                    let pause = rand::rng().random_range(JITTER_MS);
                    self.timer.sleep(Duration::from_millis(pause)).await;
                }
                posted => return Ok(posted),
            }
        }
    }

    /// Whether a connection that cannot be found may only be too young.
    pub(super) fn is_young(&self, seat: &Seat) -> bool {
        is_young(seat.connected_at, self.clock.now())
    }
}

/// Whether the handshake of a connection may not be over.
pub(super) fn is_young(connected_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(connected_at) < YOUTH
}
