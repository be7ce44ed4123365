//! Balanced accuracy, as scikit-learn's `balanced_accuracy_score`: the mean recall of the classes that have weight in the
//! reference. With one such class it is that class's recall.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::{mean, share};

pub(super) const ENTRY: Entry = Entry::new("balanced-accuracy", "Balanced accuracy", value);

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let tally = &evidence.tally;
    mean((0..tally.classes()).filter_map(|class| share(tally.cell(class, class), tally.referenced(class))))
}
