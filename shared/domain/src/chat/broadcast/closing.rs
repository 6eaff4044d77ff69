//! Connections of those who may not be here any more.

use futures_util::{StreamExt, stream};

use super::delivery::{Delivery, Parcel};
use super::framing::Frames;
use super::grouping::{Event, News};
use super::outcome::Work;
use super::{Broadcaster, CONCURRENCY, frame, seat};
use crate::chat::connection::Connection;
use crate::chat::room::Room;
use crate::error::PortError;
use crate::ids::UserId;

impl Broadcaster {
    /// Closes every connection of a user. An error means that they could not be read.
    pub(super) async fn close_everywhere(&self, user: UserId) -> Result<Work, PortError> {
        let mut work = Work::default();
        let connections = self.connections.connections_of(&user.to_string()).await?;
        self.close(connections, &mut work).await;
        Ok(work)
    }

    /// Tells those who are banned from the channel of a room that they are, and closes their connections in its rooms. An
    /// error means that they could not be read.
    pub(super) async fn close_banned(
        &self,
        news: &News,
        room: &Room,
        delivery: &Delivery<'_>,
        work: &mut Work,
    ) -> Result<(), PortError> {
        let now = self.clock.now();
        for event in &news.events {
            let Event::Banned { user_id, until } = event else { continue };
            if until.is_some_and(|until| until <= now) {
                continue;
            }
            let here = self.in_channel(user_id, room).await?;
            let frames = Frames::pack(&[frame(event, room, now)])?.single;
            let last_words = here.iter().map(|connection| Parcel { seat: seat(connection), frames: frames.clone() });
            // Whether they hear it or not: what counts is that they are out.
            delivery.post_all(last_words.collect()).await;
            self.close(here, work).await;
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

    /// Their items go when API Gateway says that they are closed.
    async fn close(&self, connections: Vec<Connection>, work: &mut Work) {
        let closing = stream::iter(connections).map(|connection| async move { self.push.close(&connection.id).await });
        let closed: Vec<_> = closing.buffer_unordered(CONCURRENCY).collect().await;
        for result in closed {
            work.note(result);
        }
    }
}
