//! Areas, exchanges and limits, against numpy 2.4 and scipy 1.17.
//!
//! The cases of [`arms`] are, in numpy:
//!
//! ```python
//! i = np.arange(60); pat = (i*5 + i//7) % 11; ref = ((i*7) % 10 < 4).astype(int)
//! A = ((i*37+11) % 23)/22*.6 + .4*ref;  B = ((i*53+5) % 19)/18*.7 + .3*ref
//! rA = (i*3) % 8 != 0;  rB = (i*5+pat) % 6 != 0                              # right
//! psi = (X[:,None] > Y[None]) + .5*(X[:,None] == Y[None])                    # X, Y: scores of positive, negative cases
//! ```

use super::super::{Case, Estimate};
use super::area::{Area, Unit, area};
use super::{Flips, Limits, Method, Undefined, accuracy_blocks, area_blocks};

pub(super) const SIDES: [bool; 2] = [false, true];
pub(super) const PATIENTS: usize = 11;

/// Two arms' judgements of the same cases; patients are of `strata` strata.
pub(super) fn arms(strata: u32) -> [Vec<Case>; 2] {
    let case = |i: u32, other: bool| {
        let (patient, positive) = ((i * 5 + i / 7) % 11, (i * 7) % 10 < 4);
        let shift = f64::from(u8::from(positive));
        let (score, right) = if other {
            (f64::from((i * 53 + 5) % 19) / 18.0 * 0.7 + 0.3 * shift, !(i * 5 + patient).is_multiple_of(6))
        } else {
            (f64::from((i * 37 + 11) % 23) / 22.0 * 0.6 + 0.4 * shift, !(i * 3).is_multiple_of(8))
        };
        let reference = u16::from(positive);
        let predicted = if right { reference } else { 1 - reference };
        Case { patient, stratum: patient % strata, reference, predicted, score }
    };
    [false, true].map(|other| (0..60).map(|i| case(i, other)).collect())
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
}

/// Covariances of all pairs of placements, without sorting, as DeLong, DeLong & Clarke-Pearson write them:
///
/// ```python
/// C = np.cov(V10)/m + np.cov(V01)/n;  C[0,0], C[1,1], C[0,0] + C[1,1] - 2*C[0,1]
/// ```
#[test]
fn variances_over_cases_are_those_of_delong() {
    let [a, b] = arms(2).map(|cases| area(&[cases], &SIDES, Unit::Case).unwrap());
    close(a.value, 0.9398148148148148);
    close(b.value, 0.8078703703703703);
    close(a.variance().unwrap(), 0.0007792464364525555);
    close(b.variance().unwrap(), 0.003074930880385792);
    close(a.less(&b).variance().unwrap(), 0.0028057744165835953);
}

/// The ratings of 109 tomograms by Hanley & McNeil (Radiology 1982;143:29-36), for which Stata's manual (`roctab`) prints an
/// area of 0.8932, a standard error of 0.0307 by DeLong's method and 0.83295 to 0.95339.
#[test]
fn ratings_of_tomograms_have_their_published_interval() {
    let side = |reference: u16, counts: [usize; 5]| {
        let case = move |rating: usize| Case { patient: 0, stratum: 0, reference, predicted: 0, score: rating as f64 };
        counts.into_iter().enumerate().flat_map(move |(rating, count)| vec![case(rating); count])
    };
    let cases: Vec<Case> = side(0, [33, 6, 6, 11, 2]).chain(side(1, [3, 2, 2, 11, 33])).collect();
    let found = area(&[cases], &SIDES, Unit::Case).unwrap();
    let error = found.variance().unwrap().sqrt();
    assert_eq!(format!("{:.4} {error:.4}", found.value), "0.8932 0.0307");
    let limits = [-1.0, 1.0].map(|side| found.value + side * 1.959963984540054 * error);
    assert_eq!(format!("{:.5} {:.5}", limits[0], limits[1]), "0.83295 0.95339");
}

/// The equations of Obuchowski 1997, with V10 and V01 summed over each patient's cases:
///
/// ```python
/// a = V10 - mi*th[:,None]; b = V01 - ni*th[:,None]
/// S10 = I10/((I10-1)*m)*a@a.T; S01 = I01/((I01-1)*n)*b@b.T; S11 = I/(I-1)*a@b.T
/// C = S10/m + S01/n + S11/(m*n) + S11.T/(m*n)
/// ```
#[test]
fn variances_over_patients_are_those_of_obuchowski() {
    let [a, b] = arms(1).map(|cases| area(&[cases], &SIDES, Unit::Patient).unwrap());
    close(a.value, 0.9398148148148148);
    close(a.variance().unwrap(), 0.00040188832182805844);
    close(b.variance().unwrap(), 0.0014649667526519285);
    close(a.less(&b).variance().unwrap(), 0.0019294719001247919);
}

