//! By how many classes the prediction is off in the mean, as scikit-learn's `mean_absolute_error` of the classes' indices.
//! The classes are taken as equally spaced grades.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::share;

pub(super) const ENTRY: Entry =
    Entry { smaller_is_better: true, ..Entry::new("ordinal-mae", "Mean distance of classes", value) };

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let tally = &evidence.tally;
    let off =
        |reference: usize, predicted: usize| reference.abs_diff(predicted) as f64 * tally.cell(reference, predicted);
    let rows =
        (0..tally.classes()).map(|reference| (0..tally.classes()).map(|class| off(reference, class)).sum::<f64>());
    share(rows.sum(), tally.total())
}
