//! A convolutional net on each frame, attention over frames, and a linear head: a clip as a bag of frames (Ilse et al.
//! 2018).

use super::architecture::{Built, Sizes, check_blocks, check_dropout, check_kernel, check_units, is_usual_kernel};
use super::classifier::{Build, Pooling, of_blocks};
use super::down::Down;
use super::pooling::Attention;
use super::{ClipShape, ModelError};
use serde::{Deserialize, Serialize};

/// Sizes of the classifier. Blocks are those of [`super::CnnGru`]; the mean over what is left of a frame is weighted by
/// attention of `hidden` units, and the weighted mean over time goes into a linear layer. The order of frames is not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CnnAttention {
    pub channels: Vec<usize>,
    /// Rows and columns of the convolutions.
    #[serde(skip_serializing_if = "is_usual_kernel")]
    pub kernel: usize,
    /// What makes frames smaller.
    #[serde(skip_serializing_if = "Down::is_usual")]
    pub down: Down,
    pub hidden: usize,
    /// The share of what goes into the linear layer that is left out at each update.
    pub dropout: f64,
}

impl Default for CnnAttention {
    fn default() -> Self {
        CnnAttention { channels: vec![16, 32, 64, 64], kernel: 3, down: Down::Max, hidden: 64, dropout: 0.0 }
    }
}

impl Sizes for CnnAttention {
    fn version(&self) -> u32 {
        1
    }

    fn check(&self, shape: ClipShape) -> Result<(), ModelError> {
        check_units("hidden", self.hidden)?;
        check_dropout(self.dropout)?;
        check_kernel(self.kernel)?;
        check_blocks(&self.channels, shape)
    }

    fn built(&self, classes: usize, shape: ClipShape) -> Built {
        let Self { ref channels, kernel, down, dropout, .. } = *self;
        let build = Build { channels, kernel, down, shape, classes, dropout };
        let over = |inputs| (None, Pooling::Attention(Attention { inputs, hidden: self.hidden }));
        Built::Trainable(of_blocks(&build, over))
    }
}
