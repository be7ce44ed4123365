//! What stages pass on: typed trees of ordinary files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::recipe::{Digest, canonical_json};

pub mod agreement;
mod blob;
pub mod distance;
mod escape;
pub mod frames;
pub mod labels;
pub mod lines;
pub mod maps;
pub mod model;
pub mod rows;
pub mod scores;
pub mod split;

pub use blob::Blob;
pub use escape::escape;

/// The type of an artifact. A port says which it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Type {
    /// Decoded clips.
    Frames,
    /// One label a clip.
    Labels,
    /// The lines, origins or masks of frames.
    Lines,
    /// Which patients are on which side.
    Split,
    /// A trained model with its predictions for held-out clips.
    Model,
    /// Metrics with intervals.
    Scores,
    /// A page, its tables, figures and numbers.
    Report,
    /// Files with named members.
    Files,
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// A file of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// A tree of files: relative paths with `/` between their parts, and what each holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree {
    /// The files by path.
    pub files: BTreeMap<String, Entry>,
}

impl Tree {
    /// The bytes a tree is stored as. Their digest is the digest of the artifact.
    pub fn canonical(&self) -> Vec<u8> {
        canonical_json(self)
    }

    /// The files in a folder of the tree, by their paths in that folder.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        let inside = |path: &str| Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned());
        let files = self.files.iter().filter_map(|(path, entry)| Some((inside(path)?, *entry)));
        Self { files: files.collect() }
    }
}

/// A folder of files to read an artifact from.
pub trait Folder {
    /// The files.
    fn tree(&self) -> &Tree;

    /// The bytes of a file, checked against its digest.
    ///
    /// # Errors
    /// A file that is not there or was damaged.
    fn open(&self, path: &str) -> Result<Blob, ArtifactError>;

    /// The text of a file.
    ///
    /// # Errors
    /// As [`Folder::open`], and bytes that are not UTF-8.
    fn text(&self, path: &str) -> Result<String, ArtifactError> {
        let blob = self.open(path)?;
        String::from_utf8(blob.to_vec())
            .map_err(|_| ArtifactError::Malformed { path: path.to_owned(), message: "it is not UTF-8 text".to_owned() })
    }
}

/// Why an artifact could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ArtifactError {
    /// The tree has no such file.
    #[error("the artifact has no file `{path}`")]
    Missing {
        /// The path asked for.
        path: String,
    },
    /// An object is not what its digest says, or is gone.
    #[error("the stored content of `{path}` is damaged and was set aside")]
    Damaged {
        /// The path asked for.
        path: String,
        /// The object.
        digest: Digest,
    },
    /// A file does not hold what its type promises.
    #[error("`{path}` can't be read: {message}")]
    Malformed {
        /// The path asked for.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// The system refused.
    #[error("can't read `{path}`: {message}")]
    Unreadable {
        /// The path asked for.
        path: String,
        /// The system's reason.
        message: String,
    },
}
