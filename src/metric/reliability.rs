//! Whether probabilities come true: what was predicted against what was observed, in bins.

use super::{Case, Problem};

/// Where the second and every further bin begins: ten bins of one width, each with its lower end and without its upper one.
const BEGINNINGS: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// The number of bins.
pub(super) const BINS: usize = BEGINNINGS.len() + 1;

/// The cases whose probability lies in one bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The mean probability of the positive side.
    pub predicted: f64,
    /// The share of the cases that are positive.
    pub observed: f64,
    /// How many cases they are.
    pub cases: u64,
}

/// The bin a probability lies in: 0.1 to below 0.2 is bin 1, and 0.9 to 1 is bin 9.
pub(super) fn bin(probability: f64) -> usize {
    BEGINNINGS.iter().filter(|beginning| probability >= **beginning).count()
}

/// The curve that tells whether probabilities come true (a reliability diagram, DeGroot & Fienberg, The Statistician
/// 1983;32:12-22): for each of ten bins of one width, from the lowest probability to the highest, the mean probability of
/// the positive side and the share of the cases that are positive. Bins without cases are left out; all strata are pooled,
/// for a probability is held against its own case.
///
/// Empty where it is undefined: no positive classes are declared, or a case has no score.
///
/// # Panics
/// Panics where a case's reference class has no flag in `problem.positive`.
pub fn reliability(problem: Problem<'_>, cases: &[Case]) -> Vec<Bin> {
    let Some(positive) = problem.positive else { return Vec::new() };
    if cases.iter().any(|case| case.score.is_nan()) {
        return Vec::new();
    }
    let mut bins = [(0.0, 0_u64, 0_u64); BINS];
    for case in cases {
        let (predicted, observed, count) = &mut bins[bin(case.score)];
        *predicted += case.score;
        *observed += u64::from(positive[usize::from(case.reference)]);
        *count += 1;
    }
    let mean = |&(predicted, observed, cases): &(f64, u64, u64)| Bin {
        predicted: predicted / cases as f64,
        observed: observed as f64 / cases as f64,
        cases,
    };
    bins.iter().filter(|(_, _, cases)| *cases > 0).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{recipe, scored};
    use super::*;

    /// With numpy 2.4.6, of the recipe in `tests/values.rs` with three classes:
    ///
    /// ```python
    /// y = positive[ref]; b = np.searchsorted(np.arange(1, 10) / 10, score, side="right")
    /// [(score[b == k].mean(), y[b == k].mean(), (b == k).sum()) for k in range(10)]
    /// ```
    #[test]
    fn bins_as_numpy() {
        let expected = [
            (0.0, 0.75, 4),
            (0.171875, 1.0, 4),
            (0.25, 1.0, 2),
            (0.35, 0.8, 5),
            (0.4375, 0.6666666666666666, 3),
            (0.5375, 1.0, 5),
            (0.671875, 0.75, 4),
            (0.75, 1.0, 2),
            (0.84375, 0.8333333333333334, 6),
            (0.9625, 1.0, 5),
        ];
        let problem = Problem { classes: 3, positive: Some(&[false, true, true]) };
        let found = reliability(problem, &recipe(3, None, None));
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, (predicted, observed, cases)) in found.iter().zip(expected) {
            assert!((found.predicted - predicted).abs() < 1e-12, "{found:?}");
            assert!((found.observed - observed).abs() < 1e-12 && found.cases == cases, "{found:?}");
        }
    }

    #[test]
    fn a_bin_has_its_lower_end_and_the_last_has_both() {
        let sides = Problem { classes: 2, positive: Some(&[false, true]) };
        let below = 0.3_f64.next_down();
        let cases = [(0, 0.0), (0, below), (1, 0.3), (0, 0.9), (1, 1.0), (1, 1.0 + f64::EPSILON)];
        let counts: Vec<u64> = reliability(sides, &cases.map(|(class, score)| scored(0, class, score)))
            .iter()
            .map(|bin| bin.cases)
            .collect();
        assert_eq!(counts, [1, 1, 1, 3]);
        assert_eq!(reliability(sides, &[scored(0, 1, f64::NAN)]), []);
        assert_eq!(reliability(Problem { classes: 2, positive: None }, &[scored(0, 1, 0.5)]), []);
    }
}
