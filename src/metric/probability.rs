//! Probabilities held against what came true, summed once over each unit's cases: a draw of units is then a sum over units.
//!
//! All strata are pooled, because a probability is held against its own case and never against another's score.

use std::sync::OnceLock;

use super::calibration::{self, Fitted, Logit};
use super::reliability::bin;
use super::tally::share;
use super::{Case, brier, log_loss};

/// The least probability that is taken for what it is, where its logarithm is.
pub(super) const LEAST: f64 = 1e-15;

/// The probability of the positive side, unit by unit.
#[derive(Debug)]
pub(super) struct Probabilities {
    /// One sum a unit.
    units: Vec<Sums>,
    /// One sum for each unit and bin that has cases.
    pub(super) gaps: Vec<Gap>,
    /// Every case, unit by unit.
    pub(super) logits: Vec<Logit>,
    /// What every case fits best, counted once, with the slope fitted and with a slope of 1.
    starts: [OnceLock<[f64; 2]>; 2],
}

/// The cases of a unit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    cases: f64,
    pub(super) squared: f64,
    pub(super) logarithmic: f64,
}

/// The cases of a unit in one bin: the sum of what was predicted less what was observed.
#[derive(Debug)]
pub(super) struct Gap {
    pub(super) unit: usize,
    pub(super) bin: usize,
    pub(super) sum: f64,
}

impl Probabilities {
    /// Sums over the cases, whose unit `unit_of` tells; `None` where a case has no score.
    pub(super) fn new(cases: &[Case], positive: &[bool], unit_of: &[u32], units: usize) -> Option<Self> {
        if cases.iter().any(|case| case.score.is_nan()) {
            return None;
        }
        let mut order: Vec<usize> = (0..cases.len()).collect();
        order.sort_by_key(|at| unit_of[*at]);
        let mut found = Self {
            units: vec![Sums::default(); units],
            gaps: Vec::new(),
            logits: Vec::new(),
            starts: Default::default(),
        };
        for of_unit in order.chunk_by(|a, b| unit_of[*a] == unit_of[*b]) {
            let unit = unit_of[of_unit[0]];
            let first_gap = found.gaps.len();
            for case in of_unit.iter().map(|at| &cases[*at]) {
                let is_positive = positive[usize::from(case.reference)];
                let given = if is_positive { case.score } else { 1.0 - case.score };
                let sums = &mut found.units[unit as usize];
                sums.cases += 1.0;
                sums.squared += brier::cost(given);
                sums.logarithmic += log_loss::cost(given);
                let difference = case.score - f64::from(u8::from(is_positive));
                let bin = bin(case.score);
                match found.gaps[first_gap..].iter_mut().find(|gap| gap.bin == bin) {
                    Some(gap) => gap.sum += difference,
                    None => found.gaps.push(Gap { unit: unit as usize, bin, sum: difference }),
                }
                found.logits.push(Logit::new(unit, case.score, is_positive));
            }
        }
        Some(found)
    }

    /// The weighted mean over the cases of what `sum` is the sum of.
    pub(super) fn mean(&self, weights: &[f64], sum: impl Fn(&Sums) -> f64) -> Option<f64> {
        share(self.units.iter().zip(weights).map(|(unit, weight)| weight * sum(unit)).sum(), self.total(weights))
    }

    /// Where a fit begins: near its end, for a draw is not far from what it is drawn from.
    pub(super) fn start(&self, fitted: Fitted) -> [f64; 2] {
        let [both, intercept] = &self.starts;
        let (start, zero) = match fitted {
            Fitted::Both => (both, [0.0, 0.0]),
            Fitted::Intercept => (intercept, [0.0, 1.0]),
        };
        let once = || calibration::fit(&self.logits, &vec![1.0; self.units.len()], fitted, zero).unwrap_or(zero);
        *start.get_or_init(once)
    }

    /// The weight of all cases.
    pub(super) fn total(&self, weights: &[f64]) -> f64 {
        self.units.iter().zip(weights).map(|(unit, weight)| weight * unit.cases).sum()
    }
}
