use bytes::Bytes;

use crate::bits::Bits;
use crate::error::Error;

/// Real ones have some dozens of bytes.
const MAX_BYTES: usize = 64 * 1024;
/// H.264's highest level has 139,264 macroblocks and at most 1,055 of them in a row (table A-1).
const MAX_SIDE: u32 = 16_880;
/// `nal_unit_type` of a sequence parameter set.
const SPS: u8 = 7;
/// Profiles whose parameter sets tell of chroma (H.264, clause 7.3.2.1.1).
const HIGH_PROFILES: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
/// Sample aspect ratios 1 to 16 (H.264, table E-1), width to height.
const ASPECTS: [(u16, u16); 16] = [
    (1, 1),
    (12, 11),
    (10, 11),
    (16, 11),
    (40, 33),
    (24, 11),
    (20, 11),
    (32, 11),
    (80, 33),
    (18, 11),
    (15, 11),
    (64, 33),
    (160, 99),
    (4, 3),
    (3, 2),
    (2, 1),
];
const CUT_OFF: Error = Error::Video("it is cut off");

/// What an AVC decoder must know.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoConfig {
    /// Pixels in a row, cropped.
    pub width: u32,
    /// Rows, cropped.
    pub height: u32,
    /// Frames per second that the encoder promises, when it does.
    pub fps: Option<f64>,
    /// Width and height of one pixel.
    pub pixel_aspect: (u16, u16),
    /// RFC 6381, section 3.3: `avc1.` with profile, constraints and level, such as `avc1.64001f`.
    pub codec: String,
    /// `profile_idc`: 66 Baseline, 77 Main, 100 High.
    pub profile: u8,
    /// Ten times the level: 31 is 3.1.
    pub level: u8,
    /// The AVCDecoderConfigurationRecord as it came.
    pub config: Bytes,
}

impl VideoConfig {
    /// Reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, clause 5.3.3.1) and its first sequence parameter set.
    ///
    /// # Errors
    /// [`Error::Video`] when it is cut off, has no parameter sets, or describes no possible picture.
    pub fn parse(avcc: Bytes) -> Result<Self, Error> {
        if avcc.len() > MAX_BYTES {
            return Err(Error::Video("it is too long"));
        }
        let &[version, profile, constraints, level, lengths, count, ..] = &*avcc else { return Err(CUT_OFF) };
        if version != 1 {
            return Err(Error::Video("its version is unknown"));
        }
        if lengths & 3 == 2 {
            return Err(Error::Video("lengths of 3 bytes are not allowed"));
        }
        let mut rest = &avcc[6..];
        let first = take_sets(&mut rest, count & 0x1f)?.ok_or(Error::Video("it has no sequence parameter set"))?;
        let (&count, mut rest) = rest.split_first().ok_or(CUT_OFF)?;
        take_sets(&mut rest, count)?.ok_or(Error::Video("it has no picture parameter set"))?;
        let sequence = Sequence::parse(first)?;
        Ok(Self {
            width: sequence.width,
            height: sequence.height,
            fps: sequence.usability.fps,
            pixel_aspect: sequence.usability.pixel_aspect,
            codec: format!("avc1.{profile:02x}{constraints:02x}{level:02x}"),
            profile,
            level,
            config: avcc,
        })
    }
}

/// Takes `count` parameter sets with their lengths off `rest` and answers the first.
fn take_sets<'a>(rest: &mut &'a [u8], count: u8) -> Result<Option<&'a [u8]>, Error> {
    let mut first = None;
    for _ in 0..count {
        let (length, behind) = rest.split_first_chunk::<2>().ok_or(CUT_OFF)?;
        let (set, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(CUT_OFF)?;
        first.get_or_insert(set);
        *rest = behind;
    }
    Ok(first)
}

/// What is of interest in a sequence parameter set.
struct Sequence {
    width: u32,
    height: u32,
    usability: Usability,
}

