//! Everything the store changes on a disk goes through here, one operation at a time.
//!
//! A [`Watcher`] sees each operation before it happens and can refuse it. Tests use that to let the disk fail, the process
//! die, or the power go at any point.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use rayon::prelude::*;

use super::StoreError;

/// More files than this are brought to the disk all at once, with whatever else the file system holds back.
const MANY: usize = 16;

/// A change that is about to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    /// A folder is made.
    MakeFolder(&'a Path),
    /// A file is made and filled.
    Write(&'a Path),
    /// A file gets longer.
    Append(&'a Path),
    /// A file gets another name, perhaps one that exists.
    Rename(&'a Path, &'a Path),
    /// A file or folder is removed.
    Remove(&'a Path),
    /// The content of a file is brought to the disk.
    SyncFile(&'a Path),
    /// The names in a folder are brought to the disk.
    SyncFolder(&'a Path),
    /// Everything on the file system is brought to the disk.
    SyncAll,
}

/// Sees every change before it is made.
pub trait Watcher: Send + Sync + std::fmt::Debug {
    /// Allows or refuses a change.
    ///
    /// # Errors
    /// What the store is to see instead of the change.
    fn before(&self, operation: Operation<'_>) -> io::Result<()>;
}

/// The disk a store lies on.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
    watcher: Option<Arc<dyn Watcher>>,
    /// Folders that are known to be there.
    made: Mutex<BTreeSet<PathBuf>>,
    /// Folders that are there after a loss of power too.
    findable: Mutex<BTreeSet<PathBuf>>,
    count: AtomicU64,
    /// Part of every name this process makes up.
    nonce: String,
}

impl Disk {
    pub(super) fn new(root: &Path, watcher: Option<Arc<dyn Watcher>>) -> Self {
        let mut random = [0; 8];
        // Names only have to differ between processes; where even that source fails, the process number does.
        if getrandom::fill(&mut random).is_err() {
            random[..4].copy_from_slice(&std::process::id().to_le_bytes());
        }
        let nonce = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            root: root.to_owned(),
            watcher,
            made: Mutex::default(),
            findable: Mutex::default(),
            count: AtomicU64::new(0),
            nonce,
        }
    }

    fn before(&self, operation: Operation<'_>) -> io::Result<()> {
        self.watcher.as_ref().map_or(Ok(()), |watcher| watcher.before(operation))
    }

    /// A name in `folder` that no process uses.
    pub(super) fn fresh(&self, folder: &Path, prefix: &str, suffix: &str) -> PathBuf {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        folder.join(format!("{prefix}{}-{number}{suffix}", self.nonce))
    }

    /// What every name of this process holds.
    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Makes a folder for what means nothing after a loss of power.
    pub(super) fn make_scratch(&self, folder: &Path) -> Result<(), StoreError> {
        if !folder.is_dir() {
            let make = || self.before(Operation::MakeFolder(folder)).and_then(|()| fs::create_dir_all(folder));
            make().map_err(StoreError::on("make the folder", folder))?;
        }
        Ok(())
    }

    /// Makes a folder and those it lies in, up to the store's own.
    pub(super) fn make_folder(&self, folder: &Path) -> Result<(), StoreError> {
        if self.made.lock().expect("no holder panics").contains(folder) {
            return Ok(());
        }
        let make = || {
            if !folder.is_dir() {
                self.before(Operation::MakeFolder(folder))?;
                fs::create_dir_all(folder)?;
                // A folder nobody can find after a loss of power would take what lies in it along.
                let is_findable = |folder: &Path| self.findable.lock().expect("no holder panics").contains(folder);
                let within = |folder: &&Path| folder.starts_with(&self.root) && *folder != self.root;
                let lost: Vec<&Path> =
                    folder.ancestors().take_while(|folder| within(folder) && !is_findable(folder)).collect();
                lost.iter().filter_map(|folder| folder.parent()).try_for_each(|above| self.sync_folder_io(above))?;
                self.findable.lock().expect("no holder panics").extend(lost.into_iter().map(Path::to_owned));
            }
            Ok(())
        };
        make().map_err(StoreError::on("make the folder", folder))?;
        self.made.lock().expect("no holder panics").insert(folder.to_owned());
        Ok(())
    }

    /// Makes a file beside where it is wanted. It may not be there after a loss of power.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let write = || {
            self.before(Operation::Write(path))?;
            File::create_new(path)?.write_all(bytes)
        };
        write().map_err(StoreError::on("write", path))
    }

    /// Gives a file another name.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        let rename = || {
            self.before(Operation::Rename(from, to))?;
            fs::rename(from, to)
        };
        rename().map_err(StoreError::on("rename", to))
    }

    /// Removes a file.
    pub(super) fn remove(&self, path: &Path) -> Result<(), StoreError> {
        let remove = || {
            self.before(Operation::Remove(path))?;
            fs::remove_file(path)
        };
        remove().map_err(StoreError::on("remove", path))
    }

    /// Puts bytes behind what a file holds, and brings them to the disk.
    pub(super) fn append(&self, path: &Path, file: &mut File, bytes: &[u8]) -> Result<(), StoreError> {
        let mut append = || {
            self.before(Operation::Append(path))?;
            file.write_all(bytes)?;
            self.before(Operation::SyncFile(path))?;
            file.sync_data()
        };
        append().map_err(StoreError::on("write", path))
    }

    /// Replaces a file so that after any interruption either the old or the new content is there.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let folder = path.parent().unwrap_or(&self.root);
        self.make_folder(folder)?;
        let aside = self.fresh(folder, ".new-", "");
        self.write(&aside, bytes)?;
        self.sync_file(&aside)?;
        self.rename(&aside, path)?;
        self.sync_folder(folder)
    }

    /// Brings a file's content to the disk.
    pub(super) fn sync_file(&self, path: &Path) -> Result<(), StoreError> {
        let sync = || {
            self.before(Operation::SyncFile(path))?;
            File::open(path)?.sync_all()
        };
        sync().map_err(StoreError::on("bring to the disk", path))
    }

    /// Brings the names in a folder to the disk.
    pub(super) fn sync_folder(&self, folder: &Path) -> Result<(), StoreError> {
        self.sync_folder_io(folder).map_err(StoreError::on("bring to the disk", folder))
    }

    fn sync_folder_io(&self, folder: &Path) -> io::Result<()> {
        self.before(Operation::SyncFolder(folder))?;
        File::open(folder)?.sync_all()
    }

    /// Brings many files, and their names, to the disk.
    pub(super) fn sync_group(&self, paths: &[PathBuf]) -> Result<(), StoreError> {
        if paths.len() > MANY && self.sync_all().is_ok() {
            return Ok(());
        }
        if self.watcher.is_some() {
            // A watcher counts operations, so they come in one order.
            paths.iter().try_for_each(|path| self.sync_file(path))?;
        } else {
            paths.par_iter().try_for_each(|path| self.sync_file(path))?;
        }
        let folders: BTreeSet<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
        folders.into_iter().try_for_each(|folder| self.sync_folder(folder))
    }

    #[cfg(target_os = "linux")]
    fn sync_all(&self) -> io::Result<()> {
        self.before(Operation::SyncAll)?;
        Ok(rustix::fs::syncfs(File::open(&self.root)?)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync_all(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
