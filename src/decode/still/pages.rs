//! The pages of a TIFF (TIFF 6.0, section 2; BigTIFF): a chain of directories, of which the file's header names the first.

use std::{
    collections::BTreeSet,
    io::{Read, Result, Seek, SeekFrom},
};

use crate::decode::error::DecodeError;

/// The most pages of a file; a chain that is longer leads back into itself.
const MOST: usize = 1 << 20;

/// How numbers are stored.
#[derive(Clone, Copy)]
struct Layout {
    big_endian: bool,
    /// BigTIFF: offsets of 8 bytes.
    big: bool,
}

impl Layout {
    /// As the header says; damaged ones are for the decoder to judge.
    fn of(header: [u8; 4]) -> Self {
        let big_endian = header.starts_with(b"MM");
        let version = if big_endian { header[3] } else { header[2] };
        Self { big_endian, big: version == 43 }
    }

    /// Where the header keeps the offset of the first directory, and how many bytes that has.
    fn first(self) -> (u64, usize) {
        if self.big { (8, 8) } else { (4, 4) }
    }

    fn number(self, file: &mut impl Read, bytes: usize) -> Result<u64> {
        let mut read = [0; 8];
        if self.big_endian {
            file.read_exact(&mut read[8 - bytes..])?;
            Ok(u64::from_be_bytes(read))
        } else {
            file.read_exact(&mut read[..bytes])?;
            Ok(u64::from_le_bytes(read))
        }
    }

    fn bytes(self, number: u64) -> Vec<u8> {
        let bytes = self.first().1;
        if self.big_endian {
            number.to_be_bytes()[8 - bytes..].to_vec()
        } else {
            number.to_le_bytes()[..bytes].to_vec()
        }
    }
}

/// Where the directory of each page begins.
///
/// # Errors
/// A chain that leads back into itself. One that leads out of the file ends there: the page before is not whole, and
/// decoding it says so.
pub(super) fn find(file: &mut (impl Read + Seek)) -> std::result::Result<Vec<u64>, DecodeError> {
    let corrupt = |reason: &str| DecodeError::Corrupt { format: "TIFF", reason: reason.to_owned() };
    let cut = |_| corrupt("the chain of its pages leads out of the file");
    let mut header = [0; 4];
    file.read_exact(&mut header).map_err(cut)?;
    let layout = Layout::of(header);
    let (at, size) = layout.first();
    let (entry, count) = if layout.big { (20, 8) } else { (12, 2) };
    file.seek(SeekFrom::Start(at)).map_err(cut)?;
    let (mut pages, mut seen) = (Vec::new(), BTreeSet::new());
    loop {
        let next = layout.number(file, size).map_err(cut)?;
        if next == 0 {
            return if pages.is_empty() { Err(corrupt("it has no page")) } else { Ok(pages) };
        }
        if pages.len() == MOST || !seen.insert(next) {
            return Err(corrupt("the chain of its pages leads back into itself"));
        }
        pages.push(next);
        file.seek(SeekFrom::Start(next)).map_err(cut)?;
        let entries = layout.number(file, count).map_err(cut)?;
        let end = entries.checked_mul(entry).and_then(|bytes| bytes.checked_add(next + count as u64));
        file.seek(SeekFrom::Start(end.ok_or_else(|| corrupt("a page has too many entries"))?)).map_err(cut)?;
    }
}

/// A file whose header names one page's directory as the first, so that a decoder of single pictures reads that page.
pub(super) struct Page<F> {
    file: F,
    /// The changed bytes of the header and where they stand.
    header: (u64, Vec<u8>),
    at: u64,
}

impl<F: Read + Seek> Page<F> {
    pub(super) fn new(mut file: F, directory: u64) -> Result<Self> {
        let mut header = [0; 4];
        file.read_exact(&mut header)?;
        file.rewind()?;
        let layout = Layout::of(header);
        Ok(Self { file, header: (layout.first().0, layout.bytes(directory)), at: 0 })
    }
}

impl<F: Read + Seek> Read for Page<F> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.file.read(into)?;
        let (start, changed) = &self.header;
        for (at, byte) in (self.at..).zip(&mut into[..read]) {
            if let Some(new) = at.checked_sub(*start).and_then(|past| changed.get(past as usize)) {
                *byte = *new;
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl<F: Read + Seek> Seek for Page<F> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}
