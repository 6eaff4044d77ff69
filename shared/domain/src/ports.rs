//! Everything the domain needs from outside, as traits: the face of the hexagon at a glance. Each is one capability,
//! object-safe, held as `Arc<dyn ...>`.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::{RefreshToken, User};
use crate::channel::{self, Channel, Options, Provider};
use crate::error::PortError;
use crate::idempotency::Done;
use crate::ids::{ChannelId, StreamId, UploadId, UserId, VideoId};
use crate::outbox::{Change, RecordedEvent};
use crate::resilience::Circuit;
use crate::stream::Stream;
use crate::stream::health::Sample;
use crate::stream::queries::{Card as StreamCard, Viewers};
use crate::stream::session::Session;
use crate::stream::status::Status;
use crate::video::queries::Card;
use crate::video::source::Probed;
use crate::video::transcoding::{News, Order};
use crate::video::{Current, Progress, Upload, Video};

mod chat;
mod fanout;
mod push;

pub use chat::{Connections, Entered, Kept, Messages, Position, Rooms, Turn};
pub use fanout::{CountDue, LateCounts, Timer};
pub use push::{Frame, Posted, SocketPush};

/// The time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// Hashing of passwords: slow on purpose.
pub trait Passwords: Send + Sync {
    /// A salted hash in PHC form.
    fn hash(&self, password: &str) -> Result<String, PortError>;
    /// Whether `password` is the one that was hashed. Without a hash the same work is done and the answer is no, so that
    /// unknown users cannot be told by the time it takes.
    fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, PortError>;
}

/// How the registration of an account ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// The account exists now.
    Done,
    /// Somebody has the username.
    UsernameTaken,
    /// Somebody has the e-mail address.
    EmailTaken,
    /// The issuer's user has an account.
    SubjectTaken,
}

/// How the exchange of a refresh token ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// The old token is spent, the new one stands.
    Done,
    /// The old token was spent already.
    AlreadySpent,
}

/// Users and their refresh tokens.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Stores a new user; username, e-mail address and subject are claimed in the same transaction.
    async fn register(&self, change: Change<User>) -> Result<Registered, PortError>;
    /// Stores the next version of a user. Conflict when the stored version is not the one before.
    async fn save(&self, change: Change<User>) -> Result<(), PortError>;
    /// Removes the user and frees username and e-mail address. Conflict as for `save`.
    async fn erase(&self, change: Change<User>) -> Result<(), PortError>;
    /// The user, read strongly.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError>;
    /// The user with this username, any case.
    async fn by_username(&self, username: &str) -> Result<Option<User>, PortError>;
    /// The user of an issuer, by digest.
    async fn by_subject(&self, digest: &str) -> Result<Option<User>, PortError>;
    /// The user with this e-mail address, any case.
    async fn by_email(&self, email: &str) -> Result<Option<User>, PortError>;

    /// Stores the first token of a family.
    async fn add_token(&self, token: RefreshToken) -> Result<(), PortError>;
    /// The token with this digest, spent ones included.
    async fn token(&self, user: UserId, digest: &str) -> Result<Option<RefreshToken>, PortError>;
    /// Spends `old` at `now` and stores `next`, in one transaction.
    async fn rotate_token(&self, old: &RefreshToken, next: RefreshToken, now: Timestamp) -> Result<Rotated, PortError>;
    /// Removes every token of a family, or of the user when `family` is `None`.
    async fn end_tokens(&self, user: UserId, family: Option<&str>) -> Result<(), PortError>;
}

/// Counters of tries in a window of time that begins with the first.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Counts one more try of `subject` (`login:<name>:<address>`), atomically, in a window of this length, in whole
    /// seconds, and answers the count with it.
    async fn add(&self, subject: &str, window: SignedDuration, now: Timestamp) -> Result<Window, PortError>;
    /// Forgets them.
    async fn forget(&self, subject: &str) -> Result<(), PortError>;
}

/// The tries counted in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many.
    pub count: u32,
    /// When the window ends.
    pub ends_at: Timestamp,
}

/// The public halves of the keys that sign access tokens, where every function can read them.
#[async_trait]
pub trait PublicKeys: Send + Sync {
    /// The published JWK set as JSON, if any was published.
    async fn published(&self) -> Result<Option<String>, PortError>;
    /// Replaces it.
    async fn publish(&self, jwks: &str) -> Result<(), PortError>;
}

/// The version that a user's access tokens must have.
#[async_trait]
pub trait TokenVersions: Send + Sync {
    /// `None` when there is no such user any more.
    async fn token_version(&self, user: UserId) -> Result<Option<u32>, PortError>;
}

