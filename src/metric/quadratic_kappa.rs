//! Cohen's kappa with quadratic weights (Psychological Bulletin 1968;70:213-220), as scikit-learn's
//! `cohen_kappa_score(labels=all classes, weights="quadratic")`. The classes are taken as equally spaced grades.

use super::entry::Entry;
use super::kappa::kappa;
use super::prepared::Evidence;

pub(super) const ENTRY: Entry = Entry::new("quadratic-kappa", "Quadratic-weighted kappa", value);

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    kappa(&evidence.tally, |distance| distance * distance)
}
