//! What an account's fields may hold.

use crate::error::{Error, Result, Violation};

/// Collects every violation before it answers.
#[derive(Default)]
pub(super) struct Check(Vec<Violation>);

impl Check {
    pub(super) fn username(mut self, username: &str) -> Self {
        let characters = username.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'));
        if !(3..=32).contains(&username.len()) || !characters {
            self.0.push(Violation::new("username", "must be 3 to 32 characters of a-z, 0-9 and _"));
        }
        self
    }

    pub(super) fn email(mut self, email: &str) -> Self {
        let valid = email.len() <= 254
            && !email.chars().any(|c| c.is_whitespace() || c.is_control())
            && email.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && local.len() <= 64 && !domain.contains('@') && domain_is_valid(domain)
            });
        if !valid {
            self.0.push(Violation::new("email", "must be an e-mail address"));
        }
        self
    }

    pub(super) fn password(mut self, password: &str) -> Self {
        // The upper bound keeps hashing bounded; bytes, because that is what is hashed.
        if password.chars().count() < 10 || password.len() > 128 {
            self.0.push(Violation::new("password", "must be 10 to 128 characters"));
        }
        self
    }

    pub(super) fn text(mut self, field: &str, text: Option<&str>, most: usize) -> Self {
        if text.is_some_and(|text| text.chars().count() > most || text.chars().any(|c| c.is_control() && c != '\n')) {
            self.0
                .push(Violation::new(field, format!("must be at most {most} characters, without control characters")));
        }
        self
    }

    pub(super) fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

fn domain_is_valid(domain: &str) -> bool {
    !domain.is_empty() && domain.split('.').all(|label| !label.is_empty() && label.len() <= 63)
}