/// Where domain events go out.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Puts events on the bus in their order, and answers how many of them, from the first, are there for sure.
    async fn publish(&self, events: &[RecordedEvent]) -> usize;
}

/// Something that can be asked whether it answers.
#[async_trait]
pub trait Reachable: Send + Sync {
    /// One cheap call.
    async fn ping(&self) -> Result<(), PortError>;
}

/// Videos and their uploads.
#[async_trait]
pub trait VideoCatalog: Send + Sync {
    /// Stores a new video, the upload it waits for and the record of the command, in one transaction.
    async fn announce(&self, change: Change<Video>, upload: Upload, done: Option<Done>)
    -> Result<Committed, PortError>;
    /// Stores the next version of a video and the record of the command, in one transaction. Conflict when the stored
    /// version is not the one before.
    async fn save(&self, change: Change<Video>, done: Option<Done>) -> Result<Committed, PortError>;
    /// Stores a new video that needs no upload. Conflict when it exists.
    async fn adopt(&self, change: Change<Video>) -> Result<(), PortError>;
    /// Stores the next version of a video and the upload it came by, in one transaction. Conflict as for `save`.
    async fn save_with_upload(&self, change: Change<Video>, upload: Upload) -> Result<(), PortError>;
    /// The video, read strongly; deleted ones included for a day.
    async fn video(&self, id: VideoId) -> Result<Option<Current>, PortError>;
    /// The video of a known owner, read strongly, in one call.
    async fn video_of(&self, user: UserId, id: VideoId) -> Result<Option<Current>, PortError>;
    /// The upload, read strongly; expired ones included until they are swept away.
    async fn upload(&self, user: UserId, id: UploadId) -> Result<Option<Upload>, PortError>;

    /// Notes the job of an attempt unless one is noted, and answers the one that is. `None` when that attempt is over.
    async fn note_job(
        &self,
        user: UserId,
        video: VideoId,
        attempt: u32,
        job_id: &str,
    ) -> Result<Option<String>, PortError>;
    /// Notes how far an attempt is. Less than what is noted, or an attempt that is over, changes nothing.
    async fn note_progress(
        &self,
        user: UserId,
        video: VideoId,
        attempt: u32,
        progress: &Progress,
    ) -> Result<(), PortError>;

    /// Notes that nothing is left of a deleted video but its tombstone.
    async fn note_purged(&self, user: UserId, video: VideoId) -> Result<(), PortError>;
    /// Videos that somebody should look after at `now`: UPLOADING ones whose source is not awaited any more, PROCESSING
    /// ones, DELETED ones that are not purged. Eventually consistent.
    async fn due(&self, now: Timestamp) -> Result<Vec<Current>, PortError>;
    /// A user's videos, newest first, at most `limit`, those made before `before`. Deleted ones are not among them.
    async fn videos_of(&self, user: UserId, before: Option<VideoId>, limit: usize) -> Result<Vec<Current>, PortError>;
    /// PUBLIC videos that are READY and were made in `month` (`2026-11`), newest first, at most `limit`, after the
    /// position `after` of an earlier page. Eventually consistent; the fields of a card.
    async fn ready_in(&self, month: &str, after: Option<&str>, limit: usize) -> Result<Vec<Card>, PortError>;
}

/// How a transaction with the record of a named command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Everything is stored.
    Done,
    /// Nothing is stored: a command of this name was done before.
    Repeated,
}

/// Records of named commands.
#[async_trait]
pub trait Idempotency: Send + Sync {
    /// The record of a user's command, those past their time included.
    async fn done(&self, user: UserId, key: &str) -> Result<Option<Done>, PortError>;
    /// Keeps the record of a command; one that is there stays.
    async fn note(&self, done: Done) -> Result<(), PortError>;
}

/// A URL that allows one request, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presigned {
    /// The URL.
    pub url: String,
    /// Headers to be sent exactly so.
    pub headers: Vec<(String, String)>,
}

/// A stored part of an unfinished multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// 1-10,000.
    pub number: u32,
    /// As S3 answered it, without quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
}

/// A small object to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Its type.
    pub content_type: &'static str,
    /// How its bytes are packed, if they are.
    pub content_encoding: Option<&'static str>,
    /// How long it may be cached.
    pub cache_control: &'static str,
}

/// How the completion of a multipart upload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assembled {
    /// The object stands.
    Done,
    /// Parts are missing, out of order, too small, or have other ETags.
    BadParts,
    /// There is no such transfer: it was completed or aborted before.
    NoSuchTransfer,
}

