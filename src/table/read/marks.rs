//! Where values and lines end.

/// Where in a text one of two characters of ASCII stands, eight bytes at a time: they stand so close together that a search
/// for the next one would spend most of its time on beginning.
pub(super) struct Marks<'t> {
    text: &'t [u8],
    /// The two, eight times each.
    wanted: [u64; 2],
    /// Where the eight bytes begin that are being looked at, and the highest bit of each that is one of the two.
    at: usize,
    found: u64,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

impl<'t> Marks<'t> {
    pub(super) fn new(text: &'t [u8], wanted: [u8; 2]) -> Self {
        let mut marks = Self { text, wanted: wanted.map(|one| ONES * u64::from(one)), at: 0, found: 0 };
        marks.found = marks.look();
        marks
    }

    fn look(&self) -> u64 {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let eight = rest.first_chunk().copied().unwrap_or_else(|| {
            // No character of ASCII.
            let mut eight = [0xff; 8];
            eight[..rest.len()].copy_from_slice(rest);
            eight
        });
        let eight = u64::from_le_bytes(eight);
        // A byte is 0 where neither its low bits nor its highest one are set; no sum runs over into the next byte.
        let zeros = |bytes: u64| !(((bytes & LOW) + LOW) | bytes | LOW);
        zeros(eight ^ self.wanted[0]) | zeros(eight ^ self.wanted[1])
    }
}

impl Iterator for Marks<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.at += 8;
            if self.at >= self.text.len() {
                return None;
            }
            self.found = self.look();
        }
        let place = self.at + self.found.trailing_zeros() as usize / 8;
        self.found &= self.found - 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_found_and_nothing_else() {
        // All bytes, in an order in which each comes to stand in each of the eight places.
        let text: Vec<u8> = (0..4096_u32).map(|at| (at * 37 + at / 256) as u8).collect();
        for wanted in [*b",\n", *b";\n", *b"\t\n", [0, b'\n'], [127, b'\n']] {
            for length in (0..40).chain([4096]) {
                let text = &text[..length];
                let expected = text.iter().enumerate().filter(|(_, byte)| wanted.contains(byte)).map(|(at, _)| at);
                assert!(Marks::new(text, wanted).eq(expected), "{wanted:?} {length}");
            }
        }
    }
}
