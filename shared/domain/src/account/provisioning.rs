//! Users whom an OIDC issuer knows: made the first time they are seen.

use serde_json::json;

use super::commands::happened;
use super::{Role, User};
use crate::error::{Error, Result};
use crate::ids::new_id;
use crate::outbox::Change;
use crate::ports::{Accounts, Clock, Registered};
use crate::token;

/// Names that are tried until one is free.
const TRIES: usize = 8;

/// Whom an issuer vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer's URL.
    pub issuer: String,
    /// The issuer's own id of the user.
    pub subject: String,
    /// The name the user would like to have.
    pub username: Option<String>,
    /// An e-mail address that the issuer has verified.
    pub email: Option<String>,
}

impl Identity {
    /// What stands for issuer and subject in the table.
    pub fn digest(&self) -> String {
        token::digest(&format!("{} {}", self.issuer, self.subject))
    }

    /// The wish in the letters of usernames.
    fn wish(&self) -> String {
        let wish = self.username.as_deref().unwrap_or_default().to_lowercase();
        let kept: String = wish.chars().filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '_')).take(24).collect();
        if kept.len() < 3 { "viewer".to_owned() } else { kept }
    }
}

/// The user an identity belongs to; a new one when it is seen for the first time.
///
/// # Errors
/// Those of the store; `Conflict` when no name is free.
pub async fn provision(accounts: &dyn Accounts, clock: &dyn Clock, identity: &Identity) -> Result<User> {
    let digest = identity.digest();
    if let Some(user) = accounts.by_subject(&digest).await? {
        return Ok(user);
    }
    let nobody = format!("{}@oidc.invalid", digest.to_lowercase());
    let mut email = identity.email.clone().unwrap_or_else(|| nobody.clone());
    for attempt in 0..TRIES {
        let now = clock.now();
        let username = match attempt {
            0 => identity.wish(),
            // Somebody has it: letters of the digest make it one's own.
            _ => format!("{}_{}", identity.wish(), letters(&digest, attempt * 4)),
        };
        let user = User {
            id: new_id(now),
            username,
            email: email.clone(),
            // No password is hashed to nothing.
            password_hash: String::new(),
            subject: Some(digest.clone()),
            roles: vec![Role::Viewer],
            display_name: None,
            bio: None,
            token_version: 0,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let event = happened("UserRegistered", now, json!({ "userId": user.id }));
        match accounts.register(Change { next: user.clone(), event }).await? {
            Registered::Done => return Ok(user),
            // Another request of the same person was quicker.
            Registered::SubjectTaken => {
                let found = accounts.by_subject(&digest).await?;
                return found.ok_or(Error::Unauthenticated);
            }
            Registered::UsernameTaken => {}
            Registered::EmailTaken => email = nobody.clone(),
        }
    }
    Err(Error::Conflict { code: "username-taken", message: "No username is free for you." })
}

/// Four characters of a digest that usernames may have.
fn letters(digest: &str, from: usize) -> String {
    digest.to_lowercase().chars().filter(char::is_ascii_alphanumeric).skip(from).take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_become_usernames() {
        let wish = |name: Option<&str>| {
            let username = name.map(str::to_owned);
            Identity { issuer: "i".into(), subject: "s".into(), username, email: None }.wish()
        };
        assert_eq!(wish(Some("Ada Lovelace")), "adalovelace");
        assert_eq!(wish(Some("ada@example.org")), "adaexampleorg");
        assert_eq!(wish(Some("Ж")), "viewer");
        assert_eq!(wish(None), "viewer");
        assert_eq!(wish(Some(&"x".repeat(100))).len(), 24);
    }
}
