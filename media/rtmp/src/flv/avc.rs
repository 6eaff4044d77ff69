//! H.264 in length-prefixed form (ISO/IEC 14496-15).

use bytes::Buf;

use super::enhanced::cut_off;
use crate::Error;

const SPS: u8 = 7;
const PPS: u8 = 8;

/// Checks an AVCDecoderConfigurationRecord (5.3.3.1): one sequence and one picture parameter set at least. Answers the
/// bytes of a NAL unit's length.
pub(super) fn check_config(mut record: &[u8]) -> Result<usize, Error> {
    let record = &mut record;
    if record.try_get_u8().map_err(cut_off)? != 1 {
        return Err(Error::Flv("unknown version of AVCDecoderConfigurationRecord"));
    }
    // Profile, compatibility and level.
    record.try_get_uint(3).map_err(cut_off)?;
    let length_bytes = usize::from(record.try_get_u8().map_err(cut_off)? & 0x03) + 1;
    if length_bytes == 3 {
        return Err(Error::Flv("NAL unit lengths of three bytes"));
    }
    let count = record.try_get_u8().map_err(cut_off)? & 0x1f;
    parameter_sets(record, count, SPS)?;
    let count = record.try_get_u8().map_err(cut_off)?;
    parameter_sets(record, count, PPS)?;
    Ok(length_bytes)
}

fn parameter_sets(record: &mut &[u8], count: u8, kind: u8) -> Result<(), Error> {
    if count == 0 {
        return Err(Error::Flv("no parameter set"));
    }
    for _ in 0..count {
        let length = usize::from(record.try_get_u16().map_err(cut_off)?);
        let (set, rest) = record.split_at_checked(length).ok_or(Error::Flv("cut off"))?;
        if set.first().is_none_or(|header| header & 0x1f != kind) {
            return Err(Error::Flv("a parameter set is another NAL unit"));
        }
        *record = rest;
    }
    Ok(())
}

/// Checks that every NAL unit of an access unit ends within it.
pub(super) fn check_frame(mut data: &[u8], length_bytes: usize) -> Result<(), Error> {
    while !data.is_empty() {
        let length = data.try_get_uint(length_bytes).map_err(cut_off)?;
        let length = usize::try_from(length).map_err(cut_off)?;
        data = data.get(length..).ok_or(Error::Flv("a NAL unit is longer than its access unit"))?;
    }
    Ok(())
}
