//! Probabilities of binomial numbers, with the same digits on every machine.

use super::super::binomial::probability;

/// The probability of `successes` of `trials` or fewer, summed from the largest number down: the likelier ones first where
/// it is the lower tail.
pub(super) fn at_most(successes: u64, trials: u64, p: f64) -> f64 {
    if successes >= trials || p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    // From the middle on, the other tail is the shorter one.
    if successes as f64 >= p * trials as f64 {
        return 1.0 - at_most(trials - successes - 1, trials, 1.0 - p);
    }
    let n = trials as f64;
    let mut term = probability(successes, trials, p);
    let mut sum = term;
    for k in (1..=successes).rev() {
        let k = k as f64;
        term *= k * (1.0 - p) / ((n - k + 1.0) * p);
        sum += term;
        if term < sum * 1e-18 {
            break;
        }
    }
    sum
}
