//! Calibration, against numpy, torchmetrics 1.8 and statsmodels 0.15.
//!
//! To the recipe in `values.rs` come these lines, for `s = score` and for `s = 0.05 + 0.9 * score`:
//!
//! ```python
//! y = positive[ref]; b = np.searchsorted(np.arange(1, 10) / 10, s, side="right")
//! sum(abs((w * (s - y))[b == k].sum()) for k in range(10)) / w.sum()
//! BinaryCalibrationError(n_bins=10, norm="l1")(torch.tensor(s), torch.tensor(y))          # of equal weights, in float32
//! p = np.clip(s, 1e-15, 1 - 1e-15); x = np.log(p / (1 - p)); k = np.repeat(np.arange(40), w)
//! fit = dict(tol=1e-14, maxiter=200); binomial = sm.families.Binomial()
//! sm.GLM(y[k], sm.add_constant(x[k]), family=binomial).fit(**fit).params[1]
//! sm.GLM(y[k], np.ones(len(k)), family=binomial, offset=x[k]).fit(**fit).params[0]
//! ```

use super::super::{Case, Metric, Problem, value};
use super::values::{equal_weights, recipe, scored, unequal_weights};

const CALIBRATION: [Metric; 3] = [Metric::Ece, Metric::CalibrationSlope, Metric::CalibrationIntercept];

const SIDES: Problem<'static> = Problem { classes: 2, positive: Some(&[false, true]) };

fn of(metric: Metric, cases: &[Case]) -> Option<f64> {
    value(metric, SIDES, cases, &vec![1.0; cases.len()])
}

#[test]
fn values_as_numpy_and_statsmodels() {
    let figures = [
        (2, false, false, [0.3125, -0.019966371895019777, -0.5057648164063113]),
        (2, false, true, [0.315625, -0.04847261018024821, -0.35332870372976394]),
        (2, true, false, [0.28625, -0.10871117665107197, -0.46704805459584425]),
        (2, true, true, [0.29239583333333335, -0.2395159181645639, -0.3458817613427924]),
        (3, false, false, [0.353125, 0.030772748727832745, 3.794182237722316]),
        (3, false, true, [0.39166666666666666, -0.02841890899768728, 3.167698694044572]),
        (3, true, false, [0.3524999999999999, 0.22596949913599357, 2.6169634743602104]),
        (3, true, true, [0.3916666666666666, -0.19124824802177293, 2.485674754630864]),
    ];
    for (classes, inward, unequal, expected) in figures {
        let mut cases = recipe(classes, None, None);
        if inward {
            cases.iter_mut().for_each(|case| case.score = 0.05 + 0.9 * case.score);
        }
        let weights = if unequal { unequal_weights(&cases) } else { equal_weights(&cases) };
        let positive: Vec<bool> = (0..classes).map(|class| class > 0).collect();
        let problem = Problem { classes, positive: Some(&positive) };
        for (metric, expected) in CALIBRATION.into_iter().zip(expected) {
            let found = value(metric, problem, &cases, &weights).unwrap();
            assert!((found - expected).abs() < 1e-9, "{}: {found}, not {expected}", metric.name());
        }
    }
}

/// Of three classes with equal weights torchmetrics has 0.353125, and 0.3525 for the scores drawn inward.
#[test]
fn the_expected_calibration_error_is_that_of_torchmetrics() {
    let mut cases = recipe(3, None, None);
    let problem = Problem { classes: 3, positive: Some(&[false, true, true]) };
    for expected in [0.353125, 0.3525] {
        let found = value(Metric::Ece, problem, &cases, &[1.0; 40]).unwrap();
        assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
        cases.iter_mut().for_each(|case| case.score = 0.05 + 0.9 * case.score);
    }
}

#[test]
fn probabilities_that_come_true_are_calibrated() {
    // Of ten cases at 0.2 two are positive, of ten at 0.7 seven.
    let at = |score, positives: u16| (0..10).map(move |i| scored(0, u16::from(i < positives), score));
    let cases: Vec<Case> = at(0.2, 2).chain(at(0.7, 7)).collect();
    for (metric, expected) in CALIBRATION.into_iter().zip([0.0, 1.0, 0.0]) {
        let found = of(metric, &cases).unwrap();
        assert!((found - expected).abs() < 1e-12, "{}: {found}", metric.name());
    }
}

#[test]
fn a_perfectly_separated_slope_is_not_estimable() {
    let separated = [scored(0, 0, 0.1), scored(0, 0, 0.4), scored(0, 1, 0.6), scored(0, 1, 0.9)];
    assert_eq!(of(Metric::CalibrationSlope, &separated), None);
    assert!(of(Metric::CalibrationIntercept, &separated).is_some());
    // The other way round, touching in one score, and with one score only.
    let turned = separated.map(|case| Case { score: 1.0 - case.score, ..case });
    assert_eq!(of(Metric::CalibrationSlope, &turned), None);
    let touching = [scored(0, 0, 0.1), scored(0, 0, 0.5), scored(0, 1, 0.5), scored(0, 1, 0.9)];
    assert_eq!(of(Metric::CalibrationSlope, &touching), None);
    let equal = [scored(0, 0, 0.5), scored(0, 1, 0.5)];
    assert_eq!(of(Metric::CalibrationSlope, &equal), None);
    assert!(of(Metric::CalibrationIntercept, &equal).unwrap().abs() < 1e-12);
    for positives in [&separated[2..], &separated[..2]] {
        assert_eq!(of(Metric::CalibrationSlope, positives), None);
        assert_eq!(of(Metric::CalibrationIntercept, positives), None);
        assert!(of(Metric::Ece, positives).is_some());
    }
}

/// Certain and wrong: the log odds reach 34.5, where the likelihood is flat all around. Two of three are right on either
/// end, so the slope is log 2 over these log odds; to 1e-6, since no number of a computer is 1 - 1e-15.
#[test]
fn mistakes_made_with_certainty_have_a_fit() {
    let cases = [
        scored(0, 1, 0.0),
        scored(0, 0, 1.0),
        scored(0, 0, 0.0),
        scored(0, 1, 1.0),
        scored(0, 1, 1.0),
        scored(0, 0, 0.0),
    ];
    let slope = of(Metric::CalibrationSlope, &cases).unwrap();
    assert!((slope - 2.0_f64.ln() / (1e15_f64 - 1.0).ln()).abs() < 1e-6, "{slope}");
}
