//! The bootstrap, its intervals (against numpy 2.4.6) and contrasts.

use super::super::inference::{Limits, Method, Undefined};
use super::super::{Asked, Case, Draws, Estimate, Goal, Interval, Metric, Prepared, Problem, Verdict};
use super::super::{contrast, estimate, estimate_prepared, standard_error};
use super::several_classes::{probabilities, value};
use super::values::recipe;

const SIDES: [bool; 3] = [false, true, true];
const PROBLEM: Problem<'static> = Problem { classes: 3, positive: Some(&SIDES) };

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
}

/// The recipe's cases shared among `patients` patients, predictions shifted for some cases by `shift`.
fn arm(patients: u32, shift: usize) -> Vec<Case> {
    let mut cases = recipe(3, None, None);
    for (i, case) in cases.iter_mut().enumerate() {
        case.patient = i as u32 % patients;
        if shift > 0 && i.is_multiple_of(shift + 1) {
            case.predicted = (case.predicted + 1) % 3;
            case.score = 1.0 - case.score;
        }
    }
    cases
}

/// Every metric of clips of cases that have probabilities.
fn estimates(by_seed: &[Vec<Case>], draws: &Draws) -> Vec<Estimate> {
    let rows: Vec<Vec<f64>> = by_seed.iter().map(|cases| probabilities(cases, 3)).collect();
    let patients = 1 + by_seed.iter().flatten().map(|case| case.patient).max().unwrap() as usize;
    let prepared: Vec<Prepared<'_>> = by_seed
        .iter()
        .zip(&rows)
        .map(|(cases, rows)| Prepared::by_patient(PROBLEM, cases, patients).with_probabilities(rows))
        .collect();
    estimate_prepared(&Metric::OF_CLIPS, &prepared, draws)
}

fn percentiles(replicates: &[f64], level: f64) -> Result<Interval, Undefined> {
    let replicates = replicates.to_vec();
    let estimate = Estimate { value: Some(0.0), replicates, jackknife: Vec::new(), effective_patients: 0.0 };
    Ok(Limits::new(Method::Percentile, &estimate)?.between((1.0 - level) / 2.0))
}

#[test]
fn intervals_as_numpy() {
    // np.quantile(x, [(1 - level)/2, 1 - (1 - level)/2], method="weibull") and np.std(x, ddof=1)
    let x = [0.3, -1.2, 2.5, 0.7, 0.7, 9.1, -4.0, 3.3, 1.1, 0.05, 6.6];
    for (level, low, high) in
        [(0.9, -4.0, 9.1), (0.8, -3.440000000000001, 8.600000000000001), (0.5, 0.05, 3.3), (1.0, -4.0, 9.1)]
    {
        let interval = percentiles(&x, level).unwrap();
        close(interval.low, low);
        close(interval.high, high);
        assert_eq!(interval.undefined, 0);
    }
    close(standard_error(&x).unwrap(), 3.604082281373316);
}

#[test]
fn undefined_replicates_are_left_out_and_counted() {
    let nan = f64::NAN;
    let interval = percentiles(&[nan, 3.0, nan, 1.0], 0.5).unwrap();
    assert_eq!((interval.low, interval.high, interval.undefined), (1.0, 3.0, 2));
    assert_eq!(percentiles(&[nan, nan, 1.0], 0.5), Err(Undefined::Replicates));
    assert_eq!(percentiles(&[], 0.5), Err(Undefined::Replicates));
    assert_eq!(standard_error(&[nan, 3.0, 1.0]), Some(2.0_f64.sqrt()));
    assert_eq!(standard_error(&[nan, 3.0]), None);
}

#[test]
fn one_patient_has_an_interval_of_no_width() {
    let draws = Draws::new(1, 1, 50, 3);
    for (metric, estimate) in Metric::OF_CLIPS.iter().zip(estimates(&[arm(1, 0)], &draws)) {
        let interval = percentiles(&estimate.replicates, 0.95).unwrap();
        assert_eq!(Some(interval.low), estimate.value, "{}", metric.name());
        assert_eq!(interval.low, interval.high, "{}", metric.name());
    }
}

