//! The calibration slope of the probability of the positive side: the slope of [`super::calibration`], 1 where probabilities
//! are as far from one half as they should be, below 1 where they are too extreme. As statsmodels' `Logit` of the side on
//! the log odds that were predicted and a constant. Not estimable where the sides are perfectly separated.

use super::calibration::{Fitted, fit};
use super::entry::Entry;
use super::prepared::Evidence;

pub(super) const ENTRY: Entry = Entry {
    needs_positive: true,
    needs_scores: true,
    undefined: "not estimable: the two sides are perfectly separated by their probabilities, or one is missing",
    target: Some(1.0),
    ..Entry::new("calibration-slope", "Calibration slope", value)
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let probabilities = evidence.probabilities()?;
    Some(fit(&probabilities.logits, evidence.weights, Fitted::Both, probabilities.start(Fitted::Both))?[1])
}
