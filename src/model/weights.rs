//! Trained weights as safetensors, under PyTorch's names and in its layouts.

use super::architecture::Architecture;
use super::composed::placed;
use super::network::{Network, State, initial_state, numbers};
use super::place::Place;
use super::sampling::Normalisation;
use super::{ClipShape, ModelError};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::rc::Rc;

/// What the weights alone don't say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    pub architecture: Architecture,
    pub version: u32,
    pub classes: usize,
    pub frames: usize,
    pub height: usize,
    pub width: usize,
    pub normalisation: Normalisation,
}

impl About {
    pub fn shape(&self) -> ClipShape {
        ClipShape { frames: self.frames, height: self.height, width: self.width }
    }

    /// The network these weights belong to.
    pub fn network(&self) -> Rc<dyn Network> {
        self.architecture.network(self.classes, self.shape())
    }

    /// The network these weights belong to, as it computes at a place.
    ///
    /// # Errors
    /// As [`placed`].
    pub fn network_at(&self, place: Place) -> Result<Rc<dyn Network>, ModelError> {
        let built = self.architecture.built(self.classes, self.shape());
        Ok(placed(&self.architecture, built, place)?.network())
    }
}

/// The key under which [`About`] stands in the file's metadata, as JSON.
const KEY: &str = "crowdline";

/// A visit to each named tensor of a state: name, shape, numbers.
type Visit<'v> = dyn FnMut(String, Vec<usize>, &mut [f32]) -> Result<(), ModelError> + 'v;

/// Calls `visit` for every tensor: parameters, then the running statistics of each normalisation.
fn walk(network: &dyn Network, state: &mut State, visit: &mut Visit<'_>) -> Result<(), ModelError> {
    for (part, values) in network.parts().into_iter().zip(&mut state.parameters) {
        debug_assert_eq!(numbers(&part), values.len());
        let mut rest = &mut values[..];
        for tensor in part {
            let (values, tail) = rest.split_at_mut(tensor.len());
            rest = tail;
            visit(tensor.name, tensor.shape, values)?;
        }
    }
    for ((name, channels), running) in network.norms().into_iter().zip(&mut state.running) {
        visit(format!("{name}.running_mean"), vec![channels], &mut running.mean)?;
        visit(format!("{name}.running_var"), vec![channels], &mut running.variance)?;
    }
    Ok(())
}

fn unreadable(message: impl std::fmt::Display) -> ModelError {
    ModelError::Weights { message: message.to_string() }
}

/// The file's bytes; the same for the same state.
pub(super) fn save(about: &About, mut state: State) -> Result<Vec<u8>, ModelError> {
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    walk(&*about.network(), &mut state, &mut |name, shape, values| {
        tensors.push((name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()));
        Ok(())
    })?;
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(unreadable)?)))
        .collect::<Result<Vec<_>, ModelError>>()?;
    // One entry only: the order of several would be a hash map's.
    let metadata = HashMap::from([(KEY.to_owned(), serde_json::to_string(about).map_err(unreadable)?)]);
    safetensors::serialize(views, Some(metadata)).map_err(unreadable)
}

/// Reads what [`save`] wrote.
pub(super) fn load(bytes: &[u8]) -> Result<(About, State), ModelError> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
    let about = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let about = about.ok_or_else(|| unreadable(format!("the metadata have no entry `{KEY}`")))?;
    let about: About = serde_json::from_str(about).map_err(unreadable)?;
    if about.version != about.architecture.version() {
        let (found, known) = (about.version, about.architecture.version());
        return Err(unreadable(format!("version {found} of {} where {known} is known", about.architecture.name())));
    }
    about.architecture.check(about.shape())?;
    if about.classes < 2 && !about.architecture.of_frames() {
        return Err(ModelError::Classes { classes: about.classes });
    }
    let file = SafeTensors::deserialize(bytes).map_err(unreadable)?;
    let network = about.network();
    let mut state = initial_state(&*network, 0);
    walk(&*network, &mut state, &mut |name, shape, values| {
        let tensor = file.tensor(&name).map_err(unreadable)?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            let (dtype, found) = (tensor.dtype(), tensor.shape());
            return Err(unreadable(format!("{name} is {dtype:?} {found:?} where F32 {shape:?} is expected")));
        }
        for (value, bytes) in values.iter_mut().zip(tensor.data().chunks_exact(4)) {
            *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        Ok(())
    })?;
    Ok((about, state))
}
