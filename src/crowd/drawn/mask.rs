//! Masks: one bit a pixel.

/// Which pixels of a frame belong to a drawing, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    width: u32,
    height: u32,
    /// 64 pixels a word, the first pixel in the lowest bit; what lies behind the last pixel is 0.
    words: Vec<u64>,
}

impl Mask {
    /// A mask without a pixel set.
    pub fn empty(width: u32, height: u32) -> Self {
        Self { width, height, words: vec![0; (width as usize * height as usize).div_ceil(64)] }
    }

    /// The mask of `pixels`, `[height, width]` row by row; `None` where their number is not width times height.
    pub fn from_pixels(width: u32, height: u32, pixels: &[bool]) -> Option<Self> {
        if pixels.len() != width as usize * height as usize {
            return None;
        }
        let word = |chunk: &[bool]| chunk.iter().enumerate().fold(0, |word, (bit, set)| word | u64::from(*set) << bit);
        Some(Self { width, height, words: pixels.chunks(64).map(word).collect() })
    }

    /// Columns and rows.
    pub fn size(&self) -> [u32; 2] {
        [self.width, self.height]
    }

    /// How many pixels there are, set or not.
    pub fn len(&self) -> usize {
        self.width as usize * self.height as usize
    }

    /// Whether no pixel is set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Whether pixel `index`, counted row by row, is set; `false` outside.
    pub fn at(&self, index: usize) -> bool {
        self.words.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Every pixel, row by row.
    pub fn pixels(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    /// How many pixels are set.
    pub fn area(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// How many pixels are set in both.
    pub fn shared(&self, other: &Self) -> u64 {
        self.words.iter().zip(&other.words).map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }

    /// Sets what is set in `other`, a mask of the same size.
    pub fn unite(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(super) fn set(&mut self, index: usize) {
        self.words[index / 64] |= 1 << (index % 64);
    }

    pub(super) fn toggle(&mut self, index: usize) {
        self.words[index / 64] ^= 1 << (index % 64);
    }

    /// Sets the pixels `begin..end`, counted row by row.
    pub(super) fn set_range(&mut self, begin: usize, end: usize) {
        if begin >= end {
            return;
        }
        let (first, last) = (begin / 64, (end - 1) / 64);
        let (from, upto) = (u64::MAX << (begin % 64), u64::MAX >> (63 - (end - 1) % 64));
        if first == last {
            self.words[first] |= from & upto;
            return;
        }
        self.words[first] |= from;
        self.words[first + 1..last].fill(u64::MAX);
        self.words[last] |= upto;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_pixels() {
        let pixels: Vec<bool> = (0..77).map(|index| index % 3 == 0).collect();
        let mask = Mask::from_pixels(11, 7, &pixels).unwrap();
        assert!(mask.pixels().eq(pixels.iter().copied()));
        assert_eq!((mask.area(), mask.shared(&Mask::empty(11, 7))), (26, 0));
        assert_eq!(Mask::from_pixels(11, 8, &pixels), None);
        for (begin, end) in [(0, 0), (3, 4), (0, 64), (60, 70), (5, 200), (64, 128)] {
            let mut ranged = Mask::empty(20, 10);
            ranged.set_range(begin, end);
            assert!(ranged.pixels().enumerate().all(|(index, set)| set == (begin..end).contains(&index)));
        }
    }
}
