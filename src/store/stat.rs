//! What this machine knows of files outside the store: path, size, modification time and inode stand for a digest.
//!
//! A file changed within two seconds of being hashed could change again without a trace in its times, so such an entry is
//! not trusted the next time ("racy", as git calls it).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::Metadata,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::recipe::Digest;

/// What changed so lately could change again without a trace in its times.
pub(super) const RACY_NANOSECONDS: u128 = 2_000_000_000;

/// How a file or folder looks without being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Looks {
    size: u64,
    pub(super) modified: u128,
    inode: u64,
}

impl Looks {
    /// Nothing where it is not there.
    pub(super) fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|metadata| Self::from(&metadata))
    }
}

#[cfg(unix)]
impl From<&Metadata> for Looks {
    fn from(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let modified = u128::try_from(metadata.mtime()).unwrap_or(0) * 1_000_000_000
            + u128::try_from(metadata.mtime_nsec()).unwrap_or(0);
        Self { size: metadata.len(), modified, inode: metadata.ino() }
    }
}

#[cfg(not(unix))]
impl From<&Metadata> for Looks {
    fn from(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self { size: metadata.len(), modified: modified.map_or(0, |since| since.as_nanos()), inode: 0 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Known {
    looks: Looks,
    hashed: u128,
    digest: Digest,
}

/// What a table gives to a key, remembered by the digest of the file and of how it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableMemo {
    /// Digest of the columns that hold no paths.
    pub digest: Digest,
    /// The paths its rows name.
    pub files: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    files: BTreeMap<PathBuf, Known>,
    tables: BTreeMap<Digest, TableMemo>,
}

/// An index of files by path.
#[derive(Debug)]
pub struct StatIndex {
    path: PathBuf,
    files: Mutex<HashMap<PathBuf, Known>>,
    tables: Mutex<HashMap<Digest, TableMemo>>,
    dirty: std::sync::atomic::AtomicBool,
    /// Nanoseconds spent looking at files.
    spent: AtomicU64,
    /// What was looked at, there or not.
    consulted: Mutex<BTreeSet<PathBuf>>,
}

/// A name for this machine: inodes and times mean nothing on another.
pub fn machine() -> String {
    let read = |path: &str| std::fs::read(path).unwrap_or_default();
    let mut id = read("/etc/machine-id");
    id.extend(read("/proc/sys/kernel/hostname"));
    Digest::of(&id).short()
}

impl StatIndex {
    /// Opens the index in `folder`; one that can't be read is as good as none.
    pub fn open(folder: &Path) -> Self {
        let path = folder.join("stat.json");
        let saved: Saved =
            std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self {
            path,
            files: Mutex::new(saved.files.into_iter().collect()),
            tables: Mutex::new(saved.tables.into_iter().collect()),
            dirty: false.into(),
            spent: AtomicU64::new(0),
            consulted: Mutex::default(),
        }
    }

    /// The digest of a file's bytes, or of a folder: of the names and digests of the files in it.
    ///
    /// # Errors
    /// A file that is missing or can't be read.
    pub fn digest(&self, path: &Path) -> std::io::Result<Digest> {
        let begun = Instant::now();
        let digest = self.look(path);
        self.spend(begun);
        digest
    }

    /// The digest of a file's bytes as [`StatIndex::digest`] has it; where it is not known, `read` takes it while it makes
    /// something of these bytes, so that they need not be read twice.
    ///
    /// # Errors
    /// A file that is missing or can't be read.
    pub(super) fn digest_by<T>(
        &self,
        path: &Path,
        read: impl FnOnce(&Path) -> std::io::Result<(Digest, T)>,
    ) -> std::io::Result<(Digest, Option<T>)> {
        let begun = Instant::now();
        let path = std::path::absolute(path)?;
        let metadata = std::fs::metadata(&path).inspect_err(|_| self.consult(&path))?;
        let told = if metadata.is_dir() {
            self.folder_digest(&path).map(|digest| (digest, None))
        } else {
            self.file_by(path, &metadata, read)
        };
        self.spend(begun);
        told
    }

    fn look(&self, path: &Path) -> std::io::Result<Digest> {
        let path = std::path::absolute(path)?;
        let metadata = std::fs::metadata(&path).inspect_err(|_| self.consult(&path))?;
        if metadata.is_dir() { self.folder_digest(&path) } else { self.file(path, &metadata) }
    }

    fn spend(&self, begun: Instant) {
        let spent = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.spent.fetch_add(spent, Ordering::Relaxed);
    }

    fn consult(&self, path: &Path) {
        self.consulted.lock().expect("no holder panics").insert(path.to_owned());
    }

    /// Every file that was looked at and is there, in the order of paths.
    pub fn files_consulted(&self) -> Vec<PathBuf> {
        self.consulted().into_iter().filter(|path| path.is_file()).collect()
    }

    /// Every file and folder that was looked at, there or not.
    pub(super) fn consulted(&self) -> BTreeSet<PathBuf> {
        self.consulted.lock().expect("no holder panics").clone()
    }

    /// How long looking at files took.
    pub fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// The digests of many files, several at a time.
    pub fn digests(&self, paths: &[PathBuf]) -> Vec<std::io::Result<Digest>> {
        let begun = Instant::now();
        let digests = paths.par_iter().map(|path| self.look(path)).collect();
        self.spend(begun);
        digests
    }

    fn file(&self, path: PathBuf, metadata: &Metadata) -> std::io::Result<Digest> {
        let hashed = |path: &Path| Ok((hash(path, metadata.len())?, ()));
        self.file_by(path, metadata, hashed).map(|(digest, _)| digest)
    }

    fn file_by<T>(
        &self,
        path: PathBuf,
        metadata: &Metadata,
        read: impl FnOnce(&Path) -> std::io::Result<(Digest, T)>,
    ) -> std::io::Result<(Digest, Option<T>)> {
        let looks = Looks::from(metadata);
        self.consult(&path);
        if let Some(known) = self.files.lock().expect("no holder panics").get(&path)
            && known.looks == looks
            && looks.modified + RACY_NANOSECONDS < known.hashed
        {
            return Ok((known.digest, None));
        }
        let hashed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let (digest, read) = read(&path)?;
        let known = Known { looks, hashed, digest };
        self.files.lock().expect("no holder panics").insert(path, known);
        self.dirty.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok((digest, Some(read)))
    }

    fn folder_digest(&self, path: &Path) -> std::io::Result<Digest> {
        let mut hasher = blake3::Hasher::new_derive_key("crowdline 2026 folder of a clip");
        // A link stands for what it leads to, as it does for whoever reads the folder.
        for entry in walkdir::WalkDir::new(path).follow_links(true).sort_by_file_name() {
            let entry = match entry {
                // One that leads nowhere holds nothing to read.
                Err(error) if error.path().is_some_and(|path| path.is_symlink() && !path.exists()) => continue,
                entry => entry?,
            };
            if entry.file_type().is_dir() {
                // A file that comes or goes changes the time of its folder.
                self.consult(entry.path());
            }
            if entry.file_type().is_file() {
                let name = entry.path().strip_prefix(path).unwrap_or(entry.path()).to_string_lossy().into_owned();
                let digest = self.file(entry.path().to_owned(), &entry.metadata()?)?;
                hasher.update(&(name.len() as u64).to_le_bytes());
                hasher.update(name.as_bytes());
                hasher.update(digest.to_string().as_bytes());
            }
        }
        Ok(Digest::from(hasher.finalize()))
    }

    /// What was remembered of a table.
    pub fn table(&self, memo: &Digest) -> Option<TableMemo> {
        self.tables.lock().expect("no holder panics").get(memo).cloned()
    }

    /// Remembers what a table gives to a key.
    pub fn remember_table(&self, memo: Digest, table: TableMemo) {
        self.tables.lock().expect("no holder panics").insert(memo, table);
        self.dirty.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Writes the index. It only saves work, so a disk that refuses it costs nothing but time.
    pub fn save(&self) {
        if !self.dirty.swap(false, std::sync::atomic::Ordering::Relaxed) {
            return;
        }
        let saved = Saved {
            files: self.files.lock().expect("no holder panics").clone().into_iter().collect(),
            tables: self.tables.lock().expect("no holder panics").clone().into_iter().collect(),
        };
        let write = || -> std::io::Result<()> {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(std::io::BufWriter::new(&file), &saved)?;
            file.persist(&self.path)?;
            Ok(())
        };
        let _ = write();
    }
}

/// Large files are mapped and hashed on all cores; small ones are hashed several at a time by whoever asks for many.
fn hash(path: &Path, size: u64) -> std::io::Result<Digest> {
    const LARGE: u64 = 16 << 20;
    const SMALL: u64 = 256 << 10;
    let mut hasher = blake3::Hasher::new();
    match size {
        0..SMALL => drop(hasher.update(&std::fs::read(path)?)),
        SMALL..LARGE => drop(hasher.update_mmap(path)?),
        _ => drop(hasher.update_mmap_rayon(path)?),
    }
    Ok(Digest::from(hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_within_the_same_tick_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        std::fs::write(&file, b"1").unwrap();
        let index = StatIndex::open(folder.path());
        let first = index.digest(&file).unwrap();
        // Same size, and times set back to what they were: only the rule for fresh files can notice.
        let modified = std::fs::metadata(&file).unwrap().modified().unwrap();
        std::fs::write(&file, b"2").unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
        assert_ne!(index.digest(&file).unwrap(), first);
    }

    #[test]
    fn an_old_file_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        std::fs::write(&file, b"1").unwrap();
        let old = SystemTime::now() - std::time::Duration::from_secs(60);
        let set_back = || std::fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        set_back();
        let index = StatIndex::open(folder.path());
        let first = index.digest(&file).unwrap();
        index.save();
        // Content changed behind the index's back, with every sign of identity kept: it must not be read.
        std::fs::write(&file, b"2").unwrap();
        set_back();
        assert_eq!(StatIndex::open(folder.path()).digest(&file).unwrap(), first);
    }
}
