//! Log loss of the two sides, in nats, as scikit-learn's `log_loss`: the mean of minus the logarithm of the probability
//! given to the side the case is on. A probability below 1e-15 counts as 1e-15, so that one mistake made with certainty
//! costs 34.5 and not infinitely much.

use super::entry::Entry;
use super::prepared::Evidence;
use super::probability::mean_loss;

pub(super) const ENTRY: Entry = Entry {
    needs_positive: true,
    needs_scores: true,
    smaller_is_better: true,
    ..Entry::new("log-loss", "Log loss", value)
};

/// The least probability that is taken for what it is.
const LEAST: f64 = 1e-15;

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    mean_loss(evidence, |given| -given.clamp(LEAST, 1.0).ln())
}
