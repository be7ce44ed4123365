//! Ways from one block's planes to the next one's, which are half as high and wide.

use super::conv::Plane;
use super::layers::Source;
use serde::{Deserialize, Serialize};

/// What makes planes smaller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Down {
    /// After the block the greatest of each 2×2; an odd last row or column is dropped.
    #[default]
    Max,
    /// After the block the mean of each 2×2; an odd last row or column is dropped.
    Average,
    /// The block's convolution looks at every second row and column, beginning with the first, and nothing is pooled.
    Stride,
}

impl Down {
    /// Whether it is the way there was before there was a choice: then nothing is written, and old models keep their bytes.
    #[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
    pub(super) fn is_usual(&self) -> bool {
        *self == Down::Max
    }

    /// A plane as the block's convolution reads it.
    pub(super) fn read(self, plane: Plane) -> Plane {
        Plane { step: if self == Down::Stride { 2 } else { 1 }, ..plane }
    }

    /// What the next block reads of what the block's last layer puts out.
    pub(super) fn source(self, last: usize) -> Source {
        match self {
            Down::Max => Source::Pooled(last),
            Down::Average => Source::Halved(last),
            Down::Stride => Source::Plain(last),
        }
    }
}
