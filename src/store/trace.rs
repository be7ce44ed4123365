//! Traces: what ran last at each address of an experiment. `why` compares against it.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::recipe::{Digest, Key};

/// What ran last at an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The key of its recipe.
    pub key: Key,
    /// Digest of its output.
    pub output: Digest,
    /// Where it was made.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// What ran last, by address.
pub type Trace = BTreeMap<String, Step>;

impl Store {
    fn trace_path(&self, experiment: &str) -> PathBuf {
        self.root.join("traces").join(format!("{}.json", crate::artifact::escape(experiment)))
    }

    /// The trace of an experiment; empty where it never ran or its trace can't be read.
    pub fn trace(&self, experiment: &str) -> Trace {
        std::fs::read(self.trace_path(experiment))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Keeps the trace of an experiment, where it changed.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn keep_trace(&self, experiment: &str, trace: &Trace) -> Result<(), StoreError> {
        if self.trace(experiment) == *trace {
            return Ok(());
        }
        let path = self.trace_path(experiment);
        let write = || -> std::io::Result<()> {
            let folder = path.parent().expect("a trace lies in a folder");
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, trace)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(StoreError::on("write", &path))
    }
}