#[test]
fn seeds_are_averaged_before_the_variance_is_taken() {
    let [a, b] = arms(1);
    let both = area(&[a.clone(), b], &SIDES, Unit::Patient).unwrap();
    close(both.value, (0.9398148148148148 + 0.8078703703703703) / 2.0);
    // Var((A + B)/2) = (2 Var A + 2 Var B − Var(A − B)) / 4
    close(
        both.variance().unwrap(),
        (2.0 * 0.00040188832182805844 + 2.0 * 0.0014649667526519285 - 0.0019294719001247919) / 4.0,
    );
    let twice = area(&[a.clone(), a], &SIDES, Unit::Case).unwrap();
    close(twice.variance().unwrap(), 0.0007792464364525555);
}

#[test]
fn areas_without_both_sides_or_a_score_are_undefined() {
    let of = |cases: Vec<Case>| area(&[cases], &SIDES, Unit::Patient);
    let [a, _] = arms(1);
    assert_eq!(of(a.iter().filter(|case| case.reference == 1).copied().collect()), None);
    assert_eq!(of(Vec::new()), None);
    assert_eq!(area(&[], &SIDES, Unit::Case), None);
    let mut unscored = a.clone();
    unscored[3].score = f64::NAN;
    assert_eq!(of(unscored), None);
    // One patient, or one with positive cases, has no variance; perfect separation and ties everywhere have none to show.
    let whose = |patient: fn(&Case) -> u32| -> Option<Area> {
        of(a.iter().map(|case| Case { patient: patient(case), ..*case }).collect())
    };
    assert_eq!(whose(|_| 0).unwrap().variance(), None);
    assert_eq!(whose(|case| if case.reference == 1 { 0 } else { 1 + case.patient }).unwrap().variance(), None);
    let scored = |score: fn(&Case) -> f64| of(a.iter().map(|case| Case { score: score(case), ..*case }).collect());
    for (area, value) in [(scored(|case| f64::from(case.reference)), 1.0), (scored(|_| 0.3), 0.5)] {
        let area = area.unwrap();
        assert_eq!((area.value, area.variance()), (value, Some(0.0)));
    }
}

/// `scipy.stats.permutation_test((np.bincount(pat, rA)/60, np.bincount(pat, rB)/60), lambda x, y, axis:
/// (x - y).sum(axis), permutation_type="samples", n_resamples=np.inf)`
#[test]
fn exchanges_of_right_answers_are_scipys() {
    let [a, b] = arms(1);
    let blocks = accuracy_blocks(&[a], &[b], PATIENTS);
    let found = Flips::new(PATIENTS, 1).test(&blocks).unwrap();
    close(found.difference, 0.05);
    close(found.p, 0.58984375);
}

/// By exchanging the ranks (`scipy.stats.rankdata` within arm and stratum) of patients in all 2,048 ways and computing both
/// areas anew each time.
#[test]
fn exchanges_of_ranks_are_those_of_areas_computed_anew() {
    for (strata, difference, p) in [(1, 0.13194444444444442, 0.0205078125), (2, 0.136150234741784, 0.0224609375)] {
        let [a, b] = arms(strata);
        let blocks = area_blocks(&[a], &[b], &SIDES, PATIENTS).unwrap();
        let found = Flips::new(PATIENTS, 1).test(&blocks).unwrap();
        close(found.difference, difference);
        close(found.p, p);
        assert_eq!(found.exchanges, 2048);
    }
}

#[test]
fn drawn_exchanges_come_near_all_of_them() {
    // 16 patients: all 65,536 exchanges here, 9,999 drawn there.
    let blocks: Vec<f64> = (0..16).map(|p| f64::from((p * 7 + 3) % 16) / 10.0 - 0.4).collect();
    let sum = |exchange: u32| -> f64 {
        blocks.iter().enumerate().map(|(at, block)| if exchange >> at & 1 == 1 { -block } else { *block }).sum()
    };
    let all = (0..1_u32 << 16).filter(|exchange| sum(*exchange).abs() >= sum(0).abs() - 1e-12).count();
    let (exact, found) = (all as f64 / 65_536.0, Flips::new(16, 4).test(&blocks).unwrap());
    assert!((found.p - exact).abs() < 4.0 * (exact * (1.0 - exact) / 9_999.0).sqrt(), "{} and {exact}", found.p);
    assert_eq!(Flips::new(16, 4).test(&blocks), Some(found));
    assert_ne!(Flips::new(16, 5).test(&blocks), Some(found));
}

#[test]
fn arms_that_no_exchange_tells_apart_have_no_test() {
    let [a, b] = arms(2).map(|cases| [cases]);
    let flips = Flips::new(PATIENTS, 1);
    assert_eq!(flips.test(&accuracy_blocks(&a, &a, PATIENTS)), None);
    assert_eq!(flips.test(&area_blocks(&a, &a, &SIDES, PATIENTS).unwrap()), None);
    assert_eq!(area_blocks(&[a, b.clone()].concat(), &b, &SIDES, PATIENTS), None);
    let [elsewhere, _] = arms(3);
    assert_eq!(area_blocks(&[elsewhere], &b, &SIDES, PATIENTS), None);
    // One patient: both exchanges are as large.
    assert_eq!(Flips::new(1, 1).test(&[0.2]).unwrap().p, 1.0);
}

