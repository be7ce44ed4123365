//! An experiment in one file: what is needed to write it and to read a stranger's.
//!
//! [`archive`] writes a zip that has the same bytes for the same content, and reads one without trusting it. It knows
//! no store and no plan; its caller says what goes in and which digests it expects to find.
//! [`crate_metadata`] describes what is in it for other programs.

pub mod archive;
pub mod crate_metadata;
