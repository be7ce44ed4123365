//! Area under the receiver operating characteristic, stratified.
//!
//! The probability that a positive case scores above a negative case *of the same stratum*, ties counting half:
//! concordant pairs summed over strata, over pairs summed over strata, as [`super::concordance`] counts them. With one
//! stratum the value is scikit-learn's `roc_auc_score`.

use super::concordance::Concordance;
use super::entry::Entry;
use super::prepared::Evidence;

pub(super) const ENTRY: Entry = Entry {
    needs_positive: true,
    needs_scores: true,
    undefined: "not estimable: no two clips of different sides to compare",
    chance: Some(0.5),
    ..Entry::new("auroc", "AUROC", value)
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    Concordance::new(evidence.ranking()?, 1, 2, evidence.weights).over(0)
}
