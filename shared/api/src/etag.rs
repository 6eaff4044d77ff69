//! Versions on the wire: `ETag: "v3"`, `If-Match`, `If-None-Match`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::problem::{Problem, Result};

/// The `ETag` header of a version.
pub fn etag(version: u64) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::try_from(format!("\"v{version}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    (header::ETAG, value)
}

/// The `ETag` header of a version with a part that counts what changes underneath it.
pub fn etag_with(version: u64, part: u32) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::try_from(format!("\"v{version}.{part}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    (header::ETAG, value)
}

/// Whether the client has exactly this tag already.
pub fn is_known_tag(headers: &HeaderMap, (_, tag): &(HeaderName, HeaderValue)) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tag = tag.to_str().unwrap_or_default();
    known.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Which versions a change may be applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// `If-Match: *`.
    Any,
    /// Exactly this one. 0 is never a version: it stands for tags that are none of ours.
    Version(u64),
}

impl Expected {
    /// The version, unless any will do.
    pub fn version(self) -> Option<u64> {
        match self {
            Self::Any => None,
            Self::Version(version) => Some(version),
        }
    }
}

/// `If-Match` of a request that must have one: 428 without.
pub fn required(headers: &HeaderMap) -> Result<Expected> {
    optional(headers)?.ok_or_else(Problem::version_required)
}

/// `If-Match` of a request that may have one.
pub fn optional(headers: &HeaderMap) -> Result<Option<Expected>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().map_err(|_| Problem::bad_header("If-Match is no text."))?.trim();
    if text == "*" {
        return Ok(Some(Expected::Any));
    }
    if text.contains(',') {
        return Err(Problem::bad_header("If-Match takes one tag."));
    }
    Ok(Some(Expected::Version(version_of(text).unwrap_or(0))))
}

/// Whether the client has this version already.
pub fn is_known(headers: &HeaderMap, version: u64) -> bool {
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == "*" || version_of(tag.trim()) == Some(version)))
}

fn version_of(tag: &str) -> Option<u64> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let version = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    // A part after the dot counts what changes underneath a version.
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn if_match_is_one_tag_or_a_star() {
        let expected = |value| optional(&with(header::IF_MATCH, value)).unwrap().unwrap();
        assert_eq!(expected("\"v3\""), Expected::Version(3));
        assert_eq!(expected("\"v3.7\""), Expected::Version(3));
        assert_eq!(expected("*"), Expected::Any);
        assert_eq!(expected("\"nonsense\""), Expected::Version(0));
        assert!(optional(&with(header::IF_MATCH, "\"v1\", \"v2\"")).is_err());
        assert_eq!(required(&HeaderMap::new()).unwrap_err().status().as_u16(), 428);
    }

    #[test]
    fn if_none_match_takes_many() {
        assert!(is_known(&with(header::IF_NONE_MATCH, "\"v1\", W/\"v2\""), 2));
        assert!(!is_known(&with(header::IF_NONE_MATCH, "\"v1\""), 2));
        assert!(!is_known(&HeaderMap::new(), 2));
    }
}
