//! Precision against recall as a curve to draw.

use super::{Case, Problem};

/// The curve's points as (recall, precision), from the highest score downward, cases of equal score called positive
/// together. Of points of one recall the first and the last are kept, as scikit-learn's `precision_recall_curve` does with
/// `drop_intermediate=True`; its point (0, 1), which no score makes, is left out. All strata are pooled, as
/// [`super::roc`] pools them.
///
/// Empty where the curve is undefined: no positive classes are declared, a case has no score, or there is no positive case.
///
/// # Panics
/// Panics where a case's reference class has no flag in `problem.positive`.
pub fn precision_recall(problem: Problem<'_>, cases: &[Case]) -> Vec<(f64, f64)> {
    let Some(positive) = problem.positive else { return Vec::new() };
    if cases.iter().any(|case| case.score.is_nan()) {
        return Vec::new();
    }
    let mut order: Vec<&Case> = cases.iter().collect();
    order.sort_by(|a, b| b.score.total_cmp(&a.score));

    // Counts of (called positive, of these positive).
    let mut points: Vec<(u64, u64)> = Vec::new();
    let mut here = (0, 0);
    for block in order.chunk_by(|a, b| a.score == b.score) {
        here.0 += block.len() as u64;
        here.1 += block.iter().filter(|case| positive[usize::from(case.reference)]).count() as u64;
        if let [.., before, last] = points[..]
            && before.1 == last.1
            && last.1 == here.1
        {
            points.pop();
        }
        points.push(here);
    }
    let positives = here.1;
    if positives == 0 {
        return Vec::new();
    }
    points.iter().map(|&(called, right)| (right as f64 / positives as f64, right as f64 / called as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{recipe, scored};
    use super::*;

    /// With scikit-learn 1.5.2, of the recipe in `tests/values.rs` with three classes:
    ///
    /// ```python
    /// p, r, _ = precision_recall_curve(positive[ref], score, drop_intermediate=True)
    /// list(zip(r[:-1], p[:-1]))[::-1]
    /// ```
    #[test]
    fn points_as_scikit_learn() {
        let expected = [
            (0.05714285714285714, 1.0),
            (0.14285714285714285, 1.0),
            (0.22857142857142856, 1.0),
            (0.2857142857142857, 0.9090909090909091),
            (0.34285714285714286, 0.9230769230769231),
            (0.4, 0.875),
            (0.42857142857142855, 0.8823529411764706),
            (0.5142857142857142, 0.9),
            (0.5714285714285714, 0.9090909090909091),
            (0.6285714285714286, 0.88),
            (0.7142857142857143, 0.8928571428571429),
            (0.7428571428571429, 0.8666666666666667),
            (0.8, 0.875),
            (0.8857142857142857, 0.8857142857142857),
            (0.9142857142857143, 0.8888888888888888),
            (1.0, 0.875),
        ];
        let problem = Problem { classes: 3, positive: Some(&[false, true, true]) };
        let found = precision_recall(problem, &recipe(3, None, None));
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found.0 - expected.0).abs() < 1e-12 && (found.1 - expected.1).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn without_sides_scores_or_a_positive_case_there_is_no_curve() {
        let sides = Problem { classes: 2, positive: Some(&[false, true]) };
        let cases = [scored(0, 0, 0.5), scored(0, 0, 0.4)];
        assert_eq!(precision_recall(sides, &cases), []);
        assert_eq!(precision_recall(sides, &[scored(0, 1, f64::NAN)]), []);
        assert_eq!(precision_recall(Problem { classes: 2, positive: None }, &cases), []);
        assert_eq!(precision_recall(sides, &[scored(0, 1, 0.5)]), [(1.0, 1.0)]);
    }
}