#[test]
fn values_are_means_over_seeds() {
    let by_seed = [arm(8, 0), arm(8, 1), arm(8, 2)];
    for (metric, estimate) in Metric::OF_CLIPS.into_iter().zip(estimates(&by_seed, &Draws::new(8, 3, 0, 0))) {
        let values = by_seed.iter().map(|cases| value(metric, PROBLEM, cases, &vec![1.0; cases.len()]).unwrap());
        close(estimate.value.unwrap(), values.sum::<f64>() / 3.0);
        assert!(estimate.replicates.is_empty());
    }
}

#[test]
fn patients_count_by_their_sizes() {
    let case = |patient| Case { patient, stratum: 0, reference: 0, predicted: 0, score: f64::NAN };
    let count = |patients: &[u32]| {
        let cases = patients.iter().map(|patient| case(*patient)).collect();
        estimate(&[Metric::Accuracy], &PROBLEM, &[cases], &Draws::new(4, 1, 0, 1))[0].effective_patients
    };
    assert_eq!(count(&[0, 0, 1, 1, 2, 2, 3, 3]), 4.0);
    // Two patients have no clip here; (3 + 1)² / (9 + 1).
    assert_eq!((count(&[0, 0, 0, 2]), count(&[1, 1, 1]), count(&[])), (1.6, 1.0, 0.0));
}

#[test]
fn patients_are_drawn_with_all_their_cases() {
    // Two patients, one always right and one always wrong, with 3 and 1 cases: a replicate holds patient 0 twice (1), each
    // once (3/4), or patient 1 twice (0), with chances 1/4, 1/2, 1/4.
    let case = |patient, predicted| Case { patient, stratum: 0, reference: 0, predicted, score: f64::NAN };
    let cases = vec![case(0, 0), case(1, 1), case(0, 0), case(0, 0)];
    let estimates = estimate(&[Metric::Accuracy], &PROBLEM, &[cases], &Draws::new(2, 1, 4000, 1));
    let share = |value| estimates[0].replicates.iter().filter(|&&replicate| replicate == value).count() as f64 / 4000.0;
    for (value, chance) in [(1.0, 0.25), (0.75, 0.5), (0.0, 0.25)] {
        assert!((share(value) - chance).abs() < 0.03, "{value}: {}", share(value));
    }
}

#[test]
fn seeds_are_drawn_too() {
    // One patient and two seeds, one always right and one always wrong: 0, 1/2 and 1 with chances 1/4, 1/2, 1/4.
    let case = |predicted| vec![Case { patient: 0, stratum: 0, reference: 0, predicted, score: f64::NAN }];
    let draws = Draws::new(1, 2, 4000, 1);
    let estimates = estimate(&[Metric::Accuracy], &PROBLEM, &[case(0), case(1)], &draws);
    let share = |value| estimates[0].replicates.iter().filter(|&&replicate| replicate == value).count() as f64 / 4000.0;
    for (value, chance) in [(0.0, 0.25), (0.5, 0.5), (1.0, 0.25)] {
        assert!((share(value) - chance).abs() < 0.03, "{value}: {}", share(value));
    }
}

#[test]
fn the_standard_error_of_a_mean_is_the_textbook_one() {
    // One case a patient: the accuracy's bootstrap standard error is sqrt(p (1 - p) / n).
    let estimates = estimate(&[Metric::Accuracy], &PROBLEM, &[arm(40, 0)], &Draws::new(40, 1, 4000, 5));
    let error = standard_error(&estimates[0].replicates).unwrap();
    assert!((error / (0.75_f64 * 0.25 / 40.0).sqrt() - 1.0).abs() < 0.05, "{error}");
}

