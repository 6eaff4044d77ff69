//! Requests of machines that prove themselves by a secret: `x-skylark-signature: t=<epoch seconds>,v1=<hex>`, the
//! HMAC-SHA256 of `<t>.<body>`.

use axum::extract::{FromRef, FromRequest, Request};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use sha2::Sha256;
use skylark_domain::Error;
use skylark_domain::ports::Clock;

use crate::clock::SystemClock;
use crate::json;
use crate::problem::Problem;

const SIGNATURE: &str = "x-skylark-signature";
/// Seconds that a signature is good for, and that clocks may differ.
const TOLERANCE: i64 = 300;

/// The secret that signatures are made with.
#[derive(Clone)]
pub struct CallbackSecret(pub SecretString);

/// A JSON body whose sender has proved itself.
#[derive(Debug)]
pub struct Signed<T>(pub T);

impl<S, T> FromRequest<S> for Signed<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
    CallbackSecret: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let secret = CallbackSecret::from_ref(state);
        let header = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let header = header.to_owned();
        let body = json::read(request).await?;
        if !is_genuine(&secret, &header, &body, SystemClock.now().as_second()) {
            return Err(Error::Unauthenticated.into());
        }
        json::parse(&body).map(Self)
    }
}

fn is_genuine(secret: &CallbackSecret, header: &str, body: &[u8], now: i64) -> bool {
    let part = |name: &str| header.split(',').find_map(|part| part.trim().strip_prefix(name));
    let (Some(at), Some(proof)) = (part("t="), part("v1=").and_then(unhex)) else { return false };
    let Ok(seconds) = at.parse::<i64>() else { return false };
    // Every length is a key for HMAC.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.0.expose_secret().as_bytes()) else { return false };
    let mac = mac.chain_update(at).chain_update(b".").chain_update(body);
    seconds.abs_diff(now) <= TOLERANCE.unsigned_abs() && mac.verify_slice(&proof).is_ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(secret: &str, at: &str, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        let proof = mac.chain_update(at).chain_update(b".").chain_update(body).finalize().into_bytes();
        let hex: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("t={at},v1={hex}")
    }

    #[test]
    fn only_fresh_signatures_of_this_body_are_good() {
        let secret = CallbackSecret("secret".to_owned().into());
        let good = |header: &str, body: &[u8], now| is_genuine(&secret, header, body, now);
        let header = sign("secret", "1000", b"{}");
        assert!(good(&header, b"{}", 1000) && good(&header, b"{}", 1300) && good(&header, b"{}", 700));
        assert!(!good(&header, b"{}", 1301) && !good(&header, b"{}", 699));
        assert!(!good(&header, b"{ }", 1000) && !good(&header.replace("t=1000", "t=1001"), b"{}", 1000));
        assert!(!good(&sign("other", "1000", b"{}"), b"{}", 1000));
        for bad in
            ["", "t=1000", "v1=00", "t=,v1=", "t=1000,v1=zz", "t=1000,v1=0", &format!("t=-1{},v1=00", "0".repeat(99))]
        {
            assert!(!good(bad, b"{}", 1000), "{bad}");
        }
    }
}
