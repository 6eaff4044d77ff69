//! Cursors of lists: opaque, bound to one list and one caller, and authenticated, so that a page can trust what it reads.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

use crate::problem::{Problem, Result};

/// Bytes of the proof.
const PROOF: usize = 16;
/// No position is longer.
const MAX_LENGTH: usize = 512;

/// Makes and reads cursors.
#[derive(Clone)]
pub struct Cursors(SecretString);

impl Cursors {
    /// With this secret.
    pub fn new(secret: SecretString) -> Self {
        Self(secret)
    }

    /// The cursor for `position`. `list` names the list with everything that shapes it: filters and caller.
    pub fn seal<T: Serialize>(&self, list: &str, position: &T) -> Result<String> {
        let text = serde_json::to_vec(position).map_err(|error| skylark_domain::Error::Internal(Box::new(error)))?;
        let mut bytes = self.proof(list, &text)[..PROOF].to_vec();
        bytes.extend(text);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The position a cursor of `list` stands for.
    pub fn open<T: DeserializeOwned>(&self, list: &str, cursor: &str) -> Result<T> {
        let bytes =
            if cursor.len() > MAX_LENGTH { Vec::new() } else { URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default() };
        let (proof, text) = bytes.split_at_checked(PROOF).ok_or_else(Problem::bad_cursor)?;
        // Compared in a time that says nothing about how many bytes agree.
        let differing = self.proof(list, text).iter().zip(proof).fold(0, |all, (ours, theirs)| all | (ours ^ theirs));
        if differing != 0 {
            return Err(Problem::bad_cursor());
        }
        serde_json::from_slice(text).map_err(|_| Problem::bad_cursor())
    }

    fn proof(&self, list: &str, text: &[u8]) -> [u8; 32] {
        let key = self.0.expose_secret().as_bytes();
        // Every length is a key for HMAC.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
        let length = (list.len() as u64).to_be_bytes();
        mac.chain_update(length).chain_update(list).chain_update(text).finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let cursors = Cursors::new("secret".to_owned().into());
        let cursor = cursors.seal("feed:ada", &("2026-11", 7)).unwrap();
        assert_eq!(cursors.open::<(String, u32)>("feed:ada", &cursor).unwrap(), ("2026-11".into(), 7));
        let refused = |cursors: &Cursors, list: &str, cursor: &str| {
            assert_eq!(cursors.open::<(String, u32)>(list, cursor).unwrap_err().status().as_u16(), 400, "{cursor}");
        };
        refused(&cursors, "feed:bob", &cursor);
        refused(&Cursors::new("other".to_owned().into()), "feed:ada", &cursor);
        for index in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            refused(&cursors, "feed:ada", std::str::from_utf8(&changed).unwrap());
        }
        for nonsense in ["", "x", "%00", &"A".repeat(100_000)] {
            refused(&cursors, "feed:ada", nonsense);
        }
    }
}
