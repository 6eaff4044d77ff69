//! Making and changing channels.
//!
//! CreateChannel has no idempotency token. So a channel is written down first, without its IVS channel; then the IVS
//! channel is made under the channel's id as its name, or found by it when an earlier answer was lost.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Channel, ChannelType, Current, KeyFacts, LatencyMode, Options, Provider};
use crate::check::Check;
use crate::error::{Error, Result};
use crate::idempotency::Once;
use crate::ids::{ChannelId, UserId, new_id};
use crate::outbox::{Change, DomainEvent};
use crate::ports::{Applied, Claimed, NewChannel, StreamKey};
use crate::stream::{Live, State};
use crate::token;

/// Characters of a name.
pub const MAX_NAME: usize = 140;
/// How often a slot is looked for while others take them.
const TRIES: usize = 4;

/// A channel to be made.
#[derive(Debug, Clone)]
pub struct CreateChannel {
    /// 1-140 characters.
    pub name: String,
    /// How quickly viewers see what happens.
    pub latency_mode: LatencyMode,
    /// What becomes of the picture.
    pub channel_type: ChannelType,
    /// Whether streams are recorded.
    pub recording_enabled: bool,
}

/// Changes of a channel; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EditChannel {
    /// 1-140 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How quickly viewers see what happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_mode: Option<LatencyMode>,
    /// What becomes of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_type: Option<ChannelType>,
    /// Whether streams are recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_enabled: Option<bool>,
}

/// What has happened to a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// It was made; the first event of each channel.
    ChannelCreated(Box<Channel>),
    /// Its IVS channel was made.
    ChannelProvisioned {
        /// The IVS channel.
        provider: Provider,
    },
    /// It was changed.
    ChannelEdited(EditChannel),
    /// Its IVS channel was found to be gone: another is made when it is needed.
    ChannelLost {},
    /// Its stream key was replaced.
    StreamKeyReset {},
    /// Its stream key was shown.
    StreamKeyRevealed {},
}

impl Channel {
    /// The change that `event` makes, ready to be saved.
    pub(crate) fn change(mut self, event: &Event, now: Timestamp) -> Result<Change<Self>> {
        self.updated_at = now;
        self.version += 1;
        Ok(Change { next: self, event: DomainEvent::record(event, now)? })
    }
}

/// A channel and whether an earlier command of the same name made it.
#[derive(Debug, Clone)]
pub struct Made {
    /// The channel.
    pub current: Current,
    /// Whether it was there.
    pub is_repeated: bool,
}

impl Live {
    /// Makes a channel of the caller's.
    ///
    /// # Errors
    /// `Invalid`, `LimitReached`, `KeyReused`, `Unavailable`.
    pub async fn create_channel(&self, caller: UserId, command: CreateChannel, once: Option<Once>) -> Result<Made> {
        Check::default().name("name", &command.name, MAX_NAME).done()?;
        if let Some(once) = &once
            && let Some(done) = once.repeated(self.idempotency.as_ref(), self.clock.now()).await?
        {
            let id: ChannelId = done.resource.parse().map_err(|_| Error::NotFound { what: "channel" })?;
            return Ok(Made { current: self.provisioned(id).await?, is_repeated: true });
        }
        for _ in 0..TRIES {
            let slot = match self.free_slot(caller).await? {
                Slot::Free(slot) => slot,
                // Begun by a command whose caller never heard of it.
                Slot::Unfinished(id) => return Ok(Made { current: self.provisioned(id).await?, is_repeated: false }),
            };
            let now = self.clock.now();
            let channel = Channel {
                id: new_id(now),
                user_id: caller,
                name: command.name.clone(),
                latency_mode: command.latency_mode,
                channel_type: command.channel_type,
                recording_enabled: command.recording_enabled,
                slot,
                provider: None,
                key: None,
                created_at: now,
                updated_at: now,
                version: 1,
            };
            let event = DomainEvent::record(&Event::ChannelCreated(Box::new(channel.clone())), now)?;
            let done = once.as_ref().map(|once| once.done(channel.id, now));
            let id = channel.id;
            match self.channels.create(Change { next: channel, event }, done).await? {
                Claimed::Done => return Ok(Made { current: self.provisioned(id).await?, is_repeated: false }),
                Claimed::SlotTaken => {}
                Claimed::Repeated => return Err(Error::InProgress),
            }
        }
        Err(Error::Stale)
    }

