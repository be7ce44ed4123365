//! Chance-corrected agreement, shared by the kappas.

use super::tally::Tally;

/// One minus the ratio of observed to expected disagreement, where classes *d* places apart disagree by `penalty(d)`.
/// `None` where no disagreement is to be expected, because reference and predictions hold one and the same class.
pub(super) fn kappa(tally: &Tally, penalty: impl Fn(f64) -> f64) -> Option<f64> {
    let classes = tally.classes();
    let predicted: Vec<f64> = (0..classes).map(|class| tally.predicted(class)).collect();
    let (mut observed, mut expected) = (0.0, 0.0);
    for reference in 0..classes {
        let referenced = tally.referenced(reference);
        for (class, predicted) in predicted.iter().enumerate() {
            let cost = penalty(reference.abs_diff(class) as f64);
            observed += cost * tally.cell(reference, class);
            expected += cost * referenced * predicted;
        }
    }
    (expected > 0.0).then(|| 1.0 - observed * tally.total() / expected)
}
