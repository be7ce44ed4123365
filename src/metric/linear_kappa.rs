//! Cohen's kappa with linear weights, as scikit-learn's `cohen_kappa_score(labels=all classes, weights="linear")`. The
//! classes are taken as equally spaced grades.

use super::entry::Entry;
use super::kappa::kappa;
use super::prepared::Evidence;

pub(super) const ENTRY: Entry = Entry::new("linear-kappa", "Linear-weighted kappa", value);

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    kappa(&evidence.tally, |distance| distance)
}
