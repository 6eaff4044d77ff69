//! Names of IVS resources.

use rand::Rng;
use rand::distr::Alphanumeric;
use sha2::{Digest, Sha256};

use super::refusal::{Kind, refuse};
use crate::world::{ACCOUNT, REGION};

/// The types of resources that have an ARN.
pub(super) const CHANNEL: &str = "channel";
pub(super) const STREAM_KEY: &str = "stream-key";
pub(super) const RECORDING_CONFIGURATION: &str = "recording-configuration";
pub(super) const PLAYBACK_KEY: &str = "playback-key";

/// Letters and digits of an id, as AWS makes them.
const ID_LENGTH: usize = 12;

/// The ARN of a new resource.
pub(super) fn fresh(kind: &str) -> String {
    of(kind, &random(ID_LENGTH))
}

/// The ARN of the resource with this id.
pub(super) fn of(kind: &str, id: &str) -> String {
    format!("arn:aws:ivs:{REGION}:{ACCOUNT}:{kind}/{id}")
}

/// The id in an ARN.
pub(super) fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

/// Refuses what is no ARN of this kind of resource.
pub(super) fn check(kind: &str, arn: &str) -> anyhow::Result<()> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let resource = match parts.as_slice() {
        ["arn", "aws", "ivs", _, _, resource] => resource.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/')),
        _ => None,
    };
    let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match resource {
        Some(id) if is_id(id) && arn.len() <= 128 => Ok(()),
        _ => refuse(Kind::Validation, format!("an ARN of a {kind} is expected")),
    }
}

/// The ARN of the template's recording configuration: the same at each start, so that what names it stays true.
pub(crate) fn of_template(logical_id: &str) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = Sha256::digest(logical_id.as_bytes());
    let id: String =
        digest.iter().take(ID_LENGTH).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect();
    of(RECORDING_CONFIGURATION, &id)
}

/// Random letters and digits, 5.95 bits each.
pub(super) fn random(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_arns_of_the_kind_are_taken() {
        assert!(check(CHANNEL, &fresh(CHANNEL)).is_ok());
        assert!(check(RECORDING_CONFIGURATION, &of_template("Recordings")).is_ok());
        assert_eq!(of_template("Recordings"), of_template("Recordings"));
        let long = of(CHANNEL, &"a".repeat(100));
        for wrong in ["", "arn", &fresh(STREAM_KEY), "arn:aws:ivs:r:1:channel/", "arn:aws:ivs:r:1:channel/a b", &long] {
            assert!(check(CHANNEL, wrong).is_err(), "{wrong}");
        }
    }
}
