//! Mean losses of the probability given to the side a case is on, shared by the Brier score and log loss.

use super::prepared::Evidence;
use super::tally::share;

/// The weighted mean over the cases of `loss`, which takes the probability given to the side the case is on: the score
/// where its reference is positive, one minus the score where it is not. All strata are pooled, because a probability is
/// held against its own case and never against another's score.
pub(super) fn mean_loss(evidence: &Evidence<'_>, loss: impl Fn(f64) -> f64) -> Option<f64> {
    // There is no ranking where a case has no score.
    let positive = evidence.ranking.and(evidence.positive)?;
    let (mut sum, mut total) = (0.0, 0.0);
    for (case, weight) in evidence.cases.iter().zip(evidence.weights) {
        let given = if positive[usize::from(case.reference)] { case.score } else { 1.0 - case.score };
        sum += weight * loss(given);
        total += weight;
    }
    share(sum, total)
}
