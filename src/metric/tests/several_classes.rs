//! The areas under the curve of several classes, against scikit-learn 1.5.2.
//!
//! To the recipe in `values.rs` come the probabilities of every class, and these lines:
//!
//! ```python
//! s = np.round(16*score).astype(int)
//! raw = np.array([1 + (s*(3 + 2*c) + 4*(ref == c)*(1 + pred)) % 11 for c in range(K)]).T
//! P = raw / raw.sum(1, keepdims=True); k = np.repeat(np.arange(40), w)
//! roc_auc_score(ref, P, multi_class="ovr", average="macro", sample_weight=w)
//! roc_auc_score(ref[k], P[k], multi_class="ovo", average="macro")            # it takes no weights
//! f1_score(ref, pred, average="micro", sample_weight=w)
//! ```
//!
//! Where a class is absent scikit-learn has no value; there the mean is taken by hand over `roc_auc_score(ref == c, P[:, c])` of
//! the classes that occur, and over the pairs of them.

use super::super::{Case, Metric, Prepared, Problem};
use super::values::{equal_weights, recipe, unequal_weights};

/// The probability of every class, case by case; they depend on nothing but the case.
pub(super) fn probabilities(cases: &[Case], classes: usize) -> Vec<f64> {
    let row = |case: &Case| {
        let raw = |class: usize| {
            let more = if usize::from(case.reference) == class { 4 * (1 + usize::from(case.predicted)) } else { 0 };
            (1 + ((16.0 * case.score).round() as usize * (3 + 2 * class) + more) % 11) as f64
        };
        let sum: f64 = (0..classes).map(raw).sum();
        (0..classes).map(|class| raw(class) / sum).collect::<Vec<f64>>()
    };
    cases.iter().flat_map(row).collect()
}

/// The metric's value with these probabilities.
pub(super) fn value(metric: Metric, problem: Problem<'_>, cases: &[Case], weights: &[f64]) -> Option<f64> {
    let probabilities = probabilities(cases, problem.classes);
    Prepared::new(problem, cases).with_probabilities(&probabilities).value(metric, weights)
}

fn both(cases: &[Case], classes: usize, probabilities: &[f64], weights: &[f64]) -> [Option<f64>; 2] {
    let prepared = Prepared::new(Problem { classes, positive: None }, cases).with_probabilities(probabilities);
    [Metric::AurocOvr, Metric::AurocOvo].map(|metric| prepared.value(metric, weights))
}

#[test]
fn areas_as_scikit_learn() {
    let recipes = [
        (recipe(3, None, None), 3, false, [0.655952380952381, 0.7063333333333334]),
        (recipe(3, None, None), 3, true, [0.6662006010964344, 0.7204861111111112]),
        // Class 2 of four is absent.
        (recipe(4, Some(2), None), 4, true, [0.5921439594356261, 0.5938657407407407]),
    ];
    for (cases, classes, unequal, expected) in recipes {
        let weights = if unequal { unequal_weights(&cases) } else { equal_weights(&cases) };
        let found = both(&cases, classes, &probabilities(&cases, classes), &weights);
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found.unwrap() - expected).abs() < 1e-12, "{classes} classes: {found:?}, not {expected}");
        }
    }
}

#[test]
fn of_two_classes_both_are_the_auroc() {
    let mut cases = recipe(2, None, None);
    let probabilities = probabilities(&cases, 2);
    cases.iter_mut().zip(probabilities.chunks(2)).for_each(|(case, row)| case.score = row[1]);
    let problem = Problem { classes: 2, positive: Some(&[false, true]) };
    let auroc = Prepared::new(problem, &cases).value(Metric::Auroc, &unequal_weights(&cases)).unwrap();
    assert!((auroc - 0.5908564814814815).abs() < 1e-12, "{auroc}");
    for found in both(&cases, 2, &probabilities, &unequal_weights(&cases)) {
        assert!((found.unwrap() - auroc).abs() < 1e-12, "{found:?}");
    }
}

/// By hand: in stratum 0 the case of class 0 has the higher probability of class 0 than that of class 1, and in stratum 1
/// not; across the strata every pair would be in order. The pairs of class 2 are in order.
#[test]
fn pairs_are_compared_within_a_stratum() {
    let case = |stratum, reference| Case { patient: 0, stratum, reference, predicted: 0, score: f64::NAN };
    let cases = [case(0, 0), case(0, 1), case(1, 0), case(1, 1), case(1, 2)];
    let probabilities = [
        [0.9, 0.1, 0.0], //
        [0.8, 0.2, 0.0],
        [0.2, 0.7, 0.1],
        [0.3, 0.6, 0.1],
        [0.0, 0.0, 1.0],
    ];
    let found = both(&cases, 3, probabilities.as_flattened(), &[1.0; 5]);
    // Class 0: one pair of two with class 1, and one of one with class 2; class 1 alike; class 2 both of two.
    assert!((found[0].unwrap() - (2.0 / 3.0 + 2.0 / 3.0 + 1.0) / 3.0).abs() < 1e-12, "{found:?}");
    assert!((found[1].unwrap() - (0.5 + 1.0 + 1.0) / 3.0).abs() < 1e-12, "{found:?}");
}

#[test]
fn without_probabilities_or_a_second_class_there_is_no_area() {
    let cases = recipe(3, None, None);
    let mut some = probabilities(&cases, 3);
    some[7] = f64::NAN;
    assert_eq!(both(&cases, 3, &some, &[1.0; 40]), [None, None]);
    let one: Vec<Case> = cases.iter().map(|case| Case { reference: 1, ..*case }).collect();
    assert_eq!(both(&one, 3, &probabilities(&one, 3), &[1.0; 40]), [None, None]);
    let prepared = Prepared::new(Problem { classes: 3, positive: Some(&[false, true, true]) }, &cases);
    assert_eq!(prepared.value(Metric::AurocOvr, &[1.0; 40]), None);
}

#[test]
fn micro_f1_is_the_accuracy() {
    let cases = recipe(3, None, None);
    let of = |metric| value(metric, Problem { classes: 3, positive: None }, &cases, &[1.0; 40]);
    assert_eq!(of(Metric::MicroF1), Some(0.75));
    assert_eq!(of(Metric::MicroF1), of(Metric::Accuracy));
}
