//! Convolutions over space and over time in turns, (2+1)D (Tran et al. 2018, "A closer look at spatiotemporal convolutions
//! for action recognition").
//!
//! ```text
//! frames ──┤ 3×3 in each frame ─ norm ─ ReLU ─ 3 frames over time ─ norm ─ ReLU ─ 2×2 pooling ├──▶ …
//!                                  one block, once for each entry of channels
//!        … ──▶ mean over space and time ── dropout, linear ──▶ logits
//! ```
//!
//! Smaller than theirs: a block is one pair of convolutions with as many channels between them as come out (theirs are
//! chosen to match a 3D convolution's parameters), without residual connections, and with pooling in place of strides unless `down` says otherwise.

use super::architecture::{Built, Sizes, check_blocks, check_dropout, check_kernel};
use super::classifier::{Classifier, Pooling};
use super::conv::Plane;
use super::down::Down;
use super::head::Linear;
use super::layers::{Averaged, Layer, LayerList, Source};
use super::{ClipShape, ModelError};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Sizes of the classifier. Each entry of `channels` is a block: a `kernel`×`kernel` convolution in each frame, batch
/// normalisation and ReLU, a convolution of `span` frames at each pixel, batch normalisation and ReLU, 2×2 max pooling in
/// each frame (or what `down` says). Convolutions have stride 1, no bias, and zeros around the frame and around the clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct R2Plus1D {
    pub channels: Vec<usize>,
    /// Rows and columns of the convolutions in each frame.
    pub kernel: usize,
    /// Frames of the convolutions over time; with 1 no frame sees another.
    pub span: usize,
    /// What makes frames smaller; a stride is that of the convolutions in each frame.
    #[serde(skip_serializing_if = "Down::is_usual")]
    pub down: Down,
    /// The share of what goes into the linear layer that is left out at each update.
    pub dropout: f64,
}

impl Default for R2Plus1D {
    fn default() -> Self {
        R2Plus1D { channels: vec![16, 32, 64], kernel: 3, span: 3, down: Down::Max, dropout: 0.0 }
    }
}

impl R2Plus1D {
    fn layers(&self, shape: ClipShape) -> LayerList {
        let mut layers: Vec<Layer> = Vec::new();
        let mut plane = Plane::new(shape.height, shape.width, self.kernel);
        let (mut source, mut cin) = (Source::Grey, 1);
        for &cout in &self.channels {
            let within = Layer { source, cin, cout, plane: self.down.read(plane) };
            layers.push(within);
            let over = Source::Frames { of: layers.len() - 1, span: self.span };
            layers.push(Layer { source: over, cin: cout, cout, plane: Plane { halo: 0, ..within.put() } });
            (source, cin) = (self.down.source(layers.len() - 1), cout);
            plane = source.plane(within.put());
        }
        LayerList { layers, frames: shape.frames, end: source }
    }
}

impl Sizes for R2Plus1D {
    fn version(&self) -> u32 {
        1
    }

    fn check(&self, shape: ClipShape) -> Result<(), ModelError> {
        check_kernel(self.kernel)?;
        if self.span.is_multiple_of(2) {
            let (field, value) = ("span", self.span.to_string());
            return Err(ModelError::Setting { field, value, remedy: "take an odd number of frames such as 3" });
        }
        check_dropout(self.dropout)?;
        check_blocks(&self.channels, shape)
    }

    fn built(&self, classes: usize, shape: ClipShape) -> Built {
        let features = Averaged(self.layers(shape));
        let head = Linear { inputs: self.channels.last().copied().unwrap_or_default(), outputs: classes };
        Built::Trainable(Rc::new(Classifier::over(features, shape.frames, None, Pooling::Mean, head, self.dropout)))
    }
}
