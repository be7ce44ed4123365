//! Student's t distribution for whole degrees of freedom, with the same digits on every machine.
//!
//! By the finite sums of Abramowitz & Stegun (1964), 26.7.3 and 26.7.4.

use std::f64::consts::PI;

use super::normal::{self, below};

/// With more degrees of freedom than this a quantile is read off an expansion: a sum takes as many terms as there are degrees.
const MANY: usize = 1000;

/// The probability of a value up to `t` with `degrees` degrees of freedom, one or more.
pub fn cdf(t: f64, degrees: usize) -> f64 {
    if t.is_infinite() {
        return f64::from(u8::from(t > 0.0));
    }
    let n = degrees as f64;
    let cosine_squared = n / (n + t * t);
    let sine = t.abs() / (n + t * t).sqrt();
    // The series goes in steps of two from one degree, or from two.
    let odd = degrees % 2 == 1;
    let (mut term, mut sum) = if odd { (cosine_squared.sqrt(), 0.0) } else { (1.0, 0.0) };
    let mut k = if odd { 1 } else { 0 };
    while k + 2 <= degrees {
        sum += term;
        k += 2;
        let k = k as f64;
        term *= cosine_squared * (k - 1.0) / k;
    }
    let inside = if odd { (libm::atan(t.abs() / n.sqrt()) + sine * sum) * 2.0 / PI } else { sine * sum };
    if t < 0.0 { 0.5 * (1.0 - inside) } else { 0.5 * (1.0 + inside) }
}

/// The value that is not exceeded with probability `p`, above 0 and below 1.
pub fn quantile(p: f64, degrees: usize) -> f64 {
    if p > 0.5 {
        return -quantile(1.0 - p, degrees);
    }
    if degrees > MANY {
        return expansion(normal::quantile(p), degrees as f64);
    }
    let mut low = -1.0;
    while cdf(low, degrees) > p && low > -1e12 {
        low *= 2.0;
    }
    below(|t| cdf(t, degrees), p, low, 0.0)
}

/// The quantile of so many degrees of freedom, given the normal one `x`: Abramowitz & Stegun (1964), 26.7.5, to the fourth order.
/// With more than [`MANY`] degrees it is right to 1e-11 for probabilities from 1e-9, and to 1e-14 for those from 0.01.
fn expansion(x: f64, n: f64) -> f64 {
    let square = x * x;
    let first = (square + 1.0) * x / 4.0;
    let second = ((5.0 * square + 16.0) * square + 3.0) * x / 96.0;
    let third = (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) * x / 384.0;
    let fourth = ((((79.0 * square + 776.0) * square + 1482.0) * square - 1920.0) * square - 945.0) * x / 92_160.0;
    x + (first + (second + (third + fourth / n) / n) / n) / n
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.t.cdf(t, df)` of scipy 1.17.
    #[test]
    fn probabilities_and_quantiles_are_scipys() {
        let cases = [
            (-12.7, 1, 0.025012163844672083),
            (-4.3, 2, 0.025028577058545796),
            (-2.093, 19, 0.02500118947141399),
            (1.3, 39, 0.899383990320747),
            (-1.98, 100, 0.025225803416547697),
            (-0.25, 7, 0.4048827929239259),
        ];
        for (t, degrees, p) in cases {
            assert!((cdf(t, degrees) - p).abs() < 1e-13, "{t} {degrees}: {}", cdf(t, degrees));
        }
        // `scipy.stats.t.ppf(p, df)`
        let cases = [
            (0.025, 1, -12.706204736174705),
            (0.025, 2, -4.302652729749464),
            (0.025, 19, -2.09302405440831),
            (0.05, 39, -1.6848751217112252),
            (0.975, 99, 1.9842169515864174),
            (1e-6, 3, -103.29946778041935),
            (0.025, 1000, -1.9623390808264085),
            (1e-9, 1001, -6.053633999951316),
            (0.0125, 1001, -2.244779733114666),
            (0.025, 40299, -1.9600228530298627),
            (0.6, 40299, 0.2533487756908572),
        ];
        for (p, degrees, t) in cases {
            assert!((quantile(p, degrees) / t - 1.0).abs() < 1e-9, "{p} {degrees}: {}", quantile(p, degrees));
        }
    }

    #[test]
    fn its_ends_are_certain() {
        for degrees in [1, 2, 30] {
            assert_eq!([cdf(f64::NEG_INFINITY, degrees), cdf(f64::INFINITY, degrees)], [0.0, 1.0]);
        }
    }
}
