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

#[cfg(test)]
mod tests {
    use super::super::tests::{PATIENTS, SIDES, arms};
    use super::*;

    const PROBLEM: Problem<'static> = Problem { classes: 2, positive: Some(&SIDES) };

    fn tests(candidate: &[Vec<Case>], baseline: &[Vec<Case>]) -> Vec<Told> {
        paired(candidate, baseline, &PROBLEM, &Flips::new(PATIENTS, 1), 0.95)
    }

    /// scipy 1.17, arrays as in `inference::tests`: `ttest_rel(rA, rB)` and its `confidence_interval()`, `binomtest(5, 13, .5)`,
    /// and of the areas `z = d/v**.5; d ± norm.ppf(.975)*v**.5; 2*norm.sf(z)`.
    #[test]
    fn tests_of_two_arms_are_scipys() {
        let [a, b] = arms(1);
        let found = tests(&[a], &[b]);
        let area = 0.13194444444444442;
        let expected = [
            ("mcnemar-exact", 0.05, None, Some(5.0), 0.5810546875),
            (
                "paired-t",
                0.05,
                Some((-0.0705579954738107, 0.1705579954738107)),
                Some(0.8298891210923258),
                0.40994684903853057,
            ),
            ("permutation", 0.05, None, None, 0.58984375),
            (
                "delong",
                area,
                Some((0.028126012162585312, 0.23576287672630353)),
                Some(2.4909484124087),
                0.012740261662650696,
            ),
            (
                "obuchowski",
                area,
                Some((0.045851547815187965, 0.21803734107370087)),
                Some(3.003805995573581),
                0.002666252816190752,
            ),
        ];
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
        for (method, value, limits, statistic, p) in expected {
            let told = found.iter().find(|told| told.method == method).unwrap();
            close(told.value.unwrap(), value);
            close(told.p.unwrap(), p);
            assert_eq!((told.limits.is_some(), told.statistic.is_some()), (limits.is_some(), statistic.is_some()));
            told.limits.zip(limits).iter().for_each(|(found, expected)| {
                close(found.0, expected.0);
                close(found.1, expected.1);
            });
            told.statistic.zip(statistic).iter().for_each(|(found, expected)| close(*found, *expected));
            assert_eq!(told.reason, None);
        }
        assert_eq!(found.len(), 7);
    }

    #[test]
    fn arms_that_are_the_same_have_no_test_and_say_why() {
        let [a, _] = arms(1);
        let arm = [a];
        for told in tests(&arm, &arm) {
            assert!(told.value.unwrap().abs() < 1e-12 && told.p.is_none() && told.reason.is_some(), "{told:?}");
        }
    }

    #[test]
    fn of_several_seeds_the_class_that_most_predict_is_tested() {
        let [a, b] = arms(1);
        // Twice the one arm outvotes once the other.
        let outvoted = [a.clone(), b.clone(), a.clone()];
        let baseline = [b];
        let [one, other] = [tests(&outvoted, &baseline), tests(&[a], &baseline)];
        assert_eq!(one[0], other[0]);
        assert_ne!(one[2].value, other[2].value, "the t-test takes the mean over seeds");
        let exchanged = one.iter().filter(|told| told.method == "permutation").collect::<Vec<_>>();
        assert!(exchanged[0].p.is_some(), "right answers are a mean over seeds");
        assert!(exchanged[1].reason.unwrap().contains("other seeds"));
    }

    #[test]
    fn without_scores_or_sides_only_right_answers_are_tested() {
        let [a, b] = arms(1).map(|cases| {
            let unscored = |case: &Case| Case { score: f64::NAN, ..*case };
            vec![cases.iter().map(unscored).collect::<Vec<_>>()]
        });
        assert!(tests(&a, &b).iter().all(|told| told.metric == Metric::Accuracy));
        let sideless = Problem { positive: None, ..PROBLEM };
        let [a, b] = arms(1);
        let found = paired(&[a], &[b], &sideless, &Flips::new(PATIENTS, 1), 0.95);
        assert_eq!(found.len(), 4);
    }
}
