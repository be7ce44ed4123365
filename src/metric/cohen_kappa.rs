//! Cohen's kappa (Educational and Psychological Measurement 1960;20:37-46), as scikit-learn's
//! `cohen_kappa_score(labels=all classes)`.

use super::entry::Entry;
use super::kappa::kappa;
use super::prepared::Evidence;

pub(super) const ENTRY: Entry = Entry::new("cohen-kappa", "Cohen's kappa", value);

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    kappa(&evidence.tally, |distance| if distance == 0.0 { 0.0 } else { 1.0 })
}
