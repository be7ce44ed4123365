//! Accuracy, as scikit-learn's `accuracy_score`.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::share;

pub(super) const ENTRY: Entry = Entry::new("accuracy", "Accuracy", value);

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let tally = &evidence.tally;
    share((0..tally.classes()).map(|class| tally.cell(class, class)).sum(), tally.total())
}