/// One bucket.
#[async_trait]
pub trait Objects: Send + Sync {
    /// A URL for one PUT of exactly `size` bytes of `content_type` to a key where nothing stands.
    async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        size: u64,
        life: Duration,
    ) -> Result<Presigned, PortError>;
    /// URLs for the parts of a multipart upload: number and size of each.
    async fn presign_parts(
        &self,
        key: &str,
        s3_upload_id: &str,
        parts: &[(u32, u64)],
        life: Duration,
    ) -> Result<Vec<String>, PortError>;
    /// Begins a multipart upload and answers S3's id of it.
    async fn begin_multipart(&self, key: &str, content_type: &str) -> Result<String, PortError>;
    /// The parts that have come; `None` when the transfer is over.
    async fn parts(&self, key: &str, s3_upload_id: &str) -> Result<Option<Vec<Part>>, PortError>;
    /// Makes the object of its parts, number and ETag of each. A lost answer is settled by looking.
    async fn complete_multipart(
        &self,
        key: &str,
        s3_upload_id: &str,
        parts: &[(u32, String)],
    ) -> Result<Assembled, PortError>;
    /// Drops a transfer; none is no error.
    async fn abort_multipart(&self, key: &str, s3_upload_id: &str) -> Result<(), PortError>;

    /// Bytes of an object; `None` when there is none.
    async fn size(&self, key: &str) -> Result<Option<u64>, PortError>;
    /// At most `length` bytes from `offset`; `None` when there is no such object.
    async fn read(&self, key: &str, offset: u64, length: u64) -> Result<Option<Vec<u8>>, PortError>;
    /// Every object whose key begins with `prefix`, by key.
    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, PortError>;
    /// Copies an object within the bucket; the copy has the type and caching given.
    async fn copy(
        &self,
        from: &str,
        to: &str,
        content_type: &'static str,
        cache_control: &'static str,
    ) -> Result<(), PortError>;
    /// Writes a small object.
    async fn put(&self, object: NewObject) -> Result<(), PortError>;
    /// Deletes objects; those that are not there are no error.
    async fn delete(&self, keys: &[String]) -> Result<(), PortError>;
}

/// A job the transcoder knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownJob {
    /// Its id.
    pub id: String,
    /// The video it was made for.
    pub video_id: Option<String>,
    /// The attempt it was made for.
    pub attempt: Option<u32>,
    /// Whether it runs, waits or is complete: neither failed nor cancelled.
    pub is_good: bool,
}

/// What makes renditions and thumbnails of a source.
#[async_trait]
pub trait Transcoder: Send + Sync {
    /// Looks into an object of the upload bucket; `None` when it is no media.
    async fn probe(&self, key: &str) -> Result<Option<Probed>, PortError>;
    /// Orders a job and answers its id. The same order within a minute is the same job.
    async fn create_job(&self, order: &Order) -> Result<String, PortError>;
    /// The jobs that read this source, newest first.
    async fn find_jobs(&self, source_key: &str) -> Result<Vec<KnownJob>, PortError>;
    /// What a job is doing; `None` when there is no such job any more.
    async fn job(&self, id: &str) -> Result<Option<News>, PortError>;
    /// Cancels a job; one that is over is no error.
    async fn cancel_job(&self, id: &str) -> Result<(), PortError>;
}

/// How the making of a channel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The channel exists now.
    Done,
    /// Another channel of the user has this slot.
    SlotTaken,
    /// A command of this name was done before.
    Repeated,
}

/// Channels.
#[async_trait]
pub trait Channels: Send + Sync {
    /// Stores a new channel in its slot, and the record of the command, in one transaction.
    async fn create(&self, change: Change<Channel>, done: Option<Done>) -> Result<Claimed, PortError>;
    /// Stores the next version of a channel and the record of the command, in one transaction; where its IVS channel or
    /// its stream key is new, it can be found by them. Conflict when the stored version is not the one before.
    async fn save(&self, before: &Channel, change: Change<Channel>, done: Option<Done>)
    -> Result<Committed, PortError>;
    /// The channel, read strongly.
    async fn channel(&self, id: ChannelId) -> Result<Option<channel::Current>, PortError>;
    /// The channels of a user by their slots, read strongly.
    async fn channels_of(&self, user: UserId) -> Result<Vec<ChannelId>, PortError>;
    /// The channel of an IVS channel.
    async fn by_arn(&self, arn: &str) -> Result<Option<ChannelId>, PortError>;
    /// The channel of a stream key, by its digest.
    async fn by_key(&self, digest: &str) -> Result<Option<ChannelId>, PortError>;
    /// Notes that the IVS channel is being set by this attempt: nobody knows how it is set then.
    async fn begin_apply(&self, id: ChannelId, attempt: &str) -> Result<(), PortError>;
    /// Notes what was set on the IVS channel, unless another attempt has begun since.
    async fn note_applied(&self, id: ChannelId, attempt: &str, applied: Options) -> Result<(), PortError>;
}

