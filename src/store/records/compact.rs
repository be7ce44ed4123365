//! Merging the segments of processes that are gone, and leaving out what is no longer wanted.

use std::{fs::File, path::PathBuf};

use super::{Records, StoreError, frame};
use crate::recipe::{Digest, Key};

/// With more segments than this, those that nobody writes to any more become one.
const MANY: usize = 32;

impl Records {
    /// Merges segments where there are many. It only saves work, so one process does it and failing is no error.
    pub(crate) fn compact_if_many(&mut self) {
        if self.segments.len() > MANY {
            let _ = self.compact(&|_, _| true);
        }
    }

    /// Writes the records that are kept of all segments nobody writes to into a new one, and removes the old.
    ///
    /// At every moment each record lies in a whole segment: the new one is on the disk before the first old one goes.
    pub(crate) fn compact(&mut self, keep: &dyn Fn(&Key, &Digest) -> bool) -> Result<(), StoreError> {
        let Some(_alone) = self.alone()? else { return Ok(()) };
        self.refresh()?;
        let mut bytes = Vec::new();
        let mut old: Vec<(PathBuf, File)> = Vec::new();
        for (index, segment) in self.segments.iter().enumerate() {
            if self.own.as_ref().is_some_and(|(own, _)| *own == index) {
                continue;
            }
            let Ok(file) = File::open(&segment.path) else { continue };
            // A segment that is locked belongs to a process that lives.
            if file.try_lock().is_err() {
                continue;
            }
            let content = std::fs::read(&segment.path).map_err(StoreError::on("read", &segment.path))?;
            for found in frame::scan(&content).0.iter().filter(|found| keep(&found.key, &found.output)) {
                bytes.extend_from_slice(&content[found.whole.clone()]);
            }
            old.push((segment.path.clone(), file));
        }
        if old.len() < 2
            && old.iter().all(|(path, _)| std::fs::metadata(path).is_ok_and(|m| m.len() == bytes.len() as u64))
        {
            return Ok(());
        }
        if !bytes.is_empty() {
            let path = self.disk.fresh(&self.folder, "segment-", ".log");
            self.disk.replace(&path, &bytes)?;
        }
        for (path, _) in old {
            self.disk.remove(&path)?;
        }
        self.disk.sync_folder(&self.folder)?;
        self.refresh()
    }

    /// The right to merge, which one process has at a time.
    fn alone(&self) -> Result<Option<File>, StoreError> {
        self.disk.make_folder(&self.folder)?;
        let path = self.folder.join("merge.lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(StoreError::on("write", &path))?;
        Ok(file.try_lock().is_ok().then_some(file))
    }
}
