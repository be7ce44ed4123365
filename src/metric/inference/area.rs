//! The variance of the AUROC without a bootstrap: what each patient, or each case, adds to it.
//!
//! The AUROC is a mean over pairs of a positive and a negative case, and each case adds its *placement*: the share of the
//! cases of the other side that it stands above (or below), ties counting half. The variance of such a mean comes from
//! sums of placements over independent units:
//!
//! - **patients**: Obuchowski, Biometrics 1997;53:567-578, equations for clustered data;
//! - **cases**: DeLong, DeLong & Clarke-Pearson, Biometrics 1988;44:837-845, which is the same with one case a unit.
//!
//! ```text
//!   a(u) = Σ over positive cases of unit u of (placement − area)      one number a unit and side;
//!   b(u) = Σ over negative cases of unit u of (placement − area)      m, n: the number of cases
//!
//!                U₊      Σ a²        U₋      Σ b²         U     Σ a b
//!   variance = ────── · ────── +  ────── · ────── +  2 ────── · ──────    U, U₊, U₋: units, and those with such cases
//!              U₊ − 1    m²       U₋ − 1     n²        U − 1     m n
//! ```
//!
//! Everything is linear in the placements, so the mean over training seeds and the difference of two arms are formed of
//! them first, and covariances need not be told apart. With several strata (folds) pairs are compared within a stratum, as
//! the metric does; all pairs weigh the same. Placements are found by sorting, in O(n log n) as by Sun & Xu (IEEE Signal
//! Processing Letters 2014;21:1389-1393).

use super::super::Case;

/// What independent units are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Patients, with all their cases; pairs within a stratum.
    Patient,
    /// Cases, whoever they are of; all strata pooled.
    Case,
}

/// The area and what each unit adds to it, of one arm or of a difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// The area, or the difference of two.
    pub value: f64,
    /// For each unit `a(u) / m` and `b(u) / n`, and whether it has cases of either side.
    units: Vec<Share>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Share {
    positive: f64,
    negative: f64,
    sides: [bool; 2],
}

/// The area of an arm and its units' shares, of its cases for each training seed: the mean over seeds. `positive` says of
/// each class whether it is. `None` where a case has no score, or no stratum has cases of both sides.
///
/// # Panics
/// Panics where a case's class has no flag.
pub fn area(by_seed: &[Vec<Case>], positive: &[bool], unit: Unit) -> Option<Area> {
    let units = match unit {
        Unit::Patient => by_seed.iter().flatten().map(|case| case.patient as usize + 1).max()?,
        Unit::Case => by_seed.first()?.len(),
    };
    let mut sum = Area { value: 0.0, units: vec![Share::default(); units] };
    for cases in by_seed {
        let one = of_seed(cases, positive, unit, units)?;
        sum.add(&one, 1.0 / by_seed.len() as f64);
    }
    Some(sum)
}

fn of_seed(cases: &[Case], positive: &[bool], unit: Unit, units: usize) -> Option<Area> {
    if cases.iter().any(|case| case.score.is_nan()) {
        return None;
    }
    let unit_of = |at: usize| if unit == Unit::Case { at } else { cases[at].patient as usize };
    let (mut placed, mut sides) = (Vec::new(), vec![[false; 2]; units]);
    let (mut above, mut pairs) = (0.0, 0.0);
    for (positives, negatives) in strata(cases, positive, unit) {
        let at = |side: &[usize]| -> Vec<f64> { side.iter().map(|case| cases[*case].score).collect() };
        let (highs, lows) = (at(&positives), at(&negatives));
        let (over, under) = (standing(&highs, &lows), standing(&lows, &highs));
        let (m, n) = (positives.len() as f64, negatives.len() as f64);
        pairs += m * n;
        above += over.iter().sum::<f64>();
        placed.extend(positives.iter().zip(over).map(|(case, over)| (unit_of(*case), true, over, n)));
        placed.extend(negatives.iter().zip(under).map(|(case, under)| (unit_of(*case), false, m - under, m)));
    }
    if pairs == 0.0 {
        return None;
    }
    let value = above / pairs;
    let mut shares = vec![Share::default(); units];
    for (unit, is_positive, above, of) in placed {
        let share = (above - value * of) / pairs;
        if is_positive {
            shares[unit].positive += share;
        } else {
            shares[unit].negative += share;
        }
        sides[unit][usize::from(!is_positive)] = true;
    }
    shares.iter_mut().zip(sides).for_each(|(share, sides)| share.sides = sides);
    Some(Area { value, units: shares })
}

/// Positive and negative cases of each stratum that has both; of all strata together where cases are the units.
pub(super) fn strata(cases: &[Case], positive: &[bool], unit: Unit) -> Vec<(Vec<usize>, Vec<usize>)> {
    let stratum = |at: &usize| if unit == Unit::Case { 0 } else { cases[*at].stratum };
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_key(stratum);
    order
        .chunk_by(|a, b| stratum(a) == stratum(b))
        .map(|stratum| stratum.iter().partition(|at| positive[usize::from(cases[**at].reference)]))
        .filter(|(positives, negatives): &(Vec<usize>, Vec<usize>)| !positives.is_empty() && !negatives.is_empty())
        .collect()
}

/// For each of `scores`, how many of `others` it stands above, ties counting half.
pub(super) fn standing(scores: &[f64], others: &[f64]) -> Vec<f64> {
    let mut sorted = others.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = |score: &f64| {
        let below = sorted.partition_point(|other| other < score);
        let level = sorted.partition_point(|other| other <= score);
        (below + level) as f64 / 2.0
    };
    scores.iter().map(place).collect()
}

impl Area {
    /// This area less another of the same cases.
    ///
    /// # Panics
    /// Panics where the other has another number of units.
    pub fn less(&self, other: &Self) -> Self {
        assert_eq!(self.units.len(), other.units.len(), "areas of the same units");
        let mut difference = self.clone();
        difference.add(other, -1.0);
        difference
    }

    fn add(&mut self, other: &Self, times: f64) {
        self.value += times * other.value;
        for (share, other) in self.units.iter_mut().zip(&other.units) {
            share.positive += times * other.positive;
            share.negative += times * other.negative;
            share.sides = [share.sides[0] || other.sides[0], share.sides[1] || other.sides[1]];
        }
    }

    /// Its variance; `None` where fewer than two units have positive cases, or fewer than two negative ones. 0 where every
    /// pair is on one side, which says nothing of how sure the area is.
    pub fn variance(&self) -> Option<f64> {
        let count = |with: fn(&Share) -> bool| self.units.iter().filter(|share| with(share)).count() as f64;
        let (with_positive, with_negative) = (count(|share| share.sides[0]), count(|share| share.sides[1]));
        if with_positive < 2.0 || with_negative < 2.0 {
            return None;
        }
        let all = count(|share| share.sides[0] || share.sides[1]);
        let sum = |of: fn(&Share) -> f64| self.units.iter().map(of).sum::<f64>();
        let unbiased = |units: f64| units / (units - 1.0);
        let variance = unbiased(with_positive) * sum(|share| share.positive * share.positive)
            + unbiased(with_negative) * sum(|share| share.negative * share.negative)
            + 2.0 * unbiased(all) * sum(|share| share.positive * share.negative);
        Some(variance.max(0.0))
    }
}
