//! Where confidence limits are read off bootstrap replicates.
//!
//! A limit is a quantile of the replicates, and the methods differ in which one:
//!
//! | method | the share of replicates below a limit that should leave an error of α below it |
//! |---|---|
//! | percentile | α |
//! | expanded | Φ(√(n/(n−1)) · t(α)), t being Student's quantile with n − 1 degrees of freedom, n the effective number of patients |
//! | BCa | Φ(z₀ + (z₀ + z(α)) / (1 − a (z₀ + z(α)))), z₀ the bias and a the acceleration |
//!
//! Percentile: Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13. Expanded: Hesterberg, The American
//! Statistician 2015;69:371-386, doi:10.1080/00031305.2015.1089789, section 5.3; it makes up for a bootstrap of n patients
//! that has n − 1 patients' worth of spread, and for the spread being estimated. Patients of unequal size count as fewer
//! ([`Estimate::effective_patients`]), as clusters do in inference on means of clusters (Carter, Schnepel & Steigerwald, Review of
//! Economics and Statistics 2017;99:698-709, doi:10.1162/REST_a_00639); n is rounded down, and 2 at least. BCa: Efron, Journal of the American
//! Statistical Association 1987;82:171-185.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::{
    Estimate,
    interval::{Interval, defined, limit},
};
use super::{normal, student};

/// How limits are read off replicates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The plain quantiles.
    Percentile,
    /// Quantiles farther out, for few patients.
    #[default]
    Expanded,
    /// Quantiles moved by bias and acceleration.
    Bca,
}

impl Method {
    /// The name in experiment files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Percentile => "percentile",
            Self::Expanded => "expanded",
            Self::Bca => "bca",
        }
    }
}

/// Why there are no limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Undefined {
    /// The value itself is undefined.
    #[error("it is undefined on these clips")]
    Value,
    /// Fewer than half of the replicates are defined.
    #[error("it is undefined in most draws of patients: too few patients, or one class only")]
    Replicates,
    /// The expansion needs degrees of freedom.
    #[error("one patient has no spread, so there are no limits")]
    OnePatient,
    /// BCa: every replicate lies on one side of the value.
    #[error(
        "every draw of patients lies on one side of the value, so its bias can't be told and BCa limits don't exist"
    )]
    Bias,
    /// BCa: the value is undefined without one of the patients.
    #[error(
        "it is undefined without one of the patients, so its acceleration can't be told and BCa limits don't exist"
    )]
    Jackknife,
}

/// The expanded interval at `level`, 0.95 for instance, of a value with these replicates from so many effective patients; `None`
/// where [`Limits::new`] says that there is none.
pub(in crate::metric) fn expanded(
    value: Option<f64>,
    replicates: Vec<f64>,
    effective_patients: f64,
    level: f64,
) -> Option<Interval> {
    let estimate = Estimate { value, replicates, jackknife: Vec::new(), effective_patients };
    Some(Limits::new(Method::Expanded, &estimate).ok()?.between((1.0 - level) / 2.0))
}

/// Sorted replicates and where limits lie in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    sorted: Vec<f64>,
    undefined: usize,
    reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Reading {
    Percentile,
    Expanded { patients: usize },
    Bca { bias: f64, acceleration: f64 },
}

impl Limits {
    /// The limits of an estimate. Replicates that are NaN are left out and counted.
    ///
    /// # Errors
    /// What the method needs and the estimate does not have.
    pub fn new(method: Method, estimate: &Estimate) -> Result<Self, Undefined> {
        let value = estimate.value.ok_or(Undefined::Value)?;
        let sorted = defined(&estimate.replicates).ok_or(Undefined::Replicates)?;
        let reading = match method {
            Method::Percentile => Reading::Percentile,
            Method::Expanded => {
                // One patient alone counts as 1, two of whatever sizes as more.
                if estimate.effective_patients <= 1.0 {
                    return Err(Undefined::OnePatient);
                }
                Reading::Expanded { patients: (estimate.effective_patients.floor() as usize).max(2) }
            }
            Method::Bca => {
                let bias = bias(value, &sorted);
                if !bias.is_finite() {
                    return Err(Undefined::Bias);
                }
                let acceleration = acceleration(&estimate.jackknife).ok_or(Undefined::Jackknife)?;
                Reading::Bca { bias, acceleration }
            }
        };
        let undefined = estimate.replicates.len() - sorted.len();
        Ok(Self { sorted, undefined, reading })
    }

