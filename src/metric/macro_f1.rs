//! Macro F1, as scikit-learn's `f1_score(average="macro")`: the mean over the classes that have weight in the reference or
//! among the predictions. A class that is never predicted right counts as 0.

use super::Entry;
use super::prepared::Evidence;
use super::tally::share;

pub(super) const ENTRY: Entry = Entry {
    name: "macro-f1",
    title: "Macro F1",
    version: 1,
    needs_positive: false,
    needs_scores: false,
    value,
    frames: None,
    smaller_is_better: false,
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let tally = &evidence.tally;
    // F1 = 2 TP / (2 TP + FP + FN), and the denominator is the row and the column of the class together.
    let scores = (0..tally.classes())
        .filter_map(|class| share(2.0 * tally.cell(class, class), tally.referenced(class) + tally.predicted(class)));
    let (sum, count) = scores.fold((0.0, 0.0), |(sum, count), score| (sum + score, count + 1.0));
    share(sum, count)
}
