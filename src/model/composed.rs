//! Networks composed of dfdx's own operations, for devices whose memory kernels of our own can't reach.
//!
//! ```text
//! processor      parameters ──────────────▶ logits ──▶ loss ──▶ gradients ──▶ optimiser
//!                     │                       ▲          │          ▲
//! device              └─▶ gathers, products ──┘          └──▶ the way back
//! ```
//!
//! The same parameters under the same names and the same way through the layers as the fused networks, which they are held
//! against on the processor. A pass is one node on the processor's tape, as a fused network is: so losses, optimisers,
//! checkpoints and the training loop are the same for both. What is copied at each update is parameters, batch, logits
//! and gradients. On CUDA the way back of a gather adds in no fixed order, so two runs there agree nearly, not to the bit.

use super::architecture::{Architecture, Built};
use super::device::{self, Array, Traced, apply_to_all, values};
use super::network::{Network, State, Step, Tensor, Trainable};
use super::place::Place;
use super::workers::Workers;
use super::{ClipShape, ModelError};
use dfdx::shapes::{Axes2, HasShape};
use dfdx::tensor::{NoneTape, OwnedTape, PutTape};
use dfdx::tensor_ops::{Backward, Device, SumTo, TryMul};
use form::Pass;
use graph::{Graph, Vector, failed};
use planes::Norms;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use std::rc::Rc;
use walks::Walks;

mod form;
mod graph;
mod part;
mod planes;
mod recurrence;
mod walks;

pub(super) use form::{Clips, Form, Net};
pub(super) use recurrence::Unit;

/// The composed form of a network, on a device.
#[derive(Debug)]
pub(super) struct Composed<D: Device<f32>> {
    /// Says what the parts are.
    fused: Rc<dyn Trainable>,
    form: Form,
    device: D,
    walks: Walks<D>,
}

impl<D: Device<f32>> Composed<D> {
    pub fn new(fused: Rc<dyn Trainable>, form: Form, device: D) -> Self {
        Composed { fused, form, device, walks: Walks::default() }
    }
}

impl<D: Device<f32>> Network for Composed<D> {
    fn parts(&self) -> Vec<Vec<Tensor>> {
        self.fused.parts()
    }

    fn norms(&self) -> Vec<(String, usize)> {
        self.fused.norms()
    }

    fn evaluate(&self, state: &State, source: Vec<f32>, _workers: &Workers) -> Result<Vec<f32>, ModelError> {
        let graph: Graph<D, NoneTape> = Graph::new(&self.device);
        let parts: Vec<Vector<D>> =
            state.parameters.iter().map(|part| graph.vector(part.clone())).collect::<Result<_, _>>()?;
        let norms = Norms::Running(&state.running);
        let pass = Pass { graph: &graph, walks: &self.walks, parts: &parts, norms, draws: None };
        Ok(values(&self.form.forward(pass, source)?))
    }

    fn operations(&self) -> u64 {
        self.fused.operations()
    }

    fn workspace(&self, inputs: usize) -> u64 {
        self.fused.workspace(inputs)
    }
}

impl<D: Device<f32>> Trainable for Composed<D> {
    fn trace(&self, step: Step<'_>, source: Vec<f32>) -> Result<Traced<(usize, usize)>, ModelError> {
        let graph: Graph<D, OwnedTape<f32, D>> = Graph::new(&self.device);
        // What follows the network's own parts is the loss's.
        let own: Vec<&Array<(usize,)>> = step.parameters[..self.fused.parts().len()].to_vec();
        let parts: Vec<Vector<D>> = own.iter().map(|part| graph.vector(values(part))).collect::<Result<_, _>>()?;
        let (norms, draws) = (Norms::Batch(step.running), Some((step.seed, step.update)));
        let pass = Pass { graph: &graph, walks: &self.walks, parts: &parts, norms, draws };
        let logits = self.form.forward(pass, source)?;
        let (found, shape) = (values(&logits), *logits.shape());
        let (device, tape) = (self.device.clone(), graph.into_tape());
        Ok(apply_to_all(&own, found, shape, move |told| {
            let told = device.try_tensor_from_vec(told.to_vec(), shape).map_err(failed)?;
            let along = logits.put_tape(tape).try_mul(told).map_err(failed)?;
            let along = along.try_sum::<(), Axes2<0, 1>>().map_err(failed)?;
            let gradients = along.try_backward().map_err(failed)?;
            Ok(parts.iter().map(|part| values(&gradients.get(part))).collect())
        }))
    }
}

/// The network as it computes at a place: as it is on the processor, composed on an accelerator.
///
/// # Errors
/// An architecture without a composed form, a device that is not there.
pub(super) fn placed(model: &Architecture, built: Built, place: Place) -> Result<Built, ModelError> {
    let Place::Cuda(number) = place else { return Ok(built) };
    let refused = || ModelError::NotComposed { model: model.name(), place, others: names() };
    let Built::Trainable(network) = built else { return Err(refused()) };
    let form = network.form().ok_or_else(refused)?;
    Ok(Built::Trainable(Rc::new(Composed::new(network, form, device::accelerator(number)?))))
}

/// The architectures that have a composed form.
fn names() -> String {
    let shape = |of_frames| ClipShape { frames: if of_frames { 1 } else { 2 }, height: 64, width: 64 };
    let has_form = |name: &&&str| {
        let model: Result<Architecture, serde::de::value::Error> = Architecture::deserialize(name.into_deserializer());
        let built = model.map(|model| model.built(2, shape(model.of_frames())));
        matches!(built, Ok(Built::Trainable(network)) if network.form().is_some())
    };
    crate::name::quoted(Architecture::NAMES.iter().filter(has_form).copied())
}

#[cfg(test)]
pub(super) mod tests;
