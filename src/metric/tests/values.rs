//! Values against scikit-learn 1.9.1 (numpy 2.4.6).
//!
//! The recipe of the figures, for `n = 40` cases and `K` classes, with `0` put for an absent class:
//!
//! ```python
//! i = np.arange(40); ref = (i*7 + i*i//5) % K
//! pred = np.where(i % 3 == 0, (ref + 1 + i//6) % K, ref)
//! if absent_ref is not None: ref = np.where(ref == absent_ref, 0, ref)
//! if absent_pred is not None: pred = np.where(pred == absent_pred, 0, pred)
//! score = ((i*37 + 11*ref) % 17) / 16; w = (i*5) % 4          # or w = 1
//! r, p = positive[ref], positive[pred]; k = w > 0               # zero weights would still count as "present" for F1
//! accuracy_score(ref[k], pred[k], sample_weight=w[k]), balanced_accuracy_score(ref[k], pred[k], sample_weight=w[k])
//! f1_score(ref[k], pred[k], average="macro", sample_weight=w[k])
//! recall_score(r, p, sample_weight=w), recall_score(r, p, pos_label=False, sample_weight=w)
//! cohen_kappa_score(ref, pred, labels=range(K), sample_weight=w)           # and with weights="quadratic"
//! roc_auc_score(r, score, sample_weight=w)
//! ```

use super::super::{Case, Metric, Prepared, Problem, confusion, roc};
use super::several_classes::value;

/// The cases of the recipe; each is its own patient.
pub(in super::super) fn recipe(
    classes: usize,
    absent_reference: Option<usize>,
    absent_predicted: Option<usize>,
) -> Vec<Case> {
    let without = |class: usize, absent: Option<usize>| if Some(class) == absent { 0 } else { class };
    (0..40)
        .map(|i: usize| {
            let reference = (i * 7 + i * i / 5) % classes;
            let predicted = if i.is_multiple_of(3) { (reference + 1 + i / 6) % classes } else { reference };
            let (reference, predicted) = (without(reference, absent_reference), without(predicted, absent_predicted));
            Case {
                patient: i as u32,
                stratum: 0,
                reference: reference as u16,
                predicted: predicted as u16,
                score: ((i * 37 + 11 * reference) % 17) as f64 / 16.0,
            }
        })
        .collect()
}

pub(super) fn equal_weights(cases: &[Case]) -> Vec<f64> {
    vec![1.0; cases.len()]
}

pub(super) fn unequal_weights(cases: &[Case]) -> Vec<f64> {
    (0..cases.len()).map(|i| ((i * 5) % 4) as f64).collect()
}

/// Holds the values of `metrics` against `expected`, one by one.
pub(super) fn check(metrics: &[Metric], cases: &[Case], weights: &[f64], positive: &[bool], expected: &[f64]) {
    assert_eq!(metrics.len(), expected.len());
    let prepared = Prepared::new(Problem { classes: positive.len(), positive: Some(positive) }, cases);
    for (metric, expected) in metrics.iter().zip(expected) {
        let found = prepared.value(*metric, weights).unwrap();
        assert!((found - expected).abs() < 1e-12, "{}: {found}, scikit-learn has {expected}", metric.name());
    }
}

#[test]
fn two_classes_as_scikit_learn() {
    let cases = recipe(2, None, None);
    let expected = [
        0.8,
        0.8020833333333333,
        0.7953964194373402,
        0.8125,
        0.7916666666666666,
        0.5918367346938775,
        0.5918367346938775,
        0.45963541666666663,
    ];
    check(&Metric::USUAL, &cases, &equal_weights(&cases), &[false, true], &expected);
    let expected = [0.8, 0.8125, 0.797979797979798, 0.875, 0.75, 0.6, 0.6, 0.412037037037037];
    check(&Metric::USUAL, &cases, &unequal_weights(&cases), &[false, true], &expected);
}

