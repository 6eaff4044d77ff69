//! What an account's fields may hold.

use crate::check::Check;

pub(super) fn username(check: Check, username: &str) -> Check {
    let characters = username.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'));
    let valid = (3..=32).contains(&username.len()) && characters;
    check.require("username", valid, "must be 3 to 32 characters of a-z, 0-9 and _")
}

pub(super) fn email(check: Check, email: &str) -> Check {
    let valid = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && local.len() <= 64 && !domain.contains('@') && domain_is_valid(domain)
        });
    check.require("email", valid, "must be an e-mail address")
}

pub(super) fn password(check: Check, field: &str, password: &str) -> Check {
    // The upper bound keeps hashing bounded; bytes, because that is what is hashed.
    let valid = password.chars().count() >= 10 && password.len() <= 128;
    check.require(field, valid, "must be 10 to 128 characters")
}

fn domain_is_valid(domain: &str) -> bool {
    !domain.is_empty() && domain.split('.').all(|label| !label.is_empty() && label.len() <= 63)
}
