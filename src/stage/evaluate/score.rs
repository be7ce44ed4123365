//! Scores of every candidate on the clips that all of them and the reference judged.

use super::{Parameters, candidates::Candidate, cohort::Cohort, people, published};
use crate::{
    artifact::scores::{Evaluation, Group, Score},
    metric::{self, Case, Draws, Estimate, Metric, Problem, inference::Limits},
    stage::{StageError, pool},
};

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) classes: &'a [String],
    pub(super) positive: Option<&'a [bool]>,
    pub(super) parameters: &'a Parameters,
}

/// An evaluation and the draws its intervals come from.
pub(super) struct Scored {
    pub(super) evaluation: Evaluation,
    /// One list of draws for each group and metric, in order.
    pub(super) replicates: Vec<Vec<f64>>,
    /// In the same order: the value without each patient in turn.
    pub(super) jackknife: Vec<Vec<f64>>,
}

impl Scored {
    /// The estimate of a group's metric.
    pub(super) fn estimate(&self, group: usize, metric: usize) -> Estimate {
        let row = group * self.evaluation.metrics.len() + metric;
        Estimate {
            value: self.evaluation.groups[group].scores[metric].value,
            replicates: self.replicates[row].clone(),
            jackknife: self.jackknife[row].clone(),
        }
    }
}

/// Scores every candidate. The same draws of patients serve all of them, so differences are paired.
pub(super) fn score(
    question: &Question<'_>,
    cohort: &Cohort,
    candidates: &[Candidate],
    seed: u64,
    threads: usize,
) -> Result<Scored, StageError> {
    let Parameters { metrics, replicates, level, interval, .. } = question.parameters;
    let defined = |metric: &Metric| question.positive.is_some() || !metric.needs_positive();
    let metrics: Vec<Metric> =
        metrics.clone().unwrap_or_else(|| Metric::USUAL.to_vec()).into_iter().filter(defined).collect();
    let problem = Problem { classes: question.classes.len(), positive: question.positive };
    let pool = pool(threads)?;
    let mut groups = Vec::new();
    let (mut all_draws, mut all_without) = (Vec::new(), Vec::new());
    let mut arms = Vec::new();
    for candidate in candidates {
        let by_seed: Vec<Vec<Case>> =
            candidate.seeds.iter().map(|judgements| cohort.cases(judgements, question.positive)).collect();
        let estimates = pool.install(|| {
            let draws = Draws::new(cohort.patients.len(), by_seed.len(), *replicates, seed);
            metric::estimate(&metrics, &problem, &by_seed, &draws)
        });
        let scores = metrics
            .iter()
            .zip(&estimates)
            .map(|(metric, estimate)| one(*metric, estimate, question.parameters, cohort, candidate))
            .collect();
        groups.push(group(candidate, scores, &by_seed, problem, cohort));
        for estimate in estimates {
            all_draws.push(estimate.replicates);
            all_without.push(estimate.jackknife);
        }
        arms.push(by_seed);
    }
    let balance = (0..question.classes.len())
        .map(|class| cohort.clips.iter().filter(|member| member.reference == class).count())
        .collect();
    let positive = question.positive.map_or(Vec::new(), |positive| {
        question.classes.iter().zip(positive).filter(|(_, yes)| **yes).map(|(class, _)| class.clone()).collect()
    });
    let models = candidates[0].is_model;
    let against_people =
        if models { Vec::new() } else { pool.install(|| people::compare(question, cohort, candidates, seed)) };
    let evaluation = Evaluation {
        subject: if models { "models" } else { "labels" }.to_owned(),
        reference: String::new(),
        on: None,
        classes: question.classes.to_vec(),
        positive,
        metrics: metrics.iter().map(|metric| metric.name().to_owned()).collect(),
        summaries: if models { Vec::new() } else { people::summaries(&groups, candidates) },
        against_people,
        groups,
        published: pool.install(|| published::of(&arms, problem, cohort.patients.len(), *level, seed)),
        flow: cohort.flow.clone(),
        replicates: *replicates,
        level: *level,
        interval: interval.name().to_owned(),
        patients: cohort.patients.len(),
        clips: cohort.clips.len(),
        balance,
        reference_raters_known: true,
    };
    Ok(Scored { evaluation, replicates: all_draws, jackknife: all_without })
}

/// A metric's value and interval, where no clip is missing.
pub(super) fn plain(metric: Metric, estimate: &Estimate, parameters: &Parameters) -> Score {
    let limits = Limits::new(parameters.interval, estimate);
    let reason = limits.as_ref().err().filter(|_| estimate.value.is_some()).map(ToString::to_string);
    let interval = limits.ok().map(|limits| limits.between((1.0 - parameters.level) / 2.0));
    Score {
        metric: metric.name().to_owned(),
        value: estimate.value,
        low: interval.as_ref().map(|interval| interval.low),
        high: interval.as_ref().map(|interval| interval.high),
        standard_error: metric::standard_error(&estimate.replicates),
        undefined: estimate.replicates.iter().filter(|draw| draw.is_nan()).count(),
        reason,
        worst_to_best: None,
    }
}

fn one(metric: Metric, estimate: &Estimate, parameters: &Parameters, cohort: &Cohort, candidate: &Candidate) -> Score {
    let incomplete = metric == Metric::Accuracy && cohort.missing(candidate) > 0;
    Score { worst_to_best: incomplete.then(|| cohort.extremes(candidate)), ..plain(metric, estimate, parameters) }
}

fn group(
    candidate: &Candidate,
    scores: Vec<Score>,
    by_seed: &[Vec<Case>],
    problem: Problem<'_>,
    cohort: &Cohort,
) -> Group {
    let pooled: Vec<Case> = by_seed.iter().flatten().copied().collect();
    Group {
        source: candidate.source.clone(),
        coordinates: candidate.coordinates.clone(),
        seeds: candidate.seeds.iter().map(|judgements| judgements.seed.clone()).collect(),
        scores,
        confusion: metric::confusion(&pooled, problem.classes),
        roc: metric::roc(problem, &pooled),
        shared_raters: Vec::new(),
        raters_known: true,
        clips_missing: cohort.missing(candidate),
    }
}