fn sample() -> Estimate {
    let replicates = (0..101).map(|k| (f64::from(k * 37 % 101) / 100.0).powi(2)).collect();
    let jackknife = vec![0.25, 0.31, 0.32, 0.28, 0.4, 0.3, 0.29, 0.33];
    Estimate { value: Some(0.3), replicates, jackknife, effective_patients: 8.0 }
}

/// numpy and scipy, the formulas of `scipy.stats.bootstrap` (whose own BCa interval of a mean of ten they give to all
/// digits, with numpy's default way of reading a quantile, which is scipy's) on the replicates and the jackknife of [`sample`]:
///
/// ```python
/// z0 = norm.ppf(((reps < val).sum() + (reps <= val).sum())/(2*reps.size))
/// u = jack.mean() - jack; a = (u**3).sum()/(6*(u**2).sum()**1.5); z = norm.ppf([alpha, 1 - alpha])
/// np.quantile(reps, norm.cdf(z0 + (z0+z)/(1 - a*(z0+z))), method="weibull")
/// q = norm.cdf(np.sqrt(8/7)*t.ppf(alpha, 7)); np.quantile(reps, [q, 1 - q], method="weibull")   # expanded
/// ```
#[test]
fn limits_are_those_of_the_formulas() {
    let cases = [
        (Method::Bca, 0.025, 0.000322584062, 0.972194123),
        (Method::Bca, 0.1, 0.0147468322, 0.864096831),
        (Method::Expanded, 0.025, 0.0, 1.0),
        (Method::Expanded, 0.1, 0.00321414387, 0.89022971),
    ];
    for (method, alpha, low, high) in cases {
        let found = Limits::new(method, &sample()).unwrap().between(alpha);
        assert!((found.low - low).abs() < 1e-7 && (found.high - high).abs() < 1e-7, "{method:?} {alpha}: {found:?}");
    }
}

#[test]
fn patients_of_unequal_size_count_as_fewer() {
    let low = |effective_patients| {
        let estimate = Estimate { effective_patients, ..sample() };
        Limits::new(Method::Expanded, &estimate).unwrap().between(0.2).low
    };
    assert!(low(7.0) < low(8.0) && low(8.9) == low(8.0) && low(1.1) == low(2.0));
}

#[test]
fn a_p_value_is_the_error_at_which_a_limit_gets_there() {
    let sample = sample();
    for method in [Method::Percentile, Method::Expanded, Method::Bca] {
        let limits = Limits::new(method, &sample).unwrap();
        for limit in [0.01, 0.2, 0.7] {
            let (up, down) = (limits.p_above(limit), limits.p_below(limit));
            // One replicate of 101 more or less is what a p-value can be off.
            let [sooner, later] = [up - 0.02, up + 0.02].map(|alpha| limits.between(alpha.max(1e-6)).low);
            assert!(sooner <= limit && limit <= later, "{method:?} {limit}: {up}");
            let [sooner, later] = [down - 0.02, down + 0.02].map(|alpha| limits.between(alpha.max(1e-6)).high);
            assert!(later <= limit && limit <= sooner, "{method:?} {limit}: {down}");
        }
        assert!(limits.p_above(-1.0) > 0.0 && limits.p_above(2.0) <= 1.0);
        assert!(limits.p_below(2.0) > 0.0 && limits.p_below(-1.0) <= 1.0);
    }
}

#[test]
fn undefined_replicates_are_left_out_of_every_method() {
    let mut some = sample();
    some.replicates.extend([f64::NAN; 7]);
    for method in [Method::Percentile, Method::Expanded, Method::Bca] {
        let (all, found) = (Limits::new(method, &sample()).unwrap(), Limits::new(method, &some).unwrap());
        let (all, found) = (all.between(0.05), found.between(0.05));
        assert_eq!((all.low, all.high, found.undefined), (found.low, found.high, 7));
    }
}

#[test]
fn what_a_method_lacks_is_said() {
    let refused = |method, estimate: Estimate| Limits::new(method, &estimate).unwrap_err();
    assert_eq!(refused(Method::Bca, Estimate { value: None, ..sample() }), Undefined::Value);
    assert_eq!(refused(Method::Bca, Estimate { replicates: vec![f64::NAN; 9], ..sample() }), Undefined::Replicates);
    assert_eq!(refused(Method::Bca, Estimate { value: Some(7.0), ..sample() }), Undefined::Bias);
    let without = vec![0.1, f64::NAN, 0.2];
    assert_eq!(refused(Method::Bca, Estimate { jackknife: without, ..sample() }), Undefined::Jackknife);
    assert_eq!(refused(Method::Expanded, Estimate { effective_patients: 1.0, ..sample() }), Undefined::OnePatient);
    // All equal: no bias, no acceleration, an interval of no width.
    let equal = Estimate { value: Some(0.5), replicates: vec![0.5; 100], jackknife: vec![0.5; 8], ..sample() };
    for method in [Method::Percentile, Method::Expanded, Method::Bca] {
        let interval = Limits::new(method, &equal).unwrap().between(0.025);
        assert_eq!((interval.low, interval.high), (0.5, 0.5));
    }
}
