//! What an archive holds and how it came about, as an RO-Crate that other programs can read.
//!
//! [`Metadata::to_json`] writes `ro-crate-metadata.json` after [RO-Crate 1.1](https://w3id.org/ro/crate/1.1): every file with its
//! size and digest, every task as a `CreateAction` from its inputs to its outputs, and the software. No clock is
//! read and no times of tasks are written: equal descriptions give equal bytes.

use std::collections::BTreeMap;

use crate::{bundle::archive::NameFault, recipe::Digest};

mod date;
mod graph;
mod identifier;
mod media_type;

pub use date::{PublicationDate, PublicationDateError};
pub use media_type::media_type;

/// The name that the description has in an archive.
pub const FILE_NAME: &str = "ro-crate-metadata.json";

/// What an archive holds and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The title.
    pub name: String,
    /// What it is, in a sentence or more. RO-Crate wants some text.
    pub description: String,
    /// Under which terms it may be used. Without one the description says that none was stated, since RO-Crate wants a licence.
    pub licence: Option<Licence>,
    /// When it was published. RO-Crate wants a date, and a crate without one is not valid; but only people know it, so it
    /// is not made up where they did not say it.
    pub date_published: Option<PublicationDate>,
    /// What ran the tasks.
    pub software: Software,
    /// The experiment file, the main thing in the crate.
    pub experiment: ContainedFile,
    /// All other files in the archive but the description itself.
    pub files: Vec<ContainedFile>,
    /// Files that tasks read or wrote and that are not in the archive, by their digest.
    pub absent: BTreeMap<Digest, AbsentFile>,
    /// The tasks.
    pub tasks: Vec<Task>,
}

/// Terms of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// The name, such as `CC-BY-4.0`.
    pub name: String,
    /// Where the text stands, beginning with `http://` or `https://`.
    pub url: Option<String>,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Software {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is to be had, beginning with `http://` or `https://`.
    pub url: Option<String>,
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainedFile {
    /// Its [name](crate::bundle::archive::check_name) in the archive.
    pub path: String,
    /// What people call it.
    pub name: String,
    /// What it is, if there is more to say.
    pub description: Option<String>,
    /// Its media type, if it can't be told from the [suffix](media_type).
    pub media_type: Option<String>,
    /// Digest of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// A file that is known by its digest and is not in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentFile {
    /// What people call it.
    pub name: String,
    /// Its media type.
    pub media_type: Option<String>,
    /// Its size in bytes, where it is known.
    pub size: Option<u64>,
}

/// One task that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its address, which no other task has.
    pub address: String,
    /// What it did, if there is more to say.
    pub description: Option<String>,
    /// The key of its recipe.
    pub key: Digest,
    /// What it ran in: names and values, such as `ffmpeg` and `7.1`.
    pub environment: BTreeMap<String, String>,
    /// What it read. The order is of no consequence.
    pub inputs: Vec<FileReference>,
    /// What it wrote. The order is of no consequence.
    pub outputs: Vec<FileReference>,
}

/// A file that a task read or wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileReference {
    /// The file of that name in the archive.
    Contained(String),
    /// The file of that digest in [`Metadata::absent`].
    Absent(Digest),
}

/// Why something can't be described.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Two files have one name, or two tasks one address.
    #[error("`{0}` is described twice")]
    Twice(String),
    /// A file has a name that no archive may hold, or the name of the description.
    #[error("`{path}` can't be in an archive: {}", fault.map_or("it is the name of the description".to_owned(), |f| f.to_string()))]
    Path {
        /// The name.
        path: String,
        /// What is wrong with it; `None` for the name of the description.
        fault: Option<NameFault>,
    },
    /// A task refers to a file that is not described.
    #[error("task `{task}` refers to `{file}`, which is not described")]
    Unknown {
        /// The address of the task.
        task: String,
        /// Name or digest of the file.
        file: String,
    },
    /// A text that is to be the address of a page is none.
    #[error("`{0}` is no address on the web: expected http:// or https:// and no spaces or other special characters")]
    Url(String),
}

impl Metadata {
    /// The bytes of [`ro-crate-metadata.json`](FILE_NAME): JSON with keys in order, entities in the order of their identifiers.
    ///
    /// # Errors
    /// Names that are not allowed or stand twice, tasks that refer to files that are not described, and malformed addresses.
    pub fn to_json(&self) -> Result<Vec<u8>, MetadataError> {
        graph::build(self)
    }
}

#[cfg(test)]
mod tests;
