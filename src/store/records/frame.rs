//! How a record lies in a segment.
//!
//! ```text
//! "CLr1"  length u32  crc32 u32 │ key 32  output 32  form u8  lengths 4 × u32 │ meta JSON │ files n × (digest 32, size u64) │ tree │ recipe
//! ╰── 12 bytes ───────────────╯ ╰── `length` bytes, which `crc32` is of ─────────────────────────────────────────────────────────╯
//! ```
//!
//! All numbers are little-endian. What a look-up needs stands first; tree and recipe stay on the disk until somebody asks. A
//! frame that is torn or damaged is passed over, and reading goes on at the next one: the checksum says that it is whole.

use std::ops::Range;

use crate::{
    artifact::Entry,
    recipe::{Digest, Key},
};

const MAGIC: &[u8; 4] = b"CLr1";
const PREFIX: usize = 12;
const HEAD: usize = 32 + 32 + 1 + 16;
const FILE: usize = 40;

/// What a record's output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One object.
    Object,
    /// A tree that stands in the record.
    Inline,
    /// A tree that is an object.
    Tree,
}

/// A record to be written.
pub(super) struct Frame<'a> {
    pub(super) key: Key,
    pub(super) output: Digest,
    pub(super) form: Form,
    pub(super) meta: &'a [u8],
    pub(super) files: &'a [Entry],
    pub(super) tree: &'a [u8],
    pub(super) recipe: &'a [u8],
}

impl Frame<'_> {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        let begin = out.len();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(self.key.as_bytes());
        out.extend_from_slice(self.output.as_bytes());
        out.push(self.form as u8);
        for bytes in [self.meta.len(), self.files.len() * FILE, self.tree.len(), self.recipe.len()] {
            out.extend_from_slice(&size(bytes));
        }
        out.extend_from_slice(self.meta);
        for entry in self.files {
            out.extend_from_slice(entry.digest.as_bytes());
            out.extend_from_slice(&entry.size.to_le_bytes());
        }
        out.extend_from_slice(self.tree);
        out.extend_from_slice(self.recipe);
        let body = begin + PREFIX;
        let (length, checksum) = (size(out.len() - body), crc32fast::hash(&out[body..]).to_le_bytes());
        out[begin + 4..begin + 8].copy_from_slice(&length);
        out[begin + 8..body].copy_from_slice(&checksum);
    }
}

/// A record found in a segment; positions are in the bytes it was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) key: Key,
    pub(super) output: Digest,
    pub(super) form: Form,
    pub(super) whole: Range<usize>,
    pub(super) meta: Range<usize>,
    pub(super) files: Range<usize>,
    pub(super) tree: Range<usize>,
    pub(super) recipe: Range<usize>,
}

/// The files of a record.
pub(super) fn files(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    bytes.chunks_exact(FILE).map(|file| {
        let (digest, size) = file.split_at(32);
        Entry { digest: digest_at(digest), size: u64::from_le_bytes(size.try_into().unwrap_or_default()) }
    })
}

fn digest_at(bytes: &[u8]) -> Digest {
    Digest::from_bytes(bytes.try_into().unwrap_or([0; 32]))
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 4).map_or(0, |four| u32::from_le_bytes(four.try_into().unwrap_or_default()) as usize)
}

/// Every whole record in `bytes`, and where reading is to go on when the segment has grown.
pub(super) fn scan(bytes: &[u8]) -> (Vec<Found>, usize) {
    let mut found = Vec::new();
    let (mut at, mut end) = (0, 0);
    while let Some(start) = memchr::memmem::find(&bytes[at..], MAGIC).map(|offset| at + offset) {
        match read(bytes, start) {
            Some(frame) => {
                at = frame.whole.end;
                end = at;
                found.push(frame);
            }
            None => at = start + 1,
        }
    }
    (found, end)
}

/// The record that begins at `start`, if it is whole.
pub(super) fn read(bytes: &[u8], start: usize) -> Option<Found> {
    let body = start.checked_add(PREFIX)?;
    let prefix = bytes.get(start..body)?;
    let end = body.checked_add(u32_at(prefix, 4))?;
    let inside = bytes.get(body..end)?;
    if &prefix[..4] != MAGIC || inside.len() < HEAD || crc32fast::hash(inside) as usize != u32_at(prefix, 8) {
        return None;
    }
    let form = match inside[64] {
        0 => Form::Object,
        1 => Form::Inline,
        2 => Form::Tree,
        _ => return None,
    };
    let mut at = body + HEAD;
    let mut part = |index: usize| {
        let begin = at;
        at = at.checked_add(u32_at(inside, 65 + 4 * index))?;
        (at <= end).then_some(begin..at)
    };
    Some(Found {
        key: digest_at(&inside[..32]),
        output: digest_at(&inside[32..64]),
        form,
        whole: start..end,
        meta: part(0)?,
        files: part(1)?,
        tree: part(2)?,
        recipe: part(3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(name: &[u8], out: &mut Vec<u8>) {
        let entry = Entry { digest: Digest::of(b"file"), size: 4 };
        let (key, output) = (Digest::of(name), Digest::of(b"out"));
        Frame { key, output, form: Form::Inline, meta: b"{}", files: &[entry], tree: b"t", recipe: name }.write(out);
    }

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        frame(b"one", &mut bytes);
        frame(b"two", &mut bytes);
        let (found, end) = scan(&bytes);
        assert_eq!(end, bytes.len());
        assert_eq!(found.iter().map(|f| f.key).collect::<Vec<_>>(), [Digest::of(b"one"), Digest::of(b"two")]);
        assert_eq!(&bytes[found[1].recipe.clone()], b"two");
        assert_eq!(files(&bytes[found[1].files.clone()]).next().unwrap().size, 4);
    }

    #[test]
    fn a_flipped_bit_anywhere_loses_one_record_and_no_other() {
        let mut whole = Vec::new();
        frame(b"one", &mut whole);
        let first = whole.len();
        frame(b"two", &mut whole);
        for at in 0..first {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            let found: Vec<_> = scan(&bytes).0.iter().map(|f| f.key).collect();
            assert_eq!(found, [Digest::of(b"two")], "byte {at}");
        }
        for end in first..whole.len() {
            let (found, again) = scan(&whole[..end]);
            assert_eq!((found.len(), again), (1, first), "cut at {end}");
        }
    }
}
