//! Paired contrasts of two arms: superiority, non-inferiority, inferiority.
//!
//! The verdicts follow Kaji & Lewis (JAMA 2015;313:2371-2372) and the CONSORT extension for non-inferiority trials
//! (Piaggio et al., JAMA 2012;308:2594-2604). They rest on the confidence limits of the difference *candidate minus
//! baseline* and on a margin declared beforehand, never on the point estimate:
//!
//! | verdict | where the limits lie |
//! |---|---|
//! | superior | the one-sided lower limit is above 0 |
//! | non-inferior | not superior, and the one-sided lower limit is above minus the margin |
//! | inferior | the one-sided upper limit is below minus the margin |
//! | inconclusive | the interval holds minus the margin |
//!
//! A candidate whose whole interval lies between minus the margin and 0 is statistically worse and yet non-inferior; the
//! interval beside the verdict shows it. "Inferior" here means worse by more than the margin.

use serde::{Deserialize, Serialize};

use super::bootstrap::Estimate;
use super::interval::between_tails;

/// What a contrast shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The candidate is better than the baseline.
    Superior,
    /// The candidate is not worse than the baseline by the margin or more.
    NonInferior,
    /// The candidate is worse than the baseline by more than the margin.
    Inferior,
    /// The data do not decide.
    Inconclusive,
}

/// The paired difference of two arms in one metric, candidate minus baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// The difference of the arms' values.
    pub difference: f64,
    /// The lower limit of the two-sided interval at level 1 - 2 alpha.
    pub low: f64,
    /// The upper limit of that interval, which is also the one-sided upper limit at level 1 - alpha.
    pub high: f64,
    /// The one-sided lower limit at level 1 - alpha. For percentile intervals it coincides with `low`.
    pub bound: f64,
    /// What follows from the limits and the margin.
    pub verdict: Verdict,
}

/// Contrasts a candidate with a baseline by the percentile bootstrap of their differences, replicate by replicate.
/// `margin` (0 or above) is in the metric's units; `alpha` (above 0, below 0.5) is one-sided. `None` where either arm's
/// value is undefined, or the difference is undefined in more than half of the replicates.
///
/// # Panics
/// Panics where the estimates have different numbers of replicates: both must come from the same draws.
pub fn contrast(candidate: &Estimate, baseline: &Estimate, margin: f64, alpha: f64) -> Option<Contrast> {
    assert_eq!(candidate.replicates.len(), baseline.replicates.len(), "estimates from the same draws");
    let difference = candidate.value? - baseline.value?;
    let differences: Vec<f64> = candidate.replicates.iter().zip(&baseline.replicates).map(|(a, b)| a - b).collect();
    let interval = between_tails(&differences, alpha)?;
    let (low, high) = (interval.low, interval.high);
    Some(Contrast { difference, low, high, bound: low, verdict: verdict(low, high, margin) })
}

fn verdict(lower: f64, upper: f64, margin: f64) -> Verdict {
    if lower > 0.0 {
        Verdict::Superior
    } else if lower > -margin {
        Verdict::NonInferior
    } else if upper < -margin {
        Verdict::Inferior
    } else {
        Verdict::Inconclusive
    }
}
