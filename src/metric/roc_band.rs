//! Pointwise intervals round a receiver operating characteristic, from the bootstrap over patients.

use rayon::prelude::*;

use super::bootstrap::effective_patients_of;
use super::inference::expanded;
use super::{Case, Draws, Problem};

/// Steps of the grid of false positive rates: 0, 0.01, … 1.
const STEPS: usize = 100;

/// The curve at one false positive rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandPoint {
    /// The false positive rate.
    pub false_positive_rate: f64,
    /// The sensitivity of the curve there; where the curve rises straight up, the upper end.
    pub true_positive_rate: f64,
    /// Lower limit of the interval of the sensitivity.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// The curve of [`super::roc`] at 101 false positive rates, each with the percentile interval of its sensitivity at
/// `level`: vertical averaging (Fawcett, Pattern Recognition Letters 2006;27:861-874) over the draws of patients, training
/// seeds crossed. A draw's curve pools strata and drawn seeds as the curve itself does, and is straight between its
/// corners. The limits hold for one rate at a time, not for the whole curve at once.
///
/// Empty where the curve is undefined, or where half of the draws or more lack positive or negative cases.
///
/// # Panics
/// Panics where `by_seed` has another number of seeds than `draws`, a case's patient is not below the number of patients of
/// `draws`, or a case's reference class has no flag in `problem.positive`.
pub fn roc_band(problem: Problem<'_>, by_seed: &[Vec<Case>], draws: &Draws, level: f64) -> Vec<BandPoint> {
    assert_eq!(by_seed.len(), draws.seeds(), "one case list for each training seed of the draws");
    let times: Vec<(&[u32], &[u32])> = draws.each().collect();
    band(problem, by_seed, &times, level)
}

/// The same for draws given as how often each patient and each seed was drawn.
pub(super) fn band(
    problem: Problem<'_>,
    by_seed: &[Vec<Case>],
    times: &[(&[u32], &[u32])],
    level: f64,
) -> Vec<BandPoint> {
    let Some(positive) = problem.positive else { return Vec::new() };
    let mut ranked: Vec<(usize, &Case)> =
        by_seed.iter().enumerate().flat_map(|(seed, cases)| cases.iter().map(move |case| (seed, case))).collect();
    if ranked.iter().any(|(_, case)| case.score.is_nan()) {
        return Vec::new();
    }
    ranked.sort_by(|(_, one), (_, other)| other.score.total_cmp(&one.score));
    let curve = |weight: &dyn Fn(usize, &Case) -> u32| sensitivities(&ranked, positive, weight);
    let Some(value) = curve(&|_, _| 1) else { return Vec::new() };
    let effective = effective_patients_of(by_seed.iter().flatten().map(|case| case.patient as usize));
    let drawn: Vec<Option<Vec<f64>>> = times
        .par_iter()
        .map(|(patients, seeds)| curve(&|seed, case| patients[case.patient as usize] * seeds[seed]))
        .collect();
    let points = (0..=STEPS).map(|step| {
        let draws: Vec<f64> = drawn.iter().map(|curve| curve.as_ref().map_or(f64::NAN, |curve| curve[step])).collect();
        let interval = expanded(Some(value[step]), draws, effective, level)?;
        let (false_positive_rate, true_positive_rate) = (rate(step), value[step]);
        Some(BandPoint { false_positive_rate, true_positive_rate, low: interval.low, high: interval.high })
    });
    points.collect::<Option<_>>().unwrap_or_default()
}

fn rate(step: usize) -> f64 {
    step as f64 / STEPS as f64
}

/// The sensitivity at each rate of the grid, cases weighing as told; `None` where positive or negative cases have no weight.
fn sensitivities(
    ranked: &[(usize, &Case)],
    positive: &[bool],
    weight: &dyn Fn(usize, &Case) -> u32,
) -> Option<Vec<f64>> {
    // Whole numbers of (false positives, true positives), from no case called positive to all.
    let mut corners: Vec<(u64, u64)> = vec![(0, 0)];
    let mut here = (0, 0);
    for block in ranked.chunk_by(|(_, one), (_, other)| one.score == other.score) {
        for (seed, case) in block {
            let weight = u64::from(weight(*seed, case));
            if positive[usize::from(case.reference)] {
                here.1 += weight;
            } else {
                here.0 += weight;
            }
        }
        corners.push(here);
    }
    if here.0 == 0 || here.1 == 0 {
        return None;
    }
    let corners: Vec<(f64, f64)> =
        corners.into_iter().map(|corner| (corner.0 as f64 / here.0 as f64, corner.1 as f64 / here.1 as f64)).collect();
    let mut last = 0;
    let at = |step: usize| {
        let x = rate(step);
        while corners.get(last + 1).is_some_and(|next| next.0 <= x) {
            last += 1;
        }
        let (from, Some(to)) = (corners[last], corners.get(last + 1)) else { return corners[last].1 };
        from.1 + (to.1 - from.1) / (to.0 - from.0) * (x - from.0)
    };
    Some((0..=STEPS).map(at).collect())
}