    /// The interval that leaves an error of `tail` on either side.
    pub fn between(&self, tail: f64) -> Interval {
        let at = |tail: f64| limit(&self.sorted, self.reading.share(tail));
        Interval { low: at(tail), high: at(1.0 - tail), undefined: self.undefined }
    }

    /// The one-sided p-value of the hypothesis that the true value is `limit` or less: the error at which the lower limit
    /// reaches it. From k of B replicates up to `limit` as (k + 1) / (B + 1), so that it is never 0 (Davison & Hinkley,
    /// *Bootstrap Methods and their Application*, 1997, section 4.2).
    pub fn p_above(&self, limit: f64) -> f64 {
        let up_to = self.sorted.partition_point(|replicate| *replicate <= limit);
        self.reading.error((up_to + 1) as f64 / (self.sorted.len() + 1) as f64)
    }

    /// The same of the hypothesis that the true value is `limit` or more.
    pub fn p_below(&self, limit: f64) -> f64 {
        let from = self.sorted.len() - self.sorted.partition_point(|replicate| *replicate < limit);
        let share = 1.0 - (from + 1) as f64 / (self.sorted.len() + 1) as f64;
        1.0 - self.reading.error(share)
    }
}

impl Reading {
    /// The share of replicates below the limit that leaves an error of `tail` below it.
    fn share(self, tail: f64) -> f64 {
        if tail <= 0.0 || tail >= 1.0 {
            return tail;
        }
        match self {
            Self::Percentile => tail,
            Self::Expanded { patients } => normal::cdf(wider(patients) * student::quantile(tail, patients - 1)),
            Self::Bca { bias, acceleration } => {
                let from = bias + normal::quantile(tail);
                let stretch = 1.0 - acceleration * from;
                // Beyond its pole the transformation has no meaning; the limit is the last replicate on that side.
                if stretch <= 0.0 { f64::from(u8::from(from > 0.0)) } else { normal::cdf(bias + from / stretch) }
            }
        }
    }

    /// The error below a limit that a share of the replicates lies below: the other way round.
    fn error(self, share: f64) -> f64 {
        if share <= 0.0 || share >= 1.0 {
            return share;
        }
        match self {
            Self::Percentile => share,
            Self::Expanded { patients } => student::cdf(normal::quantile(share) / wider(patients), patients - 1),
            Self::Bca { bias, acceleration } => {
                let from = normal::quantile(share) - bias;
                let stretch = 1.0 + acceleration * from;
                if stretch <= 0.0 { f64::from(u8::from(from > 0.0)) } else { normal::cdf(from / stretch - bias) }
            }
        }
    }
}

/// How much wider n patients are spread than a bootstrap of them.
fn wider(patients: usize) -> f64 {
    (patients as f64 / (patients - 1) as f64).sqrt()
}

/// Where the value lies among the sorted replicates, as a normal quantile; ties count half.
fn bias(value: f64, sorted: &[f64]) -> f64 {
    let below = sorted.partition_point(|replicate| *replicate < value);
    let up_to = sorted.partition_point(|replicate| *replicate <= value);
    normal::quantile((below + up_to) as f64 / 2.0 / sorted.len() as f64)
}

/// The skewness of the value without each patient in turn, over 6; 0 where nobody's absence changes it. `None` where it is
/// undefined without one of them.
fn acceleration(jackknife: &[f64]) -> Option<f64> {
    if jackknife.is_empty() || jackknife.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mean = jackknife.iter().sum::<f64>() / jackknife.len() as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in jackknife {
        let less = mean - value;
        squares += less * less;
        cubes += less * less * less;
    }
    // What rounding leaves of equal values is no skewness.
    let spread = (squares / jackknife.len() as f64).sqrt();
    Some(if spread <= 1e-13 * (1.0 + mean.abs()) { 0.0 } else { cubes / (6.0 * squares * squares.sqrt()) })
}
