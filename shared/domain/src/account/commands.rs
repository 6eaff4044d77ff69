//! Changing accounts: register, log in, refresh, log out, edit, erase.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::rules;
use super::{AccountService, RefreshToken, Role, Session, User};
use crate::check::Check;
use crate::error::{Error, Result};
use crate::ids::{UserId, new_id};
use crate::outbox::{Change, DomainEvent};
use crate::ports::{Registered, Rotated};
use crate::token;

/// Failed logins of one account from one address before more are refused.
pub const MAX_LOGIN_FAILURES: u32 = 10;
/// How long they count.
const LOGIN_WINDOW: SignedDuration = SignedDuration::from_mins(15);
const REFRESH_TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A new account.
#[derive(Debug, Clone)]
pub struct Register {
    /// 3-32 of `[a-z0-9_]`.
    pub username: String,
    /// An e-mail address.
    pub email: String,
    /// 10-128 characters.
    pub password: String,
}

/// What somebody offers to prove who they are.
#[derive(Debug, Clone)]
pub struct Login {
    /// Username or e-mail address.
    pub name: String,
    /// The password.
    pub password: String,
    /// The network address the try came from.
    pub address: String,
}

/// Changes of a profile; an absent field stays, an empty text removes it.
#[derive(Debug, Clone, Default)]
pub struct EditProfile {
    /// Name to show.
    pub display_name: Option<String>,
    /// A few words about oneself.
    pub bio: Option<String>,
    /// The version the caller has seen; `None` is any.
    pub expected_version: Option<u64>,
}

impl AccountService {
    /// Makes an account and logs it in.
    ///
    /// # Errors
    /// `Invalid`; `Conflict` with `username-taken` or `email-taken`.
    pub async fn register(&self, command: Register) -> Result<Session> {
        let check = rules::username(Check::default(), &command.username);
        rules::password(rules::email(check, &command.email), "password", &command.password).done()?;
        let now = self.now();
        let user = User {
            id: new_id(now),
            username: command.username,
            email: command.email,
            password_hash: self.passwords.hash(&command.password)?,
            subject: None,
            roles: vec![Role::Viewer],
            display_name: None,
            bio: None,
            token_version: 0,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let event = happened("UserRegistered", now, json!({ "userId": user.id }));
        match self.accounts.register(Change { next: user.clone(), event }).await? {
            Registered::Done => self.open_session(user).await,
            Registered::UsernameTaken | Registered::SubjectTaken => {
                Err(Error::Conflict { code: "username-taken", message: "This username is taken." })
            }
            Registered::EmailTaken => {
                Err(Error::Conflict { code: "email-taken", message: "This e-mail address has an account." })
            }
        }
    }

    /// Opens a session by password. Unknown names and wrong passwords get the same answer in the same time.
    ///
    /// # Errors
    /// `Unauthenticated`; `RateLimited` after [`MAX_LOGIN_FAILURES`] failures in a window.
    pub async fn login(&self, command: Login) -> Result<Session> {
        let subject = format!("login:{}:{}", token::digest(&command.name.to_lowercase()), command.address);
        self.count_try(&subject).await?;
        let user = if command.name.contains('@') {
            self.accounts.by_email(&command.name).await?
        } else {
            self.accounts.by_username(&command.name).await?
        };
        let known = self.passwords.verify(&command.password, user.as_ref().map(|user| user.password_hash.as_str()))?;
        match user {
            Some(user) if known => {
                self.attempts.forget(&subject).await?;
                self.open_session(user).await
            }
            _ => Err(Error::Unauthenticated),
        }
    }

    /// Exchanges a refresh token for the next. A spent token is a stolen or lost one: its whole family ends.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Session> {
        let old = self.find_token(refresh_token).await?;
        let user = self.user(old.user_id).await?;
        if user.token_version != old.token_version {
            return Err(Error::Unauthenticated);
        }
        let (next, refresh_token) = self.new_token(&user, Some(old.family.clone()))?;
        if old.spent_at.is_none() && self.accounts.rotate_token(&old, next, self.now()).await? == Rotated::Done {
            return Ok(Session { user, refresh_token });
        }
        self.accounts.end_tokens(old.user_id, Some(&old.family)).await?;
        Err(Error::Unauthenticated)
    }

