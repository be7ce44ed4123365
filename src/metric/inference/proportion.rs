//! Intervals of a proportion whose trials are taken as independent.

use super::{binomial_tail::at_most, normal};

/// The score interval of Wilson (Journal of the American Statistical Association 1927;22:209-212) at `level`: `successes` of
/// `trials`. `None` without a trial.
pub fn wilson(successes: u64, trials: u64, level: f64) -> Option<(f64, f64)> {
    if trials == 0 {
        return None;
    }
    let n = trials as f64;
    let (share, z) = (successes as f64 / n, normal::quantile((1.0 + level) / 2.0));
    let shrunk = 1.0 + z * z / n;
    let middle = (share + z * z / (2.0 * n)) / shrunk;
    let half = z / shrunk * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    // At its ends it is exact, and rounding must not leave them.
    let low = if successes == 0 { 0.0 } else { middle - half };
    let high = if successes == trials { 1.0 } else { middle + half };
    Some((low, high))
}

/// The exact interval of Clopper & Pearson (Biometrika 1934;26:404-413) at `level`: every share that neither tail of the
/// binomial distribution rejects. `None` without a trial.
pub fn clopper_pearson(successes: u64, trials: u64, level: f64) -> Option<(f64, f64)> {
    if trials == 0 {
        return None;
    }
    let (tail, failures) = ((1.0 - level) / 2.0, trials - successes);
    let at_least = |p: f64| at_most(failures, trials, 1.0 - p);
    let low = if successes == 0 { 0.0 } else { normal::below(at_least, tail, 0.0, 1.0) };
    let high = if failures == 0 { 1.0 } else { normal::below(|p| -at_most(successes, trials, p), -tail, 0.0, 1.0) };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `proportion_confint(x, n, 1 - level, "wilson")` and `"beta"` of statsmodels 0.15.
    #[test]
    fn intervals_are_those_of_statsmodels() {
        let cases = [
            (81, 263, 0.95, (0.2552885198782742, 0.36620957698280004), (0.25273674558527126, 0.36762192260135135)),
            (0, 20, 0.95, (0.0, 0.16112515805281938), (0.0, 0.1684334709830853)),
            (20, 20, 0.95, (0.8388748419471806, 1.0), (0.8315665290169147, 1.0)),
            (1, 29, 0.9, (0.007730807972737994, 0.14068309513251215), (0.0017671710005495351, 0.15339202452618272)),
            (3950, 4030, 0.95, (0.9753628721055971, 0.9840203955579283), (0.9753537383111393, 0.9842287051584804)),
            (15, 30, 0.99, (0.2872156912398668, 0.7127843087601332), (0.26484683198381537, 0.7351531680161847)),
        ];
        for (successes, trials, level, by_score, exact) in cases {
            for (found, expected) in
                [(wilson(successes, trials, level), by_score), (clopper_pearson(successes, trials, level), exact)]
            {
                let (low, high) = found.unwrap();
                let far = (low - expected.0).abs().max((high - expected.1).abs());
                assert!(far < 1e-11, "{successes}/{trials}: {low} {high}, not {expected:?}");
            }
        }
    }

    #[test]
    fn without_a_trial_there_is_no_interval() {
        assert_eq!((wilson(0, 0, 0.95), clopper_pearson(0, 0, 0.95)), (None, None));
    }
}
