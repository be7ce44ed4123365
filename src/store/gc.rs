//! Removing what nobody needs.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use super::{Store, StoreError};
use crate::recipe::{Digest, Key};

/// What is to stay.
#[derive(Debug, Clone, Default)]
pub struct Needed {
    /// Keys of tasks.
    pub keys: HashSet<Key>,
    /// Traces that are to stay.
    pub traces: HashSet<PathBuf>,
}

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Records of tasks and items.
    pub records: usize,
    /// Objects.
    pub objects: usize,
    /// Other files: left half-made, checkpoints, in quarantine, written out to be looked at, old traces.
    pub files: usize,
    /// Bytes of objects and other files.
    pub bytes: u64,
    /// Objects that stay.
    pub kept_objects: usize,
    /// Bytes that stay.
    pub kept_bytes: u64,
}

impl Store {
    /// Removes what is not needed; only counts it when `dry`. Whoever calls it has the store alone.
    ///
    /// Records go first: at any moment each one that is left speaks of objects that are there.
    ///
    /// # Errors
    /// A store that can't be read or written.
    pub fn collect(&self, needed: &Needed, dry: bool) -> Result<Collected, StoreError> {
        let mut collected = Collected::default();
        let mut objects: HashSet<Digest> = HashSet::new();
        for (key, outputs) in self.all() {
            if !needed.keys.contains(&key) {
                continue;
            }
            for output in outputs {
                objects.insert(output);
                if let Ok(tree) = self.tree(&output) {
                    objects.extend(tree.files.values().map(|entry| entry.digest));
                }
            }
        }
        // An item stays with what it made.
        let stays = |key: &Key, output: &Digest| needed.keys.contains(key) || objects.contains(output);
        for (key, outputs) in self.all() {
            collected.records += outputs.iter().filter(|output| !stays(&key, output)).count();
        }
        if !dry {
            self.retain(&stays)?;
        }
        for (digest, size) in self.objects()? {
            if objects.contains(&digest) {
                (collected.kept_objects, collected.kept_bytes) =
                    (collected.kept_objects + 1, collected.kept_bytes + size);
                continue;
            }
            if !dry {
                self.disk.remove(&self.objects.path(&digest))?;
            }
            (collected.objects, collected.bytes) = (collected.objects + 1, collected.bytes + size);
        }
        let (files, bytes) = self.sweep(dry);
        (collected.files, collected.bytes) = (collected.files + files, collected.bytes + bytes);
        for folder in ["quarantine", "shown", "machines", "checkpoints"] {
            let of_notes =
                |path: &Path| folder != "machines" || path.components().any(|part| part.as_os_str() == "settled");
            self.clear(&self.root.join(folder), &of_notes, dry, &mut collected);
        }
        let old = |path: &Path| !needed.traces.contains(path);
        self.clear(&self.root.join("traces"), &old, dry, &mut collected);
        Ok(collected)
    }

    /// Removes the files below a folder that `unwanted` names. What can't be removed stays.
    fn clear(&self, folder: &Path, unwanted: &dyn Fn(&Path) -> bool, dry: bool, collected: &mut Collected) {
        for entry in walkdir::WalkDir::new(folder).contents_first(true).into_iter().flatten() {
            if entry.file_type().is_dir() {
                if !dry {
                    // Only an empty one goes.
                    let _ = fs::remove_dir(entry.path());
                }
                continue;
            }
            if !unwanted(entry.path()) {
                continue;
            }
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            if dry || fs::remove_file(entry.path()).is_ok() {
                (collected.files, collected.bytes) = (collected.files + 1, collected.bytes + size);
            }
        }
    }
}
