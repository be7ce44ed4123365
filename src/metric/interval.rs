//! Intervals and standard errors from bootstrap replicates.

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// The number of replicates that were left out because the metric was undefined there.
    pub undefined: usize,
}

/// The defined replicates, sorted; `None` where fewer than half are, or none at all.
pub(super) fn defined(replicates: &[f64]) -> Option<Vec<f64>> {
    let mut defined: Vec<f64> = replicates.iter().copied().filter(|replicate| !replicate.is_nan()).collect();
    if defined.is_empty() || 2 * defined.len() < replicates.len() {
        return None;
    }
    defined.sort_by(f64::total_cmp);
    Some(defined)
}

/// The value that a share of all possible replicates does not exceed, as read off replicates that are sorted and at least one.
///
/// Of B replicates the k-th smallest stands for a share of k / (B + 1), as in the p-values that are counted from replicates
/// (Davison & Hinkley, *Bootstrap Methods and their Application*, 1997, sections 2.4 and 4.2); between two it is interpolated.
/// Definition 6 of Hyndman & Fan (The American Statistician 1996;50:361-365), numpy's "weibull".
pub(super) fn limit(sorted: &[f64], share: f64) -> f64 {
    interpolated(sorted, share * (sorted.len() + 1) as f64 - 1.0)
}

/// numpy's default ("linear") quantile, definition 7 of Hyndman & Fan, of values that are sorted and at least one.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    interpolated(sorted, share * (sorted.len() - 1) as f64)
}

/// The value at a position from 0 on, between two of them too.
fn interpolated(sorted: &[f64], position: f64) -> f64 {
    let last = sorted.len() - 1;
    let position = position.clamp(0.0, last as f64);
    let index = (position.floor() as usize).min(last);
    let (below, above) = (sorted[index], sorted[(index + 1).min(last)]);
    let (step, fraction) = (above - below, position - index as f64);
    // Interpolated from the nearer end, as numpy does: exact at both ends.
    if fraction < 0.5 { below + step * fraction } else { above - step * (1.0 - fraction) }
}

/// The bootstrap standard error: the standard deviation (over n - 1) of the defined replicates. `None` where fewer than
/// two are defined.
pub fn standard_error(replicates: &[f64]) -> Option<f64> {
    let defined: Vec<f64> = replicates.iter().copied().filter(|replicate| !replicate.is_nan()).collect();
    if defined.len() < 2 {
        return None;
    }
    let mean = defined.iter().sum::<f64>() / defined.len() as f64;
    let squares: f64 = defined.iter().map(|replicate| (replicate - mean) * (replicate - mean)).sum();
    Some((squares / (defined.len() - 1) as f64).sqrt())
}
