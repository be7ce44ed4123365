//! Sensitivity: of the cases whose reference class is positive, the share whose predicted class is positive (any positive
//! class, not necessarily the same one).

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::{Side, share};

pub(super) const ENTRY: Entry = Entry { needs_positive: true, ..Entry::new("sensitivity", "Sensitivity", value) };

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let side = Side::of(&evidence.tally, evidence.positive?, true);
    share(side.agreed, side.referenced)
}
