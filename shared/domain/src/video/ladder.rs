//! Which renditions and thumbnails a source is turned into.

use super::source::Input;

/// One rendition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    /// `1080p`; folder and name.
    pub label: &'static str,
    /// Even.
    pub width: u32,
    /// Even.
    pub height: u32,
    /// Bits per second at most.
    pub max_bitrate: u32,
}

/// The boxes that pictures are fitted into, lying or standing: label, long side, short side, bits per second.
const BOXES: [(&str, u32, u32, u32); 3] =
    [("1080p", 1920, 1080, 5_000_000), ("720p", 1280, 720, 3_000_000), ("360p", 640, 360, 1_000_000)];
/// Frames per second beyond which half of them are dropped.
pub const MAX_FRAME_RATE: u32 = 60;
/// The most thumbnails.
pub const MAX_THUMBNAILS: u32 = 10;
/// The transcoder's smallest side.
const MIN_SIDE: u32 = 32;

/// The renditions of a source, largest first. None is larger than the source; of those that would be equal the smallest
/// name is kept.
pub fn renditions(input: &Input) -> Vec<Rendition> {
    let (width, height) = input.shown_size();
    let mut all: Vec<Rendition> = Vec::new();
    for (label, long, short, max_bitrate) in BOXES {
        let (box_width, box_height) = if width >= height { (long, short) } else { (short, long) };
        let (width, height) = fit(width, height, box_width, box_height);
        let rendition = Rendition { label, width, height, max_bitrate };
        match all.last_mut() {
            Some(last) if (last.width, last.height) == (width, height) => *last = rendition,
            _ => all.push(rendition),
        }
    }
    all
}

/// The size of the thumbnails.
pub fn thumbnail_size(input: &Input) -> (u32, u32) {
    let (width, height) = input.shown_size();
    let (box_width, box_height) = if width >= height { (640, 360) } else { (360, 640) };
    fit(width, height, box_width, box_height)
}

/// Seconds between two thumbnails.
pub fn thumbnail_interval(duration_ms: u64) -> u64 {
    duration_ms.div_ceil(1000).div_ceil(u64::from(MAX_THUMBNAILS)).max(1)
}

/// The size that fits into a box, never larger than it was, with even sides.
fn fit(width: u32, height: u32, box_width: u32, box_height: u32) -> (u32, u32) {
    let scale = (f64::from(box_width) / f64::from(width)).min(f64::from(box_height) / f64::from(height)).min(1.0);
    let even = |side: u32, most: u32| {
        let halves = (f64::from(side) * scale / 2.0).round() as u32;
        (halves * 2).clamp(MIN_SIDE, most)
    };
    (even(width, box_width), even(height, box_height))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::sample_input;

    fn sizes(width: u32, height: u32, rotation: u32) -> Vec<(&'static str, u32, u32)> {
        let input = Input { width, height, rotation, ..sample_input() };
        renditions(&input).into_iter().map(|one| (one.label, one.width, one.height)).collect()
    }

    #[test]
    fn the_ladder_keeps_shape_and_never_enlarges() {
        assert_eq!(sizes(3840, 2160, 0), [("1080p", 1920, 1080), ("720p", 1280, 720), ("360p", 640, 360)]);
        assert_eq!(sizes(1920, 1080, 0), [("1080p", 1920, 1080), ("720p", 1280, 720), ("360p", 640, 360)]);
        assert_eq!(sizes(1280, 720, 0), [("720p", 1280, 720), ("360p", 640, 360)]);
        assert_eq!(sizes(960, 540, 0), [("720p", 960, 540), ("360p", 640, 360)]);
        assert_eq!(sizes(640, 360, 0), [("360p", 640, 360)]);
        assert_eq!(sizes(100, 100, 0), [("360p", 100, 100)]);
        assert_eq!(sizes(1080, 1920, 0), [("1080p", 1080, 1920), ("720p", 720, 1280), ("360p", 360, 640)]);
        assert_eq!(sizes(1920, 1080, 90), [("1080p", 1080, 1920), ("720p", 720, 1280), ("360p", 360, 640)]);
        assert_eq!(sizes(1920, 800, 0), [("1080p", 1920, 800), ("720p", 1280, 534), ("360p", 640, 266)]);
        assert_eq!(sizes(641, 361, 0), [("720p", 642, 362), ("360p", 640, 360)]);
    }

    #[test]
    fn thumbnails_are_at_most_ten() {
        for (ms, interval) in [(0, 1), (500, 1), (10_000, 1), (10_001, 2), (20_000, 2), (3_600_000, 360)] {
            assert_eq!(thumbnail_interval(ms), interval, "{ms}");
        }
    }

    proptest! {
        #[test]
        fn sides_are_even_and_inside_the_box(width in 16u32..10_000, height in 16u32..10_000, turns in 0u32..4) {
            let all = sizes(width, height, turns * 90);
            prop_assert!((1..=3).contains(&all.len()));
            for (_, width, height) in all {
                prop_assert!(width % 2 == 0 && height % 2 == 0 && width >= 32 && height >= 32);
                prop_assert!(width.max(height) <= 1920 && width.min(height) <= 1080);
            }
        }
    }
}
