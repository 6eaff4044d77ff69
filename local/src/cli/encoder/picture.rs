//! A moving picture that tells the time: in digits for people, in blocks for programs that measure how old a frame is.
//!
//! The picture is 32 x 18 blocks. The first row of them is the clock: milliseconds since 1970 modulo 2^31, the lowest bit
//! first, white is 1; the 32nd block makes the number of white ones even. The second row is the first one's opposite.
//! `web/e2e/clock.ts` reads it.

use std::time::Duration;

/// Blocks in a row of the picture.
const COLUMNS: usize = 32;
/// Rows of blocks.
const ROWS: usize = 18;
/// The clock's bits; one more makes the parity.
const BITS: usize = 31;
/// Luma of black and white (ITU-R BT.709, limited range).
const BLACK: u8 = 16;
const WHITE: u8 = 235;
/// Neither blue nor red.
const GREY: u8 = 128;
/// Luma and the two chroma values of the sky, from its top to the ground.
const SKY: [[u8; 3]; 2] = [[45, 150, 115], [150, 105, 160]];
/// Which segments of a digit are lit: from the lowest bit the top, then clockwise, then the middle.
const SEGMENTS: [u8; 10] = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];
/// Half blocks of a digit and of what separates digits, and the space behind either.
const DIGIT: usize = 4;
const SEPARATOR: usize = 1;
const SPACE: usize = 1;
/// Half blocks above the digits, and their height.
const TOP: usize = 12;
const HEIGHT: usize = 8;

/// Frames of raw YUV 4:2:0.
pub(super) struct Picture {
    /// Pixels of a block's side, an even number.
    block: usize,
    /// What does not change.
    sky: Vec<u8>,
    frame: Vec<u8>,
}

/// A sign of the time of day.
enum Sign {
    Digit(usize),
    Colon,
    Point,
}

impl Picture {
    /// Pictures with blocks of so many pixels.
    pub(super) fn new(block: usize) -> Self {
        let (width, height) = (COLUMNS * block, ROWS * block);
        let mix = |plane: usize, row: usize, rows: usize| {
            let [top, ground] = SKY.map(|colour| usize::from(colour[plane]));
            let mixed = (top * (rows - row) + ground * row) / rows;
            u8::try_from(mixed).unwrap_or(GREY)
        };
        let mut sky = Vec::with_capacity(width * height * 3 / 2);
        for row in 0..height {
            sky.resize(sky.len() + width, mix(0, row, height));
        }
        for plane in [1, 2] {
            for row in 0..height / 2 {
                // The clock is black and white.
                let colour = if row < block { GREY } else { mix(plane, row, height / 2) };
                sky.resize(sky.len() + width / 2, colour);
            }
        }
        Self { block, frame: sky.clone(), sky }
    }

    /// Width and height in pixels.
    pub(super) fn size(&self) -> (usize, usize) {
        (COLUMNS * self.block, ROWS * self.block)
    }

    /// The frame with this number, made at `now` (since 1970).
    pub(super) fn draw(&mut self, now: Duration, number: usize) -> &[u8] {
        self.frame.copy_from_slice(&self.sky);
        let milliseconds = usize::try_from(now.as_millis() % (1 << BITS)).unwrap_or_default();
        let is_odd = milliseconds.count_ones() % 2 == 1;
        for column in 0..COLUMNS {
            let bit = if column == BITS { is_odd } else { milliseconds >> column & 1 == 1 };
            let (first, second) = if bit { (WHITE, BLACK) } else { (BLACK, WHITE) };
            let block = self.block;
            self.fill([column * block, 0, block, block], first);
            self.fill([column * block, block, block, block], second);
        }
        self.draw_time(now);
        // It crosses the picture in seven seconds.
        let (width, _) = self.size();
        let bar = number * self.block / 7 % (width - 2 * self.block);
        self.fill([bar, 14 * self.block, 2 * self.block, 2 * self.block], WHITE);
        &self.frame
    }

    /// The time of day (UTC): hours, minutes, seconds, tenths.
    fn draw_time(&mut self, now: Duration) {
        let second = usize::try_from(now.as_secs() % 86_400).unwrap_or_default();
        let tenth = usize::try_from(now.subsec_millis() / 100).unwrap_or_default();
        let pair = |number: usize| [Sign::Digit(number / 10), Sign::Digit(number % 10)];
        let [hour, minute, second] = [second / 3600, second / 60 % 60, second % 60].map(pair);
        let mut signs: Vec<Sign> = hour.into();
        signs.push(Sign::Colon);
        signs.extend(minute);
        signs.push(Sign::Colon);
        signs.extend(second);
        signs.extend([Sign::Point, Sign::Digit(tenth)]);
        let width = |sign: &Sign| if matches!(sign, Sign::Digit(_)) { DIGIT } else { SEPARATOR } + SPACE;
        let mut left = (2 * COLUMNS - signs.iter().map(width).sum::<usize>() + SPACE) / 2;
        for sign in signs {
            match sign {
                Sign::Digit(digit) => self.draw_digit(left, digit),
                Sign::Colon => [2, 5].into_iter().for_each(|below| self.fill_halves([left, TOP + below, 1, 1])),
                Sign::Point => self.fill_halves([left, TOP + HEIGHT - 1, 1, 1]),
            }
            left += width(&sign);
        }
    }

