//! Verifies the signatures of `@connections` calls: AWS Signature Version 4 in the `Authorization` header.

use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::request::Parts;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::world::REGION;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "execute-api";
/// How far a caller's clock may be off, in seconds.
const MAX_SKEW: i64 = 15 * 60;
/// Paths are encoded once more for the signature, by every service but S3.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// Why a call is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disbelief {
    /// There is no signature.
    Missing,
    /// It is not understood, or for another service, region or time.
    Incomplete,
    /// It is not what the secret key makes.
    Wrong,
}

/// The secret key, and what it makes of a day: deriving that costs four hashes.
pub(super) struct Verifier {
    secret: String,
    of_day: Mutex<Option<(String, Hmac<Sha256>)>>,
}

impl Verifier {
    pub(super) fn new(secret: &str) -> Self {
        Self { secret: format!("AWS4{secret}"), of_day: Mutex::default() }
    }

    /// Checks the signature of a request.
    pub(super) fn check(&self, parts: &Parts, body: &[u8], now: Timestamp) -> Result<(), Disbelief> {
        let authorization = text(&parts.headers, "authorization").ok_or(Disbelief::Missing)?;
        let fields = authorization.strip_prefix(ALGORITHM).ok_or(Disbelief::Incomplete)?;
        let field = |name: &str| {
            let found = fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
            found.ok_or(Disbelief::Incomplete)
        };
        // <access key id>/<day>/<region>/<service>/aws4_request
        let (_, scope) = field("Credential")?.split_once('/').ok_or(Disbelief::Incomplete)?;
        let time = text(&parts.headers, "x-amz-date").ok_or(Disbelief::Incomplete)?;
        let day = time.get(..8).ok_or(Disbelief::Incomplete)?;
        let place = scope.strip_prefix(day).and_then(|rest| rest.strip_prefix('/'));
        if place != Some(&format!("{REGION}/{SERVICE}/aws4_request")) || !is_near(time, now) {
            return Err(Disbelief::Incomplete);
        }
        let signed = field("SignedHeaders")?;
        if !signed.split(';').any(|name| name == "host") || !signed.split(';').any(|name| name == "x-amz-date") {
            return Err(Disbelief::Incomplete);
        }
        let request = canonical_request(parts, signed, body).ok_or(Disbelief::Incomplete)?;
        let to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(&Sha256::digest(request)));
        let signature = unhex(field("Signature")?).ok_or(Disbelief::Wrong)?;
        let mut mac = self.of_day(day);
        mac.update(to_sign.as_bytes());
        mac.verify_slice(&signature).map_err(|_| Disbelief::Wrong)
    }

    fn of_day(&self, day: &str) -> Hmac<Sha256> {
        let mut known = self.of_day.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known_day, key)) = &*known
            && known_day == day
        {
            return key.clone();
        }
        let chain = [day, REGION, SERVICE, "aws4_request"];
        let key = chain.iter().fold(keyed(self.secret.as_bytes()), |mut key, part| {
            key.update(part.as_bytes());
            keyed(&key.finalize().into_bytes())
        });
        *known = Some((day.to_owned(), key.clone()));
        key
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    match Hmac::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

fn canonical_request(parts: &Parts, signed: &str, body: &[u8]) -> Option<String> {
    let mut request = String::with_capacity(512);
    request.push_str(parts.method.as_str());
    request.push('\n');
    request.extend(utf8_percent_encode(parts.uri.path(), PATH));
    request.push('\n');
    let mut query: Vec<&str> =
        parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    request.push_str(&query.join("&"));
    request.push('\n');
    for name in signed.split(';') {
        request.push_str(name);
        request.push(':');
        for (index, value) in parts.headers.get_all(name).iter().enumerate() {
            if index > 0 {
                request.push(',');
            }
            let mut words = value.to_str().ok()?.split_ascii_whitespace();
            request.push_str(words.next().unwrap_or_default());
            for word in words {
                request.push(' ');
                request.push_str(word);
            }
        }
        request.push('\n');
    }
    request.push('\n');
    request.push_str(signed);
    request.push('\n');
    request.push_str(&hex(&Sha256::digest(body)));
    Some(request)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether `20261121T120000Z` is about now.
fn is_near(time: &str, now: Timestamp) -> bool {
    let parsed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time).ok();
    let parsed = parsed.and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC).ok());
    parsed.is_some_and(|time| (time.timestamp().as_second() - now.as_second()).abs() <= MAX_SKEW)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|nibble| u8::try_from(nibble).ok());
    text.as_bytes().chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_goes_both_ways() {
        assert_eq!(hex(&[0x00, 0x9f, 0xff]), "009fff");
        assert_eq!(unhex("009fff"), Some(vec![0x00, 0x9f, 0xff]));
        for wrong in ["0", "zz", "\u{e9}\u{e9}x"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_clock_may_be_off_a_little() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        assert!(is_near("20261121T121500Z", now) && is_near("20261121T114500Z", now));
        for wrong in ["20261121T121501Z", "20251121T120000Z", "", "20261121T120000", "2026-11-21T12:00:00Z"] {
            assert!(!is_near(wrong, now), "{wrong}");
        }
    }
}
