//! Connections of those who may not be here any more.

use futures_util::{StreamExt, stream};

use super::outcome::Work;
use super::{Broadcaster, CONCURRENCY};
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

    /// Closes those in rooms of the channel that `room` belongs to.
    pub(super) async fn close_in_channel(&self, user_id: &str, room: &Room, work: &mut Work) -> Result<(), PortError> {
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
        self.close(here, work).await;
        Ok(())
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
