//! Texts one behind the other.

use std::ops::Index;

use rayon::slice::ParallelSliceMut as _;

/// Texts by number, in one piece of memory: of a table of opinions on many clips a string of its own for each would take
/// several times as much.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    all: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Texts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All of them in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|at| &self[at])
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.all.clear();
        self.ends.clear();
    }

    /// The places of all in the order of the texts; of equal ones the first comes first.
    pub fn order(&self) -> Vec<u32> {
        // Most are told apart by how they begin, without a look at where they lie.
        let head = |text: &str| {
            let mut head = [0; 16];
            let bytes = &text.as_bytes()[..text.len().min(16)];
            head[..bytes.len()].copy_from_slice(bytes);
            u128::from_be_bytes(head)
        };
        let mut order: Vec<(u128, u32)> = self.iter().map(head).zip(0..).collect();
        order.par_sort_unstable_by(|(a, one), (b, other)| {
            a.cmp(b).then_with(|| self[*one as usize].cmp(&self[*other as usize])).then_with(|| one.cmp(other))
        });
        order.into_iter().map(|(_, at)| at).collect()
    }

    /// Adds one.
    pub fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }
}

impl Index<usize> for Texts {
    type Output = str;

    fn index(&self, at: usize) -> &str {
        let begin = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.all[begin..self.ends[at]]
    }
}

impl<'t> FromIterator<&'t str> for Texts {
    fn from_iter<I: IntoIterator<Item = &'t str>>(all: I) -> Self {
        let mut texts = Self::default();
        all.into_iter().for_each(|text| texts.push(text));
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_strings() {
        let long = "a long text whose end";
        let all =
            ["b", "", "a", "a\0", "é", "z", "B", "b", &format!("{long} b"), &format!("{long} a"), long, &long[..16]];
        let texts: Texts = all.into_iter().collect();
        let mut expected: Vec<u32> = (0..all.len() as u32).collect();
        expected.sort_by_key(|at| all[*at as usize]);
        assert_eq!(texts.order(), expected);
        assert!(texts.iter().eq(all) && texts.len() == 12 && &texts[3] == "a\0");
    }
}
