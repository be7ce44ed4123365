//! A U-Net on single frames (Ronneberger et al. 2015), with batch normalisation and padding, so that the map is as large as
//! the frame.

use super::architecture::{Built, Sizes};
use super::composed::Form;
use super::conv::Plane;
use super::device::{Traced, apply_with, traced, values};
use super::layers::{Layer, LayerList, MapHead, Source, Space};
use super::network::{Network, Start, State, Step, Tensor, Trainable};
use super::upsample::Upsample;
use super::workers::Workers;
use super::{ClipShape, ModelError};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;

/// Sizes of the net: `depth` levels, each half as high and wide as the one above and with twice its channels, of which the
/// uppermost has `width`; two 3×3 convolutions a level and way, each followed by batch normalisation and ReLU; 2×2 max
/// pooling on the way down; on the way up planes are made larger as `upsample` says, and what the level had on the way down
/// is put beside.
/// One number a pixel comes out: the logit of its belonging.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UNet {
    pub width: usize,
    pub depth: usize,
    #[serde(skip_serializing_if = "Upsample::is_usual")]
    pub upsample: Upsample,
}

impl Default for UNet {
    fn default() -> Self {
        UNet { width: 16, depth: 4, upsample: Upsample::Nearest }
    }
}

impl UNet {
    /// The layers for frames of a size.
    fn layers(&self, plane: Plane) -> LayerList {
        let mut layers: Vec<Layer> = Vec::new();
        let mut skips: Vec<usize> = Vec::new();
        let mut plane = plane;
        for level in 0..self.depth {
            let cout = self.width << level;
            let (source, cin) = match skips.last() {
                None => (Source::Grey, 1),
                Some(&above) => {
                    plane = plane.pooled();
                    (Source::Pooled(above), layers[above].cout)
                }
            };
            layers.push(Layer { source, cin, cout, plane });
            layers.push(Layer { source: Source::Plain(layers.len() - 1), cin: cout, cout, plane });
            skips.push(layers.len() - 1);
        }
        for &skip in skips.iter().rev().skip(1) {
            let up = layers.len() - 1;
            let Layer { cout, plane, .. } = layers[skip];
            let cin = layers[up].cout + cout;
            layers.push(Layer { source: Source::Joined { up, skip, by: self.upsample }, cin, cout, plane });
            layers.push(Layer { source: Source::Plain(layers.len() - 1), cin: cout, cout, plane });
        }
        let end = Source::Plain(layers.len() - 1);
        LayerList { layers, frames: 1, end }
    }
}

impl Sizes for UNet {
    fn version(&self) -> u32 {
        1
    }

    fn of_frames(&self) -> bool {
        true
    }

    fn check(&self, shape: ClipShape) -> Result<(), ModelError> {
        super::architecture::check_units("width", self.width)?;
        super::architecture::check_units("depth", self.depth)?;
        let most = shape.height.min(shape.width).max(1).ilog2() as usize;
        if shape.frames != 1 || self.depth > most + 1 {
            return Err(ModelError::TooSmall { shape, layers: self.depth - 1, most });
        }
        Ok(())
    }

    fn built(&self, _classes: usize, shape: ClipShape) -> Built {
        let list = Rc::new(self.layers(Plane::new(shape.height, shape.width, 3)));
        Built::Trainable(Rc::new(Segmenter { list, head: MapHead { channels: self.width }, spaces: Rc::default() }))
    }
}

/// The net for frames of one size. Parts: layers, head.
#[derive(Debug)]
struct Segmenter {
    list: Rc<LayerList>,
    head: MapHead,
    /// A workspace belongs to one forward pass until its backward pass is done, then to the next.
    spaces: Rc<RefCell<Vec<Space>>>,
}

impl Network for Segmenter {
    fn parts(&self) -> Vec<Vec<Tensor>> {
        let start = Start::Uniform { bound: 1.0 / (self.head.channels as f64).sqrt(), stream: 1 };
        let head = vec![
            Tensor::new("head.weight", &[1, self.head.channels, 1, 1], start),
            Tensor::new("head.bias", &[1], start),
        ];
        vec![self.list.tensors(), head]
    }

    fn norms(&self) -> Vec<(String, usize)> {
        self.list.norms()
    }

    fn evaluate(&self, state: &State, source: Vec<f32>, workers: &Workers) -> Result<Vec<f32>, ModelError> {
        let mut space = self.spaces.borrow_mut().pop().unwrap_or_default();
        self.list.forward(&state.parameters[0], &state.running, false, source, &mut space, workers);
        let logits = self.head.forward(&state.parameters[1], &self.list, &space, workers);
        self.spaces.borrow_mut().push(space);
        Ok(logits)
    }

    fn operations(&self) -> u64 {
        let area = self.list.layers[0].plane.area();
        let layers: usize = self.list.layers.iter().map(Layer::operations).sum();
        (layers + self.head.channels * area) as u64
    }

    fn workspace(&self, inputs: usize) -> u64 {
        inputs as u64 * self.list.workspace()
    }
}

impl Trainable for Segmenter {
    fn trace(&self, step: Step<'_>, source: Vec<f32>) -> Result<Traced<(usize, usize)>, ModelError> {
        let (list, head, spaces, workers) = (self.list.clone(), self.head, self.spaces.clone(), step.workers.clone());
        let mut space = spaces.borrow_mut().pop().unwrap_or_default();
        let (weights, ends) = (values(step.parameters[0]), values(step.parameters[1]));
        list.forward(&weights, step.running, true, source, &mut space, &workers);
        list.follow(&space, step.running);
        let logits = head.forward(&ends, &list, &space, &workers);
        let shape = (logits.len(), 1);
        let begin = traced(step.parameters[0]);
        Ok(apply_with(begin, step.parameters[1], logits, shape, move |told, gradient, head_gradient| {
            head.backward(&ends, told, &list, &mut space, head_gradient, &workers);
            list.backward(&weights, &mut space, gradient, &workers);
            spaces.borrow_mut().push(space);
        }))
    }

    fn form(&self) -> Option<Form> {
        Some(Form::Frames { list: self.list.clone(), head: self.head })
    }
}

#[cfg(test)]
mod tests;
