//! Text a block at a time, cut where lines end, so that several can read lines at once and none need hold the whole.

use std::io::{self, Read};

/// Bytes of a block: small enough that what is read of it stays near the processor that reads its lines.
pub(super) const BLOCK: usize = 64 << 10;

/// A place for a block, used again for the next.
#[derive(Debug, Default)]
pub(super) struct Room {
    bytes: Vec<u8>,
    used: usize,
}

impl Room {
    /// The block.
    pub(super) fn block(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}

/// Blocks of a source.
#[derive(Debug)]
pub(super) struct Blocks<R> {
    source: R,
    /// What was read of the next block, or given back.
    ahead: Vec<u8>,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, ahead: Vec::new(), ended: false }
    }

    /// Reads the next block; an empty one at the end. It ends with a line feed where there is one, but for the last.
    pub(super) fn next(&mut self, room: &mut Room) -> io::Result<()> {
        let Room { bytes, used } = room;
        let mut filled = self.ahead.len();
        let mut least = BLOCK;
        loop {
            if bytes.len() < least.max(filled) {
                // Made anew and not made longer: then the system hands over pages only as they are written to.
                let longer = vec![0; least.max(filled)];
                let shorter = std::mem::replace(bytes, longer);
                bytes[..shorter.len()].copy_from_slice(&shorter);
            }
            bytes[..self.ahead.len()].copy_from_slice(&self.ahead);
            while !self.ended && filled < bytes.len() {
                match self.source.read(&mut bytes[filled..]) {
                    Ok(0) => self.ended = true,
                    Ok(count) => filled += count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            let end = if self.ended { Some(filled) } else { memchr::memrchr(b'\n', &bytes[..filled]).map(|at| at + 1) };
            if let Some(end) = end {
                self.ahead.clear();
                self.ahead.extend_from_slice(&bytes[end..filled]);
                *used = end;
                return Ok(());
            }
            // One line longer than a block.
            self.ahead.clear();
            self.ahead.extend_from_slice(&bytes[..filled]);
            least = 2 * filled;
        }
    }

    /// Gives back the end of the block that was handed out last.
    pub(super) fn give_back(&mut self, end: &[u8]) {
        self.ahead.splice(..0, end.iter().copied());
    }

    /// Whether nothing is left to be read but what was given back.
    pub(super) fn is_last(&self) -> bool {
        self.ended
    }

    /// All that is left.
    pub(super) fn rest(self) -> impl Read {
        io::Cursor::new(self.ahead).chain(self.source)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_with_lines_and_lose_nothing() {
        let line = |length: usize| format!("{}\n", "x".repeat(length));
        let lengths = [1, BLOCK - 3, 7, 2 * BLOCK + 5, 0, BLOCK, BLOCK - 1, 3 * BLOCK];
        for end in ["", "no line feed"] {
            let text = lengths.map(line).concat() + end;
            let (mut blocks, mut room, mut all) = (Blocks::new(text.as_bytes()), Room::default(), Vec::new());
            loop {
                blocks.next(&mut room).unwrap();
                if room.block().is_empty() {
                    break;
                }
                all.extend_from_slice(room.block());
                assert!(room.block().ends_with(b"\n") || all.len() == text.len());
            }
            assert!(blocks.is_last() && all == text.as_bytes());
        }
    }

    #[test]
    fn what_quotes_or_odd_line_ends_are_in_is_not_plain() {
        assert!(matches!(shape(b"a,b\r\nc,d\n"), Shape::Plain) && matches!(shape(b"a\r"), Shape::Plain));
        assert!(matches!(shape(b"a,\"b\"\r\n"), Shape::Other { terminator: csv::Terminator::Any(b'\n') }));
        assert!(matches!(shape(b"a\rb\n"), Shape::Other { terminator: csv::Terminator::CRLF }));
    }

    #[test]
    fn a_block_given_back_comes_again() {
        let (mut blocks, mut room) = (Blocks::new(&b"a\nb\nc"[..]), Room::default());
        blocks.next(&mut room).unwrap();
        assert_eq!(room.block(), b"a\nb\nc");
        blocks.give_back(&room.block()[2..]);
        blocks.next(&mut room).unwrap();
        assert_eq!(room.block(), b"b\nc");
        blocks.give_back(room.block());
        let mut rest = Vec::new();
        blocks.rest().read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"b\nc");
    }
}
