//! Everything the domain needs from outside, as traits: the face of the hexagon at a glance. Each is one capability,
//! object-safe, held as `Arc<dyn ...>`.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::account::{RefreshToken, User};
use crate::error::PortError;
use crate::idempotency::Done;
use crate::ids::{UploadId, UserId, VideoId};
use crate::outbox::{Change, RecordedEvent};
use crate::video::queries::Card;
use crate::video::source::Probed;
use crate::video::transcoding::{News, Order};
use crate::video::{Current, Progress, Upload, Video};

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
    /// Counts one more try of `subject` (`login:<name>:<address>`), atomically, and answers the count with it.
    async fn add(&self, subject: &str, now: Timestamp) -> Result<Window, PortError>;
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
