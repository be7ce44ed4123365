//! One entry as its headers describe it, and what is checked before a byte of it is unpacked.

use std::io::{Read, Seek};

use zip::{CompressionMethod, ZipArchive};

use super::{EntryFault, Limits};

/// The bits of a Unix mode that say what kind of file it is.
const KIND: u32 = 0o170_000;
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// Where an entry lies and what it promises.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub folder: bool,
    pub deflated: bool,
    /// Where its bytes begin.
    pub start: u64,
    /// How many bytes it takes in the archive.
    pub packed: u64,
    /// How many bytes it says it unpacks to.
    pub size: u64,
    /// The checksum it declares.
    pub checksum: u32,
}

impl Entry {
    /// Reads the headers of entry `index`, which the table of contents calls `name`.
    pub(super) fn read<R: Read + Seek>(
        archive: &mut ZipArchive<R>,
        index: usize,
        name: &str,
        limits: &Limits,
    ) -> Result<Self, EntryFault> {
        let file = archive.by_index_raw(index).map_err(|error| EntryFault::Header(error.to_string()))?;
        // An extra field may give an entry another name than the one that was checked.
        if file.name_raw() != name.as_bytes() {
            return Err(EntryFault::Header("it has a second name".to_owned()));
        }
        let folder = name.ends_with('/');
        // Whatever system it says it is from: another program may look at the mode alone.
        let mode = file.external_attributes() >> 16;
        let kind = mode & KIND;
        if kind != 0 && kind != if folder { FOLDER } else { FILE } {
            return Err(EntryFault::Special { mode });
        }
        let deflated = match file.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            _ => return Err(EntryFault::Method),
        };
        let (size, packed) = (file.size(), file.compressed_size());
        if size > limits.entry_size {
            return Err(EntryFault::TooLarge { size, limit: limits.entry_size });
        }
        if !deflated && packed != size || folder && size != 0 {
            return Err(EntryFault::Size { declared: size, found: packed });
        }
        if !limits.allow_ratio(size, packed) {
            return Err(EntryFault::Ratio { size, packed, limit: limits.ratio });
        }
        let start = file.data_start().ok_or_else(|| EntryFault::Header("it has no place".to_owned()))?;
        Ok(Self { folder, deflated, start, packed, size, checksum: file.crc32() })
    }
}
