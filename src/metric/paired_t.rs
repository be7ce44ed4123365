//! The paired t-test of Student (1908, Biometrika 6, 1–25).

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// A paired t-test: whether differences are 0 on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedT {
    /// The mean difference.
    pub mean: f64,
    /// Its standard error: the standard deviation (n − 1) over √n.
    pub standard_error: f64,
    /// The mean over its standard error.
    pub t: f64,
    /// Degrees of freedom: n − 1.
    pub degrees: usize,
    /// The two-sided p-value.
    pub p: f64,
}

/// The test of these differences, taken as independent. `None` where fewer than two are given or all are the same: then
/// there is no spread to hold the mean against.
pub fn paired_t(differences: &[f64]) -> Option<PairedT> {
    let degrees = differences.len().checked_sub(1).filter(|degrees| *degrees > 0)?;
    if differences.iter().all(|difference| *difference == differences[0]) {
        return None;
    }
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|difference| (difference - mean) * (difference - mean)).sum();
    let standard_error = (squares / degrees as f64 / n).sqrt();
    let t = mean / standard_error;
    let student = StudentsT::new(0.0, 1.0, degrees as f64).ok()?;
    Some(PairedT { mean, standard_error, t, degrees, p: 2.0 * student.cdf(-t.abs()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Python 3.13, scipy 1.17:
    ///
    /// ```python
    /// for d in ([1, 0, .5, -.25, .75, 0], [-1/3, 1/6, 0, 0, 2/3, 1/6, -1/6], [1e-9, 3e-9], [1] * 99 + [0]):
    ///     r = scipy.stats.ttest_1samp(d, 0); print(r.statistic, r.pvalue, scipy.stats.sem(d))
    /// ```
    #[test]
    fn values_are_scipys() {
        let nearly_all: Vec<f64> = std::iter::repeat_n(1.0, 99).chain([0.0]).collect();
        let cases: [(&[f64], f64, f64, f64); 4] = [
            (&[1.0, 0.0, 0.5, -0.25, 0.75, 0.0], 1.6609095970747993, 0.15762335674016503, 0.2006932429798716),
            (
                &[-1.0 / 3.0, 1.0 / 6.0, 0.0, 0.0, 2.0 / 3.0, 1.0 / 6.0, -1.0 / 6.0],
                0.5960395606792697,
                0.5729317850717072,
                0.11983864182969442,
            ),
            (&[1e-9, 3e-9], 2.0000000000000004, 0.2951672353008665, 9.999999999999999e-10),
            (&nearly_all, 99.0, 8.038310152191163e-101, 0.01),
        ];
        for (differences, t, p, standard_error) in cases {
            let test = paired_t(differences).unwrap();
            let near = |value: f64, reference: f64| (value - reference).abs() <= 1e-9 * reference.abs();
            assert!(near(test.t, t) && near(test.p, p) && near(test.standard_error, standard_error), "{test:?}");
            assert_eq!(test.degrees, differences.len() - 1);
        }
    }

    #[test]
    fn without_spread_there_is_no_test() {
        for differences in [&[][..], &[1.0], &[0.0, 0.0], &[0.1; 7]] {
            assert_eq!(paired_t(differences), None);
        }
    }
}
