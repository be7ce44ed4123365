//! Texts by number: each distinct one is kept once.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable, hash_table::Entry};

/// Distinct texts in the order they first came, one behind the other: of a table of opinions on many clips most look-ups
/// miss the processor's nearest memory, and less of it is asked for where texts lie close together.
#[derive(Debug, Default)]
pub(super) struct Interner {
    texts: String,
    /// Where each ends.
    ends: Vec<usize>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Interner {
    /// The number of a text.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        let Self { texts, ends, index, hasher } = self;
        let same = |number: &u32| at(texts, ends, *number) == text;
        let hash_again = |number: &u32| hasher.hash_one(at(texts, ends, *number));
        match index.entry(hasher.hash_one(text), same, hash_again) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let number = ends.len() as u32;
                free.insert(number);
                texts.push_str(text);
                ends.push(texts.len());
                number
            }
        }
    }

    /// A text by its number.
    pub(super) fn text(&self, number: u32) -> &str {
        at(&self.texts, &self.ends, number)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of them in order.
    pub(super) fn into_texts(self) -> Vec<String> {
        (0..self.len() as u32).map(|number| self.text(number).to_owned()).collect()
    }
}

fn at<'t>(texts: &'t str, ends: &[usize], number: u32) -> &'t str {
    let number = number as usize;
    let begin = if number == 0 { 0 } else { ends[number - 1] };
    &texts[begin..ends[number]]
}
