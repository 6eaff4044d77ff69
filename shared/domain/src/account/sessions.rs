//! Ending every session of an account: by request, and because its password was changed.

use serde_json::json;

use super::commands::happened;
use super::{AccountService, Session, User, rules};
use crate::check::Check;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::outbox::Change;

/// A change of the caller's password.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The password so far.
    pub current: String,
    /// 10-128 characters.
    pub new: String,
}

impl AccountService {
    /// Ends every session of the caller. Access tokens that are out change nothing any more once functions have noticed,
    /// and are good for reading until they expire.
    ///
    /// # Errors
    /// `Stale` when the account is changed at the same time, `Unauthenticated` when `token_version` is not the account's.
    pub async fn logout_everywhere(&self, caller: UserId, token_version: u32) -> Result<()> {
        let user = self.current(caller, token_version, None).await?;
        self.end_sessions(user, "SessionsEnded").await.map(|_| ())
    }

    /// Changes the caller's password, ends every session, and opens one for the caller to go on with.
    ///
    /// # Errors
    /// `Invalid`; `Refused` with `wrong-password`; `RateLimited` after as many failures as a login may have; `Conflict` with
    /// `no-password` for those who sign in at another issuer; `Stale` and `Unauthenticated` as for `logout_everywhere`.
    pub async fn change_password(
        &self,
        caller: UserId,
        token_version: u32,
        command: ChangePassword,
    ) -> Result<Session> {
        rules::password(Check::default(), "newPassword", &command.new).done()?;
        let mut user = self.current(caller, token_version, None).await?;
        if user.password_hash.is_empty() {
            let message = "You sign in at another issuer: change your password there.";
            return Err(Error::Conflict { code: "no-password", message });
        }
        // Whoever has the access token guesses: the address makes no difference.
        let subject = format!("password:{caller}");
        self.count_try(&subject).await?;
        if !self.passwords.verify(&command.current, Some(&user.password_hash))? {
            return Err(Error::Refused { code: "wrong-password", message: "The current password is another one." });
        }
        self.attempts.forget(&subject).await?;
        user.password_hash = self.passwords.hash(&command.new)?;
        let user = self.end_sessions(user, "PasswordChanged").await?;
        self.open_session(user).await
    }

    /// Saves a user whose sessions so far open nothing any more.
    async fn end_sessions(&self, mut user: User, event: &str) -> Result<User> {
        let now = self.now();
        user.token_version += 1;
        user.updated_at = now;
        user.version += 1;
        let event = happened(event, now, json!({ "userId": user.id }));
        self.accounts.save(Change { next: user.clone(), event }).await?;
        // Their version opens nothing from here on; what a crash leaves here, their expiry removes.
        self.accounts.end_tokens(user.id, None).await?;
        Ok(user)
    }
}
