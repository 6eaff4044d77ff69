//! Fakes of the ports that are not stores.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::error::PortError;
use crate::ports::{Clock, Passwords};

/// A clock that stands still until it is moved.
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// Stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves on.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passwords "hashed" in no time.
pub struct PlainPasswords;

impl Passwords for PlainPasswords {
    fn hash(&self, password: &str) -> Result<String, PortError> {
        Ok(format!("plain:{password}"))
    }

    fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, PortError> {
        Ok(hash == Some(&format!("plain:{password}")))
    }
}
