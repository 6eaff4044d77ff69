//! Rules that several operations share.

use super::refusal::{Kind, refuse};
use super::resources::Tags;

/// The most tags of a resource.
const MAX_TAGS: usize = 50;

/// A name: at most 128 letters, digits, `-` and `_`.
pub(super) fn name(name: &str) -> anyhow::Result<()> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.len() > 128 || !name.bytes().all(fits) {
        return refuse(Kind::Validation, "name has at most 128 letters, digits, - and _");
    }
    Ok(())
}

/// Tags of a resource, all of them together.
pub(super) fn tags(tags: &Tags) -> anyhow::Result<()> {
    if tags.len() > MAX_TAGS {
        return refuse(Kind::Validation, format!("a resource has at most {MAX_TAGS} tags"));
    }
    for (key, value) in tags {
        let length = key.chars().count();
        if length == 0 || length > 128 || value.chars().count() > 256 || key.starts_with("aws:") {
            return refuse(
                Kind::Validation,
                "a tag has a key of 1 to 128 characters, not aws:, and a value of at most 256",
            );
        }
    }
    Ok(())
}

/// One of the values of an enumeration.
pub(super) fn one_of(what: &str, value: &str, values: &[&str]) -> anyhow::Result<()> {
    if values.contains(&value) {
        return Ok(());
    }
    refuse(Kind::Validation, format!("{what} is one of {}", values.join(", ")))
}

/// The ARNs of a batch.
pub(super) fn batch(arns: &[String]) -> anyhow::Result<()> {
    if arns.is_empty() || arns.len() > 50 {
        return refuse(Kind::Validation, "arns has 1 to 50 entries");
    }
    Ok(())
}
