//! Trees as ordinary files, where people look for them.

use std::path::Path;

use super::{Store, StoreError};
use crate::{
    artifact::{ArtifactError, Folder as _},
    recipe::Digest,
};

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

impl Store {
    /// Writes a tree as ordinary files under `to`. Files that hold the right bytes are left alone; returns how many were written.
    ///
    /// # Errors
    /// A damaged object, a full or read-only disk.
    pub fn write_out(&self, digest: &Digest, to: &Path) -> Result<usize, WriteOutError> {
        let folder = self.folder(digest)?;
        let mut written = 0;
        for (path, entry) in &folder.tree().files {
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
