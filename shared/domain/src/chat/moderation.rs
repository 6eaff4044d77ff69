//! Keeping order in a room: owners and moderators take messages back, ban people, and slow them down.

use jiff::{SignedDuration, Timestamp};

use super::Chat;
use super::connection::Ban;
use super::content::guest_id;
use super::room::{Role, Room};
use crate::check::Check;
use crate::error::{Error, Result};
use crate::ids::{MessageId, StreamId, UserId};
use crate::stream::Live;
use crate::stream::commands::Done;
use crate::stream::queries::Page;

/// Seconds of the longest ban that ends: ten years.
pub const MAX_BAN_SECONDS: i64 = 10 * 365 * 24 * 3600;

/// How long somebody is banned: until a time, or for some seconds; for good when neither is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Term {
    /// Until when.
    pub until: Option<Timestamp>,
    /// For how many seconds, at most [`MAX_BAN_SECONDS`].
    pub seconds: Option<i64>,
}

impl Term {
    fn end(self, now: Timestamp) -> Result<Option<Timestamp>> {
        Check::default()
            .require("seconds", self.until.is_none() || self.seconds.is_none(), "cannot stand beside until")
            .require("until", self.until.is_none_or(|until| until > now), "must be in the future")
            .require(
                "seconds",
                self.seconds.is_none_or(|seconds| (1..=MAX_BAN_SECONDS).contains(&seconds)),
                format!("must be 1 to {MAX_BAN_SECONDS}"),
            )
            .done()?;
        Ok(self.until.or_else(|| self.seconds.map(|seconds| now + SignedDuration::from_secs(seconds))))
    }
}

impl Chat {
    /// Takes a message back: its author may, and whoever keeps order. Again is no error.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn delete_message(&self, caller: UserId, id: StreamId, message: MessageId) -> Result<()> {
        let (_, roles) = self.room(Some(caller), id).await?;
        let now = self.clock.now();
        let found = self.messages.message(id, message).await?;
        let found = found.filter(|found| found.at() + super::MESSAGE_LIFE > now);
        let found = found.ok_or(Error::NotFound { what: "message" })?;
        if roles.is_empty() && found.user_id != caller.to_string() {
            return Err(Error::Forbidden);
        }
        self.messages.unsay(id, message, caller, now).await?;
        Ok(())
    }

    /// Bans somebody (`usr_...` or `guest:...`) from every room of the stream's channel. A moderator whom the owner bans is
    /// none any more.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for those who do not keep order, and where the owner or another moderator is to be banned;
    /// `Invalid`.
    pub async fn ban(&self, caller: UserId, id: StreamId, who: &str, term: Term) -> Result<()> {
        let (room, roles) = self.kept_room(caller, id).await?;
        let user_id = person_id(who)?;
        let user: Option<UserId> = user_id.parse().ok();
        Check::default().require("userId", user != Some(caller), "must be somebody else").done()?;
        let theirs = match user {
            Some(user) => self.roles(&room, user).await?,
            None => Vec::new(),
        };
        if theirs.contains(&Role::Owner) || (!theirs.is_empty() && !roles.contains(&Role::Owner)) {
            return Err(Error::Forbidden);
        }
        let now = self.clock.now();
        let until = term.end(now)?;
        let ban = Ban { channel_id: room.channel_id, stream_id: id, user_id, banned_by: caller, banned_at: now, until };
        self.rooms.keep_ban(&ban).await?;
        match user.filter(|_| theirs.contains(&Role::Moderator)) {
            Some(moderator) => self.dismiss_from(room.channel_id, moderator).await,
            None => Ok(()),
        }
    }

    /// Lifts a ban; none is no error.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn lift_ban(&self, caller: UserId, id: StreamId, who: &str) -> Result<()> {
        let (room, _) = self.kept_room(caller, id).await?;
        Ok(self.rooms.lift_ban(room.channel_id, &person_id(who)?).await?)
    }

    /// The bans that hold in the stream's room, by whom they are of, at most `limit`, after that of `after`.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn bans(
        &self,
        caller: UserId,
        id: StreamId,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<Ban, String>> {
        let (room, _) = self.kept_room(caller, id).await?;
        let now = self.clock.now();
        let bans = self.rooms.bans(room.channel_id).await?.into_iter();
        let is_next = |ban: &Ban| after.as_ref().is_none_or(|after| ban.user_id > *after) && ban.holds(now);
        let mut items: Vec<Ban> = bans.filter(is_next).take(limit + 1).collect();
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().map(|last| last.user_id.clone()).filter(|_| has_more);
        Ok(Page { items, next })
    }

    /// Sets how long one waits between two messages, 0-3,600 seconds. The stream is changed in its owner's name.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Invalid`, `Stale`.
    pub async fn set_slow_mode(
        &self,
        live: &Live,
        caller: UserId,
        id: StreamId,
        expected_version: Option<u64>,
        seconds: u32,
    ) -> Result<Done> {
        let (room, _) = self.kept_room(caller, id).await?;
        live.set_slow_mode(room.user_id, id, expected_version, seconds).await
    }

    /// A room in which the caller keeps order.
    async fn kept_room(&self, caller: UserId, id: StreamId) -> Result<(Room, Vec<Role>)> {
        let (room, roles) = self.room(Some(caller), id).await?;
        if roles.is_empty() { Err(Error::Forbidden) } else { Ok((room, roles)) }
    }
}

/// Somebody's id as it is stored; text that is none names nobody.
fn person_id(text: &str) -> Result<String> {
    let user = text.parse::<UserId>().ok().map(|id| id.to_string());
    let guest = || guest_id(text.strip_prefix("guest:")?);
    user.or_else(guest).ok_or(Error::NotFound { what: "user" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_ends_at_a_time_or_after_some_seconds_or_never() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let later = now + SignedDuration::from_secs(60);
        let end = |until, seconds| Term { until, seconds }.end(now);
        assert_eq!(end(None, None).unwrap(), None);
        assert_eq!(end(Some(later), None).unwrap(), Some(later));
        assert_eq!(end(None, Some(60)).unwrap(), Some(later));
        for (until, seconds) in [
            (Some(later), Some(60)),
            (Some(now), None),
            (None, Some(0)),
            (None, Some(-1)),
            (None, Some(MAX_BAN_SECONDS + 1)),
            (None, Some(i64::MAX)),
        ] {
            assert!(matches!(end(until, seconds), Err(Error::Invalid(_))), "{until:?} {seconds:?}");
        }
    }

    #[test]
    fn people_are_named_by_the_ids_they_speak_under() {
        let user = UserId::new().to_string();
        assert_eq!(person_id(&user).unwrap(), user);
        assert_eq!(person_id("guest:a-1").unwrap(), "guest:a-1");
        for wrong in ["", "guest:", "a-1", "guest:a b", "guest:guest:a", "str_01kas8xy7me2t8sr0v0bjhvw5w"] {
            assert!(matches!(person_id(wrong), Err(Error::NotFound { what: "user" })), "{wrong:?}");
        }
    }
}
