//! Folders for programs to work in.

use std::path::{Path, PathBuf};

use super::{Store, StoreError};

/// A folder that is removed with everything in it when it is dropped.
#[derive(Debug)]
pub struct WorkFolder(PathBuf);

impl WorkFolder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        // What stays is swept when this process is gone.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Store {
    /// An empty folder for a program to work in; gone when it is dropped.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn work_folder(&self) -> Result<WorkFolder, StoreError> {
        let above = std::path::absolute(self.root.join("work")).map_err(StoreError::on("find", &self.root))?;
        let folder = self.disk.fresh(&above, "work-", "");
        std::fs::create_dir_all(&folder).map_err(StoreError::on("make the folder", &folder))?;
        Ok(WorkFolder(folder))
    }
}
