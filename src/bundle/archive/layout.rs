//! Where the parts of a zip lie, before anything is unpacked.
//!
//! Programs differ in what they make of a zip with two tables of contents, or with something before or behind it. Here
//! there is one way to read it: the end record stands at the very end, the table right before it, the entries before that.

use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};

use super::{ArchiveFault, EntryFault, Limits, NameFault, entry_name};

const END: &[u8; 4] = b"PK\x05\x06";
const END64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR64: &[u8; 4] = b"PK\x06\x07";
const HEADER: &[u8; 4] = b"PK\x01\x02";

/// The most bytes of extra fields, and of comments, that an entry may have. Ours have 28 and 0; others add times and owners.
const EXTRA: u16 = 1024;

/// What the table of contents says.
#[derive(Debug)]
pub(super) struct Layout {
    /// Length of the file.
    pub length: u64,
    /// Where the table of contents begins.
    pub contents: u64,
    /// The names in order, checked.
    pub names: Vec<String>,
}

/// Why no layout can be told.
#[derive(Debug)]
pub(super) enum LayoutError {
    /// The system refused.
    System(io::Error),
    /// The archive is not acceptable.
    Archive(ArchiveFault),
    /// The entry of that name is not acceptable.
    Entry(String, EntryFault),
}

impl From<io::Error> for LayoutError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => contents("it goes beyond the end of the file"),
            _ => Self::System(error),
        }
    }
}

fn contents(what: &str) -> LayoutError {
    LayoutError::Archive(ArchiveFault::Contents(what.to_owned()))
}

impl Layout {
    /// Reads the end record and the names in the table of contents.
    ///
    /// # Errors
    /// Parts that do not lie where they should, too many entries, and names that are not allowed or stand twice.
    pub(super) fn read<R: Read + Seek>(file: &mut R, limits: &Limits) -> Result<Self, LayoutError> {
        let length = file.seek(SeekFrom::End(0))?;
        let table = Table::find(file, length)?;
        if table.entries > limits.entries {
            let fault = ArchiveFault::TooManyEntries { found: table.entries, limit: limits.entries };
            return Err(LayoutError::Archive(fault));
        }
        if table.start.checked_add(table.size) != Some(table.end) {
            return Err(contents("it does not lie right before the end record"));
        }
        file.seek(SeekFrom::Start(table.start))?;
        let mut reader = BufReader::new(file.take(table.size));
        let (mut names, mut seen) = (Vec::new(), entry_name::Names::default());
        for number in 1..=table.entries {
            let name = entry(&mut reader, number)?;
            seen.insert(&name).map_err(|fault| LayoutError::Entry(printable(name.as_bytes()), fault))?;
            names.push(name);
        }
        match reader.read(&mut [0])? {
            0 => Ok(Self { length, contents: table.start, names }),
            _ => Err(contents("it has more bytes than its entries take")),
        }
    }
}

/// The name in the header at the reader's place, which is left behind the header.
fn entry(reader: &mut impl Read, number: u64) -> Result<String, LayoutError> {
    let header: [u8; 46] = array(reader)?;
    if !header.starts_with(HEADER) {
        return Err(contents(&format!("no header where that of entry {number} should be")));
    }
    let flags = short(&header, 8);
    let [name, extra, comment] = [28, 30, 32].map(|at| short(&header, at));
    if name > 512 {
        return Err(LayoutError::Entry(format!("#{number}"), NameFault::TooLong.into()));
    }
    let mut raw = vec![0; usize::from(name)];
    reader.read_exact(&mut raw)?;
    let fault = |fault| LayoutError::Entry(printable(&raw), fault);
    let name = entry_name::checked(&raw).map_err(|wrong| fault(wrong.into()))?;
    // Encrypted, strongly encrypted, with masked headers.
    if flags & (1 | 1 << 6 | 1 << 13) != 0 {
        return Err(fault(EntryFault::Encrypted));
    }
    if extra > EXTRA || comment > EXTRA {
        return Err(fault(EntryFault::Header(format!("it is longer than {EXTRA} bytes"))));
    }
    let skip = u64::from(extra) + u64::from(comment);
    match io::copy(&mut reader.take(skip), &mut io::sink())? == skip {
        true => Ok(name),
        false => Err(contents("it is shorter than its entries")),
    }
}

/// The bytes of a name as they can be shown.
fn printable(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.escape_debug().to_string(),
        Err(_) => raw.escape_ascii().to_string(),
    }
}

/// What the end record says of the table of contents.
struct Table {
    entries: u64,
    start: u64,
    size: u64,
    /// Where the record begins that stands behind the table.
    end: u64,
}

impl Table {
    fn find<R: Read + Seek>(file: &mut R, length: u64) -> Result<Self, LayoutError> {
        let at = length.checked_sub(22).ok_or(LayoutError::Archive(ArchiveFault::NoEnd))?;
        file.seek(SeekFrom::Start(at))?;
        let record: [u8; 22] = array(file)?;
        if !record.starts_with(END) || short(&record, 20) != 0 {
            return Err(LayoutError::Archive(ArchiveFault::NoEnd));
        }
        let [disk, first_disk, here, entries] = [4, 6, 8, 10].map(|at| short(&record, at));
        let [size, start] = [12, 16].map(|at| long(&record, at));
        if entries == u16::MAX || size == u32::MAX || start == u32::MAX {
            return Self::find64(file, at);
        }
        if disk != 0 || first_disk != 0 || here != entries {
            return Err(contents("it is in several volumes"));
        }
        Ok(Self { entries: entries.into(), start: start.into(), size: size.into(), end: at })
    }

    /// The same for an archive of more than 4 GiB or 65,535 entries, which has a larger record before a locator at `end - 20`.
    fn find64<R: Read + Seek>(file: &mut R, end: u64) -> Result<Self, LayoutError> {
        let no_record = || contents("the large end record is missing");
        let (locator_at, record_at) = end.checked_sub(20).zip(end.checked_sub(76)).ok_or_else(no_record)?;
        file.seek(SeekFrom::Start(locator_at))?;
        let locator: [u8; 20] = array(file)?;
        if !locator.starts_with(LOCATOR64) || quad(&locator, 8) != record_at {
            return Err(no_record());
        }
        file.seek(SeekFrom::Start(record_at))?;
        let record: [u8; 56] = array(file)?;
        // The record's own length, without its first twelve bytes.
        if !record.starts_with(END64) || quad(&record, 4) != 44 {
            return Err(no_record());
        }
        let [here, entries, size, start] = [24, 32, 40, 48].map(|at| quad(&record, at));
        if long(&record, 16) != 0 || long(&record, 20) != 0 || here != entries {
            return Err(contents("it is in several volumes"));
        }
        Ok(Self { entries, start, size, end: record_at })
    }
}

fn array<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).map(|()| bytes)
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from(short(bytes, at)) | u32::from(short(bytes, at + 2)) << 16
}

fn quad(bytes: &[u8], at: usize) -> u64 {
    u64::from(long(bytes, at)) | u64::from(long(bytes, at + 4)) << 32
}
