/// Turns RTMP's 32-bit milliseconds into a time line without wraps.
#[derive(Debug, Default)]
pub(super) struct Clock {
    last: Option<(u32, i64)>,
}

impl Clock {
    /// The time that is nearest to the one before it; the first stands for itself.
    pub(super) fn unwrap(&mut self, timestamp: u32) -> i64 {
        let unwrapped = match self.last {
            None => i64::from(timestamp),
            Some((raw, time)) => time + i64::from(timestamp.wrapping_sub(raw) as i32),
        };
        self.last = Some((timestamp, unwrapped));
        unwrapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrap<const N: usize>(timestamps: [u32; N]) -> [i64; N] {
        let mut clock = Clock::default();
        timestamps.map(|timestamp| clock.unwrap(timestamp))
    }

    #[test]
    fn time_goes_on_across_the_wrap_in_both_directions() {
        let wrap = 1_i64 << 32;
        assert_eq!(
            unwrap([u32::MAX - 19, u32::MAX, 20, u32::MAX - 3, 40]),
            [wrap - 20, wrap - 1, wrap + 20, wrap - 4, wrap + 40]
        );
    }

    #[test]
    fn an_encoder_that_starts_again_at_0_is_passed_on() {
        assert_eq!(unwrap([3_600_000, 3_600_040, 0, 40]), [3_600_000, 3_600_040, 0, 40]);
    }
}
