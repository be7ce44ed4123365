//! The tests that published studies give for two arms on the same clips, and those whose unit is the patient.

use super::super::{Case, Metric, Problem, paired_t};
use super::told::{Told, most_predicted};
use super::{Flips, Unit, accuracy_blocks, area, area_blocks, mcnemar, normal, student};

/// Every two-sided test of a candidate against a baseline, of their cases for each training seed; intervals at `level`:
///
/// | method | of | unit |
/// |---|---|---|
/// | `mcnemar-exact`, `mcnemar-mid-p` | being right; of several seeds, the class most of them predict | case |
/// | `paired-t` | the share of seeds that are right | case |
/// | `permutation` | accuracy, and AUROC with pairs within a stratum | patient |
/// | `delong` | AUROC, all strata pooled | case |
/// | `obuchowski` | AUROC, pairs within a stratum | patient |
///
/// AUROC is left out where no positive classes are declared, or a case has no score.
///
/// # Panics
/// Panics where an arm has no seed, or the arms or seeds have different cases.
pub fn paired(
    candidate: &[Vec<Case>],
    baseline: &[Vec<Case>],
    problem: &Problem<'_>,
    flips: &Flips,
    level: f64,
) -> Vec<Told> {
    let mut all = of_right(candidate, baseline, problem, level);
    all.push(exchanged(Metric::Accuracy, Some(accuracy_blocks(candidate, baseline, flips.patients())), flips));
    let scored = candidate.iter().chain(baseline).flatten().all(|case| !case.score.is_nan());
    let Some(positive) = problem.positive.filter(|_| scored) else { return all };
    let z = normal::quantile((1.0 + level) / 2.0);
    for (method, unit) in [("delong", Unit::Case), ("obuchowski", Unit::Patient)] {
        let areas = area(candidate, positive, unit).zip(area(baseline, positive, unit));
        let difference = areas.map(|(one, other)| one.less(&other));
        let error = difference.as_ref().and_then(super::Area::variance).filter(|v| *v > 0.0).map(f64::sqrt);
        let value = difference.map(|difference| difference.value);
        let statistic = value.zip(error).map(|(value, error)| value / error);
        all.push(Told {
            value,
            limits: value.zip(error).map(|(value, error)| (value - z * error, value + z * error)),
            statistic,
            p: statistic.map(normal::two_sided),
            reason: statistic.is_none().then_some(super::NO_VARIANCE),
            ..Told::of(Metric::Auroc, method, unit)
        });
    }
    all.push(exchanged(Metric::Auroc, area_blocks(candidate, baseline, positive, flips.patients()), flips));
    all
}

/// McNemar's test and the paired t-test.
fn of_right(candidate: &[Vec<Case>], baseline: &[Vec<Case>], problem: &Problem<'_>, level: f64) -> Vec<Told> {
    let is_right = |case: &Case| case.predicted == case.reference;
    let [one, other] = [candidate, baseline].map(|arm| most_predicted(arm, problem.classes));
    let only = |one: &[Case], other: &[Case]| {
        one.iter().zip(other).filter(|(one, other)| is_right(one) && !is_right(other)).count() as u64
    };
    let (for_it, against) = (only(&one, &other), only(&other, &one));
    let test = mcnemar(for_it, against);
    let told = |method, p: Option<f64>| Told {
        value: Some((for_it as f64 - against as f64) / one.len() as f64),
        statistic: Some(for_it.min(against) as f64),
        p,
        reason: p.is_none().then_some("both are right about the same clips"),
        ..Told::of(Metric::Accuracy, method, Unit::Case)
    };
    let mut all =
        vec![told("mcnemar-exact", test.map(|test| test.exact)), told("mcnemar-mid-p", test.map(|test| test.mid))];
    let share = |arm: &[Vec<Case>], at: usize| {
        arm.iter().filter(|cases| is_right(&cases[at])).count() as f64 / arm.len() as f64
    };
    let differences: Vec<f64> = (0..one.len()).map(|at| share(candidate, at) - share(baseline, at)).collect();
    let test = paired_t(&differences);
    all.push(Told {
        value: Some(differences.iter().sum::<f64>() / differences.len() as f64),
        limits: test.map(|test| {
            let half = test.standard_error * student::quantile((1.0 + level) / 2.0, test.degrees);
            (test.mean - half, test.mean + half)
        }),
        statistic: test.map(|test| test.t),
        p: test.map(|test| test.p),
        reason: test.is_none().then_some("the difference is the same on every clip"),
        ..Told::of(Metric::Accuracy, "paired-t", Unit::Case)
    });
    all
}

/// The permutation test of a difference that is a sum over patients.
fn exchanged(metric: Metric, blocks: Option<Vec<f64>>, flips: &Flips) -> Told {
    let untold = Told::of(metric, "permutation", Unit::Patient);
    let Some(blocks) = blocks else {
        let reason = "the arms have other seeds or folds, or no fold has both sides, so patients can't be exchanged";
        return Told { reason: Some(reason), ..untold };
    };
    let value = Some(blocks.iter().sum());
    match flips.test(&blocks) {
        Some(test) => Told { value, p: Some(test.p), ..untold },
        None => Told { value, reason: Some("no patient tells the two apart"), ..untold },
    }
}
