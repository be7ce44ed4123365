//! Ratios of sums with an interval over patients: the share of frames, F1 and Dice from counts.

use super::super::bootstrap::effective_patients;
use super::super::inference::expanded;
use super::super::{Draws, Interval};

/// What one comparison adds to a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The unit that is resampled: the patient.
    pub unit: u32,
    /// What it adds above the line.
    pub numerator: f64,
    /// What it adds below.
    pub denominator: f64,
}

/// The ratio of the sums over all parts and its expanded interval at `level` over the draws; `None` where what stands
/// below the line is 0. Figures are pooled before they are divided, so that a frame weighs by what is on it.
///
/// # Panics
/// Panics where a unit is not below the number of units of the draws.
pub fn ratio(parts: &[Part], units: usize, draws: &Draws, level: f64) -> (Option<f64>, Option<Interval>) {
    let mut sums = vec![[0.0; 2]; units];
    for part in parts {
        let [above, below] = &mut sums[part.unit as usize];
        *above += part.numerator;
        *below += part.denominator;
    }
    let divided = |times: &dyn Fn(usize) -> f64| {
        let add = |sum: [f64; 2], (unit, [above, below]): (usize, &[f64; 2])| {
            [sum[0] + times(unit) * above, sum[1] + times(unit) * below]
        };
        let [above, below] = sums.iter().enumerate().fold([0.0; 2], add);
        (below > 0.0).then(|| above / below)
    };
    let replicate = |drawn: &[u32]| divided(&|unit| f64::from(drawn[unit])).unwrap_or(f64::NAN);
    let replicates: Vec<f64> = draws.patients().map(replicate).collect();
    let value = divided(&|_| 1.0);
    let effective = effective_patients(sums.iter().map(|[_, below]| *below));
    (value, expanded(value, replicates, effective, level))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(unit: u32, numerator: f64, denominator: f64) -> Part {
        Part { unit, numerator, denominator }
    }

    #[test]
    fn sums_are_pooled_before_they_are_divided() {
        let parts = [part(0, 1.0, 2.0), part(0, 0.0, 1.0), part(1, 3.0, 3.0)];
        let (value, interval) = ratio(&parts, 2, &Draws::new(2, 1, 500, 7), 0.95);
        let interval = interval.unwrap();
        // Two patients: only the first, only the second, or both.
        assert_eq!((value, interval.low, interval.high), (Some(4.0 / 6.0), 1.0 / 3.0, 1.0));
        assert_eq!(ratio(&parts, 2, &Draws::new(2, 1, 0, 7), 0.95), (value, None));
    }

    #[test]
    fn nothing_below_the_line_is_no_ratio() {
        assert_eq!(ratio(&[part(0, 0.0, 0.0)], 1, &Draws::new(1, 1, 100, 7), 0.95), (None, None));
    }
}
