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
        let Current { channel, .. } = self.owned_channel(caller, id).await?;
        let key = self.key_of(&channel).await?;
        let channel = self.change_channel(channel, &Event::StreamKeyRevealed {}, None, |_| ()).await?.0;
        Ok(Shown { key, channel, is_repeated: false })
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
        let key = self.provider.replace_key(&provider.channel_arn).await?;
        let facts = facts_of(&key, channel.key.as_ref(), self.clock.now());
        let set = |channel: &mut Channel| channel.key = Some(facts.clone());
        let (channel, is_repeated) = self.change_channel(channel, &Event::StreamKeyReset {}, once, set).await?;
        // After the key: encoders come back at once.
        self.provider.stop_stream(&provider.channel_arn).await?;
        Ok(Shown { key, channel, is_repeated })
    }

    async fn key_of(&self, channel: &Channel) -> Result<StreamKey> {
        let provider = channel.provider.as_ref().ok_or(Error::NotFound { what: "channel" })?;
        let key = self.provider.stream_key(&provider.channel_arn).await?;
        key.ok_or(Error::NotFound { what: "stream key" })
    }

    /// Changes a channel whatever else changed it meanwhile, and answers whether a command of this name did it before.
    async fn change_channel(
        &self,
        channel: Channel,
        event: &Event,
        once: Option<Once>,
        set: impl Fn(&mut Channel),
    ) -> Result<(Channel, bool)> {
        let mut before = channel;
        for _ in 0..TRIES {
            let now = self.clock.now();
            let mut next = before.clone();
            set(&mut next);
            let change = next.change(event, now)?;
            let next = change.next.clone();
            let done = once.as_ref().map(|once| once.done(before.id, now));
            match self.channels.save(&before, change, done).await.map_err(Error::from) {
                Ok(Committed::Done) => return Ok((next, false)),
                Ok(Committed::Repeated) => return Ok((before, true)),
                Err(Error::Stale) => {}
                Err(error) => return Err(error),
            }
            let current = self.channels.channel(before.id).await?;
            before = current.ok_or(Error::NotFound { what: "channel" })?.channel;
        }
        Err(Error::Stale)
    }
}
