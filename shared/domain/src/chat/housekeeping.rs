//! Connections whose end nobody told of. API Gateway tells of each at best once, and a quiet room sends nothing by which
//! the broadcaster would find out.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::SignedDuration;

use super::Chat;
use super::connection::Seat;
use crate::error::{PortError, Result};
use crate::ids::StreamId;
use crate::ports::{CountDue, LateCounts, SocketPush};

/// Clients are heard of every four minutes, and API Gateway closes what is idle for ten.
const SILENCE: SignedDuration = SignedDuration::from_mins(11);

/// How old a count may be that is not right: a younger one is about to be put right.
const STALE: SignedDuration = SignedDuration::from_secs(30);
/// Connections of a room that are asked after in one round, and at a time.
const MOST_ASKED: usize = 500;
const CONCURRENCY: usize = 32;

/// What was found in a room.
#[derive(Debug, Default)]
pub struct Attendance {
    /// Open connections.
    pub open: u32,
    /// Connections that were gone, and were removed.
    pub ghosts: usize,
    /// Why some could not be asked after.
    pub trouble: Option<PortError>,
}

/// Looks after rooms.
#[derive(Clone)]
pub struct Caretaker {
    /// The rooms.
    pub chat: Chat,
    /// What knows whether a connection is open.
    pub push: Arc<dyn SocketPush>,
    /// Messages to whoever counts viewers.
    pub late_counts: Arc<dyn LateCounts>,
}

impl Caretaker {
    /// The rooms that have connections.
    pub async fn busy_rooms(&self) -> Result<Vec<StreamId>> {
        Ok(self.chat.rooms.busy_rooms(self.chat.clock.now()).await?)
    }

    /// Removes the connections of a room that are gone, and has its viewers counted again when their count is not right.
    pub async fn look_after(&self, id: StreamId) -> Result<Attendance> {
        let (now, connections) = (self.chat.clock.now(), &self.chat.connections);
        let Some(room) = self.chat.rooms.room(id).await? else { return Ok(Attendance::default()) };
        let mut seats = Vec::new();
        for shard in 0..room.connection_shards {
            seats.extend(connections.seats(id, shard, now).await?);
        }
        let old: Vec<Seat> = seats.iter().filter(|seat| seat.connected_at < now - SILENCE).cloned().collect();
        let silent = connections.silent(&old, now - SILENCE).await?;
        let asked = stream::iter(silent.into_iter().take(MOST_ASKED)).map(|seat| async move {
            match self.push.is_open(&seat.connection_id).await {
                Ok(true) => connections.note_seen(&seat.connection_id, now).await.map(|_| None),
                Ok(false) => Ok(Some(seat)),
                Err(error) => Err(error),
            }
        });
        let asked: Vec<Result<Option<Seat>, PortError>> = asked.buffer_unordered(CONCURRENCY).collect().await;
        let (mut ghosts, mut trouble) = (Vec::new(), None);
        for answer in asked {
            match answer {
                Ok(ghost) => ghosts.extend(ghost),
                Err(error) => trouble = Some(error),
            }
        }
        connections.remove(&ghosts).await?;
        let open = u32::try_from(seats.len() - ghosts.len()).unwrap_or(u32::MAX);
        let known = self.chat.rooms.statistics(id).await?;
        // News of those who left may have been lost.
        if known.viewer_count != open && known.next_count_at.is_none_or(|at| at < now - STALE) {
            self.late_counts.send(&CountDue { stream_id: id, at: now }, Duration::ZERO).await?;
        }
        Ok(Attendance { open, ghosts: ghosts.len(), trouble })
    }

    /// Notes how many connections there are in all: the fan-out paces itself by it.
    pub async fn note_total(&self, count: u32) -> Result<()> {
        Ok(self.chat.rooms.note_total_connections(count).await?)
    }
}
