//! The signed handshake. Adobe's text does not describe it; it is known from the published analysis of Flash Player 9,
//! and every server and encoder that signs uses the same constants.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of an HMAC-SHA256.
const DIGEST_BYTES: usize = 32;

/// What the server calls itself in a signed S1.
pub(super) const SERVER_VERSION: [u8; 4] = [4, 5, 0, 1];

/// Signs C1.
const CLIENT_KEY: &[u8] = b"Genuine Adobe Flash Player 001";

/// Signs S1 with its first part, S2 with the whole.
const SERVER_KEY: &[u8] = b"Genuine Adobe Flash Media Server 001\
    \xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae";

/// The part of [`SERVER_KEY`] that is text.
const SERVER_NAME_BYTES: usize = 36;

/// Where in C1 and S1 the digest stands: the four bytes at the start of a block, summed up modulo 728, say how far
/// behind them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// The digest's block follows the version.
    First,
    /// The digest's block follows the block of the key.
    Second,
}

impl Scheme {
    /// The scheme and digest of a signed C1; `None` if it is not signed.
    pub(super) fn of(c1: &[u8]) -> Option<(Self, [u8; DIGEST_BYTES])> {
        [Self::First, Self::Second].into_iter().find_map(|scheme| {
            let digest = scheme.digest(c1, CLIENT_KEY);
            (c1[scheme.place(c1)..][..DIGEST_BYTES] == digest).then_some((scheme, digest))
        })
    }

    /// Puts the server's digest into S1.
    pub(super) fn sign(self, s1: &mut [u8]) {
        self.put(s1, &SERVER_KEY[..SERVER_NAME_BYTES]);
    }

    fn put(self, packet: &mut [u8], key: &[u8]) -> [u8; DIGEST_BYTES] {
        let digest = self.digest(packet, key);
        let place = self.place(packet);
        packet[place..][..DIGEST_BYTES].copy_from_slice(&digest);
        digest
    }

    fn place(self, packet: &[u8]) -> usize {
        let block = match self {
            Self::First => 8,
            Self::Second => 772,
        };
        block + 4 + packet[block..block + 4].iter().map(|byte| usize::from(*byte)).sum::<usize>() % 728
    }

    /// The digest of all bytes but the digest's own.
    fn digest(self, packet: &[u8], key: &[u8]) -> [u8; DIGEST_BYTES] {
        let place = self.place(packet);
        hmac(key, &[&packet[..place], &packet[place + DIGEST_BYTES..]])
    }
}

/// Signs S2: its last 32 bytes prove that the server saw the client's digest.
pub(super) fn sign_answer(s2: &mut [u8], client_digest: &[u8; DIGEST_BYTES]) {
    let key = hmac(SERVER_KEY, &[client_digest]);
    let (random, place) = s2.split_at_mut(s2.len() - DIGEST_BYTES);
    place.copy_from_slice(&hmac(&key, &[random]));
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; DIGEST_BYTES] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; DIGEST_BYTES] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
impl Scheme {
    pub(super) fn sign_as_client(self, c1: &mut [u8]) -> [u8; DIGEST_BYTES] {
        self.put(c1, CLIENT_KEY)
    }

    pub(super) fn is_signed_by_server(self, s1: &[u8]) -> bool {
        s1[self.place(s1)..][..DIGEST_BYTES] == self.digest(s1, &SERVER_KEY[..SERVER_NAME_BYTES])
    }
}
