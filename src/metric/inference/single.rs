//! The intervals that published studies give for one arm, and the one whose unit is the patient.

use super::super::{Case, Metric, Problem, tally::confusion};
use super::told::{Told, most_predicted};
use super::{Unit, area, clopper_pearson, normal, wilson};

/// Intervals at `level` of an arm, of its cases for each training seed:
///
/// | method | of | unit |
/// |---|---|---|
/// | `wilson`, `clopper-pearson` | accuracy, sensitivity, specificity; of several seeds, the class most of them predict | case |
/// | `delong` | AUROC, all strata pooled | case |
/// | `obuchowski` | AUROC, pairs within a stratum | patient |
///
/// What needs positive classes is left out where none are declared; what needs scores, where a case has none.
///
/// # Panics
/// Panics where there is no seed, or seeds have different cases.
pub fn intervals(by_seed: &[Vec<Case>], problem: &Problem<'_>, level: f64) -> Vec<Told> {
    let cases = most_predicted(by_seed, problem.classes);
    let mut all = Vec::new();
    for (metric, successes, trials) in counts(&confusion(&cases, problem.classes), problem.positive) {
        let value = (trials > 0).then(|| successes as f64 / trials as f64);
        let reason = (trials == 0).then_some("no case to tell it of");
        let wilson = wilson(successes, trials, level);
        for (method, limits) in [("wilson", wilson), ("clopper-pearson", clopper_pearson(successes, trials, level))] {
            all.push(Told { value, limits, reason, ..Told::of(metric, method, Unit::Case) });
        }
    }
    let Some(positive) = problem.positive else { return all };
    if by_seed.iter().flatten().any(|case| case.score.is_nan()) {
        return all;
    }
    let z = normal::quantile((1.0 + level) / 2.0);
    for (method, unit) in [("delong", Unit::Case), ("obuchowski", Unit::Patient)] {
        let area = area(by_seed, positive, unit);
        let variance = area.as_ref().and_then(super::Area::variance).filter(|variance| *variance > 0.0);
        let value = area.map(|area| area.value);
        let around = |value: f64, variance: f64| {
            let half = z * variance.sqrt();
            ((value - half).max(0.0), (value + half).min(1.0))
        };
        let limits = value.zip(variance).map(|(value, variance)| around(value, variance));
        let reason = limits.is_none().then_some(super::NO_VARIANCE);
        all.push(Told { value, limits, reason, ..Told::of(Metric::Auroc, method, unit) });
    }
    all
}

/// Successes and trials of the metrics that are shares of cases.
fn counts(confusion: &[Vec<u64>], positive: Option<&[bool]>) -> Vec<(Metric, u64, u64)> {
    let cells = || {
        let row = |(reference, row): (usize, &Vec<u64>)| {
            row.iter().enumerate().map(|(predicted, count)| (reference, predicted, *count)).collect::<Vec<_>>()
        };
        confusion.iter().enumerate().flat_map(row)
    };
    let sum = |of: &dyn Fn(usize, usize) -> bool| cells().filter(|(r, p, _)| of(*r, *p)).map(|(_, _, n)| n).sum();
    let mut all = vec![(Metric::Accuracy, sum(&|r, p| r == p), sum(&|_, _| true))];
    if let Some(positive) = positive {
        for (metric, side) in [(Metric::Sensitivity, true), (Metric::Specificity, false)] {
            let there = |r: usize| positive[r] == side;
            all.push((metric, sum(&|r, p| there(r) && positive[p] == side), sum(&|r, _| there(r))));
        }
    }
    all
}
