//! A convolutional net on each frame, a gated recurrent unit over frames, and a linear head on the mean of its states.

use super::conv::Plane;
use super::convnet::{ConvNet, Running, Workspace};
use super::device::{Array, Traced, apply, apply_with, values};
use super::gru::Gru;
use super::head::{Head, log_softmax, log_softmax_backward};
use super::workers::Workers;
use super::{ClipShape, ModelError};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;

/// Sizes of the classifier. Each entry of `channels` is a block of 3×3 convolution (stride 1, padding 1, no bias), batch
/// normalisation, ReLU and 2×2 max pooling; the mean over what is left of a frame goes into a GRU of `hidden` units, and
/// the mean of its states over time into a linear layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CnnGru {
    pub channels: Vec<usize>,
    pub hidden: usize,
}

impl Default for CnnGru {
    fn default() -> Self {
        CnnGru { channels: vec![16, 32, 64, 64], hidden: 64 }
    }
}

impl CnnGru {
    pub(super) const VERSION: u32 = 1;

    pub(super) fn check(&self, shape: ClipShape) -> Result<(), ModelError> {
        if self.channels.is_empty() {
            return Err(ModelError::NoLayers);
        }
        if self.channels.contains(&0) {
            return Err(ModelError::ZeroWidth { field: "channels" });
        }
        if self.hidden == 0 {
            return Err(ModelError::ZeroWidth { field: "hidden" });
        }
        let most = shape.height.min(shape.width).max(1).ilog2() as usize;
        if shape.frames == 0 || self.channels.len() > most {
            return Err(ModelError::TooSmall { shape, layers: self.channels.len(), most });
        }
        Ok(())
    }

    pub(super) fn parameters(&self, classes: usize) -> usize {
        // The number doesn't depend on the frames' size.
        let network = Network::new(self, classes, ClipShape { frames: 1, height: 1, width: 1 });
        network.conv.parameters() + network.gru.parameters() + network.head.parameters()
    }
}

/// The classifier's three parts, for clips of one shape.
#[derive(Debug)]
pub(super) struct Network {
    pub conv: ConvNet,
    pub gru: Gru,
    pub head: Head,
    pub frames: usize,
}

/// All that is learned: flat parameters of the three parts and running statistics of each block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub conv: Vec<f32>,
    pub running: Vec<Running>,
    pub gru: Vec<f32>,
    pub head: Vec<f32>,
}

impl State {
    /// Whether every number is one.
    pub fn is_finite(&self) -> bool {
        let running = self.running.iter().flat_map(|running| running.mean.iter().chain(&running.variance));
        self.conv.iter().chain(&self.gru).chain(&self.head).chain(running).all(|value| value.is_finite())
    }
}

impl Network {
    pub fn new(sizes: &CnnGru, classes: usize, shape: ClipShape) -> Network {
        let conv = ConvNet::new(&sizes.channels, Plane { height: shape.height, width: shape.width });
        let gru = Gru { inputs: conv.features(), hidden: sizes.hidden };
        Network { conv, gru, head: Head { hidden: sizes.hidden, classes }, frames: shape.frames }
    }

    /// Running statistics before any training.
    pub fn running(&self) -> Vec<Running> {
        self.conv.blocks.iter().map(|block| Running::new(block.cout)).collect()
    }

    /// Logarithms of the class probabilities `[clip][class]`, with running statistics, of normalised grey values
    /// `[clip][frame][y][x]`.
    pub fn evaluate(&self, state: &State, source: Vec<f32>, space: &mut Workspace, workers: &Workers) -> Vec<Vec<f64>> {
        let features = self.conv.forward(&state.conv, &state.running, false, source, space, workers);
        let clips = features.len() / (self.frames * self.gru.inputs);
        let (states, _) = self.gru.forward(&state.gru, &features, clips, self.frames, workers.level);
        let logits = self.head.forward(&state.head, &states, self.frames);
        logits.chunks_exact(self.head.classes).map(log_softmax).collect()
    }
}

/// A network in training: its parts as operations on the tape. A workspace belongs to one forward pass until its
/// backward pass is done, then to the next.
#[derive(Debug)]
pub(super) struct Operations {
    network: Rc<Network>,
    workers: Rc<Workers>,
    spaces: Rc<RefCell<Vec<Workspace>>>,
}

impl Operations {
    pub fn new(network: Rc<Network>, workers: Rc<Workers>) -> Operations {
        Operations { network, workers, spaces: Rc::default() }
    }

    /// Features `[clip · frame][channel]` of grey values `[clip][frame][y][x]`, normalised by the batch's statistics,
    /// which `running` then follows.
    pub fn convolve(
        &self,
        parameters: Traced<(usize,)>,
        running: &mut [Running],
        source: Vec<f32>,
    ) -> Traced<(usize, usize)> {
        let (network, workers, spaces) = (self.network.clone(), self.workers.clone(), self.spaces.clone());
        let mut space = spaces.borrow_mut().pop().unwrap_or_default();
        let weights = values(&parameters);
        let features = network.conv.forward(&weights, running, true, source, &mut space, &workers);
        network.conv.follow(&space, running);
        let shape = (features.len() / network.gru.inputs, network.gru.inputs);
        apply(parameters, features, shape, move |told, gradient| {
            network.conv.backward(&weights, told, &mut space, gradient, &workers);
            spaces.borrow_mut().push(space);
        })
    }

    /// States `[clip][frame][unit]` over features `[clip · frame][channel]`.
    pub fn recur(
        &self,
        features: Traced<(usize, usize)>,
        parameters: &Array<(usize,)>,
    ) -> Traced<(usize, usize, usize)> {
        let network = self.network.clone();
        let (gru, frames, level) = (network.gru, network.frames, self.workers.level);
        let (inputs, weights) = (values(&features), values(parameters));
        let clips = inputs.len() / (frames * gru.inputs);
        let (states, memory) = gru.forward(&weights, &inputs, clips, frames, level);
        let shape = (clips, frames, gru.hidden);
        apply_with(features, parameters, states, shape, move |told, input_gradient, gradient| {
            gru.backward(&weights, &inputs, &memory, told, input_gradient, gradient, level);
        })
    }

    /// Logarithms of the class probabilities, `[clip][class]`.
    pub fn classify(
        &self,
        states: Traced<(usize, usize, usize)>,
        parameters: &Array<(usize,)>,
    ) -> Traced<(usize, usize)> {
        let (head, frames) = (self.network.head, self.network.frames);
        let (inputs, weights) = (values(&states), values(parameters));
        let logits = head.forward(&weights, &inputs, frames);
        let shape = (logits.len() / head.classes, head.classes);
        let logits = apply_with(states, parameters, logits, shape, move |told, input_gradient, gradient| {
            head.backward(&weights, &inputs, frames, told, input_gradient, gradient);
        });
        let logarithms: Vec<f32> =
            values(&logits).chunks_exact(head.classes).flat_map(log_softmax).map(|value| value as f32).collect();
        let kept = logarithms.clone();
        apply(logits, logarithms, shape, move |told, gradient| {
            let clips = kept.chunks_exact(head.classes).zip(told.chunks_exact(head.classes));
            for ((values, told), gradient) in clips.zip(gradient.chunks_exact_mut(head.classes)) {
                log_softmax_backward(values, told, gradient);
            }
        })
    }
}
