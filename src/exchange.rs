//! An experiment with everything it made, as one file that can be checked elsewhere.
//!
//! ```text
//! ro-crate-metadata.json   what is in here and how it came about, for other programs
//! crowdline-bundle.json    where the experiment and its lock lie, and what was left out
//! records.jsonl            one task a line: its job (recipe and inputs), output and environment
//! files/…                  the experiment, its lock and, where asked for, the raw files, laid out as they were
//! artifacts/ADDRESS/…      what each task made
//! ```

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{artifact::Tree, job::Job, recipe::Digest};

mod open;
mod write;

pub use open::{Opened, open};
pub use write::{Publication, write};

/// The name of the manifest.
const MANIFEST: &str = "crowdline-bundle.json";
/// The name of the records.
const RECORDS: &str = "records.jsonl";

/// Why a bundle could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Something the user has to mend.
    #[error("{0}")]
    Refused(String),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] crate::bundle::archive::ArchiveError),
    /// The description.
    #[error(transparent)]
    Metadata(#[from] crate::bundle::crate_metadata::MetadataError),
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// An artifact in the store.
    #[error(transparent)]
    Artifact(#[from] crate::artifact::ArtifactError),
    /// The lock.
    #[error(transparent)]
    Lock(#[from] crate::lock::LockError),
    /// A file on this machine.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
}

/// What is where in an archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// The version of the form of the archive.
    version: u32,
    /// The program that wrote it.
    crowdline: String,
    /// The experiment, below `files/`.
    experiment: String,
    /// Whether the raw files are in it.
    inputs: bool,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// What ran. Paths of raw files are relative to `files/`.
    job: Job,
    /// Digest of what came out.
    output: Digest,
    /// Its files; they lie in `artifacts/ADDRESS/`.
    tree: Tree,
    /// How long it took, in seconds.
    seconds: f64,
    /// Where.
    environment: BTreeMap<String, String>,
}

/// Where a task's files lie in an archive.
fn artifact_path(address: &str, path: &str) -> String {
    format!("artifacts/{}/{path}", crate::artifact::escape(address))
}

/// The longest folder all paths lie in.
fn common_folder<'p>(paths: impl IntoIterator<Item = &'p Path>) -> PathBuf {
    let mut folders = paths.into_iter().map(|path| path.parent().unwrap_or(path).to_owned());
    let Some(first) = folders.next() else { return PathBuf::new() };
    folders.fold(first, |common, folder| {
        let shared = common.components().zip(folder.components()).take_while(|(a, b)| a == b);
        shared.map(|(part, _)| part).collect()
    })
}

/// A path without `.` and `..`, as text alone says.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_folder_of_files() {
        let common = |paths: &[&str]| common_folder(paths.iter().map(Path::new));
        assert_eq!(common(&["/a/b/x.toml", "/a/b/data/c.csv", "/a/b/x.lock"]), Path::new("/a/b"));
        assert_eq!(common(&["/a/b/x.toml", "/a/data/c.csv"]), Path::new("/a"));
        assert_eq!(plain(Path::new("/a/b/../data/./c.csv")), Path::new("/a/data/c.csv"));
    }
}
