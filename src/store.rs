//! The store: content-addressed objects, and one record for every key.
//!
//! ```text
//! objects/ab/cdef…   bytes, read-only, named by their BLAKE3 digest
//! records/*.log      one segment a process; each line a checksum and a record
//! quarantine/        objects that were not what their name says
//! checkpoints/       what long tasks had when they were stopped
//! traces/            what ran last at each address of an experiment
//! machines/ID/       what this machine knows of files outside the store (stat index)
//! tmp/               files being written
//! ```
//!
//! Objects are written aside and renamed; a record is appended only after the objects it speaks of are on the disk.
//! First record wins: a later, different output of the same key is reported and not stored over it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    artifact::{ArtifactError, Blob, Entry, Folder, Tree},
    recipe::{Digest, Key, Recipe},
};

mod checkpoint;
pub mod disk;
mod error;
mod examine;
mod gc;
mod import;
pub mod intake;
mod live;
mod objects;
mod records;
mod settled;
pub mod stat;
pub mod trace;
mod work;
mod write_out;

pub use error::StoreError;
pub use examine::Health;
pub use gc::{Collected, Needed};
pub use import::ImportError;
pub use live::{AloneError, Reservation, Reserved};
pub use objects::Damage;
pub use settled::{Settled, settled};
pub use work::WorkFolder;
pub use write_out::WriteOutError;

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

/// What a record to be kept is about.
#[derive(Debug, Clone)]
pub enum Made {
    /// One object, of an item.
    Object,
    /// A tree, of a task.
    Tree {
        /// Its files.
        tree: Arc<Tree>,
        /// The canonical bytes of its recipe.
        recipe: Vec<u8>,
    },
}

/// A record to be kept.
#[derive(Debug, Clone)]
pub struct New {
    /// The record.
    pub record: Record,
    /// What it is about.
    pub made: Made,
}

/// What became of a record that was to be kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// It is the first for its key.
    First,
    /// The same output was recorded before.
    Same,
    /// Another output was recorded before: the recipe is not deterministic.
    Differs(Box<Record>),
}

/// How a store is opened, for tests of what can go wrong.
#[derive(Debug, Default)]
pub struct Opening {
    /// Sees every change before it is made.
    pub watcher: Option<Arc<dyn disk::Watcher>>,
    /// Stands for the boot of the machine.
    pub host: Option<String>,
    /// How long a process on another machine may be silent.
    pub silence: Option<Duration>,
}

/// A store in a folder.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    disk: Arc<disk::Disk>,
    objects: objects::Objects,
    records: RwLock<records::Records>,
    trees: Mutex<HashMap<Digest, Arc<Tree>>>,
    complete: Mutex<HashSet<Digest>>,
    live: live::Live,
    fresh: intake::Fresh,
    /// What is known of files outside the store.
    pub stat: stat::StatIndex,
}

