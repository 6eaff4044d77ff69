//! Every key format of the table, with the access pattern it serves. No other file may write one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use skylark_domain::ids::{ChannelId, MessageId, StreamId, UploadId, UserId, VideoId, made_at};

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

/// A message of a room, by the time it was taken; its id holds that time.
pub(crate) fn message(room: StreamId, id: MessageId) -> Key {
    Key::new(stream_partition(room), format!("{}{id}", messages_at(made_at(id))))
}

/// All messages of a room, oldest first: a query by this prefix.
pub(crate) const MESSAGES: &str = "MSG#";

/// Just before every message of a time.
pub(crate) fn messages_at(at: Timestamp) -> String {
    format!("{MESSAGES}{at:.3}#")
}

/// Marks an author's own name for a message.
pub(crate) fn resend(user: &str, room: StreamId, client_id: &str) -> Key {
    Key::new(format!("CM#{user}#{room}#{client_id}"), "CM")
}

/// The connections of one part of a room.
pub(crate) fn seats_partition(room: StreamId, shard: u32) -> String {
    format!("STREAM#{room}#CONN#{shard}")
}

/// The connections of a room are a query by this prefix.
pub(crate) const SEATS: &str = "CONN#";

/// A connection where its room keeps it.
pub(crate) fn seat(room: StreamId, shard: u32, connection_id: &str) -> Key {
    Key::new(seats_partition(room, shard), format!("{SEATS}{connection_id}"))
}

/// A connection by its id.
pub(crate) fn connection(id: &str) -> Key {
    Key::new(format!("CONN#{id}"), "META")
}

/// The connections of a user or a guest; they are a query by [`SEATS`].
pub(crate) fn connections_of(user_id: &str) -> String {
    format!("CONNUSER#{user_id}")
}

/// One of the connections of a user or a guest.
pub(crate) fn own_connection(user_id: &str, connection_id: &str) -> Key {
    Key::new(connections_of(user_id), format!("{SEATS}{connection_id}"))
}

/// Permission to enter a room once, by digest.
pub(crate) fn ticket(digest: &str) -> Key {
    Key::new(format!("TICKET#{digest}"), "T")
}

/// Somebody who may not enter the rooms of a channel; all of them are a query by [`BANS`].
pub(crate) fn ban(channel: ChannelId, user_id: &str) -> Key {
    Key::new(channel_partition(channel), format!("{BANS}{user_id}"))
}

/// All bans of a channel: a query by this prefix.
pub(crate) const BANS: &str = "BAN#";

/// Somebody who keeps order in the rooms of a channel; all of them are a query by [`MODERATORS`].
pub(crate) fn moderator(channel: ChannelId, user: UserId) -> Key {
    Key::new(channel_partition(channel), format!("{MODERATORS}{user}"))
}

/// All moderators of a channel: a query by this prefix.
pub(crate) const MODERATORS: &str = "MOD#";

/// All connections of all rooms; the rooms that have some are a query by [`BUSY_ROOMS`] beside it.
pub(crate) fn connection_total() -> Key {
    Key::new(CONNECTION_STATISTICS, "C")
}

/// A room that has connections.
pub(crate) fn busy_room(id: StreamId) -> Key {
    Key::new(CONNECTION_STATISTICS, format!("{BUSY_ROOMS}{id}"))
}

/// The partition of what is known of all connections.
pub(crate) const CONNECTION_STATISTICS: &str = "STAT#CONNECTIONS";

/// The rooms that have connections: a query by this prefix.
pub(crate) const BUSY_ROOMS: &str = "ROOM#";

/// What a change of the table is about, by the keys of its item.
pub(crate) fn read(pk: &str, sk: &str) -> Option<Subject> {
    let id = |text: &str| text.parse::<StreamId>().ok();
    if let Some(rest) = pk.strip_prefix("STREAM#") {
        if let Some((room, shard)) = rest.split_once("#CONN#") {
            let connection_id = sk.strip_prefix(SEATS)?.to_owned();
            return Some(Subject::Seat { room: id(room)?, shard: shard.parse().ok()?, connection_id });
        }
        let room = id(rest)?;
        if let Some((_, message)) = sk.strip_prefix(MESSAGES).and_then(|rest| rest.rsplit_once('#')) {
            return Some(Subject::Message { room, id: message.parse().ok()? });
        }
        return match sk.split_once('#')?.0 {
            "EVT" => Some(Subject::StreamEvent(room)),
            "HS" => Some(Subject::Health(room)),
            _ => None,
        };
    }
    if pk.starts_with("CHANNEL#") && sk.starts_with(BANS) {
        return Some(Subject::Ban);
    }
    let user = pk.strip_prefix("USER#")?.parse().ok()?;
    match sk {
        sk if sk.starts_with(REFRESH_TOKENS) => Some(Subject::RefreshToken(user)),
        sk if sk.starts_with(EVENTS) => Some(Subject::UserEvent(user)),
        _ => None,
    }
}

/// What an item is, as far as rooms care.
pub(crate) enum Subject {
    Seat { room: StreamId, shard: u32, connection_id: String },
    Message { room: StreamId, id: MessageId },
    StreamEvent(StreamId),
    Health(StreamId),
    Ban,
    RefreshToken(UserId),
    UserEvent(UserId),
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
