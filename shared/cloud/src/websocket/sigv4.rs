//! Signature Version 4, cheap enough for thousands of posts a second: the key is derived once a day, a frame comes with
//! its digest, and what is left for a connection is one hash and one HMAC over some hundred bytes.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use hmac::digest::InvalidLength;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, InvalidHeaderValue};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "execute-api";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
/// The headers that are signed, by name.
const SIGNED: &str = "content-type;host;x-amz-date";
const SIGNED_WITH_TOKEN: &str = "content-type;host;x-amz-date;x-amz-security-token";
/// What the SDK says of the body of a post.
const BODY_TYPE: &str = "application/octet-stream";
/// Credentials that end so soon are fetched anew.
const SPARE: Duration = Duration::from_secs(300);

/// What needs no escape in a segment of a path (RFC 3986, section 2.3).
pub(super) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The path is signed as it is sent and escaped once more.
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// Credentials that cannot be signed with.
pub(super) type Unusable = Box<dyn std::error::Error + Send + Sync>;

/// What is signed.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a Method,
    pub(super) host: &'a str,
    /// As it is sent, without a query.
    pub(super) path: &'a str,
    /// SHA-256 of the body.
    pub(super) sha256: &'a [u8; 32],
}

/// Signs on one day with one set of credentials.
pub(super) struct Signer {
    credentials: Credentials,
    /// The session's token as a header: about a kilobyte that is checked once.
    token: Option<HeaderValue>,
    key: Hmac<Sha256>,
    /// `20261121/us-east-1/execute-api/aws4_request`.
    scope: String,
    /// The header `Authorization` up to the signature.
    authorization: String,
}

impl Signer {
    /// A signer for the day of `now`.
    pub(super) fn new(credentials: Credentials, region: &str, now: Timestamp) -> Result<Self, Unusable> {
        let date = now.strftime("%Y%m%d").to_string();
        let scope = [date.as_str(), region, SERVICE, "aws4_request"];
        let secret = hmac(format!("AWS4{}", credentials.secret_access_key()).as_bytes())?;
        let key = scope.iter().try_fold(secret, |key, part| hmac(&tag(&key, part)))?;
        let scope = scope.join("/");
        let id = credentials.access_key_id();
        let signed = signed_headers(&credentials);
        let authorization = format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={signed}, Signature=");
        let token: Option<HeaderValue> = credentials.session_token().map(str::parse).transpose()?;
        let token = token.map(|mut token| {
            token.set_sensitive(true);
            token
        });
        Ok(Self { credentials, token, key, scope, authorization })
    }

    /// Whether it is of any use at `now`.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        let date = now.strftime("%Y%m%d").to_string();
        let is_fresh = |expiry: SystemTime| SystemTime::from(now) + SPARE < expiry;
        self.scope.starts_with(&date) && self.credentials.expiry().is_none_or(is_fresh)
    }

    /// The headers of a signed request.
    pub(super) fn headers(&self, request: &Unsigned<'_>, now: Timestamp) -> Result<HeaderMap, InvalidHeaderValue> {
        let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let token = self.credentials.session_token();
        let mut canonical = String::with_capacity(512 + token.map_or(0, str::len));
        canonical.extend([request.method.as_str(), "\n"]);
        canonical.extend(utf8_percent_encode(request.path, PATH));
        canonical.extend(["\n\ncontent-type:", BODY_TYPE, "\nhost:", request.host, "\nx-amz-date:", &time, "\n"]);
        if let Some(token) = token {
            canonical.extend(["x-amz-security-token:", token, "\n"]);
        }
        canonical.extend(["\n", signed_headers(&self.credentials), "\n"]);
        canonical.push_str(&hex::encode(request.sha256));

        let digest = hex::encode(Sha256::digest(canonical));
        let signature = tag(&self.key, &[ALGORITHM, &time, &self.scope, &digest].join("\n"));
        let authorization = [self.authorization.as_str(), &hex::encode(signature)].concat();

        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(BODY_TYPE));
        headers.insert(HOST, request.host.parse()?);
        headers.insert(DATE, time.parse()?);
        if let Some(token) = &self.token {
            headers.insert(TOKEN, token.clone());
        }
        headers.insert(AUTHORIZATION, authorization.parse()?);
        Ok(headers)
    }
}

