//! The handshake (5.2), server side: the plain one of the specification, and the signed one that Flash and its
//! descendants speak.

mod digest;

use bytes::{Buf, BufMut, BytesMut};
use rand::RngCore;

use self::digest::Scheme;
use crate::Error;

/// C1, C2, S1 and S2 have this size (5.2.3, 5.2.4).
pub const PACKET_BYTES: usize = 1536;

/// The version that C0 and S0 name (5.2.2).
const VERSION: u8 = 3;

/// Where a handshake stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Step {
    #[default]
    Hello,
    Echo,
    Done,
}

/// A handshake in progress.
#[derive(Debug, Default)]
pub struct Handshake {
    step: Step,
}

impl Handshake {
    /// Takes what it needs from `input`, appends answers to `out`, and says whether the handshake is complete. Bytes
    /// behind it stay in `input`.
    pub fn advance(&mut self, input: &mut BytesMut, out: &mut BytesMut) -> Result<bool, Error> {
        if self.step == Step::Hello {
            if let Some(version) = input.first().filter(|version| **version != VERSION) {
                return Err(Error::Version(*version));
            }
            if input.len() < 1 + PACKET_BYTES {
                return Ok(false);
            }
            input.advance(1);
            answer(&input.split_to(PACKET_BYTES), out);
            self.step = Step::Echo;
        }
        if self.step == Step::Echo {
            if input.len() < PACKET_BYTES {
                return Ok(false);
            }
            // C2 should echo S1; some encoders send anything, and nothing depends on it.
            input.advance(PACKET_BYTES);
            self.step = Step::Done;
        }
        Ok(true)
    }
}

/// Appends S0, S1 and S2.
fn answer(c1: &[u8], out: &mut BytesMut) {
    let mut s1 = [0; PACKET_BYTES];
    rand::rng().fill_bytes(&mut s1[8..]);
    out.put_u8(VERSION);
    // A plain C1 has zeros where a signed one has the version of the client.
    let signed = c1[4..8].iter().any(|byte| *byte != 0).then(|| Scheme::of(c1)).flatten();
    if let Some((scheme, digest)) = signed {
        s1[4..8].copy_from_slice(&digest::SERVER_VERSION);
        scheme.sign(&mut s1);
        out.put_slice(&s1);
        let mut s2 = [0; PACKET_BYTES];
        rand::rng().fill_bytes(&mut s2);
        digest::sign_answer(&mut s2, &digest);
        out.put_slice(&s2);
    } else {
        out.put_slice(&s1);
        out.put_slice(c1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shake(c1: &[u8]) -> BytesMut {
        let mut handshake = Handshake::default();
        let mut input = BytesMut::from(&[VERSION][..]);
        input.extend_from_slice(c1);
        let mut out = BytesMut::new();
        assert!(!handshake.advance(&mut input, &mut out).unwrap());
        assert!(input.is_empty());
        input.extend_from_slice(&[7; PACKET_BYTES]);
        input.extend_from_slice(b"next");
        assert!(handshake.advance(&mut input, &mut out).unwrap());
        assert_eq!(&input[..], b"next");
        assert_eq!(out.len(), 1 + 2 * PACKET_BYTES);
        assert_eq!(out[0], VERSION);
        out
    }

    #[test]
    fn a_plain_client_gets_its_own_bytes_back() {
        let mut c1 = [9; PACKET_BYTES];
        c1[4..8].fill(0);
        let out = shake(&c1);
        assert_eq!(out[1 + PACKET_BYTES..], c1);
        assert_eq!(out[1..9], [0; 8]);
    }

    #[test]
    fn a_client_that_names_a_version_and_signs_nothing_is_taken_as_plain() {
        let c1 = [9; PACKET_BYTES];
        assert_eq!(shake(&c1)[1 + PACKET_BYTES..], c1);
    }

    #[test]
    fn a_signed_client_of_either_scheme_gets_signed_answers() {
        for scheme in [Scheme::First, Scheme::Second] {
            let mut c1 = [0; PACKET_BYTES];
            rand::rng().fill_bytes(&mut c1);
            c1[4..8].copy_from_slice(&[9, 0, 124, 2]);
            let digest = scheme.sign_as_client(&mut c1);
            let out = shake(&c1);
            let (s1, s2) = out[1..].split_at(PACKET_BYTES);
            assert!(scheme.is_signed_by_server(s1), "{scheme:?}");
            let mut expected = s2.to_vec();
            digest::sign_answer(&mut expected, &digest);
            assert_eq!(expected, s2, "{scheme:?}");
        }
    }

    #[test]
    fn another_version_is_refused_at_its_first_byte() {
        for version in [0, 6, b'G', 0x16, 0xff] {
            let mut input = BytesMut::from(&[version][..]);
            let refused = Handshake::default().advance(&mut input, &mut BytesMut::new());
            assert!(matches!(refused, Err(Error::Version(named)) if named == version));
        }
    }

    #[test]
    fn byte_by_byte_it_comes_to_the_same_end() {
        let mut handshake = Handshake::default();
        let (mut input, mut out) = (BytesMut::new(), BytesMut::new());
        let mut sent = vec![VERSION];
        sent.resize(1 + 2 * PACKET_BYTES, 0);
        for (index, byte) in sent.iter().enumerate() {
            input.put_u8(*byte);
            assert_eq!(handshake.advance(&mut input, &mut out).unwrap(), index + 1 == sent.len());
        }
    }
}