#[test]
fn three_classes_as_scikit_learn() {
    let cases = recipe(3, None, None);
    let expected = [
        0.75,
        0.8133333333333334,
        0.7257631257631258,
        0.8857142857142857,
        0.8,
        0.5939086294416244,
        0.7241379310344828,
        0.5828571428571429,
    ];
    check(&Metric::USUAL, &cases, &equal_weights(&cases), &[false, true, true], &expected);
    let expected = [
        0.75,
        0.8611111111111112,
        0.7482008791379778,
        0.8846153846153846,
        1.0,
        0.6140651801029159,
        0.7502774694783574,
        0.43269230769230765,
    ];
    check(&Metric::USUAL, &cases, &unequal_weights(&cases), &[false, true, true], &expected);
}

#[test]
fn absent_classes_as_scikit_learn() {
    let positive = [false, false, true, true];
    // Class 2 is predicted, but no case has it as reference.
    let cases = recipe(4, Some(2), None);
    let expected = [
        0.4166666666666667,
        0.5648148148148148,
        0.3683946488294314,
        0.75,
        0.5,
        0.25426136363636365,
        0.02480752780153983,
        0.3883928571428571,
    ];
    check(&Metric::USUAL, &cases, &unequal_weights(&cases), &positive, &expected);
    // Class 2 occurs nowhere, yet keeps its place between classes 1 and 3 in the quadratic kappa.
    let cases = recipe(4, Some(2), Some(2));
    let expected = [
        0.75,
        0.75,
        0.6624708624708625,
        0.75,
        0.8571428571428571,
        0.5706106870229009,
        0.3925759280089989,
        0.3883928571428571,
    ];
    check(&Metric::USUAL, &cases, &unequal_weights(&cases), &positive, &expected);
}

#[test]
fn a_weight_counts_a_case_that_often() {
    let cases = recipe(3, None, None);
    let weights = unequal_weights(&cases);
    let repeated: Vec<Case> =
        cases.iter().zip(&weights).flat_map(|(&case, &weight)| vec![case; weight as usize]).collect();
    let problem = Problem { classes: 3, positive: Some(&[false, true, true]) };
    for metric in Metric::OF_CLIPS {
        let once = value(metric, problem, &repeated, &equal_weights(&repeated)).unwrap();
        let weighed = value(metric, problem, &cases, &weights).unwrap();
        assert!((weighed - once).abs() < 1e-12, "{}: {weighed} and {once}", metric.name());
    }
}

pub(in super::super) const fn scored(stratum: u32, reference: u16, score: f64) -> Case {
    Case { patient: 0, stratum, reference, predicted: reference, score }
}

/// Cases of three strata: 0 and 7 hold both sides, 9 does not.
pub(super) const STRATA: [Case; 8] = [
    scored(7, 0, 0.3),
    scored(0, 1, 0.9),
    scored(0, 0, 0.4),
    scored(9, 0, 0.8),
    scored(0, 1, 0.4),
    scored(7, 1, 0.05),
    scored(0, 0, 0.1),
    scored(7, 0, 0.02),
];

#[test]
fn auroc_compares_within_a_stratum() {
    // Stratum 0 has 3.5 concordant pairs of 4, stratum 7 has 1 of 2, stratum 9 has no pair.
    let cases = STRATA;
    let problem = Problem { classes: 2, positive: Some(&[false, true]) };
    assert_eq!(value(Metric::Auroc, problem, &cases, &[1.0; 8]), Some(4.5 / 6.0));
    // A second copy of the positive case of stratum 7: 3.5 + 2 of 4 + 4 pairs.
    let weights = [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0];
    assert_eq!(value(Metric::Auroc, problem, &cases, &weights), Some(5.5 / 8.0));
    // In one stratum: 0.9 beats 5, 0.4 beats 3 and ties once, 0.05 beats 1.
    let pooled = cases.map(|case| Case { stratum: 0, ..case });
    assert_eq!(value(Metric::Auroc, problem, &pooled, &[1.0; 8]), Some(9.5 / 15.0));
    // Zeros of either sign are one score.
    let zeros = [scored(0, 1, -0.0), scored(0, 0, 0.0)];
    assert_eq!(value(Metric::Auroc, problem, &zeros, &[1.0; 2]), Some(0.5));
}

