//! The only door to dfdx: tensors on the CPU, operations of our own on its tape, and its optimisers.

use super::ModelError;
use dfdx::optim::{AdamConfig, Momentum, SgdConfig, WeightDecay};
use dfdx::shapes::{HasShape, Shape};
pub(super) use dfdx::tensor::Cpu;
use dfdx::tensor::{Gradients, OwnedTape, PutTape, SplitTape, Storage, Tape, Tensor, TensorFromVec, Trace};
use dfdx::tensor_ops::Backward;

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

/// Runs the tape backwards.
pub(super) fn gradients(loss: Traced<()>) -> Result<Gradients<f32, Cpu>, ModelError> {
    loss.try_backward().map_err(|error| ModelError::Device { message: error.to_string() })
}

/// A parameter with an empty tape, at the start of a forward pass.
pub(super) fn traced(parameter: &Array<(usize,)>) -> Traced<(usize,)> {
    parameter.leaky_trace()
}

/// The gradient of a parameter.
pub(super) fn gradient_of<'g>(
    gradients: &'g mut Gradients<f32, Cpu>,
    parameter: &Parameter,
) -> Result<&'g mut [f32], ModelError> {
    gradients.get_or_alloc_mut(&parameter.value).map(|values| &mut values[..]).map_err(|error| failed(&error))
}

fn failed(error: &dfdx::tensor::CpuError) -> ModelError {
    ModelError::Device { message: error.to_string() }
}

/// How a parameter follows its gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rule {
    /// Adam (Kingma & Ba 2015), with weight decay decoupled (Loshchilov & Hutter 2019) or added to the gradient.
    Adam { betas: [f64; 2], decoupled: bool },
    /// Stochastic gradient descent; with momentum, heavy-ball or Nesterov's as Sutskever et al. 2013 write it.
    Sgd { momentum: f64, nesterov: bool },
}

/// A flat parameter and what its optimiser remembers of it.
#[derive(Debug)]
pub(super) struct Parameter {
    pub value: Array<(usize,)>,
    first: <Cpu as Storage<f32>>::Vec,
    second: <Cpu as Storage<f32>>::Vec,
}

impl Parameter {
    pub fn new(device: &Cpu, values: Vec<f32>) -> Result<Parameter, ModelError> {
        let len = values.len();
        Ok(Parameter {
            value: device.try_tensor_from_vec(values, (len,)).map_err(|error| failed(&error))?,
            first: device.try_alloc_len(len).map_err(|error| failed(&error))?,
            second: device.try_alloc_len(len).map_err(|error| failed(&error))?,
        })
    }

    /// The optimiser's two memories.
    pub fn memories(&self) -> [&[f32]; 2] {
        [&self.first, &self.second]
    }

    /// Puts back what [`Parameter::memories`] gave.
    pub fn remember(&mut self, [first, second]: [&[f32]; 2]) {
        self.first.copy_from_slice(first);
        self.second.copy_from_slice(second);
    }

    /// One step of the optimiser. `step` counts from 1.
    pub fn update(
        &mut self,
        rule: Rule,
        step: i32,
        lr: f64,
        weight_decay: f64,
        gradients: &mut Gradients<f32, Cpu>,
    ) -> Result<(), ModelError> {
        let gradient = gradients.get_or_alloc_mut(&self.value).map_err(|error| failed(&error))?;
        let decay = |decoupled: bool| {
            let rule = if decoupled { WeightDecay::Decoupled } else { WeightDecay::L2 };
            (weight_decay > 0.0).then(|| rule(weight_decay))
        };
        let done = match rule {
            Rule::Adam { betas, decoupled } => {
                let adam = AdamConfig { lr, betas, weight_decay: decay(decoupled), ..AdamConfig::default() };
                adam.try_update(step, &mut self.value, &mut self.first, &mut self.second, gradient)
            }
            Rule::Sgd { momentum, nesterov } => {
                let kind = if nesterov { Momentum::Nesterov } else { Momentum::Classic };
                let momentum = (momentum > 0.0).then(|| kind(momentum));
                let sgd = SgdConfig { lr, momentum, weight_decay: decay(false) };
                sgd.try_update(&mut self.value, &mut self.first, gradient)
            }
        };
        done.map_err(|error| failed(&error))
    }
}
