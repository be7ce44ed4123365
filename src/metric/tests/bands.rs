//! Bands against a loop over scikit-learn 1.5.2 (numpy 2.4.6):
//!
//! ```python
//! i = np.arange(40); ref = (i*7 + i*i//5) % 3; score = ((i*37 + 11*ref) % 17) / 16; r = ref > 0
//! other = np.where(i % 3 == 0, 1 - score, score); patient = (i + i // 5) % 5; grid = np.arange(101) / 100
//! curves = []
//! for p, s in draws:                                             # those of the test
//!     w = np.concatenate([s[0]*p[patient], s[1]*p[patient]])
//!     x, y, _ = roc_curve(np.tile(r, 2), np.concatenate([score, other]), sample_weight=w, drop_intermediate=False)
//!     curves.append(np.interp(grid, x, y))
//! m = np.bincount(patient); n = int(m.sum()**2 / (m**2).sum())
//! q = norm.cdf(np.sqrt(n/(n - 1)) * t.ppf(0.25, n - 1)); np.nanquantile(curves, [q, 1 - q], axis=0, method="weibull")
//! ```

use super::super::roc_band::band;
use super::super::{Case, Draws, Problem, roc_band};
use super::values::recipe;

const SIDES: [bool; 3] = [false, true, true];
const PROBLEM: Problem<'static> = Problem { classes: 3, positive: Some(&SIDES) };

/// Two seeds' cases: those of the other metrics' recipe, and the same with every third score turned round.
fn by_seed() -> [Vec<Case>; 2] {
    let mut cases = recipe(3, None, None);
    for (i, case) in cases.iter_mut().enumerate() {
        case.patient = ((i + i / 5) % 5) as u32;
    }
    let mut other = cases.clone();
    for case in other.iter_mut().step_by(3) {
        case.score = 1.0 - case.score;
    }
    [cases, other]
}

#[test]
fn bands_as_a_loop_over_scikit_learn() {
    let draws: [([u32; 5], [u32; 2]); 8] = [
        ([2, 0, 2, 1, 0], [1, 1]),
        ([0, 1, 1, 1, 2], [2, 0]),
        ([1, 1, 1, 1, 1], [0, 2]),
        ([3, 0, 1, 0, 1], [1, 1]),
        ([0, 0, 2, 3, 0], [1, 1]),
        ([1, 2, 0, 0, 2], [2, 0]),
        ([1, 0, 1, 3, 0], [0, 2]),
        ([0, 2, 0, 2, 1], [1, 1]),
    ];
    let times: Vec<(&[u32], &[u32])> = draws.iter().map(|(patients, seeds)| (&patients[..], &seeds[..])).collect();
    let found = band(PROBLEM, &by_seed(), &times, 0.5);
    assert_eq!(found.len(), 101);
    let expected = [
        (0, 0.0, 0.0, 0.46970279151149974),
        (7, 0.049999999999999996, 0.02994975755813141, 0.4722819035274207),
        (25, 0.2571428571428571, 0.19948213766371853, 0.49273057736793746),
        (50, 0.5714285714285714, 0.3612159832758757, 0.7731000032314639),
        (83, 0.7185714285714285, 0.6561465618439299, 0.9166502065148746),
        (100, 1.0, 1.0, 1.0),
    ];
    for (step, value, low, high) in expected {
        let point = found[step];
        assert_eq!(point.false_positive_rate, step as f64 / 100.0);
        for (found, expected) in [(point.true_positive_rate, value), (point.low, low), (point.high, high)] {
            assert!((found - expected).abs() < 1e-12, "at {step}: {found}, expected {expected}");
        }
    }
    let sums = found
        .iter()
        .fold([0.0; 3], |sum, point| [sum[0] + point.true_positive_rate, sum[1] + point.low, sum[2] + point.high]);
    for (found, expected) in sums.into_iter().zip([49.114285714285714, 36.30720600549077, 70.50609757657155]) {
        assert!((found - expected).abs() < 1e-10, "{found}, expected {expected}");
    }
}

#[test]
fn draws_without_one_side_are_left_out_until_they_are_half_of_them() {
    // Patient 0 is positive and patient 1 negative: a draw of one of them twice has no curve.
    let case = |patient, reference, score| Case { patient, stratum: 0, reference, predicted: 0, score };
    let cases = [vec![case(0, 1, 0.9), case(1, 0, 0.1)]];
    let whole: (&[u32], &[u32]) = (&[1, 1], &[1]);
    let half: (&[u32], &[u32]) = (&[2, 0], &[1]);
    let found = band(PROBLEM, &cases, &[whole, whole, half], 0.95);
    assert!(found.len() == 101 && found.iter().all(|point| (point.low, point.high) == (1.0, 1.0)), "{found:?}");
    assert!(band(PROBLEM, &cases, &[whole, half, half], 0.95).is_empty());
}

#[test]
fn what_has_no_curve_has_no_band() {
    let draws = Draws::new(5, 2, 100, 1);
    assert_eq!(roc_band(PROBLEM, &by_seed(), &draws, 0.95).len(), 101);
    assert!(roc_band(Problem { classes: 3, positive: None }, &by_seed(), &draws, 0.95).is_empty());
    let mut unscored = by_seed();
    unscored[1][7].score = f64::NAN;
    assert!(roc_band(PROBLEM, &unscored, &draws, 0.95).is_empty());
    assert!(roc_band(PROBLEM, &[Vec::new(), Vec::new()], &draws, 0.95).is_empty());
}
