//! Area under the receiver operating characteristic of pairs of classes (Hand & Till, Machine Learning 2001;45:171-186):
//! for two classes the mean of how well the probability of either tells its cases from those of the other, and of this the
//! mean over all pairs of classes, whatever their sizes. Stratified as [`super::auroc`]; with one stratum it is
//! scikit-learn's `roc_auc_score(multi_class="ovo", average="macro")`. Pairs with a class that does not occur are left out.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::mean;

pub(super) const ENTRY: Entry = Entry {
    needs_probabilities: true,
    undefined: "not estimable: no two clips of different classes to compare, or no probabilities",
    chance: Some(0.5),
    ..Entry::new("auroc-ovo", "AUROC, class against class", value)
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let of = evidence.concordances()?;
    let pairs = (0..of.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
    mean(pairs.filter_map(|(one, other)| Some((of[one].over(other)? + of[other].over(one)?) / 2.0)))
}
