//! How long parts are.

/// Parts of whole frames: none longer than the target, none shorter than 85 % of it (8216bis, section 4.4.3.7), except
/// before a key frame and at the end of a segment. Units are those of the leading track.
pub(super) struct Pace {
    timescale: u64,
    part_ms: u64,
    /// Decided when a second frame comes into a part.
    target_ms: Option<u64>,
    length: u64,
    frames: u64,
    last: u32,
}

impl Pace {
    pub(super) fn new(timescale: u32, part_ms: u32) -> Self {
        Self {
            timescale: timescale.into(),
            part_ms: u64::from(part_ms.max(1)),
            target_ms: None,
            length: 0,
            frames: 0,
            last: 0,
        }
    }

    /// Milliseconds. Frames of which no whole number fills 85 % of what is wanted make it longer.
    pub(super) fn target_ms(&self) -> u64 {
        if let Some(target_ms) = self.target_ms {
            return target_ms;
        }
        let Some(frame) = self.length.checked_div(self.frames).filter(|&frame| frame > 0) else { return self.part_ms };
        let wanted = self.part_ms * self.timescale / 1_000;
        // Timestamps are rounded to milliseconds, and encoders are not quite regular.
        let slack = wanted / 50 + self.timescale / 1_000;
        let most = wanted.saturating_sub(slack) / frame * frame;
        if most * 100 >= wanted * 85 {
            return self.part_ms;
        }
        let frames = ((wanted + frame / 2) / frame).max(1);
        ((frames * frame + slack) * 1_000).div_ceil(self.timescale)
    }

    fn target(&self) -> u64 {
        self.target_ms() * self.timescale / 1_000
    }

    /// Whether a part without this frame should end before it.
    pub(super) fn overflows_with(&self, duration: u32) -> bool {
        self.frames > 0 && self.length + u64::from(duration) > self.target()
    }

    pub(super) fn add(&mut self, duration: u32) {
        // What was found to fit stays within it, however long frames are from now on.
        if self.target_ms.is_none() && self.frames > 0 {
            self.target_ms = Some(self.target_ms());
        }
        self.length += u64::from(duration);
        self.frames += 1;
        self.last = duration;
    }

    /// Whether the part is long enough, and another frame as long as the last would be too much.
    pub(super) fn is_full(&self) -> bool {
        self.length * 100 >= self.target() * 85 && self.overflows_with(self.last)
    }

    /// Begins the next part.
    pub(super) fn cut(&mut self) {
        (self.length, self.frames) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn every_usual_frame_rate_has_a_target_that_whole_frames_fill() {
        for fps in [1, 2, 5, 8, 10, 12, 15, 20, 23, 24, 25, 29, 30, 48, 50, 59, 60, 120, 240] {
            let frame = 90_000 / fps;
            let mut pace = Pace::new(90_000, 250);
            (0..3).for_each(|_| pace.add(frame));
            let target = pace.target();
            let fitting = (target / u64::from(frame)) * u64::from(frame);
            assert!(fitting * 100 >= target * 85, "{fps}: {fitting} of {target}");
            assert!(fps < 4 || pace.target_ms() <= 360, "{fps}: {}", pace.target_ms());
        }
    }

    #[test]
    fn a_part_is_within_the_target_when_the_mean_of_its_frames_moves() {
        let mut pace = Pace::new(90_000, 250);
        for duration in [166 * 90, 168 * 90] {
            assert!(!pace.overflows_with(duration));
            pace.add(duration);
        }
        assert!(pace.target_ms() >= 334, "{}", pace.target_ms());
    }

    #[test]
    fn thirty_frames_a_second_keep_what_is_wanted() {
        let mut pace = Pace::new(90_000, 250);
        pace.add(3_000);
        assert_eq!(pace.target_ms(), 250);
    }
}
