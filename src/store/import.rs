//! Taking artifacts over from another store.

use super::{Store, StoreError};
use crate::{artifact::ArtifactError, recipe::Digest};

/// Why an artifact could not be taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is missing or damaged there.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// It can't be kept here.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Takes a tree over from another store, every file compared with its digest.
    ///
    /// # Errors
    /// A file that is damaged there, a full or read-only disk here.
    pub fn import(&self, from: &Store, tree: &Digest) -> Result<(), ImportError> {
        let tree = from.tree(tree)?;
        for (path, entry) in &tree.files {
            if self.has(&entry.digest) {
                continue;
            }
            let blob = from
                .object(&entry.digest)
                .map_err(|_| ArtifactError::Damaged { path: path.clone(), digest: entry.digest })?;
            // A copy and no link: whatever happens to one store leaves the other as it was.
            self.put(&blob)?;
        }
        self.put_tree(&tree)?;
        Ok(())
    }
}
