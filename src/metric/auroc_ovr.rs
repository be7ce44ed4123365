//! Area under the receiver operating characteristic of each class against all others, by the probability of that class,
//! stratified as [`super::auroc`]: the mean over the classes. With one stratum it is scikit-learn's
//! `roc_auc_score(multi_class="ovr", average="macro")`, which has no value where a class does not occur; here such a class
//! is left out of the mean, as in the balanced accuracy.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::mean;

pub(super) const ENTRY: Entry = Entry {
    needs_probabilities: true,
    undefined: "not estimable: no two clips of different classes to compare, or no probabilities",
    chance: Some(0.5),
    ..Entry::new("auroc-ovr", "AUROC, one class against the rest", value)
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    mean(evidence.concordances()?.iter().filter_map(|class| class.over_the_rest()))
}
