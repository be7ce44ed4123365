//! Comparing everything in a store with its digest.

use std::{fs, io};

use rayon::prelude::*;

use super::{Damage, Store, StoreError};
use crate::recipe::Digest;

/// How a store is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Objects.
    pub objects: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that were not what their names say; they are in quarantine now.
    pub damaged: Vec<Digest>,
    /// Keys that are recorded.
    pub records: usize,
    /// Bytes of segments that are no whole record.
    pub torn: u64,
}

impl Store {
    /// Every object in the store with its size, in the order of digests. Files with other names are passed over.
    ///
    /// # Errors
    /// A folder that can't be read.
    pub fn objects(&self) -> Result<Vec<(Digest, u64)>, StoreError> {
        let root = self.root.join("objects");
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(&root).min_depth(2).max_depth(2) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound) => continue,
                Err(error) => return Err(StoreError { action: "read", path: root, error: error.into() }),
            };
            let folder = entry.path().parent().and_then(|folder| folder.file_name()).unwrap_or_default();
            let name = format!("{}{}", folder.to_string_lossy(), entry.file_name().to_string_lossy());
            if let Ok(digest) = name.parse() {
                found.push((digest, entry.metadata().map_or(0, |metadata| metadata.len())));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Compares every object of a tree with its digest, though it may have been found right before; what is damaged goes to
    /// quarantine.
    pub fn check_all(&self, tree: &Digest) {
        let Ok(tree) = self.tree(tree) else { return };
        tree.files.par_iter().for_each(|(_, entry)| {
            self.forget(&entry.digest);
            let _ = self.object(&entry.digest);
        });
    }

    /// Compares every object with its digest, several at a time; what is damaged goes to quarantine.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn examine(&self) -> Result<Health, StoreError> {
        let objects = self.objects()?;
        let wrong = |digest: &Digest| {
            self.forget(digest);
            matches!(self.object(digest), Err(Damage::Wrong | Damage::Unreadable(_)))
        };
        let damaged = objects.par_iter().map(|(digest, _)| *digest).filter(wrong).collect();
        let mut torn = 0;
        for path in self.records.read().expect("no holder panics").segments() {
            let bytes = fs::read(&path).map_err(StoreError::on("read", &path))?;
            torn += super::records::torn(&bytes);
        }
        Ok(Health {
            objects: objects.len(),
            bytes: objects.iter().map(|(_, size)| size).sum(),
            damaged,
            records: self.all().len(),
            torn,
        })
    }
}
