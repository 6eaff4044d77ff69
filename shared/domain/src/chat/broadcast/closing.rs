//! Connections of those who may not be here any more.

use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::{StreamExt, stream};

use super::delivery::{Delivery, Parcel, is_young};
use super::framing::Frames;
use super::grouping::{Event, News};
use super::outcome::Work;
use super::{Broadcaster, CONCURRENCY, frame, seat};
use crate::chat::connection::{Connection, Seat};
use crate::chat::room::Room;
use crate::error::PortError;
use crate::ids::UserId;

/// A handshake that is under way is over by then.
const HANDSHAKE: Duration = Duration::from_secs(1);

impl Broadcaster {
    /// Closes every connection of a user. An error means that they could not be read, or not be closed.
    pub(super) async fn close_everywhere(&self, user: UserId) -> Result<Work, PortError> {
        let connections = self.connections.connections_of(&user.to_string()).await?;
        self.close_surely(connections).await?;
        Ok(Work::default())
    }

    /// Tells those who are banned from the channel of a room that they are, and closes their connections in its rooms. An
    /// error means that they could not be read, or not be closed.
    pub(super) async fn close_banned(
        &self,
        news: &News,
        room: &Room,
        delivery: &Delivery<'_>,
    ) -> Result<(), PortError> {
        let now = self.clock.now();
        for event in &news.events {
            let Event::Banned { user_id, until } = event else { continue };
            if until.is_some_and(|until| until <= now) {
                continue;
            }
            let here = self.in_channel(user_id, room).await?;
            // First of all nothing is heard of them any more, however long a connection lasts.
            try_join_all(here.iter().map(|connection| self.connections.note_banned(connection))).await?;
            let frames = Frames::pack(&[frame(event, room, now)])?.single;
            let last_words = here.iter().map(|connection| Parcel { seat: seat(connection), frames: frames.clone() });
            // Whether they hear it or not: what counts is that they are out.
            delivery.post_all(last_words.collect()).await;
            self.close_surely(here).await?;
        }
        Ok(())
    }

    async fn in_channel(&self, user_id: &str, room: &Room) -> Result<Vec<Connection>, PortError> {
        let mut here = Vec::new();
        for connection in self.connections.connections_of(user_id).await? {
            let channel = match connection.stream_id == room.id {
                true => Some(room.channel_id),
                false => self.rooms.room(connection.stream_id).await?.map(|room| room.channel_id),
            };
            if channel == Some(room.channel_id) {
                here.push(connection);
            }
        }
        Ok(here)
    }

    /// Closes connections, young ones twice: one cannot be closed, nor told from one that is gone, before its handshake is over.
    /// Their items go when API Gateway says that they are closed.
    async fn close_surely(&self, connections: Vec<Connection>) -> Result<(), PortError> {
        let now = self.clock.now();
        let (young, old): (Vec<_>, Vec<_>) =
            connections.into_iter().partition(|connection| is_young(connection.connected_at, now));
        for connections in [&old, &young] {
            try_join_all(connections.iter().map(|connection| self.push.close(&connection.id))).await?;
        }
        if !young.is_empty() {
            self.timer.sleep(HANDSHAKE).await;
            try_join_all(young.iter().map(|connection| self.push.close(&connection.id))).await?;
        }
        Ok(())
    }

    /// Closes the connections of those who may not know of a room any more. Whoever stays by accident is told nothing: what they
    /// ask is refused.
    pub(super) async fn close_seats(&self, seats: Vec<Seat>, work: &mut Work) {
        let closing = stream::iter(seats).map(|seat| async move { self.push.close(&seat.connection_id).await });
        let closed: Vec<_> = closing.buffer_unordered(CONCURRENCY).collect().await;
        for result in closed {
            work.note(result);
        }
    }
}