#[test]
fn what_is_undefined_has_no_value() {
    let sides = [false, true];
    let problem = Problem { classes: 2, positive: Some(&sides) };
    let cases = recipe(2, None, None);
    for metric in Metric::OF_CLIPS {
        assert_eq!(value(metric, problem, &[], &[]), None, "{} of no case", metric.name());
        assert_eq!(value(metric, problem, &cases, &[0.0; 40]), None, "{} of no weight", metric.name());
        let undeclared = value(metric, Problem { classes: 2, positive: None }, &cases, &[1.0; 40]);
        assert_eq!(undeclared.is_none(), metric.needs_positive(), "{} without positive classes", metric.name());
        let mut unscored = cases.clone();
        unscored[5].score = f64::NAN;
        let unscored = value(metric, problem, &unscored, &[1.0; 40]);
        assert_eq!(unscored.is_none(), metric.needs_scores(), "{} without a score", metric.name());
    }
    let positives = [scored(0, 1, 0.5), scored(0, 1, 0.6)];
    let of_positives = |metric| value(metric, problem, &positives, &[1.0; 2]);
    assert_eq!(of_positives(Metric::Sensitivity), Some(1.0));
    assert_eq!(of_positives(Metric::BalancedAccuracy), Some(1.0));
    for metric in [Metric::Specificity, Metric::CohenKappa, Metric::QuadraticKappa, Metric::Auroc] {
        assert_eq!(of_positives(metric), None, "{} of one class", metric.name());
    }
}

#[test]
fn names_are_those_of_experiment_files() {
    for (metric, name) in Metric::ALL.into_iter().zip(Metric::NAMES) {
        assert_eq!(metric.name(), name);
        assert_eq!(serde_json::to_value(metric).unwrap(), name);
        assert_eq!(serde_json::from_value::<Metric>(name.into()).unwrap(), metric);
    }
    assert!(serde_json::from_str::<Metric>("\"auc\"").unwrap_err().to_string().contains("unknown variant `auc`"));
}

#[test]
fn confusion_has_the_reference_in_rows() {
    let case = |reference, predicted| Case { predicted, ..scored(0, reference, f64::NAN) };
    let cases = [case(0, 2), case(0, 2), case(1, 1), case(2, 0)];
    assert_eq!(confusion(&cases, 3), [[0, 0, 2], [0, 1, 0], [1, 0, 0]]);
}

#[test]
fn roc_keeps_corners_only() {
    let problem = Problem { classes: 2, positive: Some(&[false, true]) };
    let cases = [(1, 0.9), (1, 0.8), (0, 0.7), (1, 0.6), (0, 0.5), (0, 0.4)].map(|(class, s)| scored(0, class, s));
    let third = 1.0 / 3.0;
    assert_eq!(roc(problem, &cases), [(0.0, 0.0), (0.0, 2.0 / 3.0), (third, 2.0 / 3.0), (third, 1.0), (1.0, 1.0)]);
    // Two blocks of one case of each class lie on the diagonal.
    let tied = [(1, 0.9), (0, 0.9), (0, 0.1), (1, 0.1)].map(|(class, score)| scored(0, class, score));
    assert_eq!(roc(problem, &tied), [(0.0, 0.0), (1.0, 1.0)]);
    assert_eq!(roc(problem, &tied[2..3]), []);
    assert_eq!(roc(problem, &[scored(0, 1, f64::NAN), scored(0, 0, 0.5)]), []);
    assert_eq!(roc(Problem { classes: 2, positive: None }, &tied), []);
}

#[test]
fn the_area_under_the_curve_is_the_auroc() {
    let problem = Problem { classes: 3, positive: Some(&[false, true, true]) };
    let curve = roc(problem, &recipe(3, None, None));
    let area: f64 = curve.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum();
    assert!((area - 0.5828571428571429).abs() < 1e-12, "{area}");
}
