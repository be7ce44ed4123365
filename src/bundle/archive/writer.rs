//! Writing a zip whose bytes depend on its content alone.

use std::{
    fs::File,
    io::{self, BufWriter, Cursor, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use zip::{CompressionMethod, DateTime, System, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{ArchiveError, EntryFault, Limits, counted::Counted, entry_name::Names};
use crate::recipe::Digest;

/// Suffixes of files that are packed already.
const PACKED: [&str; 14] =
    ["avi", "gif", "gz", "jpeg", "jpg", "mkv", "mov", "mp4", "png", "safetensors", "webm", "xz", "zip", "zst"];

/// From this size an entry gets the large headers. It is below 4 GiB because what can't be packed grows a little.
const LARGE: u64 = 4_000_000_000;

/// How many bytes are copied at once.
const CHUNK: usize = 1 << 16;

/// A zip being written: equal names and contents, added in the same order, give equal bytes on every machine.
///
/// No times, owners or machines are written. The bytes go to a temporary file beside the archive;
/// only [`finish`](Self::finish) puts it in place, and an archive that is dropped before leaves nothing.
#[derive(Debug)]
pub struct ArchiveWriter {
    zip: ZipWriter<Counted<BufWriter<NamedTempFile>>>,
    path: PathBuf,
    names: Names,
}

impl ArchiveWriter {
    /// Begins the archive that will stand at `path`.
    ///
    /// # Errors
    /// No file can be made in the folder of `path`.
    pub fn create(path: &Path) -> Result<Self, ArchiveError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".bundle-").suffix(".part");
        #[cfg(unix)]
        {
            // As `File::create` would: the mask of the process decides, not the privacy of temporary files.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder).map_err(ArchiveError::system(path, "write"))?;
        let zip = ZipWriter::new(Counted::new(BufWriter::new(file)));
        Ok(Self { zip, path: path.to_owned(), names: Names::default() })
    }

    /// Adds a file with all that `content` holds, and returns the digest of what was written. It is read in pieces.
    /// After an error other than a refused name or size the archive is of no use.
    ///
    /// # Errors
    /// A [name](super::check_name) that is not allowed or that stands in the archive already, more bytes than
    /// [`Limits::default`] allows, `content` that can't be read or changes, and a disk that is full.
    pub fn add<R: Read + Seek>(&mut self, name: &str, content: &mut R) -> Result<Digest, ArchiveError> {
        super::check_name(name).map_err(|fault| self.refused(name, fault.into()))?;
        self.names.insert(name).map_err(|fault| self.refused(name, fault))?;
        let size = content.seek(SeekFrom::End(0)).map_err(|source| self.unread(name, source))?;
        let limits = Limits::default();
        if size > limits.entry_size {
            return Err(self.refused(name, EntryFault::TooLarge { size, limit: limits.entry_size }));
        }
        let method = method(name);
        let (digest, packed) = self.write(name, content, size, method)?;
        if method == CompressionMethod::Stored || limits.allow_ratio(size, packed) {
            return Ok(digest);
        }
        // So little came of so much that a reader would take it for a bomb.
        self.zip.abort_file().map_err(|error| self.unwritten(error))?;
        self.write(name, content, size, CompressionMethod::Stored).map(|(digest, _)| digest)
    }

    /// Adds a file that is in memory.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn add_bytes(&mut self, name: &str, content: &[u8]) -> Result<Digest, ArchiveError> {
        self.add(name, &mut Cursor::new(content))
    }

    /// Ends the archive and puts it in place; a file that stood there is replaced.
    ///
    /// # Errors
    /// The disk is full, or the place can't be written.
    pub fn finish(self) -> Result<(), ArchiveError> {
        let Self { zip, path, .. } = self;
        let system = |source| ArchiveError::System { archive: path.clone(), action: "write", source };
        let counted = zip.finish().map_err(|error| system(error.into()))?;
        let file = counted.into_inner().into_inner().map_err(|error| system(error.into_error()))?;
        file.as_file().sync_all().map_err(system)?;
        file.persist(&path).map(|_: File| ()).map_err(|error| system(error.error))
    }

    /// Writes one entry. Returns its digest and how many bytes have left the packer, which holds a few back.
    fn write<R: Read + Seek>(
        &mut self,
        name: &str,
        content: &mut R,
        size: u64,
        method: CompressionMethod,
    ) -> Result<(Digest, u64), ArchiveError> {
        content.seek(SeekFrom::Start(0)).map_err(|source| self.unread(name, source))?;
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .compression_level((method == CompressionMethod::Deflated).then_some(6))
            .last_modified_time(DateTime::default())
            .system(System::Unix)
            .unix_permissions(0o644)
            .large_file(size >= LARGE);
        self.zip.start_file(name, options).map_err(|error| self.unwritten(error))?;
        let before = self.written();
        let (mut hasher, mut done, mut buffer) = (blake3::Hasher::new(), 0, vec![0; CHUNK]);
        loop {
            let count = fill(content, &mut buffer).map_err(|source| self.unread(name, source))?;
            done += count as u64;
            if done > size || count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
            self.zip.write_all(&buffer[..count]).map_err(|error| self.unwritten(error.into()))?;
        }
        if done != size {
            return Err(self.unread(name, io::Error::other("it changed while it was read")));
        }
        Ok((hasher.finalize().into(), self.written() - before))
    }

    fn written(&self) -> u64 {
        self.zip.get_ref().map_or(0, Counted::written)
    }

    fn refused(&self, name: &str, fault: EntryFault) -> ArchiveError {
        ArchiveError::Entry { archive: self.path.clone(), entry: name.escape_debug().to_string(), fault }
    }

    fn unread(&self, name: &str, source: io::Error) -> ArchiveError {
        ArchiveError::Copy { archive: self.path.clone(), entry: name.to_owned(), direction: "into", source }
    }

    fn unwritten(&self, error: ZipError) -> ArchiveError {
        ArchiveError::System { archive: self.path.clone(), action: "write", source: error.into() }
    }
}

/// How a file is kept: as it is where its suffix says that it is packed already.
fn method(name: &str) -> CompressionMethod {
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix.to_ascii_lowercase());
    match suffix {
        Some(suffix) if PACKED.contains(&suffix.as_str()) => CompressionMethod::Stored,
        _ => CompressionMethod::Deflated,
    }
}

/// Fills the buffer unless the end comes first: the packer is then handed the same pieces however the source splits them.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
