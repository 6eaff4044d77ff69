//! Reading bit by bit, with the codes of H.264 (clause 9.1).

/// Bits of a slice, most significant first. Reading past the end is `None`.
pub(crate) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    pub(crate) fn bit(&mut self) -> Option<bool> {
        let byte = *self.data.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// The next `count` bits, at most 32.
    pub(crate) fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    /// `ue(v)`.
    pub(crate) fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    /// `se(v)`.
    pub(crate) fn signed(&mut self) -> Option<i32> {
        let code = i64::from(self.unsigned()?);
        i32::try_from(if code % 2 == 0 { -(code / 2) } else { code / 2 + 1 }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn exponential_golomb_codes_are_read_as_the_standard_lists_them() {
        // 1, 010, 011, 00100, 00101 = 0, 1, 2, 3, 4
        let coded = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut bits = Bits::new(&coded);
        let unsigned: Vec<_> = (0..5).map(|_| bits.unsigned().unwrap()).collect();
        assert_eq!(unsigned, [0, 1, 2, 3, 4]);
        let mut bits = Bits::new(&coded);
        let signed: Vec<_> = (0..5).map(|_| bits.signed().unwrap()).collect();
        assert_eq!(signed, [0, 1, -1, 2, -2]);
    }

    #[test]
    fn a_code_without_an_end_is_refused() {
        assert_eq!(Bits::new(&[0; 64]).unsigned(), None);
        assert_eq!(Bits::new(&[0]).unsigned(), None);
        assert_eq!(Bits::new(&[0xff]).bits(9), None);
    }
}
