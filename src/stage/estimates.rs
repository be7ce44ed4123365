//! What an evaluation found, as its intervals and differences are made of.

use crate::artifact::scores::{Evaluation, Score};
use crate::metric::Estimate;

/// The estimate of a group's metric, given the rows of an evaluation's [`REPLICATES`] and [`JACKKNIFE`].
///
/// [`REPLICATES`]: crate::artifact::scores::REPLICATES
/// [`JACKKNIFE`]: crate::artifact::scores::JACKKNIFE
pub(super) fn of(
    evaluation: &Evaluation,
    replicates: &[Vec<f64>],
    jackknife: &[Vec<f64>],
    group: usize,
    metric: usize,
) -> Estimate {
    let row = group * evaluation.metrics.len() + metric;
    let Score { value, effective_patients, .. } = evaluation.groups[group].scores[metric];
    Estimate { value, replicates: replicates[row].clone(), jackknife: jackknife[row].clone(), effective_patients }
}
