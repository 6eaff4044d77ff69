//! The stream key of a channel. The table knows a digest and four characters of it; the key itself stays with IVS.

use super::commands::{Event, facts_of};
use super::{Channel, Current, KeyFacts};
use crate::error::{Error, Result};
use crate::idempotency::Once;
use crate::ids::{ChannelId, UserId};
use crate::ports::{Committed, StreamKey};
use crate::stream::Live;

/// How often a change is made anew because something else changed the channel meanwhile.
const TRIES: usize = 4;

/// A stream key as its owner sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The key.
    pub key: StreamKey,
    /// The channel.
    pub channel: Channel,
    /// Whether it is the answer of an earlier command of the same name.
    pub is_repeated: bool,
}

impl Live {
    /// What may be shown of the key at any time.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn key_facts(&self, caller: UserId, id: ChannelId) -> Result<(Channel, KeyFacts)> {
        let Current { channel, .. } = self.owned_channel(caller, id).await?;
        let facts = channel.key.clone().ok_or(Error::NotFound { what: "stream key" })?;
        Ok((channel, facts))
    }

    /// Shows the key, and leaves a trace of it.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn reveal_key(&self, caller: UserId, id: ChannelId) -> Result<Shown> {
        for _ in 0..TRIES {
            let Current { channel, .. } = self.owned_channel(caller, id).await?;
            let key = self.key_of(&channel).await?;
            let facts = facts_of(&key, channel.key.as_ref(), self.clock.now());
            // A reset that was cut off has left the digest of the key before.
            let set = |channel: &mut Channel| {
                if channel.key.as_ref().is_none_or(|known| known.digest != facts.digest) {
                    channel.key = Some(facts.clone());
                }
            };
            match self.save_channel(&channel, &Event::StreamKeyRevealed {}, None, set).await {
                Ok((_, channel)) => return Ok(Shown { key, channel, is_repeated: false }),
                Err(Error::Stale) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Stale)
    }

    /// Replaces the key and cuts the encoder that sends with the old one.
    ///
    /// # Errors
    /// `NotFound`, `KeyReused`, `Unavailable`: then it can be repeated.
    pub async fn reset_key(&self, caller: UserId, id: ChannelId, once: Option<Once>) -> Result<Shown> {
        let Current { channel, .. } = self.owned_channel(caller, id).await?;
        if let Some(once) = &once
            && once.repeated(self.idempotency.as_ref(), self.clock.now()).await?.is_some()
        {
            return Ok(Shown { key: self.key_of(&channel).await?, channel, is_repeated: true });
        }
        let Some(provider) = channel.provider.clone() else { return Err(Error::NotFound { what: "channel" }) };
        self.provider.replace_key(&provider.channel_arn).await?;
        // After the key: encoders come back at once.
        self.provider.stop_stream(&provider.channel_arn).await?;
        let mut before = channel;
        for _ in 0..TRIES {
            // Somebody else may have reset it once more.
            let key = self.key_of(&before).await?;
            let facts = facts_of(&key, before.key.as_ref(), self.clock.now());
            let set = |channel: &mut Channel| channel.key = Some(facts.clone());
            match self.save_channel(&before, &Event::StreamKeyReset {}, once.clone(), set).await {
                Ok((Committed::Done, channel)) => return Ok(Shown { key, channel, is_repeated: false }),
                Ok((Committed::Repeated, channel)) => return Ok(Shown { key, channel, is_repeated: true }),
                Err(Error::Stale) => before = self.owned_channel(caller, id).await?.channel,
                Err(error) => return Err(error),
            }
        }
        Err(Error::Stale)
    }

    async fn key_of(&self, channel: &Channel) -> Result<StreamKey> {
        let provider = channel.provider.as_ref().ok_or(Error::NotFound { what: "channel" })?;
        let key = self.provider.stream_key(&provider.channel_arn).await?;
        key.ok_or(Error::NotFound { what: "stream key" })
    }

    async fn save_channel(
        &self,
        before: &Channel,
        event: &Event,
        once: Option<Once>,
        set: impl Fn(&mut Channel),
    ) -> Result<(Committed, Channel)> {
        let now = self.clock.now();
        let mut next = before.clone();
        set(&mut next);
        let change = next.change(event, now)?;
        let next = change.next.clone();
        let done = once.map(|once| once.done(before.id, now));
        match self.channels.save(before, change, done).await? {
            Committed::Done => Ok((Committed::Done, next)),
            Committed::Repeated => Ok((Committed::Repeated, before.clone())),
        }
    }
}
