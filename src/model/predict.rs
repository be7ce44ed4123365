//! Probabilities from trained weights.

use super::augment::Change;
use super::cnn_gru::{Network, State};
use super::convnet::Workspace;
use super::sampling::Normalisation;
use super::weights::load;
use super::workers::Workers;
use super::{Clips, ModelError, frames_of};

/// Clips that go through the network at once; results don't depend on it.
const BATCH: usize = 8;

/// Class probabilities, in the classes' order, of `which` clips. `weights` are [`super::Trained::weights`]; `threads` as
/// in [`super::Settings::threads`].
///
/// # Errors
/// Weights that can't be read, clips of another shape than those trained on, clips that can't be read.
pub fn predict(
    weights: &[u8],
    clips: &dyn Clips,
    which: &[usize],
    threads: usize,
) -> Result<Vec<Vec<f64>>, ModelError> {
    let (about, state) = load(weights)?;
    if about.shape() != clips.shape() {
        return Err(ModelError::OtherShape { trained: about.shape().to_string(), found: clips.shape() });
    }
    let workers = Workers::new(threads)?;
    let mut logarithms = log_probabilities(&about.network(), &state, &about.normalisation, clips, which, &workers)?;
    for value in logarithms.iter_mut().flatten() {
        *value = libm::exp(*value);
    }
    Ok(logarithms)
}

/// Logarithms of class probabilities.
pub(super) fn log_probabilities(
    network: &Network,
    state: &State,
    normalisation: &Normalisation,
    clips: &dyn Clips,
    which: &[usize],
    workers: &Workers,
) -> Result<Vec<Vec<f64>>, ModelError> {
    let mut out = Vec::with_capacity(which.len());
    let mut space = Workspace::default();
    let (mean, deviation) = (normalisation.mean as f32, normalisation.deviation as f32);
    for batch in which.chunks(BATCH) {
        let mut source = Vec::with_capacity(batch.len() * clips.shape().bytes());
        for &index in batch {
            Change::NONE.append(&frames_of(clips, index)?, clips.shape(), mean, deviation, &mut source);
        }
        out.extend(network.evaluate(state, source, &mut space, workers));
    }
    Ok(out)
}
