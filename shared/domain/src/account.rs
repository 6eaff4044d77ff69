//! Accounts: users, passwords and refresh tokens.

pub mod commands;
pub mod provisioning;
pub mod queries;
mod rules;
pub mod sessions;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ids::UserId;
use crate::ports;

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// 3-32 of `[a-z0-9_]`, unique.
    pub username: String,
    /// As given; unique in lower case.
    pub email: String,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// Digest of issuer and subject, of users whom an OIDC issuer knows; unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What the user may do beside owning things.
    pub roles: Vec<Role>,
    /// Name to show, at most 64 characters; the username when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// A few words about oneself, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// Raised when every access token of the user shall stop working.
    pub token_version: u32,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// 1, then one more with each change.
    pub version: u64,
}

/// What a user may do beside owning things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May watch, chat and own things.
    Viewer,
    /// May do everything.
    Admin,
}

/// A refresh token as it is stored. Every token that descends from one login shares its family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshToken {
    /// Whose.
    pub user_id: UserId,
    /// SHA-256 of the secret.
    pub digest: String,
    /// The login it descends from.
    pub family: String,
    /// The account's `token_version` when it was made: it opens nothing once that is raised.
    #[serde(default)]
    pub token_version: u32,
    /// When it was exchanged for the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent_at: Option<Timestamp>,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// What somebody gets who has proven who they are.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who.
    pub user: User,
    /// The refresh token in clear, to be handed out once: `<user id>.<secret>`.
    pub refresh_token: String,
}

/// The account commands and queries.
#[derive(Clone)]
pub struct AccountService {
    /// Where users and tokens are kept.
    pub accounts: Arc<dyn ports::Accounts>,
    /// Counts failed logins.
    pub attempts: Arc<dyn ports::Attempts>,
    /// Hashes passwords.
    pub passwords: Arc<dyn ports::Passwords>,
    /// The time.
    pub clock: Arc<dyn ports::Clock>,
}

impl AccountService {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn user(&self, id: UserId) -> Result<User> {
        self.accounts.by_id(id).await?.ok_or(crate::Error::Unauthenticated)
    }
}
