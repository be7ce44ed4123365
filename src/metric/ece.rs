//! The expected calibration error (Naeini et al., AAAI 2015) of the probability of the positive side: of the ten bins of
//! [`super::reliability`], each weighing as many cases as it has, the mean absolute difference of the mean probability from
//! the share of positive cases. All strata are pooled. As torchmetrics' `BinaryCalibrationError(n_bins=10, norm="l1")`.

use super::entry::Entry;
use super::prepared::Evidence;
use super::reliability::BINS;
use super::tally::share;

pub(super) const ENTRY: Entry = Entry {
    needs_positive: true,
    needs_scores: true,
    smaller_is_better: true,
    ..Entry::new("ece", "Expected calibration error", value)
};

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let probabilities = evidence.probabilities()?;
    let mut gaps = [0.0; BINS];
    for gap in &probabilities.gaps {
        gaps[gap.bin] += evidence.weights[gap.unit] * gap.sum;
    }
    share(gaps.iter().map(|gap| gap.abs()).sum(), probabilities.total(evidence.weights))
}
