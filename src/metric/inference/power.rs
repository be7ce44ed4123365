//! How likely the study at hand shows what it set out to show, and how many patients would.
//!
//! The difference of two arms is taken as normal about its true value, with the bootstrap's standard error, which falls with
//! the square root of the number of patients (Julious, Statistics in Medicine 2004;23:1921-1986, sections 5 and 6).

use super::{super::contrast::Goal, normal};

/// What is asked of a study.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    /// What is to be shown.
    pub goal: Goal,
    /// By how much the arms may differ, in the metric's unit, above 0.
    pub margin: f64,
    /// One-sided error probability of the test, or of each of the two.
    pub alpha: f64,
}

impl Design {
    /// The probability that the goal is shown where the arms do not differ and the difference has this standard error.
    /// `None` where there is no margin, or no spread to hold it against.
    pub fn power(&self, standard_error: f64) -> Option<f64> {
        if !(self.margin > 0.0 && standard_error > 0.0 && standard_error.is_finite()) {
            return None;
        }
        let shown = normal::cdf(self.margin / standard_error + normal::quantile(self.alpha));
        Some(match self.goal {
            Goal::NonInferiority => shown,
            Goal::Equivalence => (2.0 * shown - 1.0).max(0.0),
        })
    }

    /// The patients for which the goal is shown with probability `power` where the arms do not differ, from the standard
    /// error that `patients` have. `None` as in [`Design::power`], or where it is no number one can count to.
    pub fn patients(&self, standard_error: f64, patients: usize, power: f64) -> Option<u64> {
        self.power(standard_error)?;
        let both = match self.goal {
            Goal::NonInferiority => power,
            Goal::Equivalence => (1.0 + power) / 2.0,
        };
        let errors = normal::quantile(both) - normal::quantile(self.alpha);
        let needed = patients as f64 * (errors * standard_error / self.margin).powi(2);
        // A billionth less than a whole number is that number and what rounding left.
        let needed = (needed - needed * 1e-9).ceil();
        (needed < 1e9).then_some(needed.max(2.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;
    use rand::RngExt as _;

    const DESIGN: Design = Design { goal: Goal::NonInferiority, margin: 0.05, alpha: 0.025 };
    const BOTH: Design = Design { goal: Goal::Equivalence, ..DESIGN };

    /// scipy 1.17, `z = norm.ppf(.975)`, a standard error of .03 from 40 patients: `norm.cdf(.05/.03 - z)`,
    /// `40 * ((z + norm.ppf(.8)) * .03 / .05)**2` and, for both sides, `norm.ppf(.9)`.
    #[test]
    fn numbers_are_those_of_the_formulas() {
        assert!((DESIGN.power(0.03).unwrap() - 0.38464745179032334).abs() < 1e-12);
        assert_eq!(DESIGN.patients(0.03, 40, 0.8), Some(114)); // 113.02
        assert_eq!(BOTH.power(0.03), Some(0.0)); // its formula gives −.23
        assert_eq!(BOTH.patients(0.03, 40, 0.8), Some(152)); // 151.3
    }

    #[test]
    fn as_many_patients_as_are_said_to_be_needed_are_enough() {
        for design in [DESIGN, BOTH] {
            let needed = design.patients(0.03, 40, 0.8).unwrap() as f64;
            let power = |patients: f64| design.power(0.03 * (40.0 / patients).sqrt()).unwrap();
            assert!(power(needed) >= 0.8 && power(needed - 1.0) < 0.8, "{design:?}");
        }
    }

    /// Studies of 50 patients whose differences are uniform with a standard deviation of .15, so that the standard error
    /// of their mean is .0212: how often the lower limit of the mean is above the margin.
    #[test]
    fn simulated_studies_succeed_as_often_as_is_said() {
        let (deviation, studies, z) = (0.15_f64, 4_000, 1.959963984540054);
        let error = deviation / 50.0_f64.sqrt();
        let mut shown = [0.0, 0.0];
        for study in 0..studies {
            let mut stream = random::stream(3, "power", &[study]);
            let mean = (0..50).map(|_| stream.random::<f64>() - 0.5).sum::<f64>() / 50.0 * deviation * 12.0_f64.sqrt();
            let above = mean - z * error > -0.05;
            let below = mean + z * error < 0.05;
            shown[0] += f64::from(u8::from(above));
            shown[1] += f64::from(u8::from(above && below));
        }
        for (design, shown) in [DESIGN, BOTH].iter().zip(shown) {
            let (found, expected) = (shown / studies as f64, design.power(error).unwrap());
            let tolerance = 4.0 * (expected * (1.0 - expected) / studies as f64).sqrt();
            assert!((found - expected).abs() < tolerance, "{design:?}: {found}, not {expected}");
        }
    }

    #[test]
    fn without_margin_or_spread_nothing_is_said() {
        for (margin, error) in [(0.0, 0.03), (0.05, 0.0), (0.05, f64::NAN), (f64::NAN, 0.03)] {
            let design = Design { margin, ..DESIGN };
            assert_eq!((design.power(error), design.patients(error, 40, 0.8)), (None, None));
        }
        assert_eq!(Design { margin: 1e-9, ..DESIGN }.patients(0.03, 40, 0.8), None);
    }
}
