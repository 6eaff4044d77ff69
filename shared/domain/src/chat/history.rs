//! What was said in a room, a page at a time.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Chat, MESSAGE_LIFE, Message};
use crate::error::{Error, Result};
use crate::ids::{MessageId, StreamId, UserId, made_at};
use crate::ports::Position;
use crate::stream::queries::Page;

/// Which messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passage {
    /// The last ones.
    Latest,
    /// The last ones before this one.
    Before(MessageId),
    /// The first ones after this one.
    After(MessageId),
}

impl Chat {
    /// Messages of a room, oldest first, and where the list goes on in the same direction.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn history(
        &self,
        caller: Option<UserId>,
        id: StreamId,
        passage: Passage,
        limit: usize,
    ) -> Result<Page<Message, Passage>> {
        self.check_shown(caller, id).await?;
        let now = self.clock.now();
        let oldest = now - MESSAGE_LIFE - SignedDuration::from_secs(1);
        let items = match passage {
            Passage::Latest => self.messages.messages_before(id, None, limit, now, false).await?,
            Passage::Before(message) => self.messages.messages_before(id, Some(message), limit, now, false).await?,
            // What is too old to be shown is not read either.
            Passage::After(message) => {
                let from = if made_at(message) < oldest { Position::Time(oldest) } else { Position::Message(message) };
                self.messages.messages_after(id, from, limit, now).await?
            }
        };
        let next = match passage {
            Passage::Latest | Passage::Before(_) => items.first().map(|first| Passage::Before(first.id)),
            Passage::After(_) => items.last().map(|last| Passage::After(last.id)),
        };
        Ok(Page { next: next.filter(|_| items.len() == limit), items })
    }

    /// Who the caller is matters for rooms only that not everybody knows of.
    async fn check_shown(&self, caller: Option<UserId>, id: StreamId) -> Result<()> {
        let room = self.rooms.room(id).await?.ok_or(Error::NotFound { what: "stream" })?;
        if room.is_shown_to(&[]) { Ok(()) } else { self.room(caller, id).await.map(|_| ()) }
    }
}
