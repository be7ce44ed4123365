//! Macro F1, as scikit-learn's `f1_score(average="macro")`: the mean over the classes that have weight in the reference or
//! among the predictions. A class that is never predicted right counts as 0.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::mean;

pub(super) const ENTRY: Entry = Entry::new("macro-f1", "Macro F1", value);

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let tally = &evidence.tally;
    mean((0..tally.classes()).filter_map(|class| tally.f1(class)))
}
