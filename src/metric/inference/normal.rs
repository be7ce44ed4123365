//! The standard normal distribution, with the same digits on every machine.

use std::f64::consts::SQRT_2;

/// The probability of a value up to `z`.
pub fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// The value that is not exceeded with probability `p`; infinite at 0 and 1. Found by halving, to the last digit that the
/// distribution function tells apart.
pub fn quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    // Below −40 the probability is smaller than any number.
    below(cdf, p, -40.0, 0.0)
}

/// The probability, two-sided, of a value as far from 0 as `z` or farther.
pub fn two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

/// Where `rising` reaches `level` between `low` and `high`.
pub(super) fn below(rising: impl Fn(f64) -> f64, level: f64, mut low: f64, mut high: f64) -> f64 {
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return high;
        }
        if rising(middle) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.norm.ppf(p)` and `.cdf` of it, scipy 1.17.
    #[test]
    fn quantiles_are_scipys() {
        let cases = [
            (0.025, -1.9599639845400545),
            (1e-9, -5.9978070150076865),
            (0.2, -0.8416212335729142),
            (0.5, 0.0),
            (0.975, 1.959963984540054),
            (0.999, 3.090232306167813),
        ];
        for (p, z) in cases {
            assert!((quantile(p) - z).abs() < 1e-13 * (1.0 + z.abs()), "{p}: {}", quantile(p));
            assert!((cdf(z) - p).abs() < 1e-14);
        }
        assert_eq!([quantile(0.0), quantile(1.0)], [f64::NEG_INFINITY, f64::INFINITY]);
        assert!((two_sided(-1.9599639845400545) - 0.05).abs() < 1e-15);
    }
}
