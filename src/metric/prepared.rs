//! Cases made ready to be weighed again and again.

use super::ranking::Ranking;
use super::tally::Tally;
use super::{Case, Metric, Problem};

/// Cases sorted once, so that a metric under new weights takes time linear in their number.
#[derive(Debug)]
pub struct Prepared<'a> {
    problem: Problem<'a>,
    cases: &'a [Case],
    /// `None` where no ranking can be made: no positive classes, or a case without a score.
    ranking: Option<Ranking>,
}

/// What a metric sees of the cases under one set of weights.
pub(super) struct Evidence<'a> {
    pub(super) cases: &'a [Case],
    pub(super) tally: Tally,
    pub(super) positive: Option<&'a [bool]>,
    pub(super) ranking: Option<&'a Ranking>,
    pub(super) weights: &'a [f64],
}

impl<'a> Prepared<'a> {
    /// Sorts the cases by stratum and score.
    ///
    /// # Panics
    /// Panics where a case's class is not below `problem.classes`, or `problem.positive` has another length than that.
    pub fn new(problem: Problem<'a>, cases: &'a [Case]) -> Self {
        let classes = problem.classes;
        assert!(problem.positive.is_none_or(|positive| positive.len() == classes), "one positive flag a class");
        assert!(
            cases.iter().all(|case| usize::from(case.reference.max(case.predicted)) < classes),
            "classes of cases are below the number of classes"
        );
        let ranking = problem.positive.and_then(|positive| Ranking::new(cases, positive));
        Self { problem, cases, ranking }
    }

    /// The metric's value where case *i* weighs `weights[i]` (none negative), for instance the number of times its
    /// patient was drawn. `None` where the metric is undefined: no case has weight, the metric needs positive classes or
    /// scores that are missing (one case without a score is enough), or it needs a class that has no weight.
    ///
    /// # Panics
    /// Panics where there are not as many weights as cases.
    pub fn value(&self, metric: Metric, weights: &[f64]) -> Option<f64> {
        (metric.entry().value)(&self.evidence(weights))
    }

    /// The values of several metrics under the same weights, as [`Prepared::value`] gives them.
    pub(super) fn values(&self, metrics: &[Metric], weights: &[f64]) -> Vec<Option<f64>> {
        let evidence = self.evidence(weights);
        metrics.iter().map(|metric| (metric.entry().value)(&evidence)).collect()
    }

    /// The cases, in the order weights are expected in.
    pub(super) fn cases(&self) -> &[Case] {
        self.cases
    }

    fn evidence<'e>(&'e self, weights: &'e [f64]) -> Evidence<'e> {
        assert_eq!(weights.len(), self.cases.len(), "one weight a case");
        Evidence {
            cases: self.cases,
            tally: Tally::new(self.cases, weights, self.problem.classes),
            positive: self.problem.positive,
            ranking: self.ranking.as_ref(),
            weights,
        }
    }
}

/// The metric's value on cases used once; see [`Prepared::value`] for weights and for where it is `None`.
///
/// # Panics
/// Panics as [`Prepared::new`] and [`Prepared::value`] do.
pub fn value(metric: Metric, problem: Problem<'_>, cases: &[Case], weights: &[f64]) -> Option<f64> {
    Prepared::new(problem, cases).value(metric, weights)
}
