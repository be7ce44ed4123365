//! Specificity: of the cases whose reference class is not positive, the share whose predicted class is not positive.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::{Side, share};

pub(super) const ENTRY: Entry = Entry { needs_positive: true, ..Entry::new("specificity", "Specificity", value) };

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let side = Side::of(&evidence.tally, evidence.positive?, false);
    share(side.agreed, side.referenced)
}
