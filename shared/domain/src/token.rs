//! Random secrets: handed out once, stored only as a digest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore;
use sha2::{Digest, Sha256};

/// A fresh secret of 256 random bits, 43 characters of URL-safe base64.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn random_secret() -> Result<String, rand::rand_core::OsError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// A fresh secret of 128 random bits for what lives a minute, 22 characters of URL-safe base64.
///
/// # Errors
/// As for [`random_secret`].
pub fn random_ticket() -> Result<String, rand::rand_core::OsError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<16>()?))
}

/// A fresh name of 40 random bits: eight characters of Crockford's base32 in lower case, which people can read aloud.
///
/// # Errors
/// As for [`random_secret`].
pub fn random_name() -> Result<String, rand::rand_core::OsError> {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let letter = |byte: u8| char::from(LETTERS[usize::from(byte % 32)]);
    Ok(random::<8>()?.into_iter().map(letter).collect())
}

fn random<const N: usize>() -> Result<[u8; N], rand::rand_core::OsError> {
    let mut bytes = [0u8; N];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

/// What is stored of a secret: its SHA-256 in URL-safe base64. Fit for random secrets only, never for passwords.
pub fn digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
}
