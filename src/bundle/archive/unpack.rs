//! Unpacking one entry, never past what it declares.

use std::io::{self, BufRead, Write};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{EntryFault, entry::Entry};
use crate::recipe::Digest;

/// How many bytes are unpacked at once.
const CHUNK: usize = 1 << 16;

/// Why an entry was not unpacked to its end.
#[derive(Debug)]
pub(super) enum Unpacked {
    /// The entry is not acceptable.
    Fault(EntryFault),
    /// The system refused to read it.
    Unread(io::Error),
    /// What it was to be written to failed.
    Unwritten(io::Error),
}

impl From<EntryFault> for Unpacked {
    fn from(fault: EntryFault) -> Self {
        Self::Fault(fault)
    }
}

/// Unpacks the bytes of an entry, all of which and no others are in `source`, and returns the digest of what they unpack to.
///
/// # Errors
/// As soon as more bytes come than the entry declares; and at the end, fewer bytes or another checksum.
pub(super) fn unpack<R: BufRead, W: Write>(mut source: R, entry: &Entry, writer: &mut W) -> Result<Digest, Unpacked> {
    let mut target = Target { size: entry.size, done: 0, checksum: Crc::new(), hasher: blake3::Hasher::new(), writer };
    let taken = if entry.deflated { inflate(&mut source, &mut target)? } else { copy(&mut source, &mut target)? };
    if taken != entry.packed {
        let what = format!("it takes {taken} bytes of the {} that are its own", entry.packed);
        return Err(EntryFault::Damaged(what).into());
    }
    if target.done != entry.size {
        return Err(EntryFault::Size { declared: entry.size, found: target.done }.into());
    }
    if target.checksum.sum() != entry.checksum {
        return Err(EntryFault::Checksum.into());
    }
    Ok(target.hasher.finalize().into())
}

/// Copies what was stored as it is. Returns how many bytes were taken.
fn copy<R: BufRead, W: Write>(source: &mut R, target: &mut Target<'_, W>) -> Result<u64, Unpacked> {
    loop {
        let bytes = source.fill_buf().map_err(Unpacked::Unread)?;
        if bytes.is_empty() {
            return Ok(target.done);
        }
        target.take(bytes)?;
        let count = bytes.len();
        source.consume(count);
    }
}

/// Unpacks what was deflated. Returns how many packed bytes were taken.
fn inflate<R: BufRead, W: Write>(source: &mut R, target: &mut Target<'_, W>) -> Result<u64, Unpacked> {
    let mut state = Decompress::new(false);
    let mut buffer = vec![0; CHUNK];
    loop {
        let packed = source.fill_buf().map_err(Unpacked::Unread)?;
        let (taken, made) = (state.total_in(), state.total_out());
        let status = state.decompress(packed, &mut buffer, FlushDecompress::None);
        let status = status.map_err(|error| EntryFault::Damaged(error.to_string()))?;
        // Both are at most the length of a buffer.
        let (taken, made) = ((state.total_in() - taken) as usize, (state.total_out() - made) as usize);
        let at_end = packed.is_empty();
        source.consume(taken);
        target.take(&buffer[..made])?;
        if status == Status::StreamEnd {
            return Ok(state.total_in());
        }
        if at_end && made == 0 {
            return Err(EntryFault::Damaged("its last bytes are missing".to_owned()).into());
        }
    }
}

/// Where unpacked bytes go.
struct Target<'w, W> {
    size: u64,
    done: u64,
    checksum: Crc,
    hasher: blake3::Hasher,
    writer: &'w mut W,
}

impl<W: Write> Target<'_, W> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Unpacked> {
        self.done += bytes.len() as u64;
        if self.done > self.size {
            return Err(EntryFault::Size { declared: self.size, found: self.done }.into());
        }
        self.checksum.update(bytes);
        self.hasher.update(bytes);
        self.writer.write_all(bytes).map_err(Unpacked::Unwritten)
    }
}
