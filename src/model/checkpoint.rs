//! A training that can go on where it stopped: everything the next update depends on, as safetensors.

use super::ModelError;
use super::learner::Memories;
use super::network::State;
use super::train::Point;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Where checkpoints go, and whence the last one comes.
pub trait Keeper {
    /// The last checkpoint of this training.
    fn last(&self) -> Option<Vec<u8>>;
    /// Whether to keep one after so many updates. Asked after each.
    fn is_due(&self, update: u64) -> bool;
    /// Keeps one in place of the last.
    fn keep(&self, bytes: Vec<u8>);
}

/// Nobody keeps anything.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Keeper for Nobody {
    fn last(&self) -> Option<Vec<u8>> {
        None
    }
    fn is_due(&self, _: u64) -> bool {
        false
    }
    fn keep(&self, _: Vec<u8>) {}
}

/// How a training stands, beside its weights.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Standing {
    /// Updates done.
    pub update: u64,
    /// Sum and number of losses since the last point of the history.
    pub sum: f64,
    pub since: u32,
    pub history: Vec<Point>,
    /// The least validation loss, and points since it.
    pub best: Option<f64>,
    pub waited: u32,
    /// Points since the least validation loss or the last rest, and rests, for the schedule.
    pub idle: u32,
    pub rests: u32,
    pub steps: i32,
}

/// A training in the middle.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Checkpoint {
    pub standing: Standing,
    pub state: State,
    pub memories: Memories,
    /// What had the least validation loss, where it is wanted.
    pub best: Option<State>,
}

const KEY: &str = "crowdline";

fn unreadable(message: impl std::fmt::Display) -> ModelError {
    ModelError::Checkpoint { message: message.to_string() }
}

impl Checkpoint {
    /// All its numbers, in an order of their own.
    fn vectors(&mut self) -> Vec<(String, &mut Vec<f32>)> {
        fn of<'s>(state: &'s mut State, name: &'static str) -> impl Iterator<Item = (String, &'s mut Vec<f32>)> {
            let State { parameters, running } = state;
            let parts = parameters.iter_mut().enumerate().map(move |(at, part)| (format!("{name}.{at}"), part));
            parts.chain(running.iter_mut().enumerate().flat_map(move |(at, running)| {
                [
                    (format!("{name}.mean.{at}"), &mut running.mean),
                    (format!("{name}.variance.{at}"), &mut running.variance),
                ]
            }))
        }
        let mut all: Vec<_> = of(&mut self.state, "state").collect();
        all.extend(self.best.iter_mut().flat_map(|state| of(state, "best")));
        for (at, [first, second]) in self.memories.parts.iter_mut().enumerate() {
            all.push((format!("first.{at}"), first));
            all.push((format!("second.{at}"), second));
        }
        all
    }

    /// As bytes.
    pub fn save(mut self) -> Result<Vec<u8>, ModelError> {
        self.standing.steps = self.memories.steps;
        let standing = serde_json::to_string(&self.standing).map_err(unreadable)?;
        let bytes: Vec<(String, usize, Vec<u8>)> = self
            .vectors()
            .into_iter()
            .map(|(name, values)| (name, values.len(), values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            .collect();
        let views = bytes
            .iter()
            .map(|(name, len, bytes)| Ok((name, TensorView::new(Dtype::F32, vec![*len], bytes).map_err(unreadable)?)))
            .collect::<Result<Vec<_>, ModelError>>()?;
        safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), standing)]))).map_err(unreadable)
    }

    /// From bytes; `state` has the sizes that are expected.
    ///
    /// # Errors
    /// Damaged bytes, or those of another training.
    pub fn load(bytes: &[u8], state: State) -> Result<Checkpoint, ModelError> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
        let standing = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
        let standing = standing.ok_or_else(|| unreadable("it says nothing of itself"))?;
        let standing: Standing = serde_json::from_str(standing).map_err(unreadable)?;
        let file = SafeTensors::deserialize(bytes).map_err(unreadable)?;
        let parts = state.parameters.iter().map(|part| [vec![0.0; part.len()], vec![0.0; part.len()]]).collect();
        let memories = Memories { steps: standing.steps, parts };
        let best = file.tensor("best.0").is_ok().then(|| state.clone());
        let mut checkpoint = Checkpoint { standing, state, memories, best };
        for (name, values) in checkpoint.vectors() {
            let tensor = file.tensor(&name).map_err(unreadable)?;
            if tensor.dtype() != Dtype::F32 || tensor.shape() != [values.len()] {
                return Err(unreadable(format!("{name} has another shape")));
            }
            for (value, bytes) in values.iter_mut().zip(tensor.data().chunks_exact(4)) {
                *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            }
        }
        Ok(checkpoint)
    }
}
