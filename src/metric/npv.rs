//! Negative predictive value: of the cases whose predicted class is not positive, the share whose reference class is not
//! positive. As scikit-learn's `precision_score(pos_label=False)` of the two sides.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::{Side, share};

pub(super) const ENTRY: Entry = Entry { needs_positive: true, ..Entry::new("npv", "Negative predictive value", value) };

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let side = Side::of(&evidence.tally, evidence.positive?, false);
    share(side.agreed, side.predicted)
}
