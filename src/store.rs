//! The store: content-addressed objects, and one record for every key.
//!
//! ```text
//! objects/ab/cdef…   bytes, read-only, named by their BLAKE3 digest
//! records/*.log      one segment a process; each line a checksum and a record
//! quarantine/        objects that were not what their name says
//! traces/            what ran last at each address of an experiment
//! machines/ID/       what this machine knows of files outside the store (stat index)
//! tmp/               files being written
//! ```
//!
//! Objects are written aside and renamed; a record is appended only after the objects it speaks of are on the disk.
//! First record wins: a later, different output of the same key is reported and not stored over it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};

use crate::{
    artifact::{ArtifactError, Blob, Entry, Folder, Tree},
    recipe::{Digest, Key},
};

pub mod intake;
mod objects;
mod records;
pub mod stat;
pub mod trace;

pub use objects::Damage;

/// What came of a recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The key of the recipe.
    pub key: Key,
    /// Digest of the output: of a tree for a task, of an object for an item.
    pub output: Digest,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Where it was made: program version, processor features, tools. Empty for items.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Small facts an item's user needs without opening it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<serde_json::Value>,
}

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("can't {action} {}: {error}", path.display())]
pub struct StoreError {
    /// What was tried.
    pub action: &'static str,
    /// On what.
    pub path: PathBuf,
    /// The system's reason.
    #[source]
    pub error: std::io::Error,
}

impl StoreError {
    /// For `map_err`.
    pub(crate) fn on(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |error| Self { action, path, error }
    }
}

/// What became of a record that was to be kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// It is the first for its key.
    First,
    /// The same output was recorded before.
    Same,
    /// Another output was recorded before: the recipe is not deterministic.
    Differs(Record),
}

/// A store in a folder.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    objects: objects::Objects,
    records: Mutex<records::Records>,
    trees: Mutex<HashMap<Digest, Arc<Tree>>>,
    complete: Mutex<HashSet<Digest>>,
    /// What is known of files outside the store.
    pub stat: stat::StatIndex,
}

impl Store {
    /// Opens the store in `root`. Nothing is written until something is stored.
    ///
    /// # Errors
    /// A folder that can't be read.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            root: root.to_owned(),
            objects: objects::Objects::new(root),
            records: Mutex::new(records::Records::open(root)?),
            trees: Mutex::default(),
            complete: Mutex::default(),
            stat: stat::StatIndex::open(&root.join("machines").join(stat::machine())),
        })
    }

    /// Where the store is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Stores bytes.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn put(&self, bytes: &[u8]) -> Result<Entry, StoreError> {
        self.objects.put(bytes)
    }

    /// Stores a tree whose files are stored already; returns its digest.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn put_tree(&self, tree: &Tree) -> Result<Digest, StoreError> {
        Ok(self.put(&tree.canonical())?.digest)
    }

    /// Where the bytes of an object lie. They are to be read, never written.
    pub fn object_path(&self, digest: &Digest) -> PathBuf {
        self.objects.path(digest)
    }

    /// Whether an object is there.
    pub fn has(&self, digest: &Digest) -> bool {
        self.objects.path(digest).is_file()
    }

    /// The bytes of an object, checked against its digest. A damaged object is moved to quarantine.
    ///
    /// # Errors
    /// A missing or damaged object.
    pub fn object(&self, digest: &Digest) -> Result<Blob, Damage> {
        self.objects.open(digest)
    }

    /// What is known of a key: the first record whose output is there.
    pub fn record(&self, key: &Key) -> Option<Record> {
        self.records.lock().expect("no holder panics").get(key, |record| self.has(&record.output)).cloned()
    }

    /// A task's record whose output is all there.
    pub fn finished(&self, key: &Key) -> Option<Record> {
        self.records.lock().expect("no holder panics").get(key, |record| self.is_complete(&record.output)).cloned()
    }

    fn is_complete(&self, output: &Digest) -> bool {
        if self.complete.lock().expect("no holder panics").contains(output) {
            return true;
        }
        let Ok(tree) = self.tree(output) else { return false };
        let complete = tree.files.values().all(|entry| {
            std::fs::metadata(self.objects.path(&entry.digest)).is_ok_and(|found| found.len() == entry.size)
        });
        if complete {
            self.complete.lock().expect("no holder panics").insert(*output);
        }
        complete
    }

    /// Keeps records, after the objects they speak of are on the disk.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn commit(&self, new: Vec<Record>) -> Result<Vec<Kept>, StoreError> {
        self.objects.sync()?;
        let is_there = |record: &Record| self.has(&record.output);
        self.records.lock().expect("no holder panics").append(new, is_there)
    }

    /// The files of a tree.
    ///
    /// # Errors
    /// A missing or damaged object.
    pub fn tree(&self, digest: &Digest) -> Result<Arc<Tree>, ArtifactError> {
        if let Some(tree) = self.trees.lock().expect("no holder panics").get(digest) {
            return Ok(tree.clone());
        }
        let damaged = || ArtifactError::Damaged { path: "the list of files".to_owned(), digest: *digest };
        let blob = self.object(digest).map_err(|_| damaged())?;
        let tree: Arc<Tree> = Arc::new(serde_json::from_slice(&blob).map_err(|_| damaged())?);
        self.trees.lock().expect("no holder panics").insert(*digest, tree.clone());
        Ok(tree)
    }

    /// A tree to read files from.
    ///
    /// # Errors
    /// A missing or damaged object.
    pub fn folder(&self, digest: &Digest) -> Result<Stored<'_>, ArtifactError> {
        Ok(Stored { store: self, tree: self.tree(digest)? })
    }

    /// Writes a tree as ordinary files under `to`. Files that hold the right bytes are left alone; returns how many were written.
    ///
    /// # Errors
    /// A damaged object, a full or read-only disk.
    pub fn write_out(&self, digest: &Digest, to: &Path) -> Result<usize, WriteOutError> {
        let folder = self.folder(digest)?;
        let mut written = 0;
        for (path, entry) in &folder.tree.files {
            let target = to.join(path);
            if self.stat.digest(&target).is_ok_and(|found| found == entry.digest) {
                continue;
            }
            let blob = folder.open(path)?;
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent).map_err(StoreError::on("make", parent))?;
            }
            // Written aside and renamed, so that nobody ever sees half a file.
            let aside = target.with_extension("partial");
            std::fs::write(&aside, &blob[..]).map_err(StoreError::on("write", &aside))?;
            std::fs::rename(&aside, &target).map_err(StoreError::on("rename", &target))?;
            written += 1;
        }
        Ok(written)
    }
}

