//! Zips made by hand, with whatever a stranger might write into them.

use std::{io::Write, path::PathBuf};

use flate2::{Compression, Crc, write::DeflateEncoder};
use tempfile::TempDir;

use super::super::{ArchiveError, ArchiveFault, ArchiveReader, EntryFault, Limits};

/// One entry, and what its headers say of it.
#[derive(Clone)]
pub(super) struct Part {
    pub name: Vec<u8>,
    /// The name beside the content, where it differs from the one in the table of contents.
    pub local_name: Option<Vec<u8>>,
    pub flags: u16,
    pub method: u16,
    pub packed: Vec<u8>,
    pub size: u32,
    pub checksum: u32,
    pub mode: u32,
    pub extra: Vec<u8>,
    pub comment: Vec<u8>,
}

/// A stored file in a well-formed zip.
pub(super) fn stored(name: &str, content: &[u8]) -> Part {
    let mut crc = Crc::new();
    crc.update(content);
    Part {
        name: name.into(),
        local_name: None,
        flags: 1 << 11,
        method: 0,
        packed: content.to_vec(),
        size: content.len() as u32,
        checksum: crc.sum(),
        mode: 0o100_644,
        extra: Vec::new(),
        comment: Vec::new(),
    }
}

/// The same, deflated.
pub(super) fn deflated(name: &str, content: &[u8]) -> Part {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    Part { method: 8, packed: encoder.finish().unwrap(), ..stored(name, content) }
}

/// A zip and the places of its parts.
#[derive(Default)]
pub(super) struct Crafted {
    pub bytes: Vec<u8>,
    /// Where each local header begins.
    pub locals: Vec<u32>,
    pub contents: usize,
    pub end: usize,
}

pub(super) fn zip(parts: &[Part]) -> Crafted {
    let mut zip = Crafted::default();
    for part in parts {
        zip.locals.push(zip.bytes.len() as u32);
        zip.bytes.extend(b"PK\x03\x04");
        header(&mut zip.bytes, part, part.local_name.as_ref().unwrap_or(&part.name), &[]);
        zip.bytes.extend(&part.packed);
    }
    zip.finish(parts);
    zip
}

impl Crafted {
    /// Writes the table of contents, with the places in `locals`, and the end record.
    pub fn finish(&mut self, parts: &[Part]) {
        self.contents = self.bytes.len();
        for (part, local) in parts.iter().zip(&self.locals) {
            self.bytes.extend(b"PK\x01\x02\x14\x03");
            let mut tail = Vec::new();
            // Length of the comment, volume, internal attributes.
            tail.extend((part.comment.len() as u16).to_le_bytes());
            tail.extend([0; 4]);
            tail.extend((part.mode << 16).to_le_bytes());
            tail.extend(local.to_le_bytes());
            header(&mut self.bytes, part, &part.name, &tail);
            self.bytes.extend(&part.comment);
        }
        self.end = self.bytes.len();
        let count = (parts.len() as u16).to_le_bytes();
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([count, count].concat());
        self.bytes.extend(((self.end - self.contents) as u32).to_le_bytes());
        self.bytes.extend((self.contents as u32).to_le_bytes());
        self.bytes.extend([0, 0]);
    }

    pub fn set(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

/// What both headers of an entry share, `tail`, the name and the extra field.
fn header(bytes: &mut Vec<u8>, part: &Part, name: &[u8], tail: &[u8]) {
    for short in [20, part.flags, part.method, 0, 0x21] {
        bytes.extend(short.to_le_bytes());
    }
    for long in [part.checksum, part.packed.len() as u32, part.size] {
        bytes.extend(long.to_le_bytes());
    }
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend((part.extra.len() as u16).to_le_bytes());
    bytes.extend(tail);
    bytes.extend(name);
    bytes.extend(&part.extra);
}

/// The bytes as a file.
pub(super) fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stranger.zip");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// Opens the bytes and reads every file in them.
pub(super) fn read_all(bytes: &[u8], limits: &Limits) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    let (_folder, path) = file(bytes);
    let mut reader = ArchiveReader::open(&path, limits)?;
    let names: Vec<String> = reader.names().map(str::to_owned).collect();
    names.into_iter().map(|name| reader.read(&name, u64::MAX).map(|bytes| (name, bytes))).collect()
}

/// The entry that is refused, and why.
#[track_caller]
pub(super) fn entry_fault(bytes: &[u8], limits: &Limits) -> (String, EntryFault) {
    match read_all(bytes, limits) {
        Err(ArchiveError::Entry { archive, entry, fault }) => {
            assert!(archive.ends_with("stranger.zip"));
            (entry, fault)
        }
        other => panic!("{other:?}"),
    }
}

/// Why the archive is refused.
#[track_caller]
pub(super) fn archive_fault(bytes: &[u8], limits: &Limits) -> ArchiveFault {
    match read_all(bytes, limits) {
        Err(ArchiveError::Archive { archive, fault }) => {
            assert!(archive.ends_with("stranger.zip"));
            fault
        }
        other => panic!("{other:?}"),
    }
}