/// How a transaction on a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Everything is stored.
    Done,
    /// Nothing is stored: a command of this name was done before.
    Repeated,
    /// Nothing is stored: another stream holds the channel.
    ChannelBusy,
}

/// What one transaction on a stream stores. A stream that becomes STARTING or RUNNING takes its channel, one that is over
/// gives it back.
#[derive(Debug, Clone)]
pub struct StreamCommit {
    /// The stream as it is stored; absent for a new one.
    pub before: Option<Stream>,
    /// Its next version and what happened.
    pub change: Change<Stream>,
    /// The ingest session that caused it, as it shall be stored.
    pub session: Option<Session>,
    /// The record of the command.
    pub done: Option<Done>,
}

/// Streams and their ingest sessions.
#[async_trait]
pub trait Streams: Send + Sync {
    /// Stores everything or nothing. Conflict when a stored version is not the one before.
    async fn save(&self, commit: StreamCommit) -> Result<Saved, PortError>;
    /// The stream, read strongly; deleted ones included for a day.
    async fn stream(&self, id: StreamId) -> Result<Option<Stream>, PortError>;
    /// The stream of a known owner, read strongly, in one call.
    async fn stream_of(&self, user: UserId, id: StreamId) -> Result<Option<Stream>, PortError>;
    /// A user's streams, newest first, at most `limit`, those made before `before`; read strongly, without deleted ones.
    async fn streams_of(&self, user: UserId, before: Option<StreamId>, limit: usize) -> Result<Vec<Stream>, PortError>;
    /// The streams of a channel, newest first, at most `limit`, after the position `after` of an earlier page. Eventually
    /// consistent.
    async fn on_channel(&self, channel: ChannelId, after: Option<&str>, limit: usize)
    -> Result<Vec<Stream>, PortError>;
    /// PUBLIC streams that were last stored with this status, at most `limit`, after the position `after`: the nearest
    /// first when they are SCHEDULED, else the newest. Eventually consistent; the fields of a card.
    async fn with_status(
        &self,
        status: Status,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StreamCard>, PortError>;
    /// Streams that somebody should look after: those that are not at rest, and those whose scheduled time has come at
    /// `now`. Eventually consistent.
    async fn due(&self, now: Timestamp) -> Result<Vec<(UserId, StreamId)>, PortError>;
    /// Notes that a stream needs looking after no more, and lists it by its status at `now`. Nothing is done when it was
    /// changed meanwhile.
    async fn note_rested(&self, stream: &Stream, now: Timestamp) -> Result<(), PortError>;
    /// Notes underneath a stream where its latest picture stands.
    async fn note_picture(&self, stream: &Stream, key: &str) -> Result<(), PortError>;
    /// What has happened to a stream, from the version after `after`, at most `limit`.
    async fn events(&self, id: StreamId, after: u64, limit: usize) -> Result<Vec<RecordedEvent>, PortError>;

    /// The ingest session, read strongly.
    async fn session(&self, channel: ChannelId, id: &str) -> Result<Option<Session>, PortError>;
    /// Stores the next version of a session. Conflict when the stored version is not the one before.
    async fn save_session(&self, session: Session) -> Result<(), PortError>;
    /// The sessions of a channel, newest first, at most `limit`, after the position `after`. Eventually consistent.
    async fn sessions_on(
        &self,
        channel: ChannelId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Session>, PortError>;
}

/// What is measured of a stream while it runs.
#[async_trait]
pub trait Measurements: Send + Sync {
    /// Keeps a measurement of the encoder's signal.
    async fn note_sample(&self, stream: StreamId, sample: &Sample) -> Result<(), PortError>;
    /// The measurements since `since`, oldest first.
    async fn samples(&self, stream: StreamId, since: Timestamp) -> Result<Vec<Sample>, PortError>;
    /// How many watch each of some streams, in one call for a page of them.
    async fn viewers_of(&self, streams: &[StreamId]) -> Result<HashMap<StreamId, Viewers>, PortError>;
    /// How many watch.
    async fn viewers(&self, stream: StreamId) -> Result<Viewers, PortError>;
    /// Notes how many playback sessions IVS counts.
    async fn note_playback_sessions(&self, stream: StreamId, count: u32) -> Result<(), PortError>;
    /// Counts one more viewer unless there are `most` already, and answers whether it did.
    async fn admit(&self, stream: StreamId, most: u32) -> Result<bool, PortError>;
}

/// The IVS channel that was made, with its stream key.
#[derive(Clone)]
pub struct NewChannel {
    /// The channel.
    pub provider: Provider,
    /// The stream key, when it has one.
    pub key: Option<StreamKey>,
}

/// A stream key. It is shown to its owner only.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamKey(pub String);

impl std::fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamKey(...)")
    }
}

