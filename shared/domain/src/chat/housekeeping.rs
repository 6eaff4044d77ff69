//! Connections whose end nobody told of. API Gateway tells of each at best once, and a quiet room sends nothing by which
//! the broadcaster would find out.

use std::sync::Arc;

use jiff::SignedDuration;

use super::Chat;
use super::connection::Seat;
use crate::error::Result;
use crate::ids::StreamId;
use crate::ports::SocketPush;

/// Clients are heard of every four minutes, and API Gateway closes what is idle for ten.
const SILENCE: SignedDuration = SignedDuration::from_mins(11);

/// What was found in a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attendance {
    /// Open connections.
    pub open: u32,
    /// Connections that were gone, and were removed.
    pub ghosts: usize,
}

/// Looks after rooms.
#[derive(Clone)]
pub struct Caretaker {
    /// The rooms.
    pub chat: Chat,
    /// What knows whether a connection is open.
    pub push: Arc<dyn SocketPush>,
}

impl Caretaker {
    /// The rooms that have connections.
    pub async fn busy_rooms(&self) -> Result<Vec<StreamId>> {
        Ok(self.chat.rooms.busy_rooms(self.chat.clock.now()).await?)
    }

    /// Removes the connections of a room that are gone. A room without any is busy no more.
    pub async fn look_after(&self, id: StreamId) -> Result<Attendance> {
        let now = self.chat.clock.now();
        let Some(room) = self.chat.rooms.room(id).await? else {
            self.chat.rooms.note_idle(id).await?;
            return Ok(Attendance::default());
        };
        let mut seats = Vec::new();
        for shard in 0..room.connection_shards {
            seats.extend(self.chat.connections.seats(id, shard, now).await?);
        }
        let old: Vec<Seat> = seats.iter().filter(|seat| seat.connected_at < now - SILENCE).cloned().collect();
        let mut ghosts = Vec::new();
        for seat in self.chat.connections.silent(&old, now - SILENCE).await? {
            if !self.push.is_open(&seat.connection_id).await? {
                ghosts.push(seat);
            }
        }
        self.chat.connections.remove(&ghosts).await?;
        let open = u32::try_from(seats.len() - ghosts.len()).unwrap_or(u32::MAX);
        if open == 0 {
            self.chat.rooms.note_idle(id).await?;
        }
        Ok(Attendance { open, ghosts: ghosts.len() })
    }

    /// Notes how many connections there are in all: the fan-out paces itself by it.
    pub async fn note_total(&self, count: u32) -> Result<()> {
        Ok(self.chat.rooms.note_total_connections(count).await?)
    }
}
