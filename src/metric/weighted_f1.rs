//! Weighted F1, as scikit-learn's `f1_score(average="weighted")`: the mean over the classes, each weighing as much as it has
//! in the reference. (The micro average, over all classes at once, is the accuracy where every case has one class.)

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::share;

pub(super) const ENTRY: Entry = Entry::new("weighted-f1", "Weighted F1", value);

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let tally = &evidence.tally;
    let scores = (0..tally.classes()).filter_map(|class| Some(tally.referenced(class) * tally.f1(class)?));
    share(scores.sum(), tally.total())
}
