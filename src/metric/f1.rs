//! F1 of the positive side, the harmonic mean of sensitivity and positive predictive value, as scikit-learn's `f1_score` of
//! the two sides. Undefined where nothing is positive, neither in the reference nor among the predictions.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::{Side, share};

pub(super) const ENTRY: Entry = Entry { needs_positive: true, ..Entry::new("f1", "F1 of the positive side", value) };

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let side = Side::of(&evidence.tally, evidence.positive?, true);
    share(2.0 * side.agreed, side.referenced + side.predicted)
}
