//! Objects: bytes under the name of their digest.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use super::{StoreError, disk::Disk};
use crate::{
    artifact::{Blob, Entry},
    recipe::Digest,
};

/// Objects larger than this are mapped rather than read.
const MAPPED: u64 = 64 << 10;

/// What is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// It is not there.
    Gone,
    /// Its bytes are not what its name says; it was moved to quarantine.
    Wrong,
    /// The system can't read it.
    Unreadable(String),
}

#[derive(Debug)]
pub(super) struct Objects {
    root: PathBuf,
    disk: Arc<Disk>,
    /// Objects this process wrote that are perhaps not on the disk yet.
    unsynced: Mutex<Vec<PathBuf>>,
    /// Objects this process wrote or checked.
    known: Mutex<HashSet<Digest>>,
}

impl Objects {
    pub(super) fn new(root: &Path, disk: Arc<Disk>) -> Self {
        Self { root: root.to_owned(), disk, unsynced: Mutex::default(), known: Mutex::default() }
    }

    pub(super) fn path(&self, digest: &Digest) -> PathBuf {
        let text = &*digest.hex();
        let mut path = self.root.join("objects");
        path.push(&text[..2]);
        path.push(&text[2..]);
        path
    }

    /// Whether an object is there in its full size, which is all that can be said without reading it.
    pub(super) fn is_whole(&self, entry: &Entry) -> bool {
        fs::metadata(self.path(&entry.digest)).is_ok_and(|found| found.len() == entry.size)
    }

    pub(super) fn put(&self, bytes: &[u8]) -> Result<Entry, StoreError> {
        let entry = Entry { digest: Digest::of(bytes), size: bytes.len() as u64 };
        if self.is_known(&entry) {
            return Ok(entry);
        }
        let aside = self.aside()?;
        self.disk.write(&aside, bytes)?;
        self.place(&aside, entry)
    }

    /// Stores a file: it is moved where that can be done, so it must be of no more use to anybody.
    pub(super) fn put_file(&self, path: &Path) -> Result<Entry, StoreError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_mmap_rayon(path).map_err(StoreError::on("read", path))?;
        let size = fs::metadata(path).map_err(StoreError::on("read", path))?.len();
        let entry = Entry { digest: Digest::from(hasher.finalize()), size };
        if self.is_known(&entry) {
            return Ok(entry);
        }
        let aside = self.aside()?;
        // A file that has another name as well could be changed under that name.
        if has_one_name(path) && self.disk.rename(path, &aside).is_ok() {
            return self.place(&aside, entry);
        }
        fs::copy(path, &aside).map_err(StoreError::on("write in", &aside))?;
        self.place(&aside, entry)
    }

    /// An object another process left may be torn if the power failed before its record; only one that this process
    /// wrote or checked is taken as it is.
    fn is_known(&self, entry: &Entry) -> bool {
        self.known.lock().expect("no holder panics").contains(&entry.digest) && self.is_whole(entry)
    }

    fn aside(&self) -> Result<PathBuf, StoreError> {
        let folder = self.root.join("tmp");
        self.disk.make_scratch(&folder)?;
        Ok(self.disk.fresh(&folder, "object-", ""))
    }

    fn place(&self, aside: &Path, entry: Entry) -> Result<Entry, StoreError> {
        let path = self.path(&entry.digest);
        self.disk.make_folder(path.parent().unwrap_or(&self.root))?;
        read_only(aside).map_err(StoreError::on("write in", aside))?;
        self.disk.rename(aside, &path)?;
        self.unsynced.lock().expect("no holder panics").push(path);
        self.known.lock().expect("no holder panics").insert(entry.digest);
        Ok(entry)
    }

    /// Brings everything this process wrote to the disk: files in parallel, then the folders they stand in.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        let mut paths = std::mem::take(&mut *self.unsynced.lock().expect("no holder panics"));
        let synced = self.disk.sync_group(&paths);
        if synced.is_err() {
            // The next attempt has to bring them as well.
            self.unsynced.lock().expect("no holder panics").append(&mut paths);
        }
        synced
    }

    /// No longer takes an object's bytes as known.
    pub(super) fn forget(&self, digest: &Digest) {
        self.known.lock().expect("no holder panics").remove(digest);
    }

    pub(super) fn open(&self, digest: &Digest) -> Result<Blob, Damage> {
        let path = self.path(digest);
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Damage::Gone,
            _ => Damage::Unreadable(error.to_string()),
        };
        let file = File::open(&path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let blob = if size > MAPPED {
            // SAFETY: objects are read-only and replaced by renaming only, so the mapped bytes don't change under us.
            Blob::Mapped(unsafe { memmap2::Mmap::map(&file) }.map_err(unreadable)?)
        } else {
            Blob::Held(fs::read(&path).map_err(unreadable)?)
        };
        if self.known.lock().expect("no holder panics").contains(digest) {
            return Ok(blob);
        }
        if Digest::of_much(&blob) != *digest {
            let quarantine = self.root.join("quarantine");
            // Where even that fails the object stays, and is found damaged again next time.
            let moved = self
                .disk
                .make_folder(&quarantine)
                .and_then(|()| self.disk.rename(&path, &quarantine.join(digest.to_string())));
            return Err(match moved {
                Ok(()) => Damage::Wrong,
                // Another thread found it too, and was faster.
                Err(error) if error.error.kind() == io::ErrorKind::NotFound => Damage::Gone,
                Err(error) => Damage::Unreadable(error.to_string()),
            });
        }
        self.known.lock().expect("no holder panics").insert(*digest);
        Ok(blob)
    }
}

#[cfg(unix)]
fn has_one_name(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.nlink() == 1)
}

#[cfg(not(unix))]
fn has_one_name(_path: &Path) -> bool {
    false
}

fn read_only(path: &Path) -> io::Result<()> {
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_readonly(true);
    fs::set_permissions(path, permissions)
}
