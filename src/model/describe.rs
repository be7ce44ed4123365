//! What trained weights are, without using them.

use super::network::parameters;
use super::weights::load;
use super::{ClipShape, ModelError};
use serde::Serialize;

/// A model as people want to see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    pub architecture: &'static str,
    /// Sizes, as in an experiment file.
    pub sizes: serde_json::Value,
    pub classes: usize,
    /// Whether it finds pixels of frames, and not classes of clips.
    pub of_frames: bool,
    /// What it looks at.
    pub input: ClipShape,
    /// Names and shapes of what is learned, in order.
    pub tensors: Vec<(String, Vec<usize>)>,
    /// Numbers that are learned.
    pub parameters: usize,
    /// Multiplications and additions of one look at one input.
    pub operations: u64,
}

/// Describes weights of [`super::Trained::weights`].
///
/// # Errors
/// Weights that can't be read.
pub fn describe(weights: &[u8]) -> Result<Description, ModelError> {
    let (about, _) = load(weights)?;
    let network = about.network();
    let json = serde_json::to_value(&about.architecture).unwrap_or_default();
    Ok(Description {
        architecture: about.architecture.name(),
        sizes: json[about.architecture.name()].clone(),
        classes: about.classes,
        of_frames: about.architecture.of_frames(),
        input: about.shape(),
        tensors: network.parts().into_iter().flatten().map(|tensor| (tensor.name, tensor.shape)).collect(),
        parameters: parameters(&*network),
        operations: network.operations(),
    })
}
