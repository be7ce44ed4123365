//! Cases made ready to be weighed again and again.

use std::cell::OnceCell;
use std::sync::OnceLock;

use super::concordance::Concordance;
use super::probability::Probabilities;
use super::ranking::Ranking;
use super::tally::{Tally, UnitTallies};
use super::{Case, Metric, Problem};

/// Cases sorted and summed once, so that a metric under new weights takes time linear in their number or less.
///
/// What is weighed is a unit: a case by itself, or a patient with all their cases.
#[derive(Debug)]
pub struct Prepared<'a> {
    problem: Problem<'a>,
    cases: &'a [Case],
    /// The probability of every class, `[case][class]`.
    class_probabilities: Option<&'a [f64]>,
    unit_of: Vec<u32>,
    units: usize,
    tallies: UnitTallies,
    /// `None` where no ranking can be made: no positive classes, or a case without a score.
    ranking: OnceLock<Option<Ranking>>,
    probabilities: OnceLock<Option<Probabilities>>,
    /// One ranking a class, by the probability of that class.
    class_rankings: OnceLock<Option<Vec<Ranking>>>,
}

/// What a metric sees of the cases under one set of weights.
pub(super) struct Evidence<'a> {
    prepared: &'a Prepared<'a>,
    pub(super) tally: Tally,
    pub(super) positive: Option<&'a [bool]>,
    /// One weight a unit.
    pub(super) weights: &'a [f64],
    concordances: OnceCell<Option<Vec<Concordance>>>,
}

impl<'a> Prepared<'a> {
    /// Takes every case for a unit of its own.
    ///
    /// # Panics
    /// Panics where a case's class is not below `problem.classes`, or `problem.positive` has another length than that.
    pub fn new(problem: Problem<'a>, cases: &'a [Case]) -> Self {
        Self::of_units(problem, cases, (0..cases.len() as u32).collect(), cases.len())
    }

    /// Takes each of `patients` patients, with all their cases, for a unit.
    ///
    /// # Panics
    /// Panics as [`Prepared::new`] does, and where a case's patient is not below `patients`.
    pub fn by_patient(problem: Problem<'a>, cases: &'a [Case], patients: usize) -> Self {
        let unit_of: Vec<u32> = cases.iter().map(|case| case.patient).collect();
        assert!(unit_of.iter().all(|unit| (*unit as usize) < patients), "patients of cases are below their number");
        Self::of_units(problem, cases, unit_of, patients)
    }

    fn of_units(problem: Problem<'a>, cases: &'a [Case], unit_of: Vec<u32>, units: usize) -> Self {
        let classes = problem.classes;
        assert!(problem.positive.is_none_or(|positive| positive.len() == classes), "one positive flag a class");
        assert!(
            cases.iter().all(|case| usize::from(case.reference.max(case.predicted)) < classes),
            "classes of cases are below the number of classes"
        );
        Self {
            tallies: UnitTallies::new(cases, &unit_of, classes),
            problem,
            cases,
            class_probabilities: None,
            unit_of,
            units,
            ranking: OnceLock::new(),
            probabilities: OnceLock::new(),
            class_rankings: OnceLock::new(),
        }
    }

    /// Adds the probability of every class, `[case][class]`, for the metrics that need it; NaN where there is none.
    ///
    /// # Panics
    /// Panics where there are not as many as cases times classes.
    #[must_use]
    pub fn with_probabilities(mut self, probabilities: &'a [f64]) -> Self {
        assert_eq!(probabilities.len(), self.cases.len() * self.problem.classes, "one probability a case and class");
        self.class_probabilities = Some(probabilities);
        self
    }

    /// The metric's value where unit *i* weighs `weights[i]` (none negative), for instance the number of times a
    /// patient was drawn. `None` where the metric is undefined: no case has weight, the metric needs positive classes, scores
    /// or probabilities that are missing (one case without them is enough), or it needs a class that has no weight.
    ///
    /// # Panics
    /// Panics where there are not as many weights as units.
    pub fn value(&self, metric: Metric, weights: &[f64]) -> Option<f64> {
        (metric.entry().value)(&self.evidence(weights))
    }

    /// The values of several metrics under the same weights, as [`Prepared::value`] gives them.
    pub(super) fn values(&self, metrics: &[Metric], weights: &[f64]) -> Vec<Option<f64>> {
        let evidence = self.evidence(weights);
        metrics.iter().map(|metric| (metric.entry().value)(&evidence)).collect()
    }

    /// The number of units that are weighed.
    pub(super) fn units(&self) -> usize {
        self.units
    }

    /// The unit of each case.
    pub(super) fn unit_of_each_case(&self) -> impl Iterator<Item = usize> {
        self.unit_of.iter().map(|unit| *unit as usize)
    }

    fn evidence<'e>(&'e self, weights: &'e [f64]) -> Evidence<'e> {
        assert_eq!(weights.len(), self.units, "one weight a unit");
        Evidence {
            tally: self.tallies.weighed(weights),
            positive: self.problem.positive,
            weights,
            concordances: OnceCell::new(),
            prepared: self,
        }
    }
}

impl Evidence<'_> {
    /// The cases by score; `None` without positive classes, or where a case has no score.
    pub(super) fn ranking(&self) -> Option<&Ranking> {
        let Prepared { cases, unit_of, .. } = self.prepared;
        let positive = self.positive?;
        let ranking = self.prepared.ranking.get_or_init(|| {
            let side = |case: &Case| u16::from(positive[usize::from(case.reference)]);
            Ranking::new(cases, unit_of, |at| cases[at].score, side)
        });
        ranking.as_ref()
    }

    /// The probability of the positive side; `None` without positive classes, or where a case has no score.
    pub(super) fn probabilities(&self) -> Option<&Probabilities> {
        let Prepared { cases, unit_of, units, .. } = self.prepared;
        let positive = self.positive?;
        self.prepared.probabilities.get_or_init(|| Probabilities::new(cases, positive, unit_of, *units)).as_ref()
    }

    /// How well the probability of each class tells its cases from those of the others; `None` where a case has no
    /// probabilities.
    pub(super) fn concordances(&self) -> Option<&[Concordance]> {
        let Prepared { cases, unit_of, problem, class_probabilities, .. } = self.prepared;
        let (classes, probabilities) = (problem.classes, (*class_probabilities)?);
        let rankings = self.prepared.class_rankings.get_or_init(|| {
            let by = |class: usize| {
                Ranking::new(cases, unit_of, |at| probabilities[at * classes + class], |case| case.reference)
            };
            (0..classes).map(by).collect()
        });
        let found = self.concordances.get_or_init(|| {
            let of = |(class, ranking): (usize, &Ranking)| Concordance::new(ranking, class, classes, self.weights);
            Some(rankings.as_ref()?.iter().enumerate().map(of).collect())
        });
        found.as_deref()
    }
}

/// The metric's value on cases used once, each weighing as told; see [`Prepared::value`] for where it is `None`.
///
/// # Panics
/// Panics as [`Prepared::new`] and [`Prepared::value`] do.
pub fn value(metric: Metric, problem: Problem<'_>, cases: &[Case], weights: &[f64]) -> Option<f64> {
    Prepared::new(problem, cases).value(metric, weights)
}
