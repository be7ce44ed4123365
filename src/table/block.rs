//! Text a block at a time, cut where lines end, so that several can read lines at once and none need hold the whole.

use std::io::{self, Read};

/// Bytes of a block.
const BLOCK: usize = 4 << 20;

/// Blocks of a source.
#[derive(Debug)]
pub(super) struct Blocks<R> {
    source: R,
    bytes: Vec<u8>,
    /// How many of `bytes` were handed out.
    used: usize,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, bytes: Vec::new(), used: 0 }
    }

    /// The next block; empty at the end. It ends with a line feed where there is one, but for the last.
    pub(super) fn next(&mut self) -> io::Result<&[u8]> {
        self.bytes.drain(..self.used);
        let had = self.bytes.len();
        // Not more than is needed: a vector that grows by itself doubles.
        self.bytes.reserve_exact(BLOCK.saturating_sub(had) + 1);
        self.source.by_ref().take((BLOCK.saturating_sub(had)) as u64).read_to_end(&mut self.bytes)?;
        let last = self.bytes.len() < BLOCK;
        let end = if last { None } else { memchr::memrchr(b'\n', &self.bytes).map(|at| at + 1) };
        if end.is_none() && !last {
            // One line longer than a block.
            self.source.read_to_end(&mut self.bytes)?;
        }
        self.used = end.unwrap_or(self.bytes.len());
        Ok(&self.bytes[..self.used])
    }

    /// Gives back the end of the block that was handed out last, from `at` on.
    pub(super) fn give_back(&mut self, at: usize) {
        self.used = at;
    }

    /// All that is left, the block that was handed out last included.
    pub(super) fn rest(self) -> impl Read {
        io::Cursor::new(self.bytes).chain(self.source)
    }
}

/// How the lines of a text are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// At line feeds, and values at separators, whatever stands between: there are no quotes.
    Plain,
    /// From the beginning, quote by quote. Lines end at line feeds (then a carriage return before one is a blank of the last
    /// value), or in all the ways lines ever ended.
    Other { terminator: csv::Terminator },
}

/// How the lines of a block are told apart.
pub(super) fn shape(block: &[u8]) -> Shape {
    let is_old = !memchr::memchr_iter(b'\r', block).all(|at| block.get(at + 1).is_none_or(|next| *next == b'\n'));
    match memchr::memchr(b'"', block) {
        _ if is_old => Shape::Other { terminator: csv::Terminator::CRLF },
        Some(_) => Shape::Other { terminator: csv::Terminator::Any(b'\n') },
        None => Shape::Plain,
    }
}

/// So many parts of about the same length, each but the last ending with a line feed.
pub(super) fn parts(mut block: &[u8], count: usize) -> Vec<&[u8]> {
    let length = block.len() / count.max(1);
    let mut parts = Vec::with_capacity(count);
    while parts.len() + 1 < count && !block.is_empty() {
        let end = memchr::memchr(b'\n', &block[length.min(block.len())..]);
        let (part, rest) = block.split_at(end.map_or(block.len(), |at| length + at + 1));
        parts.push(part);
        block = rest;
    }
    if !block.is_empty() {
        parts.push(block);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_with_lines_and_lose_nothing() {
        let text = b"a,1\nbb,22\n\nccc,333\nd";
        for count in 1..9 {
            let parts = parts(text, count);
            assert_eq!(parts.concat(), text);
            assert!(parts.len() <= count && parts[..parts.len() - 1].iter().all(|part| part.ends_with(b"\n")));
        }
        assert!(parts(b"", 2).is_empty());
    }

    #[test]
    fn what_quotes_or_odd_line_ends_are_in_is_not_plain() {
        assert!(matches!(shape(b"a,b\r\nc,d\n"), Shape::Plain) && matches!(shape(b"a\r"), Shape::Plain));
        assert!(matches!(shape(b"a,\"b\"\r\n"), Shape::Other { terminator: csv::Terminator::Any(b'\n') }));
        assert!(matches!(shape(b"a\rb\n"), Shape::Other { terminator: csv::Terminator::CRLF }));
    }

    #[test]
    fn a_block_given_back_comes_again() {
        let mut blocks = Blocks::new(&b"a\nb\nc"[..]);
        assert_eq!(blocks.next().unwrap(), b"a\nb\nc");
        blocks.give_back(2);
        assert_eq!(blocks.next().unwrap(), b"b\nc");
        let mut rest = Vec::new();
        blocks.rest().read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"b\nc");
    }
}
