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

#[cfg(test)]
mod tests {
    use super::super::tests::{SIDES, arms};
    use super::*;

    const PROBLEM: Problem<'static> = Problem { classes: 2, positive: Some(&SIDES) };

    /// numpy 2.4, arrays as in `inference::tests`: 52 of 60 are right, 20 of 24 and 32 of 36;
    /// `th - norm.ppf(.975)*v**.5, min(1, th + norm.ppf(.975)*v**.5)`.
    #[test]
    fn shares_and_areas_have_their_intervals() {
        let [a, _] = arms(1);
        let found = intervals(&[a], &PROBLEM, 0.95);
        let of = |metric, method| found.iter().find(|told| (told.metric, told.method) == (metric, method)).unwrap();
        for (metric, successes, trials) in
            [(Metric::Accuracy, 52, 60), (Metric::Sensitivity, 20, 24), (Metric::Specificity, 32, 36)]
        {
            assert_eq!(of(metric, "wilson").limits, wilson(successes, trials, 0.95));
            assert_eq!(of(metric, "clopper-pearson").limits, clopper_pearson(successes, trials, 0.95));
            assert_eq!(of(metric, "wilson").value, Some(successes as f64 / trials as f64));
        }
        for (method, unit, low, high) in [
            ("delong", Unit::Case, 0.8851024478690763, 0.9945271817605532),
            ("obuchowski", Unit::Patient, 0.9005231179970347, 0.9791065116325949),
        ] {
            let told = of(Metric::Auroc, method);
            let limits = told.limits.unwrap();
            assert!((limits.0 - low).abs() < 1e-9 && (limits.1 - high).abs() < 1e-9, "{limits:?}");
            assert_eq!((told.unit, told.reason), (unit, None));
        }
    }

    #[test]
    fn cases_of_one_side_have_a_reason_for_what_is_missing() {
        let [a, _] = arms(1);
        let positives: Vec<Case> = a.into_iter().filter(|case| case.reference == 1).collect();
        for told in intervals(&[positives], &PROBLEM, 0.95) {
            let missing = matches!(told.metric, Metric::Specificity | Metric::Auroc);
            assert_eq!((told.value.is_none(), told.reason.is_some()), (missing, missing), "{told:?}");
        }
    }

    #[test]
    fn perfect_separation_has_an_area_and_no_interval() {
        let [a, _] = arms(1);
        let told = a.iter().map(|case| Case { score: f64::from(case.reference), ..*case }).collect();
        for told in intervals(&[told], &PROBLEM, 0.95).iter().filter(|told| told.metric == Metric::Auroc) {
            assert_eq!((told.value, told.limits), (Some(1.0), None));
            assert!(told.reason.is_some());
        }
    }
}
