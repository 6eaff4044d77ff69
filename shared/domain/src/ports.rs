//! Everything the domain needs from outside, as traits: the face of the hexagon at a glance. Each is one capability,
//! object-safe, held as `Arc<dyn ...>`.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::account::{RefreshToken, User};
use crate::error::PortError;
use crate::ids::UserId;
use crate::outbox::Change;

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
    /// Stores a new user; username and e-mail address are claimed in the same transaction.
    async fn register(&self, change: Change<User>) -> Result<Registered, PortError>;
    /// Stores the next version of a user. Conflict when the stored version is not the one before.
    async fn save(&self, change: Change<User>) -> Result<(), PortError>;
    /// Removes the user and frees username and e-mail address. Conflict as for `save`.
    async fn erase(&self, change: Change<User>) -> Result<(), PortError>;
    /// The user, read strongly.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError>;
    /// The user with this username, any case.
    async fn by_username(&self, username: &str) -> Result<Option<User>, PortError>;
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

/// Something that can be asked whether it answers.
#[async_trait]
pub trait Reachable: Send + Sync {
    /// One cheap call.
    async fn ping(&self) -> Result<(), PortError>;
}