#[test]
fn threads_and_seed_counts_do_not_change_draws() {
    let by_seed = [arm(8, 0), arm(8, 2)];
    let bits = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let estimates = pool.install(|| estimates(&by_seed, &Draws::new(8, 2, 200, 9)));
        let replicates = estimates.iter().flat_map(|estimate| estimate.replicates.iter().map(|value| value.to_bits()));
        replicates.collect::<Vec<u64>>()
    };
    let one = bits(1);
    assert_eq!(one, bits(2));
    assert_eq!(one, bits(5));
    // The first replicates stay when more are asked for, and patients stay when seeds are added.
    let accuracy = |by_seed: &[Vec<Case>], replicates| {
        let draws = Draws::new(8, by_seed.len(), replicates, 9);
        estimate(&[Metric::Accuracy], &PROBLEM, by_seed, &draws).remove(0).replicates
    };
    let few = accuracy(&[arm(8, 0)], 20);
    assert_eq!(few, accuracy(&[arm(8, 0)], 30)[..20]);
    for (few, twice) in few.iter().zip(accuracy(&[arm(8, 0), arm(8, 0)], 20)) {
        close(twice, *few);
    }
    assert_ne!(Draws::new(8, 2, 20, 9), Draws::new(8, 2, 20, 10));
}

/// Non-inferiority by plain quantiles.
fn asked(margin: f64, alpha: f64) -> Asked {
    Asked { goal: Goal::NonInferiority, margin, alpha, method: Method::Percentile }
}

#[test]
fn identical_arms_differ_by_nothing() {
    let draws = Draws::new(8, 2, 200, 9);
    for estimate in estimates(&[arm(8, 0), arm(8, 2)], &draws) {
        let contrast = contrast(&estimate, &estimate, &asked(0.05, 0.025)).unwrap();
        assert_eq!((contrast.difference, contrast.low, contrast.high), (0.0, 0.0, 0.0));
        assert_eq!(contrast.verdict, Verdict::NonInferior);
    }
}

/// Two estimates whose differences are 0.01 k - 0.45, k = 0 … 100 in another order, plus `shift`.
fn spread(shift: f64) -> (Estimate, Estimate) {
    let baseline: Vec<f64> = (0..101).map(|k| f64::from(k % 7)).collect();
    let difference = |k: usize| ((k * 37) % 101) as f64 / 100.0 - 0.45 + shift;
    let candidate = baseline.iter().enumerate().map(|(k, baseline)| baseline + difference(k)).collect();
    let estimate =
        |value, replicates| Estimate { value: Some(value), replicates, jackknife: Vec::new(), effective_patients: 0.0 };
    (estimate(1.05 + shift, candidate), estimate(1.0, baseline))
}

#[test]
fn contrasts_pair_replicates() {
    // np.quantile(((k*37) % 101)/100 - 0.45, [0.025, 0.975], method="weibull"), and with 0.05 and 0.95
    let (candidate, baseline) = spread(0.0);
    for (alpha, low, high) in [(0.025, -0.4345, 0.5345), (0.05, -0.409, 0.509)] {
        let contrast = contrast(&candidate, &baseline, &asked(0.1, alpha)).unwrap();
        close(contrast.difference, 0.05);
        close(contrast.low, low);
        close(contrast.high, high);
    }
    let nowhere = Estimate { value: None, ..baseline };
    assert_eq!(contrast(&candidate, &nowhere, &asked(0.1, 0.025)), Err(Undefined::Value));
    let hardly = Estimate { value: Some(1.0), replicates: vec![f64::NAN; 101], ..candidate };
    assert_eq!(contrast(&hardly, &hardly, &asked(0.1, 0.025)), Err(Undefined::Replicates));
}

