//! Cohen's kappa with quadratic weights (Psychological Bulletin 1968;70:213-220), as scikit-learn's
//! `cohen_kappa_score(labels=all classes, weights="quadratic")`. The classes are taken as equally spaced grades.

use super::Entry;
use super::kappa::kappa;
use super::prepared::Evidence;

pub(super) const ENTRY: Entry = Entry {
    name: "quadratic-kappa",
    title: "Quadratic-weighted kappa",
    version: 1,
    needs_positive: false,
    needs_scores: false,
    value,
    frames: None,
    smaller_is_better: false,
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    kappa(&evidence.tally, |distance| distance * distance)
}