fn signed_headers(credentials: &Credentials) -> &'static str {
    if credentials.session_token().is_some() { SIGNED_WITH_TOKEN } else { SIGNED }
}

fn hmac(key: &[u8]) -> Result<Hmac<Sha256>, InvalidLength> {
    Hmac::new_from_slice(key)
}

fn tag(key: &Hmac<Sha256>, message: &str) -> [u8; 32] {
    key.clone().chain_update(message).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4::SigningParams;
    use proptest::prelude::*;

    use super::*;

    fn credentials(token: Option<&str>, expiry: Option<SystemTime>) -> Credentials {
        Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", token.map(str::to_owned), expiry, "test")
    }

    /// The headers that the SDK's signer adds.
    fn theirs(request: &Unsigned<'_>, body: &[u8], credentials: Credentials, now: Timestamp) -> Vec<(String, String)> {
        let identity = credentials.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name(SERVICE)
            .time(now.into())
            .settings(SigningSettings::default())
            .build()
            .unwrap();
        let url = format!("https://{}{}", request.host, request.path);
        let headers = [("content-type", BODY_TYPE), ("host", request.host)].into_iter();
        let body = SignableBody::Bytes(body);
        let request = SignableRequest::new(request.method.as_str(), url, headers, body).unwrap();
        let (instructions, _) = sign(request, &params.into()).unwrap().into_parts();
        instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    proptest! {
        #[test]
        fn the_signature_is_the_sdks(
            method in prop::sample::select(vec![Method::POST, Method::GET, Method::DELETE]),
            host in "[a-z0-9.-]{1,40}(:[1-9][0-9]{1,3})?",
            id in "[ -~]{1,40}|[a-zA-Z0-9+/]{12}=",
            stage in "(/[a-z]{1,8})?",
            body in prop::collection::vec(any::<u8>(), 0..2000),
            token in prop::option::of("[a-zA-Z0-9/+=]{1,600}"),
            seconds in 1_700_000_000_i64..4_000_000_000,
        ) {
            // A path that holds these alone is another path.
            prop_assume!(!["", ".", ".."].contains(&id.as_str()));
            let now = Timestamp::from_second(seconds).unwrap();
            let path = format!("{stage}/@connections/{}", utf8_percent_encode(&id, SEGMENT));
            let sha256 = Sha256::digest(&body).into();
            let request = Unsigned { method: &method, host: &host, path: &path, sha256: &sha256 };
            let credentials = credentials(token.as_deref(), None);
            let signer = Signer::new(credentials.clone(), "eu-west-1", now).unwrap();
            let ours = signer.headers(&request, now).unwrap();
            for (name, value) in theirs(&request, &body, credentials, now) {
                prop_assert_eq!(ours.get(&name).map(|value| value.to_str().unwrap()), Some(value.as_str()), "{}", name);
            }
        }
    }

    #[test]
    fn a_signer_is_good_for_a_day_and_while_its_credentials_last() {
        let now: Timestamp = "2026-11-21T22:00:00Z".parse().unwrap();
        let signer = |expiry: Option<Timestamp>| {
            Signer::new(credentials(None, expiry.map(SystemTime::from)), "us-east-1", now).unwrap()
        };
        let after = |minutes: i64| now + jiff::SignedDuration::from_mins(minutes);
        assert!(signer(None).is_good(after(119)));
        assert!(!signer(None).is_good(after(120)));
        assert!(signer(Some(after(60))).is_good(after(54)));
        assert!(!signer(Some(after(60))).is_good(after(55)));
    }
}