#[test]
fn verdicts_follow_the_limits() {
    let verdict = |shift, margin| {
        let (candidate, baseline) = spread(shift);
        contrast(&candidate, &baseline, &asked(margin, 0.025)).unwrap().verdict
    };
    assert_eq!(verdict(0.44, 0.1), Verdict::Superior);
    assert_eq!(verdict(0.43, 0.1), Verdict::NonInferior);
    assert_eq!(verdict(0.0, 0.44), Verdict::NonInferior);
    assert_eq!(verdict(0.0, 0.43), Verdict::Inconclusive);
    assert_eq!(verdict(-0.63, 0.1), Verdict::Inconclusive);
    assert_eq!(verdict(-0.64, 0.1), Verdict::Inferior);
    // Worse for certain (its interval is -0.9845 to -0.0155), yet by less than the margin.
    assert_eq!(verdict(-0.55, 0.99), Verdict::NonInferior);
    // Equality decides for nothing.
    let equal = Estimate { value: Some(0.5), replicates: vec![0.5; 10], ..spread(0.0).0 };
    assert_eq!(contrast(&equal, &equal, &asked(0.0, 0.025)).unwrap().verdict, Verdict::Inconclusive);
    assert_eq!(serde_json::to_value(Verdict::NonInferior).unwrap(), "non-inferior");
}

#[test]
fn equivalence_needs_both_limits_between_the_margins() {
    // The limits are −0.4345 and 0.5345, plus the shift; those of 90 % are −0.409 and 0.509.
    let shown = |shift, margin, alpha| {
        let (candidate, baseline) = spread(shift);
        let asked = Asked { goal: Goal::Equivalence, ..asked(margin, alpha) };
        contrast(&candidate, &baseline, &asked).unwrap()
    };
    let verdict = |shift, margin| shown(shift, margin, 0.025).verdict;
    assert_eq!(verdict(0.0, 0.54), Verdict::Equivalent);
    assert_eq!(verdict(0.0, 0.53), Verdict::Inconclusive);
    assert_eq!(verdict(-0.1, 0.54), Verdict::Equivalent);
    assert_eq!(verdict(-0.1, 0.53), Verdict::Inconclusive);
    // Better than 0 is not better than the margin.
    assert_eq!(verdict(0.44, 0.1), Verdict::Inconclusive);
    assert_eq!(verdict(0.54, 0.1), Verdict::Superior);
    assert_eq!(verdict(-0.64, 0.1), Verdict::Inferior);
    assert_eq!(shown(0.0, 0.51, 0.05).verdict, Verdict::Equivalent);
    // By hand: 2 of 101 differences are 0.54 or more (0.54, 0.55), so (2 + 1) / 102; none is −0.54 or less.
    close(shown(0.0, 0.54, 0.025).p, 3.0 / 102.0);
    assert_eq!(serde_json::to_value(Goal::NonInferiority).unwrap(), "non-inferiority");
}

#[test]
fn a_p_value_below_alpha_goes_with_the_verdict() {
    for (shift, margin) in [(0.0, 0.2), (0.0, 0.4), (0.0, 0.44), (0.3, 0.1), (-0.3, 0.1)] {
        let (candidate, baseline) = spread(shift);
        for alpha in [0.025, 0.05, 0.2] {
            let contrast = contrast(&candidate, &baseline, &asked(margin, alpha)).unwrap();
            let shown = matches!(contrast.verdict, Verdict::Superior | Verdict::NonInferior);
            // One of 101 replicates is what the two may be apart by.
            assert!(if shown { contrast.p < alpha + 0.01 } else { contrast.p > alpha - 0.01 }, "{contrast:?}");
        }
    }
}

#[test]
fn the_jackknife_leaves_out_each_patient_with_all_their_cases() {
    let by_seed = [arm(8, 0), arm(8, 1)];
    let estimates = estimates(&by_seed, &Draws::new(8, 2, 0, 0));
    for (metric, estimate) in Metric::OF_CLIPS.into_iter().zip(estimates) {
        assert_eq!(estimate.jackknife.len(), 8);
        for (patient, without) in estimate.jackknife.iter().enumerate() {
            let of = |cases: &Vec<Case>| {
                let others: Vec<Case> = cases.iter().filter(|case| case.patient as usize != patient).copied().collect();
                value(metric, PROBLEM, &others, &vec![1.0; others.len()]).unwrap()
            };
            let expected = by_seed.iter().map(of).sum::<f64>() / 2.0;
            // A fit that begins elsewhere ends within a hair of the same.
            assert!(
                (without - expected).abs() < 1e-9 * expected.abs().max(1.0),
                "{metric:?}: {without}, expected {expected}"
            );
        }
    }
}
