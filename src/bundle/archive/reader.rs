//! Reading a zip that anyone may have made.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use zip::{
    ZipArchive,
    read::{ArchiveOffset, Config},
};

use super::{
    ArchiveError, ArchiveFault, EntryFault, Limits,
    entry::Entry,
    layout::{Layout, LayoutError},
    unpack::{Unpacked, unpack},
};
use crate::recipe::Digest;

/// A zip whose table of contents was checked. What its files hold is checked when they are read.
///
/// Refused on opening: names that lead out of a folder or mean different things to different systems, names that stand
/// twice, links and special files, encryption, entries that lie over one another, headers that disagree,
/// anything before, behind or between what is listed that looks like an entry, and more than [`Limits`] allow.
/// Refused on reading: a size or a checksum that is not the declared one.
#[derive(Debug)]
pub struct ArchiveReader {
    file: File,
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

impl ArchiveReader {
    /// Opens the archive and checks everything that can be told without unpacking it.
    ///
    /// # Errors
    /// A file that can't be read, and an archive that is not acceptable.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, ArchiveError> {
        let mut file = File::open(path).map_err(ArchiveError::system(path, "open"))?;
        let archive = || path.to_owned();
        let layout = Layout::read(&mut file, limits).map_err(|error| match error {
            LayoutError::System(source) => ArchiveError::system(path, "read")(source),
            LayoutError::Archive(fault) => ArchiveError::Archive { archive: archive(), fault },
            LayoutError::Entry(entry, fault) => ArchiveError::Entry { archive: archive(), entry, fault },
        })?;
        let refused = |fault| ArchiveError::Archive { archive: archive(), fault };
        let malformed = |what: String| refused(ArchiveFault::Contents(what));
        let config = Config { archive_offset: ArchiveOffset::Known(0) };
        let mut zip = ZipArchive::with_config(config, BufReader::new(&file)).map_err(|e| malformed(e.to_string()))?;
        if zip.len() != layout.names.len() || zip.offset() != 0 || zip.central_directory_start() != layout.contents {
            return Err(malformed("it can be read in two ways".to_owned()));
        }
        let (mut entries, mut size, mut packed) = (BTreeMap::new(), 0_u64, 0_u64);
        for (index, name) in layout.names.into_iter().enumerate() {
            let entry = Entry::read(&mut zip, index, &name, limits).map_err(|fault| ArchiveError::Entry {
                archive: archive(),
                entry: name.clone(),
                fault,
            })?;
            size = size.saturating_add(entry.size);
            packed = packed.saturating_add(entry.packed);
            entries.insert(name, entry);
        }
        if size > limits.total_size {
            return Err(refused(ArchiveFault::TooLarge { limit: limits.total_size }));
        }
        if packed > layout.length || zip.has_overlapping_entries().map_err(|e| malformed(e.to_string()))? {
            return Err(refused(ArchiveFault::Overlap));
        }
        // Headers beside the entries must say what the table says, and no entry may hide between the listed ones.
        zip.validate_header_consistency().map_err(|error| malformed(error.to_string()))?;
        drop(zip);
        Ok(Self { file, path: path.to_owned(), entries })
    }

    /// The names of the files in alphabetical order, folders left out.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|(_, entry)| !entry.folder).map(|(name, _)| name.as_str())
    }

    /// The size that a file declares; `None` where there is no such file.
    pub fn size(&self, name: &str) -> Option<u64> {
        self.entries.get(name).filter(|entry| !entry.folder).map(|entry| entry.size)
    }

    /// The bytes of a file of at most `most` bytes.
    ///
    /// # Errors
    /// No such file, a larger one, and content that is not what its header says.
    pub fn read(&mut self, name: &str, most: u64) -> Result<Vec<u8>, ArchiveError> {
        let size = self.size(name).ok_or_else(|| self.missing(name))?;
        if size > most {
            return Err(self.refused(name, EntryFault::TooLarge { size, limit: most }));
        }
        let mut bytes = Vec::new();
        self.copy_to(name, &mut bytes)?;
        Ok(bytes)
    }

    /// Copies a file to `writer` in pieces, and returns the digest and the number of its bytes.
    ///
    /// # Errors
    /// No such file, content that is not what its header says, and a writer that fails. What was written by then is
    /// not to be used.
    pub fn copy_to<W: Write>(&mut self, name: &str, writer: &mut W) -> Result<(Digest, u64), ArchiveError> {
        let entry = self.entries.get(name).filter(|entry| !entry.folder).ok_or_else(|| self.missing(name))?.clone();
        self.file.seek(SeekFrom::Start(entry.start)).map_err(ArchiveError::system(&self.path, "read"))?;
        match unpack(BufReader::new((&self.file).take(entry.packed)), &entry, writer) {
            Ok(digest) => Ok((digest, entry.size)),
            Err(Unpacked::Fault(fault)) => Err(self.refused(name, fault)),
            Err(Unpacked::Unread(source)) => Err(ArchiveError::system(&self.path, "read")(source)),
            Err(Unpacked::Unwritten(source)) => Err(self.uncopied(name, source)),
        }
    }

    /// Reads a file to its end and compares its digest with the one that was promised. Returns its size.
    ///
    /// # Errors
    /// [`ArchiveError::Forged`] for other content than promised, and those of [`copy_to`](Self::copy_to).
    pub fn check(&mut self, name: &str, expected: Digest) -> Result<u64, ArchiveError> {
        self.copy_expected(name, expected, &mut io::sink())
    }

    /// As [`copy_to`](Self::copy_to), for a file whose digest was promised. Returns its size.
    ///
    /// # Errors
    /// [`ArchiveError::Forged`] for other content than promised, which by then was written and is not to be used, and
    /// those of [`copy_to`](Self::copy_to).
    pub fn copy_expected<W: Write>(
        &mut self,
        name: &str,
        expected: Digest,
        writer: &mut W,
    ) -> Result<u64, ArchiveError> {
        let (found, size) = self.copy_to(name, writer)?;
        if found == expected {
            return Ok(size);
        }
        Err(ArchiveError::Forged { archive: self.path.clone(), entry: name.to_owned(), expected, found })
    }

    fn missing(&self, name: &str) -> ArchiveError {
        ArchiveError::Missing { archive: self.path.clone(), entry: name.to_owned() }
    }

    fn refused(&self, name: &str, fault: EntryFault) -> ArchiveError {
        ArchiveError::Entry { archive: self.path.clone(), entry: name.to_owned(), fault }
    }

    fn uncopied(&self, name: &str, source: io::Error) -> ArchiveError {
        ArchiveError::Copy { archive: self.path.clone(), entry: name.to_owned(), direction: "out of", source }
    }
}