impl Sequence {
    /// H.264, clause 7.3.2.1.1.
    fn parse(unit: &[u8]) -> Result<Self, Error> {
        let (&header, payload) = unit.split_first().ok_or(CUT_OFF)?;
        if header & 0x1f != SPS {
            return Err(Error::Video("its first parameter set is not one of a sequence"));
        }
        let payload = unescape(payload);
        let mut bits = Bits::new(&payload);
        let (width, height) = size(&mut bits).ok_or(Error::Video("its picture size cannot be read"))?;
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(Error::Video("its picture size is impossible"));
        }
        // Some encoders write nonsense here, and playing needs nothing of it.
        let usability = Usability::parse(&mut bits).unwrap_or_default();
        Ok(Self { width, height, usability })
    }
}

/// Removes the bytes that keep start codes out of a NAL unit (clause 7.4.1.1).
fn unescape(payload: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(payload.len());
    let mut zeros = 0;
    for &byte in payload {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}

/// Width and height of the cropped picture; `bits` stand behind the cropping afterwards.
fn size(bits: &mut Bits<'_>) -> Option<(u32, u32)> {
    let profile = bits.bits(8)? as u8;
    bits.bits(16)?;
    bits.unsigned()?;
    let (mut chroma, mut has_separate_planes) = (1, false);
    if HIGH_PROFILES.contains(&profile) {
        chroma = bits.unsigned()?;
        if chroma == 3 {
            has_separate_planes = bits.bit()?;
        }
        bits.unsigned()?;
        bits.unsigned()?;
        bits.bit()?;
        if bits.bit()? {
            skip_scaling(bits, if chroma == 3 { 12 } else { 8 })?;
        }
    }
    bits.unsigned()?;
    skip_order(bits)?;
    bits.unsigned()?;
    bits.bit()?;
    let columns = bits.unsigned()?.checked_add(1)?;
    let rows = bits.unsigned()?.checked_add(1)?;
    let frames_only = bits.bit()?;
    if !frames_only {
        bits.bit()?;
    }
    bits.bit()?;
    let fields = if frames_only { 1 } else { 2 };
    let (mut width, mut height) = (columns.checked_mul(16)?, rows.checked_mul(16 * fields)?);
    if bits.bit()? {
        let (across, down) = match chroma {
            1 if !has_separate_planes => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        let [left, right, top, bottom] = [bits.unsigned()?, bits.unsigned()?, bits.unsigned()?, bits.unsigned()?];
        width = width.checked_sub(left.checked_add(right)?.checked_mul(across)?)?;
        height = height.checked_sub(top.checked_add(bottom)?.checked_mul(down * fields)?)?;
    }
    Some((width, height))
}

fn skip_scaling(bits: &mut Bits<'_>, lists: u32) -> Option<()> {
    for list in 0..lists {
        if !bits.bit()? {
            continue;
        }
        let (mut last, mut next) = (8, 8);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.signed()?.rem_euclid(256)) % 256;
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

/// Skips what says in which order pictures are shown.
fn skip_order(bits: &mut Bits<'_>) -> Option<()> {
    match bits.unsigned()? {
        0 => {
            bits.unsigned()?;
        }
        1 => {
            bits.bit()?;
            bits.signed()?;
            bits.signed()?;
            for _ in 0..bits.unsigned()?.min(256) {
                bits.signed()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// Video usability information (H.264, clause E.1.1).
struct Usability {
    fps: Option<f64>,
    pixel_aspect: (u16, u16),
}

impl Default for Usability {
    fn default() -> Self {
        Self { fps: None, pixel_aspect: (1, 1) }
    }
}

impl Usability {
    fn parse(bits: &mut Bits<'_>) -> Option<Self> {
        const EXTENDED: u32 = 255;
        let mut found = Self::default();
        if !bits.bit()? {
            return Some(found);
        }
        if bits.bit()? {
            let (width, height) = match bits.bits(8)? {
                EXTENDED => (bits.bits(16)? as u16, bits.bits(16)? as u16),
                index => index.checked_sub(1).and_then(|index| ASPECTS.get(index as usize)).copied().unwrap_or((1, 1)),
            };
            if width > 0 && height > 0 {
                found.pixel_aspect = (width, height);
            }
        }
        if bits.bit()? {
            bits.bit()?;
        }
        if bits.bit()? {
            bits.bits(4)?;
            if bits.bit()? {
                bits.bits(24)?;
            }
        }
        if bits.bit()? {
            bits.unsigned()?;
            bits.unsigned()?;
        }
        if bits.bit()? {
            // A tick is a field, half a frame.
            let (units, scale) = (bits.bits(32)?, bits.bits(32)?);
            let fps = f64::from(scale) / (2.0 * f64::from(units));
            found.fps = (fps.is_finite() && (0.1..=1_000.0).contains(&fps)).then_some(fps);
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written by x264.
    const HIGH_720P: &str =
        "0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000668ebe3cb22c0fdf8f800";
    const MAIN_1080P: &str = "014d4028ffe10018674d4028eca03c0113f2e022000007d20001d4c01e30632c01000568ebe3cb20";
    const INTERLACED: &str =
        "01640028ffe1001a67640028acd94078044fde0220000003002000000643e2c5b2c001000668fba3cb22c0fdf8f800";
    const WIDE_PIXELS: &str = "0142c01effe1001b6742c01ed900b4126ffc010000b440000003004000000c83c58b9201000568cb83cb20";
    const ODD_444: &str =
        "01f4000dffe1001b67f4000d919b282a10f084760220000003002000000601e28532c001000668ebe3c44844fff8f800";
    const EVEN_422: &str =
        "017a0015ffe1001b677a0015bcd9415087888fc044000003000400000301903c58b65801000668ebe3cb22c0fef8f800";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn records_of_a_real_encoder_are_read() {
        let known = [
            (HIGH_720P, 1280, 720, 30.0, (1, 1), "avc1.64001f"),
            (MAIN_1080P, 1920, 1080, 30_000.0 / 1_001.0, (1, 1), "avc1.4d4028"),
            (INTERLACED, 1920, 1080, 25.0, (1, 1), "avc1.640028"),
            (WIDE_PIXELS, 720, 576, 25.0, (64, 45), "avc1.42c01e"),
            (ODD_444, 321, 243, 24.0, (1, 1), "avc1.f4000d"),
            (EVEN_422, 322, 242, 50.0, (1, 1), "avc1.7a0015"),
        ];
        for (hex, width, height, fps, pixel_aspect, codec) in known {
            let config = VideoConfig::parse(bytes(hex).into()).unwrap();
            assert_eq!((config.width, config.height, config.pixel_aspect), (width, height, pixel_aspect), "{codec}");
            assert_eq!(config.codec, codec);
            assert!((config.fps.unwrap() - fps).abs() < 0.001, "{codec}: {:?}", config.fps);
            assert_eq!(config.config, bytes(hex));
        }
    }

    #[test]
    fn a_record_that_is_cut_off_anywhere_is_refused() {
        let whole = bytes(HIGH_720P);
        // Four bytes of chroma and depth behind the parameter sets may be missing, as in old records.
        for length in 0..whole.len() - 4 {
            let cut = VideoConfig::parse(whole[..length].to_vec().into());
            assert!(matches!(cut, Err(Error::Video(_))), "{length}");
        }
    }

    #[test]
    fn what_no_decoder_takes_is_refused() {
        let change = |at: usize, value: u8| {
            let mut record = bytes(HIGH_720P);
            record[at] = value;
            VideoConfig::parse(record.into())
        };
        assert_eq!(change(0, 0), Err(Error::Video("its version is unknown")));
        assert_eq!(change(4, 0xfe), Err(Error::Video("lengths of 3 bytes are not allowed")));
        assert_eq!(change(5, 0xe0), Err(Error::Video("it has no sequence parameter set")));
        assert_eq!(change(8, 0x68), Err(Error::Video("its first parameter set is not one of a sequence")));
        assert_eq!(VideoConfig::parse(vec![1; MAX_BYTES + 1].into()), Err(Error::Video("it is too long")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(record in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(config) = VideoConfig::parse(record.into()) {
                prop_assert!(config.width <= MAX_SIDE && config.height <= MAX_SIDE);
            }
        }

        #[test]
        fn a_damaged_record_is_read_without_harm(at in 0usize..46, value in any::<u8>()) {
            let mut record = bytes(HIGH_720P);
            record[at] = value;
            if let Ok(config) = VideoConfig::parse(record.into()) {
                prop_assert!((1..=MAX_SIDE).contains(&config.width) && (1..=MAX_SIDE).contains(&config.height));
            }
        }
    }
}
