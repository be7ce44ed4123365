//! McNemar's test of paired outcomes (Psychometrika 1947;12:153-157), from the binomial distribution.

use super::super::binomial::probability;
use super::binomial_tail::at_most;

/// The two p-values, both two-sided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// Exact: never more errors than promised, and usually far fewer.
    pub exact: f64,
    /// With half the probability of what was found (Fagerland, Lydersen & Laake, BMC Medical Research Methodology
    /// 2013;13:91): close to the errors promised.
    pub mid: f64,
}

/// The test of `one` and `other`: how many cases only the one, and only the other, was right about. The cases are taken as
/// independent. `None` where there are none: then nothing speaks of a difference, for or against.
pub fn mcnemar(one: u64, other: u64) -> Option<McNemar> {
    let (fewer, all) = (one.min(other), one + other);
    if all == 0 {
        return None;
    }
    let found = probability(fewer, all, 0.5);
    if one == other {
        return Some(McNemar { exact: 1.0, mid: 1.0 - 0.5 * found });
    }
    let tail = at_most(fewer, all, 0.5);
    Some(McNemar { exact: (2.0 * tail).min(1.0), mid: (2.0 * tail - found).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// statsmodels 0.15 and scipy 1.17:
    ///
    /// ```python
    /// exact = mcnemar([[0, b], [c, 0]], exact=True).pvalue
    /// k, n = min(b, c), b + c
    /// mid = 2 * (binom.cdf(k - 1, n, .5) + .5 * binom.pmf(k, n, .5)) if b != c else 1 - .5 * binom.pmf(k, n, .5)
    /// ```
    #[test]
    fn values_are_those_of_statsmodels() {
        let cases = [
            (1, 7, 0.0703125, 0.039062499999999986),
            (9, 10, 1.0, 0.8238029479980469),
            (150, 121, 0.0887796125701743, 0.07849045296058095),
            (5, 5, 1.0, 0.876953125),
            (0, 4, 0.125, 0.06250000000000001),
            (59, 6, 4.964650327128616e-12, 2.725803198606872e-12),
        ];
        for (one, other, exact, mid) in cases {
            let found = mcnemar(one, other).unwrap();
            let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-11;
            assert!(near(found.exact, exact) && near(found.mid, mid), "{one} {other}: {found:?}");
            assert_eq!(mcnemar(other, one), Some(found));
        }
    }

    #[test]
    fn without_a_case_to_tell_them_apart_there_is_no_test() {
        assert_eq!(mcnemar(0, 0), None);
        assert_eq!(mcnemar(0, 1).unwrap().exact, 1.0);
    }
}
