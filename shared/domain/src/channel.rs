//! Channels: a user's permanent places to stream. A channel owns the IVS channel, the ingest address and the one stream
//! key; streams take place on it one after another.
//!
//! `commands` makes and changes channels, `keys` handles the stream key. Both belong to [`crate::stream::Live`].

pub mod commands;
pub mod keys;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, StreamId, UserId};

/// A user's permanent place to stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// Identifier; also the name of the IVS channel.
    pub id: ChannelId,
    /// The owner.
    pub user_id: UserId,
    /// 1-140 characters.
    pub name: String,
    /// How quickly viewers see what happens, unless a stream says otherwise.
    pub latency_mode: LatencyMode,
    /// What becomes of the picture.
    pub channel_type: ChannelType,
    /// Whether streams are recorded, unless they say otherwise.
    pub recording_enabled: bool,
    /// Which of its owner's channels it is, from 0: bounds how many there are.
    pub slot: u32,
    /// The IVS channel, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// What is known of the stream key, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyFacts>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// 1, then one more with each change.
    pub version: u64,
}

/// A channel with what changes underneath it, without a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Current {
    /// The channel.
    pub channel: Channel,
    /// The stream that is STARTING, RUNNING or STOPPING on it.
    pub active: Option<StreamId>,
    /// What was last set on the IVS channel.
    pub applied: Option<Options>,
}

/// The IVS channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// Its ARN.
    pub channel_arn: String,
    /// Host that encoders connect to.
    pub ingest_endpoint: String,
    /// The multivariant playlist.
    pub playback_url: String,
}

/// What the table knows of a stream key. The key itself stays with IVS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyFacts {
    /// Digest of the key.
    pub digest: String,
    /// Its last four characters.
    pub ending: String,
    /// When the first key of the channel was made.
    pub created_at: Timestamp,
    /// When it was last reset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
}

/// What a stream wants of the IVS channel it takes place on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// How quickly viewers see what happens.
    pub latency_mode: LatencyMode,
    /// What becomes of the picture.
    pub channel_type: ChannelType,
    /// Whether it is recorded.
    pub recording: bool,
    /// Whether the playback URL needs a token.
    pub authorized: bool,
}

/// How quickly viewers see what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LatencyMode {
    /// Within about three seconds.
    Low,
    /// Within about ten seconds, with less traffic.
    Normal,
}

/// What becomes of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ChannelType {
    /// It is passed on as it comes.
    Basic,
    /// A ladder of renditions is made of it.
    Standard,
}

impl Channel {
    /// What the IVS channel is set to when no stream asks for anything else.
    pub fn default_options(&self) -> Options {
        Options {
            latency_mode: self.latency_mode,
            channel_type: self.channel_type,
            recording: self.recording_enabled,
            authorized: false,
        }
    }
}
