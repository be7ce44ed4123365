//! A convolutional net that judges each frame by itself; the frame that looks worst speaks for the clip, as in the clip
//! baseline of Lucassen et al. 2023.

use super::architecture::{Built, Sizes, check_blocks, check_dropout, check_kernel, is_usual_kernel};
use super::classifier::{Build, Pooling, of_blocks};
use super::down::Down;
use super::{ClipShape, ModelError};
use serde::{Deserialize, Serialize};

/// Sizes of the classifier. Blocks are those of [`super::CnnGru`], followed by a linear layer on each frame. Of a clip's
/// frames the one with the greatest expected class counts, which for two classes is the one with the greatest
/// probability of the second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FrameCnn {
    pub channels: Vec<usize>,
    /// Rows and columns of the convolutions.
    #[serde(skip_serializing_if = "is_usual_kernel")]
    pub kernel: usize,
    /// What makes frames smaller.
    #[serde(skip_serializing_if = "Down::is_usual")]
    pub down: Down,
    /// The share of what goes into the linear layer that is left out at each update.
    pub dropout: f64,
}

impl Default for FrameCnn {
    fn default() -> Self {
        FrameCnn { channels: vec![16, 32, 64, 64], kernel: 3, down: Down::Max, dropout: 0.0 }
    }
}

impl Sizes for FrameCnn {
    fn version(&self) -> u32 {
        1
    }

    fn check(&self, shape: ClipShape) -> Result<(), ModelError> {
        check_dropout(self.dropout)?;
        check_kernel(self.kernel)?;
        check_blocks(&self.channels, shape)
    }

    fn built(&self, classes: usize, shape: ClipShape) -> Built {
        let Self { ref channels, kernel, down, dropout, .. } = *self;
        let build = Build { channels, kernel, down, shape, classes, dropout };
        Built::Trainable(of_blocks(&build, |_| (None, Pooling::Severest)))
    }
}
