//! Commands that have one effect however often they are sent: whoever sends one may name it by a key.
//!
//! A command that changes only the table keeps its record in the same transaction as its effect, so there is nothing
//! between "not done" and "done". The record names what was made; the answer is built from that again, for it may carry
//! URLs that work for a while only.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::ports::Idempotency;

/// How long a key is remembered.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A named command, before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Who sent it.
    pub user_id: UserId,
    /// Digest of the key and of what it was sent to: keys of different commands are different.
    pub key: String,
    /// Digest of what was sent.
    pub request: String,
}

/// A named command that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// Who sent it.
    pub user_id: UserId,
    /// As in [`Once`].
    pub key: String,
    /// As in [`Once`].
    pub request: String,
    /// The id of what was made or changed.
    pub resource: String,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

impl Once {
    /// The record of its effect.
    pub fn done(&self, resource: impl ToString, now: Timestamp) -> Done {
        let Self { user_id, key, request } = self.clone();
        Done { user_id, key, request, resource: resource.to_string(), expires_at: now + LIFE }
    }

    /// What an earlier command of this name made.
    ///
    /// # Errors
    /// `KeyReused` when that was another command.
    pub async fn repeated(&self, records: &dyn Idempotency, now: Timestamp) -> Result<Option<Done>> {
        let done = records.done(self.user_id, &self.key).await?.filter(|done| done.expires_at > now);
        match done {
            Some(done) if done.request != self.request => Err(Error::KeyReused),
            done => Ok(done),
        }
    }
}

/// Does a command that repeating does not hurt, and answers whether it was done before under its name.
///
/// # Errors
/// `KeyReused`; those of `work`.
pub async fn repeatable<T>(
    once: Option<&Once>,
    records: &dyn Idempotency,
    now: Timestamp,
    resource: &str,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<(T, bool)> {
    let Some(once) = once else { return Ok((work.await?, false)) };
    let is_repeated = once.repeated(records, now).await?.is_some();
    let made = work.await?;
    if !is_repeated {
        records.note(once.done(resource, now)).await?;
    }
    Ok((made, is_repeated))
}
