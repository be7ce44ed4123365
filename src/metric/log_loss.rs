//! Log loss of the two sides, in nats, as scikit-learn's `log_loss`: the mean of minus the logarithm of the probability
//! given to the side the case is on. A probability below 1e-15 counts as 1e-15, so that one mistake made with certainty
//! costs 34.5 and not infinitely much.

use super::entry::Entry;
use super::prepared::Evidence;
use super::probability::LEAST;

pub(super) const ENTRY: Entry = Entry {
    version: 2,
    needs_positive: true,
    needs_scores: true,
    smaller_is_better: true,
    ..Entry::new("log-loss", "Log loss", value)
};

/// What a probability given to the right side costs.
pub(super) fn cost(given: f64) -> f64 {
    -libm::log(given.clamp(LEAST, 1.0))
}

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    evidence.probabilities()?.mean(evidence.weights, |unit| unit.logarithmic)
}
