//! The only door to dfdx: tensors on the CPU, operations of our own on its tape, its optimisers, and its other devices.

use super::ModelError;
use dfdx::optim::{AdamConfig, Momentum, SgdConfig, WeightDecay};
use dfdx::shapes::{HasShape, Shape};
pub(super) use dfdx::tensor::Cpu;
use dfdx::tensor::{
    CopySlice, CpuError, Gradients, OwnedTape, PutTape, SplitTape, Storage, Tape, Tensor, TensorFromVec, Trace,
};
use dfdx::tensor_ops::Backward;
use std::cell::Cell;

/// A tensor of f32.
pub(super) type Array<S> = Tensor<S, f32, Cpu>;
/// A tensor of f32 that carries the tape of how it came about.
pub(super) type Traced<S> = Tensor<S, f32, Cpu, OwnedTape<f32, Cpu>>;

/// Whether this program was built to use CUDA devices.
pub(super) const CUDA: bool = cfg!(feature = "cuda");

/// What `cuda:N` is. Where that is not built in there is none, and its place is taken by what there is.
#[cfg(feature = "cuda")]
pub(super) type Accelerator = dfdx::tensor::Cuda;
#[cfg(not(feature = "cuda"))]
pub(super) type Accelerator = Cpu;

/// A CUDA device by its number.
#[cfg(feature = "cuda")]
pub(super) fn accelerator(number: usize) -> Result<Accelerator, ModelError> {
    use std::{cell::RefCell, collections::HashMap};
    thread_local! {
        /// Made once a thread, for making one loads its kernels.
        static MADE: RefCell<HashMap<usize, Accelerator>> = RefCell::default();
    }
    if let Some(made) = MADE.with_borrow(|made| made.get(&number).cloned()) {
        return Ok(made);
    }
    // The device's own random numbers are not used.
    let made = Accelerator::try_build(number, 0)
        .map_err(|error| ModelError::Device { message: format!("cuda:{number} can't be used: {error:?}") })?;
    MADE.with_borrow_mut(|all| all.insert(number, made.clone()));
    Ok(made)
}
#[cfg(not(feature = "cuda"))]
pub(super) fn accelerator(number: usize) -> Result<Accelerator, ModelError> {
    Err(ModelError::Device { message: format!("cuda:{number} can't be used: this program is built without CUDA") })
}

/// The numbers of a contiguous tensor.
pub(super) fn values<S: Shape, D: CopySlice<f32>, T>(tensor: &Tensor<S, f32, D, T>) -> Vec<f32> {
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

/// An operation of several parameters. `backward` is given the output's gradient and says what each has of it; what it fails
/// with, [`gradients`] tells.
pub(super) fn apply_to_all<O: Shape>(
    parameters: &[&Array<(usize,)>],
    output: Vec<f32>,
    shape: O,
    backward: impl FnOnce(&[f32]) -> Result<Vec<Vec<f32>>, ModelError> + 'static,
) -> Traced<O> {
    let output = Cpu::default().tensor_from_vec(output, shape);
    let mut tape = OwnedTape::default();
    let sources: Vec<_> = parameters.iter().map(|parameter| parameter.ghost()).collect();
    let target = output.ghost();
    tape.add_backward_op(move |gradients| {
        let told = gradients.get_or_alloc_mut(&target)?.to_vec();
        let found = backward(&told).map_err(|error| {
            SAID.set(Some(error));
            CpuError::OutOfMemory
        })?;
        for (source, found) in sources.iter().zip(found) {
            let sums = gradients.get_or_alloc_mut(source)?;
            sums.iter_mut().zip(found).for_each(|(sum, value)| *sum += value);
        }
        Ok(())
    });
    output.put_tape(tape)
}

thread_local! {
    /// What went wrong on the way back on another device. The tape's own errors have no words for it, so it waits here for
    /// [`gradients`], which ran the tape.
    static SAID: Cell<Option<ModelError>> = const { Cell::new(None) };
}

/// Runs the tape backwards.
///
/// # Errors
/// A device that fails.
pub(super) fn gradients(loss: Traced<()>) -> Result<Gradients<f32, Cpu>, ModelError> {
    loss.try_backward().map_err(|error| SAID.take().unwrap_or_else(|| failed(&error)))
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

fn failed(error: &CpuError) -> ModelError {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_that_fails_on_the_way_back_is_an_error_and_the_next_way_back_knows_nothing_of_it() {
        let parameter: Array<(usize,)> = Cpu::default().tensor_from_vec(vec![1.0, 2.0], (2,));
        let loss =
            |found: Result<Vec<Vec<f32>>, ModelError>| apply_to_all(&[&parameter], vec![3.0], (), move |_| found);
        let lost = ModelError::Device { message: "the device is gone".into() };
        let told = gradients(loss(Err(lost))).map(|_| ()).unwrap_err();
        assert_eq!(told.to_string(), "the tensor library failed: the device is gone");
        let found = gradients(loss(Ok(vec![vec![0.5, 0.25]]))).unwrap();
        assert_eq!(values(&found.get(&parameter)), [0.5, 0.25]);
    }
}
