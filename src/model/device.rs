//! The only door to dfdx: tensors on the CPU, operations of our own on its tape, and Adam.

use super::ModelError;
use dfdx::optim::{AdamConfig, WeightDecay};
use dfdx::shapes::{HasShape, Shape};
pub(super) use dfdx::tensor::Cpu;
use dfdx::tensor::{Gradients, OwnedTape, PutTape, SplitTape, Storage, Tape, Tensor, TensorFromVec, Trace};
use dfdx::tensor_ops::{Backward, MeanTo};

/// A tensor of f32.
pub(super) type Array<S> = Tensor<S, f32, Cpu>;
/// A tensor of f32 that carries the tape of how it came about.
pub(super) type Traced<S> = Tensor<S, f32, Cpu, OwnedTape<f32, Cpu>>;

/// The numbers of a contiguous tensor.
pub(super) fn values<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> Vec<f32> {
    let mut values = vec![0.0; tensor.shape().num_elements()];
    tensor.copy_into(&mut values);
    values
}

/// An operation of one tensor. `backward` is given the output's gradient and adds to the input's.
pub(super) fn apply<I: Shape, O: Shape>(
    input: Traced<I>,
    output: Vec<f32>,
    shape: O,
    backward: impl FnOnce(&[f32], &mut [f32]) + 'static,
) -> Traced<O> {
    let device = input.device().clone();
    let (input, mut tape) = input.split_tape();
    let output = device.tensor_from_vec(output, shape);
    let (source, target) = (input.ghost(), output.ghost());
    tape.add_backward_op(move |gradients| {
        let told = gradients.get_or_alloc_mut(&target)?.to_vec();
        backward(&told, gradients.get_or_alloc_mut(&source)?);
        Ok(())
    });
    output.put_tape(tape)
}

/// An operation of a tensor and of parameters. `backward` is given the output's gradient and adds to both others.
pub(super) fn apply_with<I: Shape, O: Shape>(
    input: Traced<I>,
    parameters: &Array<(usize,)>,
    output: Vec<f32>,
    shape: O,
    backward: impl FnOnce(&[f32], &mut [f32], &mut [f32]) + 'static,
) -> Traced<O> {
    let device = input.device().clone();
    let (input, mut tape) = input.split_tape();
    let output = device.tensor_from_vec(output, shape);
    let (source, weights, target) = (input.ghost(), parameters.ghost(), output.ghost());
    tape.add_backward_op(move |gradients| {
        let told = gradients.get_or_alloc_mut(&target)?.to_vec();
        // Taken out for a moment, because two gradients can't be borrowed at once.
        let mut inputs = std::mem::take(&mut **gradients.get_or_alloc_mut(&source)?);
        backward(&told, &mut inputs, gradients.get_or_alloc_mut(&weights)?);
        **gradients.get_or_alloc_mut(&source)? = inputs;
        Ok(())
    });
    output.put_tape(tape)
}

/// `−mean over clips of Σ target · log probability`.
pub(super) fn cross_entropy(log_probabilities: Traced<(usize, usize)>, targets: Vec<f32>) -> Traced<()> {
    let shape = *log_probabilities.shape();
    let targets = log_probabilities.device().tensor_from_vec(targets, shape);
    (log_probabilities * targets).mean() * -(shape.1 as f32)
}

/// Runs the tape backwards.
pub(super) fn gradients(loss: Traced<()>) -> Result<Gradients<f32, Cpu>, ModelError> {
    loss.try_backward().map_err(|error| ModelError::Device { message: error.to_string() })
}

/// A flat parameter and Adam's two moments of it.
#[derive(Debug)]
pub(super) struct Parameter {
    pub value: Array<(usize,)>,
    first: <Cpu as Storage<f32>>::Vec,
    second: <Cpu as Storage<f32>>::Vec,
}

impl Parameter {
    pub fn new(device: &Cpu, values: Vec<f32>) -> Result<Parameter, ModelError> {
        let len = values.len();
        let failed = |error: dfdx::tensor::CpuError| ModelError::Device { message: error.to_string() };
        Ok(Parameter {
            value: device.try_tensor_from_vec(values, (len,)).map_err(failed)?,
            first: device.try_alloc_len(len).map_err(failed)?,
            second: device.try_alloc_len(len).map_err(failed)?,
        })
    }

    /// The parameter with an empty tape, at the start of a forward pass.
    pub fn traced(&self) -> Traced<(usize,)> {
        self.value.leaky_trace()
    }

    /// One step of Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019). `step` counts from 1.
    pub fn update(
        &mut self,
        step: i32,
        learning_rate: f64,
        weight_decay: f64,
        gradients: &mut Gradients<f32, Cpu>,
    ) -> Result<(), ModelError> {
        let decay = (weight_decay > 0.0).then_some(WeightDecay::Decoupled(weight_decay));
        let adam = AdamConfig { lr: learning_rate, weight_decay: decay, ..AdamConfig::default() };
        let failed = |error: dfdx::tensor::CpuError| ModelError::Device { message: error.to_string() };
        let gradient = gradients.get_or_alloc_mut(&self.value).map_err(failed)?;
        adam.try_update(step, &mut self.value, &mut self.first, &mut self.second, gradient).map_err(failed)
    }
}
