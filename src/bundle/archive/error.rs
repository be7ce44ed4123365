//! Why an archive can't be written or is refused.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::NameFault;
use crate::recipe::Digest;

/// Why an archive can't be written, or is refused.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The system refused.
    #[error("can't {action} `{}`: {source}", archive.display())]
    System {
        /// The archive.
        archive: PathBuf,
        /// What was tried, such as `read`.
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// The archive as a whole is not acceptable.
    #[error("`{}` is refused: {fault}", archive.display())]
    Archive {
        /// The archive.
        archive: PathBuf,
        /// What is wrong.
        fault: ArchiveFault,
    },
    /// An entry is not acceptable.
    #[error("`{}` is refused because of `{entry}`: {fault}", archive.display())]
    Entry {
        /// The archive.
        archive: PathBuf,
        /// The name of the entry; bytes that can't be printed are escaped.
        entry: String,
        /// What is wrong.
        fault: EntryFault,
    },
    /// The archive has no such file.
    #[error("`{}` has no file `{entry}`", archive.display())]
    Missing {
        /// The archive.
        archive: PathBuf,
        /// The name asked for.
        entry: String,
    },
    /// A file is not the one that was promised.
    #[error(
        "`{entry}` in `{}` is not what it is said to be: its digest should be {expected} and is {found}",
        archive.display()
    )]
    Forged {
        /// The archive.
        archive: PathBuf,
        /// The name of the file.
        entry: String,
        /// The digest it should have.
        expected: Digest,
        /// The digest of its bytes.
        found: Digest,
    },
    /// What is to be written, or where a file is to be copied to, failed.
    #[error("can't copy `{entry}` {direction} `{}`: {source}", archive.display())]
    Copy {
        /// The archive.
        archive: PathBuf,
        /// The name of the file.
        entry: String,
        /// `into` or `out of`.
        direction: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

impl ArchiveError {
    /// Makes an error of the system's reason.
    pub(super) fn system(archive: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { archive: archive.to_owned(), action, source }
    }
}

/// What is wrong with an archive as a whole.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveFault {
    /// Its last bytes are not the end of a zip.
    #[error("it does not end as a zip does: it was cut short, is no zip, or carries a comment")]
    NoEnd,
    /// Its parts do not lie where they should.
    #[error("its table of contents is wrong: {0}")]
    Contents(String),
    /// It lists more entries than are allowed.
    #[error("it lists {found} entries and {limit} are the most")]
    TooManyEntries {
        /// How many it lists.
        found: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// It would unpack to more than is allowed.
    #[error("it would unpack to more than {limit} bytes")]
    TooLarge {
        /// How many bytes are allowed.
        limit: u64,
    },
    /// Entries share bytes, as in a zip bomb.
    #[error("its entries lie over one another")]
    Overlap,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// Its name is not acceptable.
    #[error(transparent)]
    Name(#[from] NameFault),
    /// Another entry has its name, or one that some system takes for the same.
    #[error("it has the name of another entry, `{first}`, or one that some systems take for the same")]
    Duplicate {
        /// The entry before it.
        first: String,
    },
    /// Its name is at once that of a file and of a folder.
    #[error("its name makes one path both a file and a folder")]
    FileAndFolder,
    /// It is neither a file nor a folder.
    #[error("it is a link or a special file (mode {mode:o})")]
    Special {
        /// Its Unix mode.
        mode: u32,
    },
    /// It is encrypted.
    #[error("it is encrypted")]
    Encrypted,
    /// It is packed in a way that is not read here.
    #[error("it is neither stored nor deflated")]
    Method,
    /// Its headers disagree with each other or are malformed.
    #[error("its header is wrong: {0}")]
    Header(String),
    /// It is larger than is allowed.
    #[error("it unpacks to {size} bytes and {limit} are the most")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// It is packed so tightly that it may be a zip bomb.
    #[error("{packed} bytes would unpack to {size}, more than {limit} times as many")]
    Ratio {
        /// Its size in bytes.
        size: u64,
        /// Its size in the archive.
        packed: u64,
        /// How many times as large it may become.
        limit: u64,
    },
    /// It does not unpack to the size it declares.
    #[error("it declares {declared} bytes and holds {}{found}", if found > declared { "at least " } else { "" })]
    Size {
        /// The size it declares.
        declared: u64,
        /// The size it has, or at which reading was given up.
        found: u64,
    },
    /// Its bytes do not have the checksum it declares.
    #[error("its checksum is wrong: it is damaged")]
    Checksum,
    /// It can't be unpacked.
    #[error("it is damaged: {0}")]
    Damaged(String),
}
