//! A zip: the same bytes for the same content when written, nothing taken on trust when read.
//!
//! What [`ArchiveWriter`] writes, [`ArchiveReader`] reads under [`Limits::default`]; both keep to the same [names](check_name).

mod counted;
mod entry;
mod entry_name;
mod error;
mod layout;
mod limits;
mod reader;
mod unpack;
mod writer;

pub use entry_name::{NameFault, check_name};
pub use error::{ArchiveError, ArchiveFault, EntryFault};
pub use limits::Limits;
pub use reader::ArchiveReader;
pub use writer::ArchiveWriter;

#[cfg(test)]
mod tests;
