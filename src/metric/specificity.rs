//! Specificity: of the cases whose reference class is not positive, the share whose predicted class is not positive.

use super::Entry;
use super::prepared::Evidence;
use super::tally::agreement_on_side;

pub(super) const ENTRY: Entry = Entry {
    name: "specificity",
    title: "Specificity",
    version: 1,
    needs_positive: true,
    needs_scores: false,
    value,
    frames: None,
    smaller_is_better: false,
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    agreement_on_side(&evidence.tally, evidence.positive?, false)
}
