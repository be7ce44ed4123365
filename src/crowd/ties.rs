//! What to do when several classes are equally likely.

use serde::{Deserialize, Serialize};

/// The rule for ties. Classes are ordered by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ties {
    /// The least severe of the tied classes.
    #[default]
    OrdinalLow,
    /// The most severe of the tied classes.
    OrdinalHigh,
    /// The tied class that was given first, in table order.
    First,
    /// No label.
    Abstain,
}

/// Probabilities closer than this are a tie: rounding must not decide a label.
const EQUAL: f64 = 1e-12;

/// The classes with the highest probability, in order of severity.
pub(super) fn highest(probabilities: &[f64]) -> Vec<usize> {
    let highest = probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (0..probabilities.len()).filter(|class| probabilities[*class] >= highest - EQUAL).collect()
}

impl Ties {
    /// The label among the tied classes; `first` is the one given first.
    pub(super) fn choose(self, tied: &[usize], first: Option<usize>) -> Option<usize> {
        match (tied, self) {
            ([only], _) => Some(*only),
            (tied, Self::OrdinalLow) => tied.first().copied(),
            (tied, Self::OrdinalHigh) => tied.last().copied(),
            (tied, Self::First) => first.or(tied.first().copied()),
            (_, Self::Abstain) => None,
        }
    }
}
