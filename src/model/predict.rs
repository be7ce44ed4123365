//! Probabilities from trained weights.

use super::augment::Change;
use super::head::log_softmax;
use super::network::{Network, State};
use super::place::Place;
use super::sampling::Normalisation;
use super::weights::load;
use super::workers::Workers;
use super::{Clips, ModelError, frames_of};

/// Inputs that go through the network at once; results don't depend on it.
const BATCH: usize = 8;

/// Class probabilities, in the classes' order, of `which` clips. `weights` are [`super::Trained::weights`]; `threads` and
/// `place` as in [`super::Settings`].
///
/// # Errors
/// Weights that can't be read, clips of another shape than those trained on, clips that can't be read, a place where the
/// model can't be computed.
pub fn predict(
    weights: &[u8],
    clips: &dyn Clips,
    which: &[usize],
    threads: usize,
    place: Place,
) -> Result<Vec<Vec<f64>>, ModelError> {
    let (about, state) = load(weights)?;
    if about.shape() != clips.shape() {
        return Err(ModelError::OtherShape { trained: about.shape().to_string(), found: clips.shape() });
    }
    let workers = Workers::new(threads)?;
    let network = about.network_at(place)?;
    let mut out = Vec::with_capacity(which.len());
    logits(&*network, &state, &about.normalisation, clips, which, &workers, |rows| {
        let each = rows.chunks_exact(about.classes);
        out.extend(each.map(|row| log_softmax(row).into_iter().map(libm::exp).collect()));
    })?;
    Ok(out)
}

/// Whether the model of these weights can be computed at a place.
///
/// # Errors
/// Weights that can't be read, a place where the model can't be computed.
pub fn check_place(weights: &[u8], place: Place) -> Result<(), ModelError> {
    load(weights)?.0.network_at(place).map(drop)
}

/// What belongs in `which` frames, pixel by pixel `[row][column]`: probabilities in 255ths. Otherwise as [`predict`].
///
/// # Errors
/// As [`predict`].
pub fn segment(
    weights: &[u8],
    frames: &dyn Clips,
    which: &[usize],
    threads: usize,
    place: Place,
) -> Result<Vec<Vec<u8>>, ModelError> {
    let (about, state) = load(weights)?;
    if about.shape() != frames.shape() {
        return Err(ModelError::OtherShape { trained: about.shape().to_string(), found: frames.shape() });
    }
    let workers = Workers::new(threads)?;
    let area = frames.shape().bytes();
    let mut out = Vec::with_capacity(which.len());
    logits(&*about.network_at(place)?, &state, &about.normalisation, frames, which, &workers, |rows| {
        let level = |logit: &f32| (255.0 / (1.0 + libm::exp(-f64::from(*logit)))).round() as u8;
        out.extend(rows.chunks_exact(area).map(|frame| frame.iter().map(level).collect()));
    })?;
    Ok(out)
}

/// Hands over the logits of `which` inputs, batch by batch in their order.
pub(super) fn logits(
    network: &dyn Network,
    state: &State,
    normalisation: &Normalisation,
    clips: &dyn Clips,
    which: &[usize],
    workers: &Workers,
    mut take: impl FnMut(Vec<f32>),
) -> Result<(), ModelError> {
    let (mean, deviation) = (normalisation.mean as f32, normalisation.deviation as f32);
    for batch in which.chunks(BATCH) {
        let mut source = Vec::with_capacity(batch.len() * clips.shape().bytes());
        for &index in batch {
            Change::NONE.append(&frames_of(clips, index)?, clips.shape(), mean, deviation, &mut source);
        }
        take(network.evaluate(state, source, workers)?);
    }
    Ok(())
}
