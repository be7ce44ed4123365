//! Objects: bytes under the name of their digest.

use std::{
    collections::HashSet,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use rayon::prelude::*;

use super::StoreError;
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
    /// Objects this process wrote that are perhaps not on the disk yet.
    unsynced: Mutex<Vec<PathBuf>>,
    /// Objects this process wrote or checked.
    known: Mutex<HashSet<Digest>>,
}

impl Objects {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), unsynced: Mutex::default(), known: Mutex::default() }
    }

    pub(super) fn path(&self, digest: &Digest) -> PathBuf {
        let text = digest.to_string();
        self.root.join("objects").join(&text[..2]).join(&text[2..])
    }

    pub(super) fn put(&self, bytes: &[u8]) -> Result<Entry, StoreError> {
        let digest = Digest::of(bytes);
        let entry = Entry { digest, size: bytes.len() as u64 };
        let path = self.path(&digest);
        // An object another process left may be torn if the power failed before its record; only one that this process
        // wrote or checked is taken as it is.
        if self.known.lock().expect("no holder panics").contains(&digest) && path.is_file() {
            return Ok(entry);
        }
        let aside = self.root.join("tmp");
        let folder = path.parent().expect("an object lies in a folder");
        for folder in [aside.as_path(), folder] {
            std::fs::create_dir_all(folder).map_err(StoreError::on("make the folder", folder))?;
        }
        let mut file = tempfile::NamedTempFile::new_in(&aside).map_err(StoreError::on("write in", &aside))?;
        file.write_all(bytes).map_err(StoreError::on("write in", &aside))?;
        let mut permissions = file.as_file().metadata().map_err(StoreError::on("write in", &aside))?.permissions();
        permissions.set_readonly(true);
        file.as_file().set_permissions(permissions).map_err(StoreError::on("write in", &aside))?;
        file.persist(&path).map_err(|error| StoreError { action: "write", path: path.clone(), error: error.error })?;
        self.unsynced.lock().expect("no holder panics").push(path);
        self.known.lock().expect("no holder panics").insert(digest);
        Ok(entry)
    }

    /// Brings everything this process wrote to the disk: files in parallel, then the folders they stand in.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        let paths = std::mem::take(&mut *self.unsynced.lock().expect("no holder panics"));
        let sync = |path: &Path| {
            File::open(path).and_then(|file| file.sync_all()).map_err(StoreError::on("bring to the disk", path))
        };
        paths.par_iter().try_for_each(|path| sync(path))?;
        let folders: HashSet<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
        folders.into_iter().try_for_each(sync)
    }

    pub(super) fn open(&self, digest: &Digest) -> Result<Blob, Damage> {
        let path = self.path(digest);
        let unreadable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Damage::Gone,
            _ => Damage::Unreadable(error.to_string()),
        };
        let file = File::open(&path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let blob = if size >= MAPPED {
            // SAFETY: objects are written once, made read-only and only ever replaced by renaming or moved away, so the
            // mapped bytes don't change under the reader.
            Blob::Mapped(unsafe { memmap2::Mmap::map(&file) }.map_err(unreadable)?)
        } else {
            Blob::Held(std::fs::read(&path).map_err(unreadable)?)
        };
        if self.known.lock().expect("no holder panics").contains(digest) {
            return Ok(blob);
        }
        if Digest::of(&blob) != *digest {
            let quarantine = self.root.join("quarantine");
            // Where even that fails the object stays, and is found damaged again next time.
            let moved = std::fs::create_dir_all(&quarantine)
                .and_then(|()| std::fs::rename(&path, quarantine.join(digest.to_string())));
            return Err(moved.map_or_else(|error| Damage::Unreadable(error.to_string()), |()| Damage::Wrong));
        }
        self.known.lock().expect("no holder panics").insert(*digest);
        Ok(blob)
    }
}
