//! Many small numbers, in as few bytes as the largest of them takes.

use std::ops::Range;

/// Numbers of things in a table: of clips, annotators, classes, texts. There are millions of these and mostly few things, and
/// what lies closer together is also read faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Narrow {
    /// All are below 2⁸.
    One(Vec<u8>),
    /// All are below 2¹⁶.
    Two(Vec<u16>),
    /// Any.
    Four(Vec<u32>),
}

/// Some of them.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// All are below 2⁸.
    One(&'a [u8]),
    /// All are below 2¹⁶.
    Two(&'a [u16]),
    /// Any.
    Four(&'a [u32]),
}

/// The same for each width; `$rows` is the vector or the slice.
macro_rules! each {
    ($of:expr, $rows:ident => $do:expr) => {
        match $of {
            Self::One($rows) => $do,
            Self::Two($rows) => $do,
            Self::Four($rows) => $do,
        }
    };
}

fn wide(number: impl Into<u32>) -> u32 {
    number.into()
}

impl Default for Narrow {
    fn default() -> Self {
        Self::One(Vec::new())
    }
}

impl Narrow {
    /// None, with room for `count` below `bound`.
    pub fn with_capacity(count: usize, bound: usize) -> Self {
        match bound.saturating_sub(1) {
            0..=0xff => Self::One(Vec::with_capacity(count)),
            0x100..=0xffff => Self::Two(Vec::with_capacity(count)),
            _ => Self::Four(Vec::with_capacity(count)),
        }
    }

    /// So many zeros, with room in each for a number below `bound`.
    pub fn zeros(count: usize, bound: usize) -> Self {
        match bound.saturating_sub(1) {
            0..=0xff => Self::One(vec![0; count]),
            0x100..=0xffff => Self::Two(vec![0; count]),
            _ => Self::Four(vec![0; count]),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        each!(self, rows => rows.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a place.
    ///
    /// # Panics
    /// Panics where there is none.
    pub fn get(&self, at: usize) -> u32 {
        self.all().get(at)
    }

    /// All of them.
    pub fn all(&self) -> Part<'_> {
        match self {
            Self::One(rows) => Part::One(rows),
            Self::Two(rows) => Part::Two(rows),
            Self::Four(rows) => Part::Four(rows),
        }
    }

    /// Puts a number at a place that has one.
    ///
    /// # Panics
    /// Panics where there is none.
    pub fn set(&mut self, at: usize, number: u32) {
        match self {
            Self::One(rows) if number <= u8::MAX.into() => rows[at] = number as u8,
            Self::Two(rows) if number <= u16::MAX.into() => rows[at] = number as u16,
            Self::Four(rows) => rows[at] = number,
            _ => {
                self.widen(number as usize + 1);
                self.set(at, number);
            }
        }
    }

    /// Adds a number.
    pub fn push(&mut self, number: u32) {
        match self {
            Self::One(rows) if number <= u8::MAX.into() => rows.push(number as u8),
            Self::Two(rows) if number <= u16::MAX.into() => rows.push(number as u16),
            Self::Four(rows) => rows.push(number),
            _ => {
                self.widen(number as usize + 1);
                self.push(number);
            }
        }
    }

    /// Adds numbers that are below `bound`.
    pub fn extend(&mut self, numbers: impl Iterator<Item = u32>, bound: usize) {
        self.widen(bound);
        match self {
            Self::One(rows) => rows.extend(numbers.map(|number| number as u8)),
            Self::Two(rows) => rows.extend(numbers.map(|number| number as u16)),
            Self::Four(rows) => rows.extend(numbers),
        }
    }

    /// Keeps the first so many.
    pub fn truncate(&mut self, count: usize) {
        each!(self, rows => rows.truncate(count));
    }

    /// For each what stands at its place in `of`.
    ///
    /// # Panics
    /// Panics where nothing stands there.
    pub fn mapped(&self, of: &[u32]) -> Self {
        let bound = of.iter().max().map_or(0, |most| *most as usize + 1);
        let mut mapped = Self::with_capacity(self.len(), bound);
        each!(self, rows => mapped.extend(rows.iter().map(|row| of[*row as usize]), bound));
        mapped
    }

    /// The numbers `so_many` at a time, as four bytes each, least significant first.
    pub fn for_each_chunk(&self, so_many: usize, mut of: impl FnMut(&[u8])) {
        let mut bytes = Vec::new();
        each!(self, rows => rows.chunks(so_many).for_each(|rows| {
            bytes.resize(4 * rows.len(), 0);
            let numbers = rows.iter().map(|row| wide(*row).to_le_bytes());
            bytes.chunks_exact_mut(4).zip(numbers).for_each(|(four, number)| four.copy_from_slice(&number));
            of(&bytes);
        }));
    }

    /// Makes room for numbers below `bound`.
    fn widen(&mut self, bound: usize) {
        let most = bound.saturating_sub(1);
        let enough = match self {
            Self::One(_) => most <= usize::from(u8::MAX),
            Self::Two(_) => most <= usize::from(u16::MAX),
            Self::Four(_) => true,
        };
        if !enough {
            let mut wider = Self::with_capacity(self.len(), bound);
            each!(&*self, rows => wider.extend(rows.iter().map(|row| wide(*row)), bound));
            *self = wider;
        }
    }
}

impl<'a> Part<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        each!(self, rows => rows.len())
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The number at a place.
    ///
    /// # Panics
    /// Panics where there is none.
    pub fn get(self, at: usize) -> u32 {
        each!(self, rows => wide(rows[at]))
    }

    /// All of them in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = u32> + Clone + 'a {
        (0..self.len()).map(move |at| self.get(at))
    }

    /// The largest of all; 0 where there is none.
    pub fn most(self) -> u32 {
        each!(self, rows => rows.iter().copied().max().map_or(0, wide))
    }

    /// All of them, written to the beginning of `room`.
    ///
    /// # Panics
    /// Panics where there is less room.
    pub fn widened(self, room: &mut [u32]) -> &[u32] {
        let room = &mut room[..self.len()];
        each!(self, rows => room.iter_mut().zip(rows).for_each(|(place, row)| *place = wide(*row)));
        room
    }

    /// Those in a range.
    ///
    /// # Panics
    /// Panics where some of it lies beyond.
    pub fn range(self, range: Range<usize>) -> Self {
        match self {
            Self::One(rows) => Self::One(&rows[range]),
            Self::Two(rows) => Self::Two(&rows[range]),
            Self::Four(rows) => Self::Four(&rows[range]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outgrow_a_byte_and_then_two() {
        let mut narrow = Narrow::default();
        let mut expected = Vec::new();
        for (number, bytes) in [(0, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 4), (70_000, 4), (3, 4)] {
            narrow.push(number);
            expected.push(number);
            let found = match narrow {
                Narrow::One(_) => 1,
                Narrow::Two(_) => 2,
                Narrow::Four(_) => 4,
            };
            assert_eq!(found, bytes, "{number}");
            assert_eq!(Vec::from_iter(narrow.all().iter()), expected);
            let mut told = Vec::new();
            narrow.for_each_chunk(3, |bytes| told.extend_from_slice(bytes));
            assert_eq!(told, Vec::from_iter(expected.iter().flat_map(|number| number.to_le_bytes())));
        }
        assert_eq!(Vec::from_iter(narrow.all().range(1..3).iter()), [255, 256]);
        narrow.truncate(2);
        assert_eq!((narrow.len(), narrow.get(1)), (2, 255));
    }

    #[test]
    fn one_may_be_put_in_the_place_of_another_and_all_be_mapped() {
        let mut narrow = Narrow::zeros(4, 4);
        narrow.set(1, 2);
        narrow.set(3, 3);
        assert_eq!(narrow, Narrow::One(vec![0, 2, 0, 3]));
        assert_eq!(narrow.mapped(&[9, 0, 300, 1]), Narrow::Two(vec![9, 300, 9, 1]));
        narrow.set(0, 70_000);
        assert_eq!(narrow, Narrow::Four(vec![70_000, 2, 0, 3]));
    }
}
