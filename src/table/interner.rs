//! Texts by number: each distinct one is kept once.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::texts::Texts;

/// Distinct texts in the order they first came.
#[derive(Debug, Default)]
pub(super) struct Interner {
    texts: Texts,
    keys: Vec<Key>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// A text of fewer than 16 bytes and its length, in one number: nearly all ids are as short, and one comparison tells
/// them apart. A longer one is its first bytes and a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u128);

const LONG: u128 = 0xff << 120;

impl Key {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let length = (bytes.len() as u128) << 120;
        // Two halves that overlap, since how long a copy is would have to be decided byte by byte.
        let packed = match bytes {
            [] => 0,
            [one] => u128::from(*one),
            [one, two] => u128::from(u16::from_le_bytes([*one, *two])),
            [one, two, three] => u128::from(u32::from_le_bytes([*one, *two, *three, 0])),
            _ => {
                if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk())
                    && bytes.len() < 16
                {
                    let tail = u128::from(u64::from_le_bytes(*tail)) << (8 * (bytes.len() - 8));
                    u128::from(u64::from_le_bytes(*head)) | tail
                } else if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk())
                    && bytes.len() < 8
                {
                    let tail = u128::from(u32::from_le_bytes(*tail)) << (8 * (bytes.len() - 4));
                    u128::from(u32::from_le_bytes(*head)) | tail
                } else {
                    let first = bytes.first_chunk().map_or(0, |first| u128::from_le_bytes(*first));
                    return Self(first | LONG);
                }
            }
        };
        Self(packed | length)
    }

    /// Whether it says all of the text.
    pub(super) fn is_whole(self) -> bool {
        self.0 & LONG != LONG
    }
}

impl Interner {
    /// The number of a text.
    pub(super) fn of_text(&mut self, text: &str) -> u32 {
        let key = Key::of(text);
        if key.is_whole() { self.of_key(key) } else { self.number(key, text) }
    }

    /// The number of the text that a key says all of.
    pub(super) fn of_key(&mut self, key: Key) -> u32 {
        let same = |number: &u32| self.keys[*number as usize] == key;
        if let Some(known) = self.index.find(self.hasher.hash_one(key.0), same) {
            return *known;
        }
        let bytes = key.0.to_le_bytes();
        let text = std::str::from_utf8(&bytes[..usize::from(bytes[15])]).expect("a key of a text");
        self.number(key, text)
    }

    fn number(&mut self, key: Key, text: &str) -> u32 {
        let Self { texts, keys, index, hasher } = self;
        let hash = |key: Key, text: &str| if key.is_whole() { hasher.hash_one(key.0) } else { hasher.hash_one(text) };
        let hashed = hash(key, text);
        let same = |number: &u32| keys[*number as usize] == key && &texts[*number as usize] == text;
        if let Some(known) = index.find(hashed, same) {
            return *known;
        }
        let number = keys.len() as u32;
        let hash_again = |number: &u32| hash(keys[*number as usize], &texts[*number as usize]);
        index.insert_unique(hashed, number, hash_again);
        texts.push(text);
        keys.push(key);
        number
    }

    /// The texts.
    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Only the texts.
    pub(super) fn into_texts(self) -> Texts {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_are_told_apart() {
        let mut interner = Interner::default();
        let mut all: Vec<String> = Vec::new();
        for length in 0..40 {
            let plain: String = ('a'..='z').cycle().take(length).collect();
            // One that differs in the last place, one in the middle, and one that ends with what another is padded with.
            let last = plain.get(1..).map(|rest| format!("{rest}!"));
            let middle = (length > 2).then(|| format!("{}?{}", &plain[..length / 2], &plain[length / 2 + 1..]));
            let padded = (length > 0).then(|| format!("{}\0", &plain[..length - 1]));
            all.extend([Some(plain), last, middle, padded].into_iter().flatten());
        }
        for _ in 0..2 {
            for (text, expected) in all.iter().zip(0..) {
                assert_eq!(interner.of_text(text), expected, "{text:?}");
            }
        }
        assert!(interner.into_texts().iter().eq(all.iter().map(String::as_str)));
    }
}