    async fn free_slot(&self, user: UserId) -> Result<Slot> {
        let mut taken = Vec::new();
        for id in self.channels.channels_of(user).await? {
            let Some(Current { channel, .. }) = self.channels.channel(id).await? else { continue };
            if channel.provider.is_none() {
                return Ok(Slot::Unfinished(id));
            }
            taken.push(channel.slot);
        }
        let free = (0..self.max_channels).find(|slot| !taken.contains(slot));
        let message = "You have as many channels as this installation allows.";
        free.map(Slot::Free).ok_or(Error::LimitReached { code: "stream-limit-reached", message })
    }

    /// The first channel of a user, which is made when there is none.
    pub(crate) async fn default_channel(&self, user: UserId) -> Result<Current> {
        for _ in 0..TRIES {
            if let Some(id) = self.channels.channels_of(user).await?.first() {
                return self.provisioned(*id).await;
            }
            let owner = self.accounts.by_id(user).await?.ok_or(Error::NotFound { what: "user" })?;
            let command = CreateChannel {
                name: owner.username,
                latency_mode: LatencyMode::Low,
                channel_type: ChannelType::Basic,
                recording_enabled: true,
            };
            match self.create_channel(user, command, None).await {
                // Somebody else has just made it.
                Err(Error::LimitReached { .. }) => {}
                made => return Ok(made?.current),
            }
        }
        Err(Error::Stale)
    }

