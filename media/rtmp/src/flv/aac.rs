//! AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).

use crate::Error;

/// AAC-LC, and the extensions SBR and PS, which are LC with something added.
const SERVED: [u8; 3] = [2, 5, 29];

/// Sampling frequency index that says: 24 bits of hertz follow.
const EXPLICIT_FREQUENCY: u8 = 15;

/// Checks the beginning of an AudioSpecificConfig. Answers the object type if it is not served.
pub(super) fn unsupported(config: &[u8]) -> Result<Option<u8>, Error> {
    let &[first, second, ..] = config else { return Err(Error::Flv("cut off")) };
    let object_type = first >> 3;
    if !SERVED.contains(&object_type) {
        return Ok(Some(object_type));
    }
    match (first & 0x07) << 1 | second >> 7 {
        13 | 14 => Err(Error::Flv("reserved sampling frequency")),
        EXPLICIT_FREQUENCY if config.len() < 5 => Err(Error::Flv("cut off")),
        _ => Ok(None),
    }
}
