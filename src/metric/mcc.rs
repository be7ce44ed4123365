//! Matthews' correlation for any number of classes (Gorodkin, Computational Biology and Chemistry 2004;28:367-374), as
//! scikit-learn's `matthews_corrcoef`. Undefined where reference or predictions hold one class only; scikit-learn has 0 there.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::share;

pub(super) const ENTRY: Entry = Entry::new("mcc", "Matthews correlation", value);

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let tally = &evidence.tally;
    let over_classes = |term: &dyn Fn(usize) -> f64| (0..tally.classes()).map(term).sum::<f64>();
    let right = over_classes(&|class| tally.cell(class, class));
    let by_chance = over_classes(&|class| tally.referenced(class) * tally.predicted(class));
    let squared = tally.total() * tally.total();
    let spread_of_reference = squared - over_classes(&|class| tally.referenced(class).powi(2));
    let spread_of_predictions = squared - over_classes(&|class| tally.predicted(class).powi(2));
    share(right * tally.total() - by_chance, (spread_of_reference * spread_of_predictions).sqrt())
}