    /// A channel with its IVS channel, which is made or found when it is not known.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub(crate) async fn provisioned(&self, id: ChannelId) -> Result<Current> {
        let current = self.channels.channel(id).await?.ok_or(Error::NotFound { what: "channel" })?;
        if current.channel.provider.is_some() {
            return Ok(current);
        }
        let (name, options) = (id.to_string(), current.channel.default_options());
        let made = match self.provider.find_channel(&name).await? {
            Some(made) => made,
            None => self.provider.create_channel(&name, &options).await?,
        };
        match self.link(&current.channel, made).await {
            Ok(()) => {
                let attempt = Uuid::new_v4().to_string();
                self.channels.begin_apply(id, &attempt).await?;
                self.channels.note_applied(id, &attempt, options).await?;
            }
            // Somebody else was quicker: what is not theirs is an orphan, which the housekeeper removes.
            Err(Error::Stale) => {}
            Err(error) => return Err(error),
        }
        self.channels.channel(id).await?.ok_or(Error::NotFound { what: "channel" })
    }

    async fn link(&self, before: &Channel, made: NewChannel) -> Result<()> {
        let key = match made.key {
            Some(key) => key,
            None => self.provider.replace_key(&made.provider.channel_arn).await?,
        };
        let now = self.clock.now();
        let mut next = before.clone();
        next.provider = Some(made.provider.clone());
        next.key = Some(facts_of(&key, before.key.as_ref(), now));
        let change = next.change(&Event::ChannelProvisioned { provider: made.provider }, now)?;
        self.channels.save(before, change, None).await?;
        Ok(())
    }

    /// Changes the caller's channel.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Stale`, `Conflict` with `channel-live` for what cannot change meanwhile.
    pub async fn edit_channel(
        &self,
        caller: UserId,
        id: ChannelId,
        expected_version: Option<u64>,
        edit: EditChannel,
    ) -> Result<Current> {
        if let Some(name) = &edit.name {
            Check::default().name("name", name, MAX_NAME).done()?;
        }
        let current = self.owned_channel(caller, id).await?;
        let before = &current.channel;
        if expected_version.is_some_and(|expected| expected != before.version) {
            return Err(Error::Stale);
        }
        let mut next = before.clone();
        next.name = edit.name.clone().unwrap_or(next.name);
        next.latency_mode = edit.latency_mode.unwrap_or(next.latency_mode);
        next.channel_type = edit.channel_type.unwrap_or(next.channel_type);
        next.recording_enabled = edit.recording_enabled.unwrap_or(next.recording_enabled);
        if next.channel_type != before.channel_type && self.is_live(&current).await? {
            return Err(CHANNEL_LIVE);
        }
        let change = next.change(&Event::ChannelEdited(edit), self.clock.now())?;
        self.channels.save(before, change, None).await?;
        self.prepare(id).await?;
        self.owned_channel(caller, id).await
    }

    async fn is_live(&self, current: &Current) -> Result<bool> {
        let Some(active) = current.active else { return Ok(false) };
        let stream = self.streams.stream(active).await?;
        Ok(stream.is_some_and(|stream| stream.is_active() && !stream.sessions.is_empty()))
    }

    /// The caller's own channel, with its IVS channel.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn owned_channel(&self, caller: UserId, id: ChannelId) -> Result<Current> {
        let current = self.channels.channel(id).await?;
        match current.filter(|current| current.channel.user_id == caller) {
            Some(current) if current.channel.provider.is_some() => Ok(current),
            Some(_) => self.provisioned(id).await,
            None => Err(Error::NotFound { what: "channel" }),
        }
    }

    /// Sets the options of the IVS channel.
    ///
    /// # Errors
    /// `Conflict` with `channel-live`, `Unavailable`.
    pub(crate) async fn apply(&self, current: &Current, options: Options) -> Result<()> {
        let channel = &current.channel;
        let Some(provider) = &channel.provider else { return Err(Error::NotFound { what: "channel" }) };
        // Until it is done nobody knows how the channel is set.
        let attempt = Uuid::new_v4().to_string();
        if current.applied != Some(options) {
            self.channels.begin_apply(channel.id, &attempt).await?;
        }
        match self.provider.update_channel(&provider.channel_arn, &options).await? {
            Applied::Done => {
                if current.applied != Some(options) {
                    self.channels.note_applied(channel.id, &attempt, options).await?;
                }
                Ok(())
            }
            Applied::ChannelLive => Err(CHANNEL_LIVE),
            Applied::NoChannel => Err(CHANNEL_GONE),
        }
    }

    /// Forgets an IVS channel that does not exist any more.
    pub(crate) async fn forget_provider(&self, current: &Current) -> Result<()> {
        let mut next = current.channel.clone();
        next.provider = None;
        let change = next.change(&Event::ChannelLost {}, self.clock.now())?;
        self.channels.save(&current.channel, change, None).await?;
        Ok(())
    }

    /// Sets the IVS channel to what the stream that comes next on it wants. While the channel is held by another stream,
    /// or live, there is nothing to do: it is done again when that is over.
    pub(crate) async fn prepare(&self, id: ChannelId) -> Result<()> {
        let Some(current) = self.channels.channel(id).await? else { return Ok(()) };
        if current.channel.provider.is_none() {
            return Ok(());
        }
        let next = match current.active {
            None => self.next_stream(&current.channel).await?,
            // One that waits for its first encoder is what comes next.
            Some(id) => match self.streams.stream_of(current.channel.user_id, id).await? {
                Some(stream) if stream.state == State::Starting && stream.sessions.is_empty() => Some(stream),
                _ => return Ok(()),
            },
        };
        let options = match next {
            Some(next) => next.options(&current.channel),
            None => current.channel.default_options(),
        };
        if current.applied == Some(options) {
            return Ok(());
        }
        match self.apply(&current, options).await {
            Err(Error::Conflict { code: "channel-live", .. }) => Ok(()),
            applied => applied,
        }
    }
}

enum Slot {
    Free(u32),
    Unfinished(ChannelId),
}

const CHANNEL_LIVE: Error = Error::Conflict {
    code: "channel-live",
    message: "This cannot be changed while the channel is live: stop the stream first.",
};
const CHANNEL_GONE: Error = Error::Conflict {
    code: "channel-gone",
    message: "The streaming service has lost this channel: make the stream again, with the new stream key.",
};

/// What the table keeps of a stream key.
pub(super) fn facts_of(key: &StreamKey, before: Option<&KeyFacts>, now: Timestamp) -> KeyFacts {
    let StreamKey(text) = key;
    let skipped = text.chars().count().saturating_sub(4);
    KeyFacts {
        digest: token::digest(text),
        ending: text.chars().skip(skipped).collect(),
        created_at: before.map_or(now, |before| before.created_at),
        rotated_at: before.map(|_| now),
    }
}
