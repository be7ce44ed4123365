//! The calibration intercept of the probability of the positive side, "calibration in the large": the intercept of
//! [`super::calibration`] with a slope of 1. It is 0 where as many cases are positive as the probabilities say, and below 0
//! where they say too many. As statsmodels' `GLM` of the side on a constant with the log odds that were predicted as
//! `offset`. Not estimable where all cases are of one side.

use super::calibration::{Fitted, fit};
use super::entry::Entry;
use super::prepared::Evidence;

pub(super) const ENTRY: Entry = Entry {
    needs_positive: true,
    needs_scores: true,
    undefined: "not estimable: all clips are of one side",
    target: Some(0.0),
    ..Entry::new("calibration-intercept", "Calibration intercept", value)
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let probabilities = evidence.probabilities()?;
    let start = probabilities.start(Fitted::Intercept);
    Some(fit(&probabilities.logits, evidence.weights, Fitted::Intercept, start)?[0])
}
