//! The receiver operating characteristic as a curve to draw.

use super::{Case, Problem};

/// The curve's corners as (false positive rate, true positive rate), from (0, 0) to (1, 1): cases are called positive from
/// the highest score downward, cases of equal score together, and points on a straight line between their neighbours are
/// dropped. All strata are pooled, so with several strata the area under the curve is not the stratified AUROC.
///
/// Empty where the curve is undefined: no positive classes are declared, a case has no score, or positive or negative
/// cases are missing.
///
/// # Panics
/// Panics where a case's reference class has no flag in `problem.positive`.
pub fn roc(problem: Problem<'_>, cases: &[Case]) -> Vec<(f64, f64)> {
    let Some(positive) = problem.positive else { return Vec::new() };
    if cases.iter().any(|case| case.score.is_nan()) {
        return Vec::new();
    }
    let mut order: Vec<&Case> = cases.iter().collect();
    order.sort_by(|a, b| b.score.total_cmp(&a.score));

    // Counts of (false positives, true positives), so that straightness is decided without rounding.
    let mut corners: Vec<(i64, i64)> = vec![(0, 0)];
    let mut here = (0, 0);
    for block in order.chunk_by(|a, b| a.score == b.score) {
        for case in block {
            if positive[usize::from(case.reference)] {
                here.1 += 1;
            } else {
                here.0 += 1;
            }
        }
        while let [.., before, last] = corners[..] {
            let run = (last.0 - before.0, last.1 - before.1);
            let next = (here.0 - last.0, here.1 - last.1);
            if run.0 * next.1 != run.1 * next.0 {
                break;
            }
            corners.pop();
        }
        corners.push(here);
    }
    if here.0 == 0 || here.1 == 0 {
        return Vec::new();
    }
    corners.iter().map(|corner| (corner.0 as f64 / here.0 as f64, corner.1 as f64 / here.1 as f64)).collect()
}
