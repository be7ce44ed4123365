//! Binomial numbers that are the same on every machine: by inversion, from the likeliest number outwards.
//!
//! ```text
//!            ▄█▄
//!          ▄█████▄        one uniform number u is used up bar by bar,
//!      ▁▂▄█████████▄▂▁    in the order 0 +1 −1 +2 −2 … from the middle
//!            0
//! ```
//!
//! Generators that are made for speed take powers and logarithms from the system's library, whose last bits differ.

use rand::RngExt;

/// The probability of exactly `successes` of `trials`, each with probability `p`.
pub(super) fn probability(successes: u64, trials: u64, p: f64) -> f64 {
    let (k, n) = (successes as f64, trials as f64);
    if p <= 0.0 || p >= 1.0 {
        return f64::from(u8::from(k == if p <= 0.0 { 0.0 } else { n }));
    }
    let factorial = |count: f64| libm::lgamma(count + 1.0);
    let ways = factorial(n) - factorial(k) - factorial(n - k);
    libm::exp(ways + k * libm::log(p) + (n - k) * libm::log1p(-p))
}

/// How many of `trials` succeed, each with probability `p`. It takes about as many steps as the standard deviation.
pub(super) fn binomial(trials: u64, p: f64, stream: &mut impl RngExt) -> u64 {
    if p > 0.5 {
        return trials - binomial(trials, 1.0 - p, stream);
    }
    if trials == 0 || p <= 0.0 {
        return 0;
    }
    let n = trials as f64;
    let middle = ((n + 1.0) * p).floor().min(n);
    let at_middle = probability(middle as u64, trials, p);
    let mut left: f64 = stream.random::<f64>() - at_middle;
    let odds = p / (1.0 - p);
    let (mut above, mut below) = (middle, middle);
    let (mut at_above, mut at_below) = (at_middle, at_middle);
    while left >= 0.0 {
        if above < n {
            at_above *= odds * (n - above) / (above + 1.0);
            above += 1.0;
            left -= at_above;
            if left < 0.0 {
                return above as u64;
            }
        }
        if below > 0.0 {
            at_below *= below / (odds * (n - below + 1.0));
            below -= 1.0;
            left -= at_below;
            if left < 0.0 {
                return below as u64;
            }
        }
        // What is left is what rounding left of 1.
        if (at_above == 0.0 || above >= n) && (at_below == 0.0 || below <= 0.0) {
            break;
        }
    }
    middle as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    /// `scipy.stats.binom.cdf(k, n, p)` of scipy 1.17, at the quartiles and in the tails.
    #[test]
    fn numbers_are_as_often_below_as_they_should_be() {
        let cases = [
            (7_u64, 0.31, [(0, 0.0744635), (1, 0.3086459), (2, 0.6242831), (5, 0.9954382)]),
            (40_300, 0.04, [(1_530, 0.0185382), (1_585, 0.2509475), (1_612, 0.5066251), (1_690, 0.9763806)]),
            (1_000, 0.999, [(996, 0.0189268), (997, 0.0802093), (998, 0.2642411), (999, 0.6323046)]),
            (100_000, 0.000_02, [(0, 0.1353326), (1, 0.4060031), (2, 0.6766764), (5, 0.9834375)]),
        ];
        for (n, p, quantiles) in cases {
            let mut stream = random::stream(5, "binomial", &[n]);
            let draws: Vec<u64> = (0..40_000).map(|_| binomial(n, p, &mut stream)).collect();
            for (k, expected) in quantiles {
                let found = draws.iter().filter(|draw| **draw <= k).count() as f64 / draws.len() as f64;
                let error = (expected * (1.0 - expected) / draws.len() as f64).sqrt();
                assert!((found - expected).abs() < 4.0 * error, "{n} {p}: {found} of {k}, not {expected}");
            }
        }
    }

    #[test]
    fn ends_are_certain() {
        let mut stream = random::stream(1, "binomial", &[]);
        assert_eq!(
            [binomial(9, 0.0, &mut stream), binomial(9, 1.0, &mut stream), binomial(0, 0.3, &mut stream)],
            [0, 9, 0]
        );
    }
}
