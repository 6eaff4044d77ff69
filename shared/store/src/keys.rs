//! Every key format of the table, with the access pattern it serves. No other file may write one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use skylark_domain::ids::{ChannelId, StreamId, UploadId, UserId, VideoId};

/// The name of the partition key.
pub(crate) const PK: &str = "PK";
/// The name of the sort key.
pub(crate) const SK: &str = "SK";
/// The keys of the index of status feeds.
pub(crate) const GSI1: [&str; 2] = ["GSI1PK", "GSI1SK"];
/// The keys of the index of other listings.
pub(crate) const GSI2: [&str; 2] = ["GSI2PK", "GSI2SK"];
/// The attribute by which DynamoDB deletes, late: epoch seconds.
pub(crate) const TTL: &str = "TTL";

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

/// A user's account: read by id.
pub(crate) fn user(id: UserId) -> Key {
    Key::new(user_partition(id), "PROFILE")
}

/// Everything that belongs to a user.
pub(crate) fn user_partition(id: UserId) -> String {
    format!("USER#{id}")
}

/// Claims a username; usernames are lower case.
pub(crate) fn unique_username(username: &str) -> Key {
    Key::new(format!("UNIQ#USERNAME#{}", username.to_lowercase()), "UNIQ")
}

/// Claims an e-mail address, without keeping it in a key.
pub(crate) fn unique_email(email: &str) -> Key {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(email.to_lowercase().as_bytes()));
    Key::new(format!("UNIQ#EMAIL#{digest}"), "UNIQ")
}

/// Claims an issuer's user, by digest.
pub(crate) fn unique_subject(digest: &str) -> Key {
    Key::new(format!("UNIQ#SUBJECT#{digest}"), "UNIQ")
}

/// One refresh token, by its digest.
pub(crate) fn refresh_token(user: UserId, digest: &str) -> Key {
    Key::new(user_partition(user), format!("{REFRESH_TOKENS}{digest}"))
}

/// All refresh tokens of a user: a query by this prefix.
pub(crate) const REFRESH_TOKENS: &str = "RT#";

/// A video: read by owner and id; a user's videos are a query by [`VIDEOS`], newest last.
pub(crate) fn video(user: UserId, id: VideoId) -> Key {
    Key::new(user_partition(user), format!("{VIDEOS}{id}"))
}

/// All videos of a user: a query by this prefix.
pub(crate) const VIDEOS: &str = "VIDEO#";

/// The owner of a video: a strong read by id alone.
pub(crate) fn video_reference(id: VideoId) -> Key {
    Key::new(video_partition(id), "REF")
}

/// The history of a video.
pub(crate) fn video_partition(id: VideoId) -> String {
    format!("VIDEO#{id}")
}

/// The transfer of a source; its user and id stand in the object's key.
pub(crate) fn upload(user: UserId, id: UploadId) -> Key {
    Key::new(user_partition(user), format!("UPLOAD#{id}"))
}

/// The shards of a status feed. More of them spread the writes of a busy feed; readers ask all.
pub(crate) const FEED_SHARDS: u32 = 1;

/// GSI1: PUBLIC videos of a status, made in `month` (`2026-11`). By month, so that no partition grows for ever.
pub(crate) fn video_feed(status: &str, month: &str, shard: u32) -> String {
    format!("VIDEO#STATUS#{status}#{month}#{shard}")
}

/// GSI2: videos that wait for a source or a job, for the housekeeper.
pub(crate) const PENDING_VIDEOS: &str = "VIDEO#PENDING";

/// A channel: read by id.
pub(crate) fn channel(id: ChannelId) -> Key {
    Key::new(channel_partition(id), "META")
}

/// Everything of a channel; in GSI2 its streams and ingest sessions by time.
pub(crate) fn channel_partition(id: ChannelId) -> String {
    format!("CHANNEL#{id}")
}

/// Claims one of the places that a user has for channels.
pub(crate) fn channel_slot(user: UserId, slot: u32) -> Key {
    Key::new(user_partition(user), format!("{CHANNEL_SLOTS}{slot:04}"))
}

/// All channels of a user: a query by this prefix.
pub(crate) const CHANNEL_SLOTS: &str = "SLOT#CHANNEL#";

/// The channel of a stream key, by the key's digest.
pub(crate) fn stream_key(digest: &str) -> Key {
    Key::new(format!("KEY#{digest}"), "KEY")
}

/// The channel of an IVS channel.
pub(crate) fn provider_channel(arn: &str) -> Key {
    Key::new(format!("IVS#{arn}"), "REF")
}

/// One connection of an encoder: read by channel and IVS's `stream_id`, for news of it come before its beginning is known.
pub(crate) fn session(channel: ChannelId, id: &str) -> Key {
    Key::new(channel_partition(channel), format!("ING#{id}"))
}

/// A stream: read by owner and id; a user's streams are a query by [`STREAMS`], newest last.
pub(crate) fn stream(user: UserId, id: StreamId) -> Key {
    Key::new(user_partition(user), format!("{STREAMS}{id}"))
}

/// All streams of a user: a query by this prefix.
pub(crate) const STREAMS: &str = "STREAM#";

/// What is known of a stream by its id alone: its owner, and what its room needs in one read.
pub(crate) fn stream_reference(id: StreamId) -> Key {
    Key::new(stream_partition(id), "REF")
}

/// The history of a stream, and its measurements.
pub(crate) fn stream_partition(id: StreamId) -> String {
    format!("STREAM#{id}")
}

/// How many watch a stream.
pub(crate) fn stream_statistics(id: StreamId) -> Key {
    Key::new(stream_partition(id), "STATS")
}

/// Ten seconds of an encoder's signal.
pub(crate) fn health(id: StreamId, seconds: i64) -> Key {
    Key::new(stream_partition(id), format!("HS#{seconds:012}"))
}

/// GSI1: PUBLIC streams of a status.
pub(crate) fn stream_feed(status: &str, shard: u32) -> String {
    format!("STREAM#STATUS#{status}#{shard}")
}

/// GSI2: streams that are not at rest, for the housekeeper.
pub(crate) const PENDING_STREAMS: &str = "STREAM#PENDING";

/// GSI2: where a stream stands among those of its channel.
pub(crate) fn stream_of_channel(position: &str) -> String {
    format!("STREAM#{position}")
}

/// GSI2: where an ingest session stands among those of its channel.
pub(crate) fn session_of_channel(position: &str) -> String {
    format!("ING#{position}")
}

/// The circuit of a dependency.
pub(crate) fn circuit(dependency: &str) -> Key {
    Key::new(format!("BREAKER#{dependency}"), "B")
}

/// Failures of a dependency in one window of time.
pub(crate) fn failures(dependency: &str, window: i64) -> Key {
    Key::new(format!("BREAKER#{dependency}"), format!("W#{window}"))
}

/// Every event of a history stands below this.
pub(crate) const EVENTS: &str = "EVT#";

/// The domain event that led to `version` of the aggregate in `partition`.
pub(crate) fn event(partition: &str, version: u64) -> Key {
    Key::new(partition, format!("{EVENTS}{version:012}"))
}

/// Tries counted for a subject (`login:<name>:<address>`).
pub(crate) fn rate(subject: &str) -> Key {
    Key::new(format!("RL#{subject}"), "B")
}

/// The record of a named command.
pub(crate) fn idempotency(user: UserId, key: &str) -> Key {
    Key::new(format!("IDEM#{user}#{key}"), "I")
}

/// The public keys that verify access tokens.
pub(crate) fn public_keys() -> Key {
    Key::new("AUTH#JWKS", "CURRENT")
}
