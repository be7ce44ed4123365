//! What a method tells of one arm, or of two on the same cases.

use super::super::{Case, Metric};
use super::Unit;

/// An interval of one arm, or a test of two.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What is told of.
    pub metric: Metric,
    /// The method, such as `delong`.
    pub method: &'static str,
    /// What it takes as independent.
    pub unit: Unit,
    /// The value, or the difference of two.
    pub value: Option<f64>,
    /// The limits of the two-sided interval, where the method has one.
    pub limits: Option<(f64, f64)>,
    /// The test's statistic, where it has one.
    pub statistic: Option<f64>,
    /// The two-sided p-value of a test.
    pub p: Option<f64>,
    /// Why something is missing that the method usually has.
    pub reason: Option<&'static str>,
}

impl Told {
    /// What a method tells before anything is known.
    pub(super) fn of(metric: Metric, method: &'static str, unit: Unit) -> Self {
        Self { metric, method, unit, value: None, limits: None, statistic: None, p: None, reason: None }
    }
}

/// One judgement of each case: the class that most training seeds predict, of several the least severe.
///
/// # Panics
/// Panics where there is no seed, or seeds have other cases than the first.
pub(super) fn most_predicted(by_seed: &[Vec<Case>], classes: usize) -> Vec<Case> {
    let one = |at: usize| {
        let mut votes = vec![0; classes];
        by_seed.iter().for_each(|cases| votes[usize::from(cases[at].predicted)] += 1);
        let most = votes.iter().copied().max().unwrap_or_default();
        let predicted = votes.iter().position(|count| *count == most).unwrap_or_default();
        Case { predicted: predicted as u16, ..by_seed[0][at] }
    };
    (0..by_seed[0].len()).map(one).collect()
}
