//! Positive predictive value: of the cases whose predicted class is positive, the share whose reference class is positive
//! (any positive class, not necessarily the same one). As scikit-learn's `precision_score` of the two sides.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::{Side, share};

pub(super) const ENTRY: Entry = Entry { needs_positive: true, ..Entry::new("ppv", "Positive predictive value", value) };

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let side = Side::of(&evidence.tally, evidence.positive?, true);
    share(side.agreed, side.predicted)
}
