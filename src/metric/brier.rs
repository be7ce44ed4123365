//! The Brier score (Monthly Weather Review 1950;78:1-3) of the two sides, as scikit-learn's `brier_score_loss`: the mean
//! squared difference of the probability of the positive classes from 1 where the case is positive, from 0 where it is not.

use super::entry::Entry;
use super::prepared::Evidence;

pub(super) const ENTRY: Entry = Entry {
    version: 2,
    needs_positive: true,
    needs_scores: true,
    smaller_is_better: true,
    ..Entry::new("brier", "Brier score", value)
};

/// What a probability given to the right side costs.
pub(super) fn cost(given: f64) -> f64 {
    (1.0 - given).powi(2)
}

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    evidence.probabilities()?.mean(evidence.weights, |unit| unit.squared)
}
