//! Reading accounts.

use super::{AccountService, User};
use crate::error::{Error, Result};
use crate::ids::UserId;

impl AccountService {
    /// The caller's own account. `Unauthenticated` when it was erased after the access token was made.
    pub async fn me(&self, caller: UserId) -> Result<User> {
        self.user(caller).await
    }

    /// A user's public profile.
    pub async fn profile(&self, username: &str) -> Result<User> {
        self.accounts.by_username(username).await?.ok_or(Error::NotFound { what: "user" })
    }
}
