//! Checkpoints: what a long task had when it was stopped. Scratch beside the store, nobody's output.
//!
//! ```text
//! checkpoints/KEY    one line of JSON (environment, digest of the rest), then the bytes
//! ```

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::recipe::{Digest, Key};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    environment: BTreeMap<String, String>,
    digest: Digest,
}

impl Store {
    fn checkpoint_path(&self, key: &Key) -> PathBuf {
        self.root.join("checkpoints").join(key.to_string())
    }

    /// The last checkpoint of a task, if it was kept in this environment and is whole.
    pub fn checkpoint(&self, key: &Key, environment: &BTreeMap<String, String>) -> Option<Vec<u8>> {
        let mut bytes = std::fs::read(self.checkpoint_path(key)).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
        let rest = bytes.split_off(end + 1);
        (head.environment == *environment && head.digest == Digest::of(&rest)).then_some(rest)
    }

    /// Keeps a checkpoint in place of the task's last one.
    ///
    /// # Errors
    /// A full or read-only disk; the last one is still there then.
    pub fn keep_checkpoint(
        &self,
        key: &Key,
        environment: &BTreeMap<String, String>,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let head = Head { environment: environment.clone(), digest: Digest::of(bytes) };
        let mut all = serde_json::to_vec(&head).unwrap_or_default();
        all.push(b'\n');
        all.extend_from_slice(bytes);
        self.disk.make_folder(&self.root.join("checkpoints"))?;
        self.disk.replace(&self.checkpoint_path(key), &all)
    }

    /// Removes a task's checkpoint, if it has one.
    pub fn drop_checkpoint(&self, key: &Key) {
        // What stays is removed by `gc`.
        let _ = std::fs::remove_file(self.checkpoint_path(key));
    }
}
