//! Moderators: whom the owner of a channel trusts with its rooms.

use super::Chat;
use super::connection::Moderator;
use super::room::Role;
use crate::channel::Channel;
use crate::check::Check;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, UserId};
use crate::stream::Live;

/// Moderators of one channel.
pub const MAX_MODERATORS: usize = 100;

impl Chat {
    /// The moderators of the caller's channel.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn moderators(&self, live: &Live, caller: UserId, channel: ChannelId) -> Result<Vec<Moderator>> {
        own(live, caller, channel).await?;
        Ok(self.rooms.moderators(channel).await?)
    }

    /// Appoints a moderator of the caller's channel; again is no error. A ban of theirs is lifted: nobody keeps order in a
    /// room that they may not enter.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for the owner, `LimitReached` with `moderator-limit-reached`.
    pub async fn appoint(&self, live: &Live, caller: UserId, channel: ChannelId, user: UserId) -> Result<()> {
        let channel = own(live, caller, channel).await?.id;
        Check::default()
            .require("userId", user != caller, "must be somebody else: the owner keeps order anyway")
            .done()?;
        let account = live.accounts.by_id(user).await?.ok_or(Error::NotFound { what: "user" })?;
        let moderators = self.rooms.moderators(channel).await?;
        if !moderators.iter().any(|moderator| moderator.user_id == user) {
            if moderators.len() >= MAX_MODERATORS {
                let message = "The channel has as many moderators as it may.";
                return Err(Error::LimitReached { code: "moderator-limit-reached", message });
            }
            let appointed_at = self.clock.now();
            let moderator = Moderator { channel_id: channel, user_id: user, username: account.username, appointed_at };
            self.rooms.lift_ban(channel, &user.to_string()).await?;
            self.rooms.appoint(&moderator).await?;
        }
        self.note_roles(channel, user, &[Role::Moderator]).await
    }

    /// Dismisses a moderator of the caller's channel; none is no error.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn dismiss(&self, live: &Live, caller: UserId, channel: ChannelId, user: UserId) -> Result<()> {
        let channel = own(live, caller, channel).await?.id;
        if user == caller {
            return Ok(());
        }
        self.dismiss_from(channel, user).await
    }

    pub(super) async fn dismiss_from(&self, channel: ChannelId, user: UserId) -> Result<()> {
        self.rooms.dismiss(channel, user).await?;
        self.note_roles(channel, user, &[]).await
    }

    /// Changes what somebody is in the rooms of a channel that they are in now.
    async fn note_roles(&self, channel: ChannelId, user: UserId, roles: &[Role]) -> Result<()> {
        for connection in self.connections.connections_of(&user.to_string()).await? {
            let room = self.rooms.room(connection.stream_id).await?;
            // Whatever they were: the list may be older than that.
            if room.is_some_and(|room| room.channel_id == channel) {
                self.connections.note_roles(&connection, roles).await?;
            }
        }
        Ok(())
    }
}

/// The caller's own channel. Moderators need no IVS channel.
async fn own(live: &Live, caller: UserId, id: ChannelId) -> Result<Channel> {
    let channel = live.channels.channel(id).await?.map(|current| current.channel);
    channel.filter(|channel| channel.user_id == caller).ok_or(Error::NotFound { what: "channel" })
}
