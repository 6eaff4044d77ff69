//! What a channel's type takes at ingest (IVS user guide, "Streaming configuration").

use super::events::Breach;

/// Pixels of a picture's longer edge.
const EDGE: u64 = 1920;
/// Pixels of a picture.
const PIXELS: u64 = 1920 * 1080;

/// Bits per second of a type of channel. BASIC takes 1080p here as it does on AWS at this rate.
fn bitrate(channel_type: &str) -> u64 {
    if channel_type == "BASIC" { 3_500_000 } else { 8_500_000 }
}

/// What is wrong with a picture of this size.
pub(super) fn picture(width: u32, height: u32) -> Option<Breach> {
    let (edge, pixels) = (u64::from(width.max(height)), u64::from(width) * u64::from(height));
    let breach =
        |value: u64, unit, found: u64| Breach { limit: "Ingest Resolution", value, exceeded_by: found - value, unit };
    if edge > EDGE {
        return Some(breach(EDGE, "pixels per edge", edge));
    }
    (pixels > PIXELS).then(|| breach(PIXELS, "total pixels", pixels))
}

/// What is wrong with this average bitrate.
pub(super) fn average(channel_type: &str, bps: u64) -> Option<Breach> {
    let limit = bitrate(channel_type);
    (bps > limit).then(|| Breach {
        limit: "Ingest Bitrate",
        value: limit,
        exceeded_by: bps - limit,
        unit: "bits per second",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_bitrates_beyond_the_limits_are_named() {
        assert_eq!(picture(1920, 1080), None);
        assert_eq!(picture(1080, 1920), None);
        assert_eq!(picture(1921, 100).map(|breach| (breach.unit, breach.exceeded_by)), Some(("pixels per edge", 1)));
        assert_eq!(picture(1920, 1081).map(|breach| (breach.unit, breach.exceeded_by)), Some(("total pixels", 1920)));
        assert_eq!(average("BASIC", 3_500_000), None);
        assert_eq!(average("BASIC", 3_600_000).map(|breach| breach.exceeded_by), Some(100_000));
        assert_eq!(average("STANDARD", 8_500_000), None);
    }
}
