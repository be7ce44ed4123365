//! Bytes of a stored file: mapped where large, read where small.

use std::ops::Deref;

/// Bytes of a stored file.
#[derive(Debug)]
pub enum Blob {
    /// Bytes in memory.
    Held(Vec<u8>),
    /// Bytes mapped from an object of the store.
    Mapped(memmap2::Mmap),
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}