impl Store {
    /// Opens the store in `root`. Nothing is written until something is stored.
    ///
    /// # Errors
    /// A folder that can't be read.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        Self::open_with(root, Opening::default())
    }

    /// Opens the store in `root`, watched.
    ///
    /// # Errors
    /// A folder that can't be read.
    pub fn open_with(root: &Path, opening: Opening) -> Result<Self, StoreError> {
        let disk = Arc::new(disk::Disk::new(root, opening.watcher));
        Ok(Self {
            root: root.to_owned(),
            objects: objects::Objects::new(root, disk.clone()),
            records: RwLock::new(records::Records::open(root, disk.clone())?),
            trees: Mutex::default(),
            complete: Mutex::default(),
            live: live::Live::new(root, disk.clone(), opening.host, opening.silence),
            fresh: intake::Fresh::default(),
            stat: stat::StatIndex::open(&machine_folder(root)),
            disk,
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

    /// Stores a file that nobody needs any more: it is moved into the store where that can be done.
    ///
    /// # Errors
    /// A file that can't be read, a full or read-only disk.
    pub fn put_file(&self, path: &Path) -> Result<Entry, StoreError> {
        self.objects.put_file(path)
    }

    /// Makes a tree known whose files are stored already; returns its digest. A small one will stand in its record.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn put_tree(&self, tree: &Arc<Tree>) -> Result<Digest, StoreError> {
        let canonical = tree.canonical();
        let digest = Digest::of(&canonical);
        if !records::is_inline(tree.files.len()) {
            self.put(&canonical)?;
        }
        self.trees.lock().expect("no holder panics").insert(digest, tree.clone());
        Ok(digest)
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
        self.objects.open(digest).inspect_err(|_| {
            // Which outputs it is part of is not known, so all are looked at again.
            self.complete.lock().expect("no holder panics").clear();
        })
    }

    /// Makes sure that an object holds what its digest says.
    ///
    /// # Errors
    /// A missing or damaged object.
    pub fn check(&self, digest: &Digest) -> Result<(), ArtifactError> {
        self.object(digest).map(drop).map_err(|_| ArtifactError::Damaged { path: digest.short(), digest: *digest })
    }

    /// No longer trusts what is known of an object: it is compared with its digest when it is next opened.
    pub fn forget(&self, digest: &Digest) {
        self.objects.forget(digest);
        self.complete.lock().expect("no holder panics").clear();
    }

    /// What is known of an item's key: the first record whose output is there.
    pub fn record(&self, key: &Key) -> Option<Record> {
        self.records.read().expect("no holder panics").get(key, &|output| self.has(&output.digest))
    }

    /// A task's record whose output is all there.
    pub fn finished(&self, key: &Key) -> Option<Record> {
        self.records.read().expect("no holder panics").get(key, &|output| self.is_there(output))
    }

    /// A task's record from one environment, whose output is all there.
    pub fn finished_in(&self, key: &Key, environment: &BTreeMap<String, String>) -> Option<Record> {
        let records = self.records.read().expect("no holder panics");
        records.all_of(key, &|output| self.is_there(output)).find(|record| record.environment == *environment)
    }

    /// The last word on a key, whether or not its output is there.
    pub fn recorded(&self, key: &Key) -> Option<Record> {
        self.records.read().expect("no holder panics").get(key, &|_| true)
    }

    /// Every key with the outputs recorded for it, in the order of keys.
    pub fn all(&self) -> BTreeMap<Key, Vec<Digest>> {
        self.records.read().expect("no holder panics").all()
    }

    /// The recipe of a key.
    pub fn recipe(&self, key: &Key) -> Option<Recipe> {
        let bytes = self.records.read().expect("no holder panics").recipe(key)?;
        serde_json::from_slice(&bytes).ok()
    }

    fn is_there(&self, output: &records::Output<'_>) -> bool {
        if self.complete.lock().expect("no holder panics").contains(&output.digest) {
            return true;
        }
        let complete = match output.objects() {
            Some(mut objects) => objects.all(|entry| self.objects.is_whole(&entry)),
            None if output.is_object() => self.has(&output.digest),
            None => self
                .tree(&output.digest)
                .is_ok_and(|tree| tree.files.values().all(|entry| self.objects.is_whole(entry))),
        };
        if complete {
            self.complete.lock().expect("no holder panics").insert(output.digest);
        }
        complete
    }

    /// Keeps records, after the objects they speak of are on the disk. With `each_environment` the same output from another
    /// environment is worth a record of its own.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn commit(&self, new: Vec<New>, each_environment: bool) -> Result<Vec<Kept>, StoreError> {
        self.objects.sync()?;
        let mut records = self.records.write().expect("no holder panics");
        records.append(new, each_environment, &|output| self.is_there(output))
    }

    /// Reads what other processes have recorded since.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn refresh(&self) -> Result<(), StoreError> {
        self.records.write().expect("no holder panics").refresh()
    }

    /// Takes a task for this process, unless another that lives has it.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn reserve(&self, key: &Key) -> Result<Reserved, StoreError> {
        self.live.reserve(key)
    }

    /// Shares the store with others until the file is dropped, so that nothing is collected meanwhile. Nothing where the
    /// disk is read-only or has no locks.
    pub fn share(&self) -> Option<File> {
        let shared = self.live.share();
        if shared.is_some() {
            self.records.write().expect("no holder panics").compact_if_many();
        }
        shared
    }

    /// The store alone, until the file is dropped.
    ///
    /// # Errors
    /// Others that use it.
    pub fn alone(&self) -> Result<File, AloneError> {
        self.live.alone()
    }

    /// Removes what processes that are gone left half-made, or only counts it. Returns files and bytes.
    pub fn sweep(&self, dry: bool) -> (usize, u64) {
        self.live.sweep(dry)
    }

    /// Leaves out all records but those `keep` wants.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn retain(&self, keep: &dyn Fn(&Key, &Digest) -> bool) -> Result<(), StoreError> {
        self.records.write().expect("no holder panics").compact(keep)
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
        let inline = {
            let records = self.records.read().expect("no holder panics");
            records.tree(digest).map(serde_json::from_slice)
        };
        let tree: Arc<Tree> = Arc::new(match inline {
            Some(tree) => tree.map_err(|_| damaged())?,
            None => {
                let blob = self.object(digest).map_err(|_| damaged())?;
                serde_json::from_slice(&blob).map_err(|_| damaged())?
            }
        });
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
}

/// Where what this machine knows of its own files is kept.
fn machine_folder(root: &Path) -> PathBuf {
    root.join("machines").join(stat::machine())
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
mod tests;
