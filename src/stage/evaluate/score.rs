//! Scores of every candidate on the clips that all of them and the reference judged.

use super::{Parameters, candidates::Candidate, cohort::Cohort, people, published, subgroups::Part};
use crate::{
    artifact::scores::{Bin, Evaluation, Group, Score},
    metric::{self, Case, Draws, Estimate, Metric, Prepared, Problem, inference::Limits},
    stage::{StageError, estimates, pool},
};

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) classes: &'a [String],
    pub(super) positive: Option<&'a [bool]>,
    pub(super) parameters: &'a Parameters,
    /// Parts of the clips that are scored by themselves too.
    pub(super) parts: &'a [Part],
}

/// An evaluation and the draws its intervals come from.
pub(super) struct Scored {
    pub(super) evaluation: Evaluation,
    /// One list of draws for each group and metric, in order; then for each subgroup, group and metric.
    pub(super) replicates: Vec<Vec<f64>>,
    /// In the same order: the value without each patient in turn.
    pub(super) jackknife: Vec<Vec<f64>>,
}

impl Scored {
    /// An evaluation with the estimates of its groups and metrics, then of its subgroups.
    pub(super) fn new(evaluation: Evaluation, rows: Vec<Estimate>) -> Self {
        let (replicates, jackknife) = rows.into_iter().map(|row| (row.replicates, row.jackknife)).unzip();
        Self { evaluation, replicates, jackknife }
    }

    /// The estimate of a group's metric.
    pub(super) fn estimate(&self, group: usize, metric: usize) -> Estimate {
        estimates::of(&self.evaluation, &self.replicates, &self.jackknife, group, metric)
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
    let mut rows = Vec::new();
    // The scores of each part, group by group, and their estimates.
    let mut parts = vec![(Vec::new(), Vec::new()); question.parts.len()];
    let mut arms = Vec::new();
    for candidate in candidates {
        let by_seed: Vec<Vec<Case>> =
            candidate.seeds.iter().map(|judgements| cohort.cases(judgements, question.positive)).collect();
        let probabilities: Vec<Vec<f64>> = if metrics.iter().any(|metric| metric.needs_probabilities()) {
            candidate.seeds.iter().map(|judgements| cohort.probabilities(judgements)).collect()
        } else {
            Vec::new()
        };
        let (estimates, of_parts, band) = pool.install(|| {
            let draws = Draws::new(cohort.patients.len(), by_seed.len(), *replicates, seed);
            let of_part = |part: &Part| {
                let by_seed: Vec<Vec<Case>> = by_seed.iter().map(|cases| part.of(cases)).collect();
                let rows = |all: &Vec<f64>| part.rows_of(all, problem.classes);
                estimate(&metrics, problem, &by_seed, &probabilities.iter().map(rows).collect::<Vec<_>>(), &draws)
            };
            let of_parts: Vec<Vec<Estimate>> = question.parts.iter().map(of_part).collect();
            let estimates = estimate(&metrics, problem, &by_seed, &probabilities, &draws);
            (estimates, of_parts, metric::roc_band(problem, &by_seed, &draws, *level))
        });
        for ((part, estimates), (scores, rows)) in question.parts.iter().zip(of_parts).zip(&mut parts) {
            scores.push(part.scores(&metrics, &estimates, question.parameters));
            rows.extend(estimates);
        }
        let scores = metrics
            .iter()
            .zip(&estimates)
            .map(|(metric, estimate)| one(*metric, estimate, question.parameters, cohort, candidate))
            .collect();
        let mut group = group(candidate, scores, &by_seed, problem, cohort);
        group.roc_band = band
            .into_iter()
            .map(|point| (point.false_positive_rate, point.true_positive_rate, point.low, point.high))
            .collect();
        groups.push(group);
        rows.extend(estimates);
        arms.push(by_seed);
    }
    let mut subgroups = Vec::new();
    for (part, (scores, of_part)) in question.parts.iter().zip(parts) {
        subgroups.push(part.told(scores));
        rows.extend(of_part);
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
        subgroups,
    };
    Ok(Scored::new(evaluation, rows))
}

/// The metrics of cases by seed; the probabilities of their classes by seed too, or none.
fn estimate(
    metrics: &[Metric],
    problem: Problem<'_>,
    by_seed: &[Vec<Case>],
    probabilities: &[Vec<f64>],
    draws: &Draws,
) -> Vec<Estimate> {
    let mut prepared = Vec::with_capacity(by_seed.len());
    for (seed, cases) in by_seed.iter().enumerate() {
        let cases = Prepared::by_patient(problem, cases, draws.number_of_patients());
        prepared.push(match probabilities.get(seed) {
            Some(probabilities) => cases.with_probabilities(probabilities),
            None => cases,
        });
    }
    metric::estimate_prepared(metrics, &prepared, draws)
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
        effective_patients: estimate.effective_patients,
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
        pr: metric::precision_recall(problem, &pooled),
        reliability: metric::reliability(problem, &pooled).iter().map(bin).collect(),
        roc_band: Vec::new(),
        counts: None,
        shared_raters: Vec::new(),
        raters_known: true,
        clips_missing: cohort.missing(candidate),
        frames_one_sided: 0,
    }
}

fn bin(bin: &metric::Bin) -> Bin {
    Bin { predicted: bin.predicted, observed: bin.observed, clips: bin.cases }
}