/// Why a tree could not be written out.
#[derive(Debug, thiserror::Error)]
pub enum WriteOutError {
    /// The tree can't be read.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The files can't be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A tree in a store.
#[derive(Debug)]
pub struct Stored<'s> {
    store: &'s Store,
    tree: Arc<Tree>,
}

impl Folder for Stored<'_> {
    fn tree(&self) -> &Tree {
        &self.tree
    }

    fn open(&self, path: &str) -> Result<Blob, ArtifactError> {
        let entry = self.tree.files.get(path).ok_or_else(|| ArtifactError::Missing { path: path.to_owned() })?;
        self.store.object(&entry.digest).map_err(|damage| match damage {
            Damage::Unreadable(message) => ArtifactError::Unreadable { path: path.to_owned(), message },
            Damage::Gone | Damage::Wrong => ArtifactError::Damaged { path: path.to_owned(), digest: entry.digest },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &[u8], output: Digest) -> Record {
        Record { key: Digest::of(key), output, seconds: 0.5, environment: BTreeMap::new(), note: None }
    }

    #[test]
    fn what_is_stored_is_found_by_another_process() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let entry = store.put(b"frames").unwrap();
        let tree = Tree { files: BTreeMap::from([("a/b.npy".to_owned(), entry)]) };
        let output = store.put_tree(&tree).unwrap();
        assert_eq!(store.commit(vec![record(b"k", output)]).unwrap(), [Kept::First]);

        let again = Store::open(root.path()).unwrap();
        let found = again.finished(&Digest::of(b"k")).unwrap();
        assert_eq!(&again.folder(&found.output).unwrap().open("a/b.npy").unwrap()[..], b"frames");
    }

    #[test]
    fn first_record_wins_and_a_difference_is_told() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let (a, b) = (store.put(b"a").unwrap().digest, store.put(b"b").unwrap().digest);
        store.commit(vec![record(b"k", a)]).unwrap();
        assert_eq!(store.commit(vec![record(b"k", a)]).unwrap(), [Kept::Same]);
        assert_eq!(store.commit(vec![record(b"k", b)]).unwrap(), [Kept::Differs(record(b"k", a))]);
        assert_eq!(store.record(&Digest::of(b"k")).unwrap().output, a);
    }

    #[test]
    fn a_lost_output_is_replaced_for_good() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let (a, b) = (store.put(b"a").unwrap().digest, store.put(b"b").unwrap().digest);
        store.commit(vec![record(b"k", a)]).unwrap();
        std::fs::remove_file(store.object_path(&a)).unwrap();
        let store = Store::open(root.path()).unwrap();
        assert_eq!(store.commit(vec![record(b"k", b)]).unwrap(), [Kept::First]);
        assert_eq!(Store::open(root.path()).unwrap().record(&Digest::of(b"k")).unwrap().output, b);
    }

    #[test]
    fn a_damaged_object_is_set_aside_and_its_task_no_longer_finished() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let entry = store.put(b"frames").unwrap();
        let tree = Tree { files: BTreeMap::from([("f".to_owned(), entry)]) };
        let output = store.put_tree(&tree).unwrap();
        store.commit(vec![record(b"k", output)]).unwrap();
        let path = store.object_path(&entry.digest);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, b"FRAMES").unwrap();

        let store = Store::open(root.path()).unwrap();
        let error = store.folder(&output).unwrap().open("f").unwrap_err();
        assert!(matches!(error, ArtifactError::Damaged { .. }), "{error}");
        assert!(root.path().join("quarantine").join(entry.digest.to_string()).is_file());
        assert!(Store::open(root.path()).unwrap().finished(&Digest::of(b"k")).is_none());
    }

    #[test]
    fn a_torn_line_costs_nothing_but_itself() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let a = store.put(b"a").unwrap().digest;
        store.commit(vec![record(b"1", a), record(b"2", a)]).unwrap();
        let segment = std::fs::read_dir(root.path().join("records")).unwrap().next().unwrap().unwrap().path();
        let bytes = std::fs::read(&segment).unwrap();
        std::fs::write(&segment, &bytes[..bytes.len() - 10]).unwrap();
        let again = Store::open(root.path()).unwrap();
        assert!(again.record(&Digest::of(b"1")).is_some());
        assert!(again.record(&Digest::of(b"2")).is_none());
    }
}
