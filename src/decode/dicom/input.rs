//! The bytes of a file, read where they are wanted: a large file is never held whole. There is no memory map, since a
//! mapped file that is cut short meanwhile ends the program.

use std::{
    borrow::Cow,
    fs::File,
    io::{BufReader, Cursor, ErrorKind, Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
};

use flate2::read::DeflateDecoder;

use super::{broken, unsupported};
use crate::decode::DecodeError;

/// The largest data set that is inflated, in bytes: it is held whole, and a few bytes can be deflated from a thousand
/// times as many.
const LARGEST_INFLATED: u64 = 1 << 29;

/// What elements are read from.
pub(super) trait Bytes: Read + Seek {}

impl<T: Read + Seek> Bytes for T {}

/// The file, or the data set that was deflated in it.
pub(super) enum Input {
    File { file: File, length: u64 },
    Memory(Vec<u8>),
}

impl Input {
    pub(super) fn open(path: &Path) -> Result<Self, DecodeError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self::File { file, length })
    }

    /// Number of bytes. A file may have fewer by the time they are read.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::File { length, .. } => *length,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// All bytes from `start` on. One reader at a time: they share the file's position.
    pub(super) fn from(&self, start: u64) -> Result<Box<dyn Bytes + '_>, DecodeError> {
        let mut bytes: Box<dyn Bytes + '_> = match self {
            Self::File { file, .. } => Box::new(BufReader::new(file)),
            Self::Memory(bytes) => Box::new(Cursor::new(&bytes[..])),
        };
        bytes.seek(SeekFrom::Start(start))?;
        Ok(bytes)
    }

    /// The bytes of `range`.
    ///
    /// # Errors
    /// Where the file ends before.
    pub(super) fn read(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, DecodeError> {
        let length = range.end.checked_sub(range.start).filter(|_| range.end <= self.len()).ok_or_else(cut_short)?;
        match self {
            Self::File { file, .. } => {
                let mut file: &File = file;
                let mut bytes = vec![0; length as usize];
                file.seek(SeekFrom::Start(range.start))?;
                file.read_exact(&mut bytes).map_err(|error| match error.kind() {
                    ErrorKind::UnexpectedEof => cut_short(),
                    _ => error.into(),
                })?;
                Ok(Cow::Owned(bytes))
            }
            Self::Memory(bytes) => Ok(Cow::Borrowed(&bytes[range.start as usize..range.end as usize])),
        }
    }

    /// What was deflated from `start` on (PS3.5, annex A.5; RFC 1951).
    ///
    /// # Errors
    /// For damaged data, and for more than is held in memory.
    pub(super) fn inflated(&self, start: u64) -> Result<Self, DecodeError> {
        let mut bytes = Vec::new();
        let mut inflated = DeflateDecoder::new(self.from(start)?).take(LARGEST_INFLATED + 1);
        inflated.read_to_end(&mut bytes).map_err(|_| broken("its deflated data set is damaged or ends early"))?;
        if bytes.len() as u64 > LARGEST_INFLATED {
            return Err(unsupported(&format!("its data set takes more than {LARGEST_INFLATED} bytes once inflated")));
        }
        Ok(Self::Memory(bytes))
    }
}

/// The next `length` bytes.
pub(super) fn exactly(bytes: &mut dyn Bytes, length: u64) -> Result<Vec<u8>, DecodeError> {
    let mut read = Vec::new();
    // Memory grows with what is there, not with what is claimed.
    bytes.take(length).read_to_end(&mut read)?;
    if (read.len() as u64) < length { Err(cut_short()) } else { Ok(read) }
}

/// The next bytes of a length known beforehand; `None` where fewer are left.
pub(super) fn chunk<const N: usize>(bytes: &mut dyn Bytes) -> Result<Option<[u8; N]>, DecodeError> {
    let mut read = [0; N];
    match bytes.read_exact(&mut read) {
        Ok(()) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn cut_short() -> DecodeError {
    broken("it is shorter than when it was opened")
}
