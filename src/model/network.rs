//! What every network is to the trainer: named parameters, running statistics, and a way from a batch to logits.

use super::ModelError;
use super::composed::Form;
use super::convnet::Running;
use super::device::{Array, Traced};
use super::workers::Workers;
use crate::random;
use rand::Rng;
use std::rc::Rc;

/// A tensor of parameters, under PyTorch's name and in its layout.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub start: Start,
}

/// What a tensor holds before the first update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Start {
    All(f32),
    /// Uniform within `±bound`. Neighbouring tensors of one stream share it.
    Uniform {
        bound: f64,
        stream: u64,
    },
}

impl Tensor {
    pub fn new(name: impl Into<String>, shape: &[usize], start: Start) -> Tensor {
        Tensor { name: name.into(), shape: shape.to_vec(), start }
    }

    /// Numbers in it.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Numbers in several tensors.
pub(super) fn numbers(tensors: &[Tensor]) -> usize {
    tensors.iter().map(Tensor::len).sum()
}

/// All that is learned: a flat vector for each part, and running statistics of each normalisation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub parameters: Vec<Vec<f32>>,
    pub running: Vec<Running>,
}

impl State {
    /// Whether every number is one.
    pub fn is_finite(&self) -> bool {
        let running = self.running.iter().flat_map(|running| running.mean.iter().chain(&running.variance));
        self.parameters.iter().flatten().chain(running).all(|value| value.is_finite())
    }
}

/// What a forward pass in training is given.
#[derive(Debug)]
pub(super) struct Step<'a> {
    /// One for each part.
    pub parameters: &'a [&'a Array<(usize,)>],
    /// Follow the batch's statistics.
    pub running: &'a mut [Running],
    /// What random draws depend on.
    pub seed: u64,
    pub update: u64,
    pub workers: &'a Rc<Workers>,
}

/// A network for inputs of one shape.
pub(super) trait Network: std::fmt::Debug {
    /// Its parts; the parameters of each are one flat tensor to the optimiser.
    fn parts(&self) -> Vec<Vec<Tensor>>;
    /// Name and channels of each batch normalisation.
    fn norms(&self) -> Vec<(String, usize)>;
    /// Logits `[row][output]` of a batch of normalised grey values, with running statistics.
    ///
    /// # Errors
    /// A device that fails.
    fn evaluate(&self, state: &State, source: Vec<f32>, workers: &Workers) -> Result<Vec<f32>, ModelError>;
    /// Multiplications and additions of one forward pass over one input.
    fn operations(&self) -> u64;
    /// Bytes that a training step on `inputs` of them works in, beside parameters.
    fn workspace(&self, inputs: usize) -> u64;
}

/// A network that learns by steps down the gradient of a loss.
pub(super) trait Trainable: Network {
    /// As [`Network::evaluate`], normalised by the batch's statistics, on the tape.
    ///
    /// # Errors
    /// A device that fails.
    fn trace(&self, step: Step<'_>, source: Vec<f32>) -> Result<Traced<(usize, usize)>, ModelError>;

    /// What it is composed of on devices other than the processor; nothing where it can't be.
    fn form(&self) -> Option<Form> {
        None
    }
}

/// The number of trainable parameters.
pub(super) fn parameters(network: &dyn Network) -> usize {
    network.parts().iter().map(|part| numbers(part)).sum()
}

/// The state before the first update: what each tensor says.
pub(super) fn initial_state(network: &dyn Network, seed: u64) -> State {
    let unit = |bits: u32| f64::from(bits) / f64::from(u32::MAX) * 2.0 - 1.0;
    let mut open = None;
    let mut fill = |part: Vec<Tensor>| {
        let mut values = Vec::with_capacity(numbers(&part));
        for tensor in part {
            match tensor.start {
                Start::All(value) => values.extend(std::iter::repeat_n(value, tensor.len())),
                Start::Uniform { bound, stream } => {
                    let (_, draws) = match open.take() {
                        Some((number, draws)) if number == stream => open.insert((number, draws)),
                        _ => open.insert((stream, random::stream(seed, "initialisation", &[stream]))),
                    };
                    values.extend((0..tensor.len()).map(|_| (bound * unit(draws.next_u32())) as f32));
                }
            }
        }
        values
    };
    State {
        parameters: network.parts().into_iter().map(&mut fill).collect(),
        running: network.norms().into_iter().map(|(_, channels)| Running::new(channels)).collect(),
    }
}
