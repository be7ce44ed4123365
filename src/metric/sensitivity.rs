//! Sensitivity: of the cases whose reference class is positive, the share whose predicted class is positive (any positive
//! class, not necessarily the same one).

use super::Entry;
use super::prepared::Evidence;
use super::tally::agreement_on_side;

pub(super) const ENTRY: Entry = Entry {
    name: "sensitivity",
    title: "Sensitivity",
    version: 1,
    needs_positive: true,
    needs_scores: false,
    value,
    frames: None,
    smaller_is_better: false,
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    agreement_on_side(&evidence.tally, evidence.positive?, true)
}
