//! Binomial numbers that are the same on every machine.
//!
//! Where few succeed, by inversion: a uniform number is used up by one probability after the other, from that of no success
//! on. Where many do, by rejection from a transformed uniform distribution, in as much time for any number of trials.
//! Generators that are made for speed take powers and logarithms from the system's library, whose last bits differ.

use rand::RngExt;

/// The probability of exactly `successes` of `trials`, each with probability `p`.
pub(super) fn probability(successes: u64, trials: u64, p: f64) -> f64 {
    let (k, n) = (successes as f64, trials as f64);
    if p <= 0.0 || p >= 1.0 {
        return f64::from(u8::from(k == if p <= 0.0 { 0.0 } else { n }));
    }
    let ways = log_factorial(n) - log_factorial(k) - log_factorial(n - k);
    libm::exp(ways + k * libm::log(p) + (n - k) * libm::log1p(-p))
}

/// How many succeed, each with the same probability. What can be found out without the number of trials is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binomial {
    /// The probability of the rarer of success and failure, its logarithm of the odds, and that of the other's probability.
    p: f64,
    log_odds: f64,
    log_other: f64,
    /// Whether failure is the rarer.
    fails: bool,
}

impl Binomial {
    /// With more successes than this to be expected, rejection takes less time than inversion; it needs 10 at least.
    const MANY: f64 = 12.0;

    /// Each with probability `p`.
    pub(super) fn new(p: f64) -> Self {
        let fails = p > 0.5;
        let p = if fails { 1.0 - p } else { p };
        Self { p, log_odds: libm::log(p / (1.0 - p)), log_other: libm::log1p(-p), fails }
    }

    /// How many of `trials` succeed.
    pub(super) fn draw(&self, trials: u64, stream: &mut impl RngExt) -> u64 {
        let n = trials as f64;
        let rarer = match n * self.p {
            none if none <= 0.0 => 0,
            many if many > Self::MANY => self.by_rejection(n, stream),
            _ => self.by_inversion(n, stream),
        };
        if self.fails { trials - rarer } else { rarer }
    }

    /// Hörmann (1993), "The generation of binomial random variates", Journal of Statistical Computation and Simulation 46,
    /// 101–110: algorithm BTRS, transformed rejection with squeeze, for p ≤ ½ and n·p ≥ 10.
    fn by_rejection(&self, n: f64, stream: &mut impl RngExt) -> u64 {
        let p = self.p;
        let deviation = (n * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let c = n * p + 0.5;
        let alpha = (2.83 + 5.1 / b) * deviation;
        let surely = 0.92 - 4.2 / b;
        let middle = ((n + 1.0) * p).floor();
        loop {
            let u = stream.random::<f64>() - 0.5;
            let v = stream.random::<f64>();
            let from_end = 0.5 - u.abs();
            let k = ((2.0 * a / from_end + b) * u + c).floor();
            if from_end >= 0.07 && v <= surely {
                return k as u64;
            }
            if !(0.0..=n).contains(&k) {
                continue;
            }
            // How likely k is beside the likeliest number.
            let ways = log_factorial(middle) + log_factorial(n - middle) - log_factorial(k) - log_factorial(n - k);
            if libm::log(v * alpha / (a / (from_end * from_end) + b)) <= ways + (k - middle) * self.log_odds {
                return k as u64;
            }
        }
    }

    /// In about as many steps as succeed.
    fn by_inversion(&self, n: f64, stream: &mut impl RngExt) -> u64 {
        let odds = self.p / (1.0 - self.p);
        let none = libm::exp(n * self.log_other);
        loop {
            let mut left: f64 = stream.random();
            let (mut successes, mut probability) = (0.0, none);
            while successes <= n {
                left -= probability;
                if left < 0.0 {
                    return successes as u64;
                }
                successes += 1.0;
                probability *= odds * (n - successes + 1.0) / successes;
            }
            // What is left is what rounding left of 1: another number.
        }
    }
}

fn log_factorial(count: f64) -> f64 {
    libm::lgamma(count + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    /// `scipy.stats.binom.cdf(k, n, p)` of scipy 1.17, about the quartiles and in the tails.
    #[test]
    fn numbers_are_as_often_below_as_they_should_be() {
        let cases = [
            (7_u64, 0.31, [(0, 0.0744635), (1, 0.3086459), (2, 0.6242831), (5, 0.9954382)]),
            (40_300, 0.04, [(1_530, 0.0185382), (1_585, 0.2509475), (1_612, 0.5066251), (1_690, 0.9763806)]),
            (1_000, 0.999, [(996, 0.0189268), (997, 0.0802093), (998, 0.2642411), (999, 0.6323046)]),
            (100_000, 0.000_02, [(0, 0.1353326), (1, 0.4060031), (2, 0.6766764), (5, 0.9834375)]),
            (435, 0.03, [(6, 0.0235920), (11, 0.3449581), (13, 0.5674719), (21, 0.9866917)]),
            (60, 0.21, [(6, 0.0202687), (10, 0.2586051), (13, 0.6229188), (19, 0.9820245)]),
            (200, 0.25, [(38, 0.0275758), (46, 0.2870047), (50, 0.5379058), (63, 0.9845793)]),
            (
                10_000_000,
                0.5,
                [(4_996_753, 0.0200233), (4_998_934, 0.2501934), (5_000_000, 0.5001262), (5_003_247, 0.9800073)],
            ),
        ];
        for (n, p, quantiles) in cases {
            let mut stream = random::stream(5, "binomial", &[n]);
            let draws: Vec<u64> = (0..40_000).map(|_| Binomial::new(p).draw(n, &mut stream)).collect();
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
        let drawn = [(9, 0.0), (9, 1.0), (0, 0.3)].map(|(n, p)| Binomial::new(p).draw(n, &mut stream));
        assert_eq!(drawn, [0, 9, 0]);
    }
}
