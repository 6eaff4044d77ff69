use bytes::Bytes;

use crate::bits::Bits;
use crate::error::Error;

/// `samplingFrequencyIndex` 0 to 12 (ISO/IEC 14496-3, table 1.18).
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
/// Real ones have 2 to 16 bytes; more would not fit a descriptor's short length.
const MAX_BYTES: usize = 64;
/// Object types: AAC Main to LTP, and the two that announce spectral band replication.
const SBR: u32 = 5;
const PARAMETRIC_STEREO: u32 = 29;

/// What an AAC decoder must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioConfig {
    /// Samples per second of the core coder; spectral band replication plays twice as many.
    pub sample_rate: u32,
    /// How many speakers it is for.
    pub channels: u8,
    /// RFC 6381, section 3.3: `mp4a.40.` and the object type, 2 for AAC-LC.
    pub codec: String,
    /// Samples of one frame at `sample_rate`: 1024, seldom 960.
    pub frame_samples: u32,
    /// The AudioSpecificConfig as it came.
    pub config: Bytes,
}

impl AudioConfig {
    /// Reads an AudioSpecificConfig (ISO/IEC 14496-3, clause 1.6.2.1).
    ///
    /// # Errors
    /// [`Error::Audio`] when it is cut off, too long, or no AAC that players know.
    pub fn parse(asc: Bytes) -> Result<Self, Error> {
        if asc.len() > MAX_BYTES {
            return Err(Error::Audio("it is too long"));
        }
        const CUT_OFF: Error = Error::Audio("it is cut off");
        let mut bits = Bits::new(&asc);
        let object_type = object_type(&mut bits).ok_or(CUT_OFF)?;
        let sample_rate = rate(&mut bits).ok_or(CUT_OFF)?;
        let channels = bits.bits(4).ok_or(CUT_OFF)?;
        let core = if object_type == SBR || object_type == PARAMETRIC_STEREO {
            rate(&mut bits).ok_or(CUT_OFF)?;
            self::object_type(&mut bits).ok_or(CUT_OFF)?
        } else {
            object_type
        };
        if !(1..=4).contains(&core) {
            return Err(Error::Audio("it is not AAC"));
        }
        if !(7_350..=192_000).contains(&sample_rate) {
            return Err(Error::Audio("its sample rate is out of range"));
        }
        let channels = match channels {
            1..=6 => channels as u8,
            7 | 12 | 14 => 8,
            11 => 7,
            _ => return Err(Error::Audio("its channels are not one of the known layouts")),
        };
        let frame_samples = if bits.bit().ok_or(CUT_OFF)? { 960 } else { 1024 };
        Ok(Self { sample_rate, channels, codec: format!("mp4a.40.{object_type}"), frame_samples, config: asc })
    }
}

fn object_type(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.bits(5)? {
        31 => Some(32 + bits.bits(6)?),
        object_type => Some(object_type),
    }
}

/// Reserved indexes are answered as 0.
fn rate(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.bits(4)? {
        15 => bits.bits(24),
        index => Some(RATES.get(index as usize).copied().unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(asc: &[u8]) -> Result<AudioConfig, Error> {
        AudioConfig::parse(Bytes::copy_from_slice(asc))
    }

    #[test]
    fn usual_configurations_are_read() {
        let stereo = parse(&[0x12, 0x10]).unwrap();
        assert_eq!((stereo.sample_rate, stereo.channels, stereo.codec.as_str()), (44_100, 2, "mp4a.40.2"));
        let mono = parse(&[0x11, 0x88]).unwrap();
        assert_eq!((mono.sample_rate, mono.channels, mono.frame_samples), (48_000, 1, 1024));
        // AAC-LC, 48 kHz, stereo, with the extension for compatible players that ffmpeg appends.
        assert_eq!(parse(&[0x11, 0x90, 0x56, 0xe5, 0x00]).unwrap().codec, "mp4a.40.2");
        // 960 samples a frame.
        assert_eq!(parse(&[0x11, 0x94]).unwrap().frame_samples, 960);
    }

    #[test]
    fn spectral_band_replication_is_named_and_counted_by_its_core() {
        // Type 5, 24 kHz, stereo, extended to 48 kHz, core type 2.
        let replicated = parse(&[0x2b, 0x11, 0x88, 0x00]).unwrap();
        assert_eq!((replicated.sample_rate, replicated.codec.as_str()), (24_000, "mp4a.40.5"));
    }

    #[test]
    fn an_explicit_sample_rate_is_read() {
        // Type 2, index 15, 44,100 in 24 bits, stereo.
        let asc = (2_u64 << 59) | (15 << 55) | (44_100 << 31) | (2 << 27);
        assert_eq!(parse(&asc.to_be_bytes()).unwrap().sample_rate, 44_100);
    }

    #[test]
    fn what_is_not_aac_is_refused() {
        let refused: [&[u8]; 7] =
            [&[], &[0x12], &[0xff; 8], &[0x00; 4], &[0x16, 0x90], &[0x12, 0x00, 0x00], &[0x12; MAX_BYTES + 1]];
        for asc in refused {
            assert!(matches!(parse(asc), Err(Error::Audio(_))), "{asc:?}");
        }
    }
}
