//! Ending every session of an account.

use serde_json::json;

use super::AccountService;
use super::commands::happened;
use crate::error::Result;
use crate::ids::UserId;
use crate::outbox::Change;

impl AccountService {
    /// Ends every session of the caller. Access tokens that are out change nothing any more once functions have noticed,
    /// and are good for reading until they expire.
    ///
    /// # Errors
    /// `Stale` when the account is changed at the same time, `Unauthenticated` when `token_version` is not the account's.
    pub async fn logout_everywhere(&self, caller: UserId, token_version: u32) -> Result<()> {
        let mut user = self.current(caller, token_version, None).await?;
        let now = self.now();
        user.token_version += 1;
        user.updated_at = now;
        user.version += 1;
        let event = happened("SessionsEnded", now, json!({ "userId": user.id }));
        self.accounts.save(Change { next: user, event }).await?;
        // Their version opens nothing from here on; what a crash leaves here, their expiry removes.
        Ok(self.accounts.end_tokens(caller, None).await?)
    }
}
