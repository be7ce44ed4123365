//! Paired contrasts of two arms: superiority, non-inferiority, equivalence, inferiority.
//!
//! The verdicts follow Kaji & Lewis (JAMA 2015;313:2371-2372) and the CONSORT extension for non-inferiority trials
//! (Piaggio et al., JAMA 2012;308:2594-2604). They rest on the confidence limits of the difference *candidate minus
//! baseline* and on a margin declared beforehand, never on the point estimate. Where non-inferiority is to be shown:
//!
//! | verdict | where the limits lie |
//! |---|---|
//! | superior | the one-sided lower limit is above 0 |
//! | non-inferior | not superior, and the one-sided lower limit is above minus the margin |
//! | inferior | the one-sided upper limit is below minus the margin |
//! | inconclusive | the interval holds minus the margin |
//!
//! Where equivalence is to be shown, by two one-sided tests (Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics
//! 1987;15:657-680):
//!
//! | verdict | where the limits lie |
//! |---|---|
//! | equivalent | both one-sided limits are between minus the margin and the margin |
//! | superior | the one-sided lower limit is above the margin |
//! | inferior | the one-sided upper limit is below minus the margin |
//! | inconclusive | the interval holds the margin, or minus the margin |
//!
//! A candidate whose whole interval lies between minus the margin and 0 is statistically worse and yet non-inferior; the
//! interval beside the verdict shows it. "Inferior" here means worse by more than the margin.

use serde::{Deserialize, Serialize};

use super::bootstrap::Estimate;
use super::inference::{Limits, Method, Undefined};
use super::interval::standard_error;

/// What a contrast is to show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// The candidate is not worse than the baseline by the margin or more.
    #[default]
    NonInferiority,
    /// Neither is worse than the other by the margin or more.
    Equivalence,
}

/// What a contrast shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The candidate is better than the baseline; by more than the margin where equivalence was to be shown.
    Superior,
    /// The candidate is not worse than the baseline by the margin or more.
    NonInferior,
    /// Neither is worse than the other by the margin or more.
    Equivalent,
    /// The candidate is worse than the baseline by more than the margin.
    Inferior,
    /// The data do not decide.
    Inconclusive,
}

/// What is asked of a contrast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// What is to be shown.
    pub goal: Goal,
    /// By how much the arms may differ (0 or above), in the metric's unit.
    pub margin: f64,
    /// One-sided error probability (above 0, below 0.5) of each test.
    pub alpha: f64,
    /// How limits are read off the replicates.
    pub method: Method,
}

/// The paired difference of two arms in one metric, candidate minus baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// The difference of the arms' values.
    pub difference: f64,
    /// The lower limit of the two-sided interval at level 1 - 2 alpha, which is also the one-sided lower limit at level
    /// 1 - alpha.
    pub low: f64,
    /// The upper limit, in the same way.
    pub high: f64,
    /// The one-sided p-value of what was to be shown: of a difference of minus the margin or less; for equivalence the
    /// larger of that and of a difference of the margin or more.
    pub p: f64,
    /// The bootstrap standard error of the difference; `None` where fewer than two replicates are defined.
    pub standard_error: Option<f64>,
    /// What follows from the limits and the margin.
    pub verdict: Verdict,
}

/// The difference of two estimates from the same draws, replicate by replicate.
///
/// # Panics
/// Panics where the estimates have different numbers of replicates or of patients.
pub fn difference(candidate: &Estimate, baseline: &Estimate) -> Estimate {
    assert_eq!(candidate.replicates.len(), baseline.replicates.len(), "estimates from the same draws");
    assert_eq!(candidate.jackknife.len(), baseline.jackknife.len(), "estimates of the same patients");
    let less = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
    Estimate {
        value: candidate.value.zip(baseline.value).map(|(a, b)| a - b),
        replicates: less(&candidate.replicates, &baseline.replicates),
        jackknife: less(&candidate.jackknife, &baseline.jackknife),
        effective_patients: candidate.effective_patients.min(baseline.effective_patients),
    }
}

/// Contrasts a candidate with a baseline by the bootstrap of their difference.
///
/// # Errors
/// Why the difference has no limits.
///
/// # Panics
/// As [`difference`].
pub fn contrast(candidate: &Estimate, baseline: &Estimate, asked: &Asked) -> Result<Contrast, Undefined> {
    let difference = difference(candidate, baseline);
    let limits = Limits::new(asked.method, &difference)?;
    let interval = limits.between(asked.alpha);
    let (low, high) = (interval.low, interval.high);
    let p = match asked.goal {
        Goal::NonInferiority => limits.p_above(-asked.margin),
        Goal::Equivalence => limits.p_above(-asked.margin).max(limits.p_below(asked.margin)),
    };
    Ok(Contrast {
        difference: difference.value.ok_or(Undefined::Value)?,
        low,
        high,
        p,
        standard_error: standard_error(&difference.replicates),
        verdict: verdict(low, high, asked),
    })
}

fn verdict(lower: f64, upper: f64, asked: &Asked) -> Verdict {
    let margin = asked.margin;
    // Better than this is superior.
    let better = match asked.goal {
        Goal::NonInferiority => 0.0,
        Goal::Equivalence => margin,
    };
    if lower > better {
        Verdict::Superior
    } else if asked.goal == Goal::NonInferiority && lower > -margin {
        Verdict::NonInferior
    } else if asked.goal == Goal::Equivalence && lower > -margin && upper < margin {
        Verdict::Equivalent
    } else if upper < -margin {
        Verdict::Inferior
    } else {
        Verdict::Inconclusive
    }
}
