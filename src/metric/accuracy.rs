//! Accuracy, as scikit-learn's `accuracy_score`.

use super::Entry;
use super::prepared::Evidence;
use super::tally::share;

pub(super) const ENTRY: Entry = Entry {
    name: "accuracy",
    title: "Accuracy",
    version: 1,
    needs_positive: false,
    needs_scores: false,
    value,
    frames: None,
    smaller_is_better: false,
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let tally = &evidence.tally;
    share((0..tally.classes()).map(|class| tally.cell(class, class)).sum(), tally.total())
}
