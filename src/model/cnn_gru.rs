//! A convolutional net on each frame, a gated recurrent unit over frames, and a linear head on the mean of its states.

use super::architecture::{Built, Sizes, check_blocks, check_dropout, check_kernel, check_units, is_usual_kernel};
use super::classifier::{Build, Pooling, of_blocks};
use super::down::Down;
use super::gru::Gru;
use super::recurrence::{Recurrence, either_way};
use super::{ClipShape, ModelError};
use serde::{Deserialize, Serialize};

/// Sizes of the classifier. Each entry of `channels` is a block of `kernel`×`kernel` convolution (stride 1, zeros around, no bias), batch
/// normalisation, ReLU and 2×2 max pooling (or what `down` says); the mean over what is left of a frame goes into a GRU of `hidden` units, and
/// the mean of its states over time into a linear layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CnnGru {
    pub channels: Vec<usize>,
    /// Rows and columns of the convolutions.
    #[serde(skip_serializing_if = "is_usual_kernel")]
    pub kernel: usize,
    /// What makes frames smaller.
    #[serde(skip_serializing_if = "Down::is_usual")]
    pub down: Down,
    pub hidden: usize,
    /// Whether a second unit reads the frames from the last to the first.
    pub bidirectional: bool,
    /// The share of what goes into the linear layer that is left out at each update.
    pub dropout: f64,
}

impl Default for CnnGru {
    fn default() -> Self {
        CnnGru {
            channels: vec![16, 32, 64, 64],
            kernel: 3,
            down: Down::Max,
            hidden: 64,
            bidirectional: false,
            dropout: 0.0,
        }
    }
}

impl Sizes for CnnGru {
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
        Built::Trainable(of_blocks(&build, |inputs| {
            let unit: Box<dyn Recurrence> = Box::new(Gru { inputs, hidden: self.hidden });
            (Some(either_way(unit, self.bidirectional)), Pooling::Mean)
        }))
    }
}
