//! Which class a clip gets when several come first.

use serde::{Deserialize, Serialize};

/// What to do when two or more classes are equally probable. Classes are ordered by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ties {
    /// The least severe of the tied classes.
    #[default]
    OrdinalLow,
    /// The most severe of the tied classes.
    OrdinalHigh,
    /// The tied class that was given first, in the order of the table.
    First,
    /// No label.
    Abstain,
}

/// Two probabilities that differ by no more than this are tied: equal evidence summed in another order must not be
/// told apart by its last bits.
const TIED: f64 = 1e-9;

impl Ties {
    /// The class of largest probability. `given` is the classes in the order they were given.
    pub(super) fn choose(self, probabilities: &[f64], mut given: impl Iterator<Item = usize>) -> Option<usize> {
        let largest = probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let tied = |class: usize| is_tied(probabilities[class], largest);
        let mut candidates = (0..probabilities.len()).filter(|&class| tied(class));
        let lowest = candidates.next()?;
        let Some(highest) = candidates.next_back() else { return Some(lowest) };
        match self {
            Self::OrdinalLow => Some(lowest),
            Self::OrdinalHigh => Some(highest),
            // A posterior can tie between classes nobody gave; then severity decides.
            Self::First => given.find(|&class| tied(class)).or(Some(lowest)),
            Self::Abstain => None,
        }
    }
}

/// The largest share among the classes tied for the largest probability: the agreement of a clip without a label.
pub(super) fn tied_share(probabilities: &[f64], shares: &[f64]) -> f64 {
    let largest = probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let tied = probabilities.iter().zip(shares).filter(|&(&probability, _)| is_tied(probability, largest));
    tied.map(|(_, &share)| share).fold(0.0, f64::max)
}

fn is_tied(probability: f64, largest: f64) -> bool {
    probability >= largest - TIED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_takes_its_own_side() {
        let probabilities = [0.1, 0.3, 0.3, 0.3 - 1e-12];
        let choose = |ties: Ties| ties.choose(&probabilities, [0, 2, 1, 3].into_iter());
        assert_eq!(choose(Ties::OrdinalLow), Some(1));
        assert_eq!(choose(Ties::OrdinalHigh), Some(3));
        assert_eq!(choose(Ties::First), Some(2));
        assert_eq!(choose(Ties::Abstain), None);
    }

    #[test]
    fn no_tie_no_rule() {
        for ties in [Ties::OrdinalLow, Ties::OrdinalHigh, Ties::First, Ties::Abstain] {
            assert_eq!(ties.choose(&[0.2, 0.5, 0.3], [0].into_iter()), Some(1));
            assert_eq!(ties.choose(&[], [].into_iter()), None);
        }
    }

    #[test]
    fn an_open_tie_reports_the_better_supported_class() {
        assert_eq!(tied_share(&[0.4, 0.4, 0.2], &[0.25, 0.5, 0.75]), 0.5);
    }
}