    fn draw_digit(&mut self, left: usize, digit: usize) {
        const RIGHT: usize = DIGIT - 1;
        const HALF: usize = HEIGHT / 2;
        let places = [
            [0, 0, DIGIT, 1],
            [RIGHT, 0, 1, HALF],
            [RIGHT, HALF, 1, HALF],
            [0, HEIGHT - 1, DIGIT, 1],
            [0, HALF, 1, HALF],
            [0, 0, 1, HALF],
            [0, HALF - 1, DIGIT, 1],
        ];
        for (segment, [x, y, width, height]) in places.into_iter().enumerate() {
            if SEGMENTS[digit] >> segment & 1 == 1 {
                self.fill_halves([left + x, TOP + y, width, height]);
            }
        }
    }

    /// Makes a rectangle (left, top, width, height in half blocks) white.
    fn fill_halves(&mut self, rectangle: [usize; 4]) {
        self.fill(rectangle.map(|halves| halves * self.block / 2), WHITE);
    }

    /// Makes a rectangle (left, top, width, height in pixels) as bright as `luma`.
    fn fill(&mut self, [left, top, width, height]: [usize; 4], luma: u8) {
        let (stride, _) = self.size();
        for row in top..top + height {
            let at = row * stride + left;
            self.frame[at..at + width].fill(luma);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `web/e2e/clock.ts` reads it: the middle of each block.
    fn read(frame: &[u8], block: usize) -> Option<u64> {
        let is_white = |column: usize, row: usize| {
            let (x, y) = (column * block + block / 2, row * block + block / 2);
            frame[y * COLUMNS * block + x] > 127
        };
        let mut bits =
            (0..COLUMNS).map(|column| (is_white(column, 0) != is_white(column, 1)).then(|| is_white(column, 0)));
        let bits: Vec<bool> = bits.by_ref().collect::<Option<_>>()?;
        let is_even = bits.iter().filter(|bit| **bit).count() % 2 == 0;
        is_even.then(|| (0..BITS).filter(|bit| bits[*bit]).map(|bit| 1 << bit).sum())
    }

    #[test]
    fn the_clock_of_every_frame_can_be_read() {
        let mut picture = Picture::new(20);
        assert_eq!(picture.size(), (640, 360));
        for (number, now) in [0, 1, 999, (1 << 31) - 1, 1 << 31, 1_795_282_525_123].into_iter().enumerate() {
            let frame = picture.draw(Duration::from_millis(now), number * 1000);
            assert_eq!(frame.len(), 640 * 360 * 3 / 2);
            assert_eq!(read(frame, 20), Some(now % (1 << 31)), "{now}");
        }
    }

    #[test]
    fn the_digits_are_the_time_of_day() {
        let mut picture = Picture::new(2);
        let frame = picture.draw(Duration::from_millis(86_400_000 + 12 * 3_600_000 + 34 * 60_000 + 56_789), 0);
        let lines: Vec<String> = (TOP..TOP + HEIGHT)
            .map(|row| {
                frame[row * 64..(row + 1) * 64].iter().map(|luma| if *luma == WHITE { '#' } else { ' ' }).collect()
            })
            .map(|line: String| line.trim_end().to_owned())
            .collect();
        let indent =
            lines.iter().filter(|line| !line.is_empty()).map(|line| line.len() - line.trim_start().len()).min();
        let lines: Vec<&str> =
            lines.iter().map(|line| line.get(indent.unwrap_or_default()..).unwrap_or_default()).collect();
        let expected = [
            "   # ####   #### #  #   #### ####   ####",
            "   #    #      # #  #   #    #         #",
            "   #    # #    # #  # # #    #         #",
            "   # ####   #### ####   #### ####      #",
            "   # #         #    #      # #  #      #",
            "   # #    #    #    # #    # #  #      #",
            "   # #         #    #      # #  #      #",
            "   # ####   ####    #   #### #### #    #",
        ];
        assert_eq!(lines, expected.map(|line| line.trim_start_matches("   ")), "{}", lines.join("\n"));
    }
}