/// Whether a change of an IVS channel was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It was.
    Done,
    /// It was not: the channel is live.
    ChannelLive,
    /// There is no such channel any more.
    NoChannel,
}

/// Whether an encoder was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It was; the end of its session will be told.
    Done,
    /// None was sending.
    NotLive,
}

/// A channel that is live now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveChannel {
    /// The IVS channel.
    pub channel_arn: String,
    /// The ingest session.
    pub ingest_id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How many watch; absent when IVS cannot say.
    pub viewers: Option<u32>,
}

/// IVS. CreateChannel has no token: the name of a channel is how the one is found that a lost answer told of.
#[async_trait]
pub trait LiveProvider: Send + Sync {
    /// Makes a channel.
    async fn create_channel(&self, name: &str, options: &Options) -> Result<NewChannel, PortError>;
    /// The oldest channel of this name.
    async fn find_channel(&self, name: &str) -> Result<Option<NewChannel>, PortError>;
    /// Every channel that was made here: ARN and name.
    async fn list_channels(&self) -> Result<Vec<(String, String)>, PortError>;
    /// Sets the options of a channel.
    async fn update_channel(&self, arn: &str, options: &Options) -> Result<Applied, PortError>;
    /// Removes a channel; none is no error.
    async fn delete_channel(&self, arn: &str) -> Result<Applied, PortError>;
    /// The key of a channel.
    async fn stream_key(&self, arn: &str) -> Result<Option<StreamKey>, PortError>;
    /// Replaces the key of a channel; the old one is good for nothing from then on.
    async fn replace_key(&self, arn: &str) -> Result<StreamKey, PortError>;
    /// Cuts the encoder of a channel.
    async fn stop_stream(&self, arn: &str) -> Result<Cut, PortError>;
    /// Every channel that is live.
    async fn live_channels(&self) -> Result<Vec<LiveChannel>, PortError>;
    /// When an ingest session ended; `None` while it goes on or when it is not known.
    async fn session_end(&self, arn: &str, ingest_id: &str) -> Result<Option<Timestamp>, PortError>;
    /// A token for the playback URL of a channel, good until `until`.
    async fn playback_token(&self, arn: &str, until: Timestamp) -> Result<String, PortError>;
}

/// Where IVS keeps what it measures, when it does not tell by itself.
#[async_trait]
pub trait IngestMetrics: Send + Sync {
    /// The last minute of these channels' signals before `until`, by ARN; channels without a measurement are left out.
    async fn last_minute(&self, arns: &[String], until: Timestamp) -> Result<Vec<(String, Sample)>, PortError>;
}

/// A message that comes later: somebody should look after a stream then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Nudge {
    /// The owner.
    pub user_id: UserId,
    /// The stream.
    pub stream_id: StreamId,
    /// The `ingest_seq` it was made for.
    pub ingest_seq: u64,
    /// When it shall come.
    pub at: Timestamp,
}

/// Messages to ourselves that come later. They only make prompt what the housekeeper would do anyway.
#[async_trait]
pub trait Nudges: Send + Sync {
    /// Sends a message that comes after `delay`, or somewhat earlier.
    async fn send(&self, nudge: &Nudge, delay: Duration) -> Result<(), PortError>;
}

/// Circuits of the circuit breaker, shared by every process.
#[async_trait]
pub trait Circuits: Send + Sync {
    /// The circuit of a dependency.
    async fn circuit(&self, dependency: &str) -> Result<Circuit, PortError>;
    /// Counts a failure in the window that `now` is in, and answers how many there are.
    async fn count_failure(&self, dependency: &str, now: Timestamp) -> Result<u32, PortError>;
    /// Forgets the failures of the window that `now` is in.
    async fn forget_failures(&self, dependency: &str, now: Timestamp) -> Result<(), PortError>;
    /// Stores `next` if the stored circuit is `before`, and answers whether it was.
    async fn change(&self, dependency: &str, before: &Circuit, next: &Circuit) -> Result<bool, PortError>;
}
