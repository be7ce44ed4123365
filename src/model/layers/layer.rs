//! One layer: where it reads, and what is learned of it.

use super::LayerList;
use crate::model::conv::Plane;
use crate::model::lanes::blocks;
use crate::model::network::{Start, Tensor};
use crate::model::upsample::Upsample;

/// Where a layer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Source {
    /// The image.
    Grey,
    /// What a layer puts out.
    Plain(usize),
    /// The greatest of each 2×2 of what a layer puts out; an odd last row or column is dropped.
    Pooled(usize),
    /// The mean of each 2×2 of what a layer puts out; an odd last row or column is dropped.
    Halved(usize),
    /// What layer `up` puts out, made as high and wide as what layer `skip` puts out, then that.
    Joined { up: usize, skip: usize, by: Upsample },
    /// What layer `of` puts out, of the image and of its neighbours in the clip: `span` frames (an odd number) side by
    /// side as so many more channels, zeros where the clip has begun or ended. A 1×1 convolution of them is one of
    /// `span` frames over time.
    Frames { of: usize, span: usize },
}

impl Source {
    /// The plane that is read, of the one that the layer read from puts out.
    pub fn plane(self, put: Plane) -> Plane {
        match self {
            Source::Pooled(_) | Source::Halved(_) => put.pooled(),
            _ => put,
        }
    }

    /// Whether what is read of the last layer read is what that puts out, pixel for pixel.
    pub fn copies_last(self) -> bool {
        matches!(self, Source::Plain(_) | Source::Joined { .. })
    }
}

/// A layer. Its parameters are the convolution's weights, then the normalisation's weights and biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct Layer {
    pub source: Source,
    pub cin: usize,
    pub cout: usize,
    /// What the convolution reads.
    pub plane: Plane,
}

impl Layer {
    /// PyTorch's shape of the weights: `[out][in][y][x]`, over time `[out][in][frame]`.
    fn shape(&self) -> Vec<usize> {
        let side = self.plane.side();
        match self.source {
            Source::Frames { span, .. } => vec![self.cout, self.cin, span],
            _ => vec![self.cout, self.cin, side, side],
        }
    }

    /// Weights of one pair of channels.
    pub fn taps(&self) -> usize {
        match self.source {
            Source::Frames { span, .. } => span,
            _ => self.plane.taps(),
        }
    }

    pub fn weights(&self) -> usize {
        self.taps() * self.cin * self.cout
    }

    pub fn parameters(&self) -> usize {
        self.weights() + 2 * self.cout
    }

    /// The plane that it puts out.
    pub fn put(&self) -> Plane {
        self.plane.put()
    }

    /// Stored pixels of an image.
    pub fn stored(&self) -> usize {
        blocks(self.cout) * self.put().area()
    }

    /// Multiplications and additions on one image.
    pub fn operations(&self) -> usize {
        self.weights() * self.put().area()
    }
}

impl LayerList {
    /// What is learned, under PyTorch's names.
    pub fn tensors(&self) -> Vec<Tensor> {
        let mut tensors = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            // He et al. 2015.
            let bound = (6.0 / (layer.taps() * layer.cin) as f64).sqrt();
            let start = Start::Uniform { bound, stream: 2 + index as u64 };
            tensors.push(Tensor::new(format!("conv.{index}.weight"), &layer.shape(), start));
            tensors.push(Tensor::new(format!("norm.{index}.weight"), &[layer.cout], Start::All(1.0)));
            tensors.push(Tensor::new(format!("norm.{index}.bias"), &[layer.cout], Start::All(0.0)));
        }
        tensors
    }

    /// Name and channels of each normalisation.
    pub fn norms(&self) -> Vec<(String, usize)> {
        self.layers.iter().enumerate().map(|(index, layer)| (format!("norm.{index}"), layer.cout)).collect()
    }
}