    /// Ends the session a refresh token belongs to. A token that is not good any more is logged out already.
    pub async fn logout(&self, refresh_token: &str) -> Result<()> {
        match self.find_token(refresh_token).await {
            Ok(token) => Ok(self.accounts.end_tokens(token.user_id, Some(&token.family)).await?),
            Err(Error::Unauthenticated) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Changes the caller's profile.
    ///
    /// # Errors
    /// `Invalid`, `Stale`, `Unauthenticated` when `token_version` is not the account's.
    pub async fn edit_profile(&self, caller: UserId, token_version: u32, edit: EditProfile) -> Result<User> {
        Check::default()
            .text("displayName", edit.display_name.as_deref(), 64)
            .text("bio", edit.bio.as_deref(), 500)
            .done()?;
        let mut user = self.current(caller, token_version, edit.expected_version).await?;
        let set = |field: &mut Option<String>, value: Option<String>| {
            if let Some(value) = value {
                *field = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            }
        };
        set(&mut user.display_name, edit.display_name);
        set(&mut user.bio, edit.bio);
        let now = self.now();
        user.updated_at = now;
        user.version += 1;
        // Personal words stay out of the log of events: erasing an account must erase them.
        let data = json!({ "userId": user.id });
        self.accounts.save(Change { next: user.clone(), event: happened("ProfileEdited", now, data) }).await?;
        Ok(user)
    }

    /// Erases the caller's account and ends its sessions.
    ///
    /// # Errors
    /// `Stale`, `Unauthenticated` when `token_version` is not the account's.
    pub async fn erase(&self, caller: UserId, token_version: u32, expected_version: Option<u64>) -> Result<()> {
        let mut user = self.current(caller, token_version, expected_version).await?;
        user.version += 1;
        let event = happened("UserErased", self.now(), json!({ "userId": user.id }));
        self.accounts.erase(Change { next: user, event }).await?;
        // Tokens of a user who is gone open nothing; what a crash leaves here, their expiry removes.
        Ok(self.accounts.end_tokens(caller, None).await?)
    }

    /// Counts a try of a password before it is looked at: parallel guesses cannot slip past the limit.
    pub(super) async fn count_try(&self, subject: &str) -> Result<()> {
        let now = self.now();
        let window = self.attempts.add(subject, LOGIN_WINDOW, now).await?;
        if window.count <= MAX_LOGIN_FAILURES {
            return Ok(());
        }
        let left = window.ends_at.duration_since(now).as_secs();
        Err(Error::RateLimited { retry_after: Duration::from_secs(u64::try_from(left).unwrap_or_default().max(1)) })
    }

    pub(super) async fn current(&self, caller: UserId, token_version: u32, expected: Option<u64>) -> Result<User> {
        let user = self.user(caller).await?;
        if user.token_version != token_version {
            return Err(Error::Unauthenticated);
        }
        if expected.is_some_and(|expected| expected != user.version) {
            return Err(Error::Stale);
        }
        Ok(user)
    }

    pub(super) async fn open_session(&self, user: User) -> Result<Session> {
        let (token, refresh_token) = self.new_token(&user, None)?;
        self.accounts.add_token(token).await?;
        Ok(Session { user, refresh_token })
    }

    fn new_token(&self, user: &User, family: Option<String>) -> Result<(RefreshToken, String)> {
        let secret = token::random_secret().map_err(|error| Error::Internal(Box::new(error)))?;
        let digest = token::digest(&secret);
        let family = family.unwrap_or_else(|| digest.clone());
        let (user_id, token_version) = (user.id, user.token_version);
        let expires_at = self.now() + REFRESH_TOKEN_LIFE;
        let token = RefreshToken { user_id, digest, family, token_version, spent_at: None, expires_at };
        Ok((token, format!("{user_id}.{secret}")))
    }

    async fn find_token(&self, refresh_token: &str) -> Result<RefreshToken> {
        let (user, secret) = refresh_token.split_once('.').ok_or(Error::Unauthenticated)?;
        let user: UserId = user.parse().map_err(|_| Error::Unauthenticated)?;
        let token = self.accounts.token(user, &token::digest(secret)).await?.ok_or(Error::Unauthenticated)?;
        if token.expires_at <= self.now() {
            return Err(Error::Unauthenticated);
        }
        Ok(token)
    }
}

pub(super) fn happened(name: &str, at: Timestamp, data: Value) -> DomainEvent {
    DomainEvent { id: new_id(at), name: name.to_owned(), at, correlation_id: None, data }
}
