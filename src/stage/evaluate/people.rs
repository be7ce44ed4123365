//! Several known people who each judged every clip, as one panel: their mean, and each other candidate against them.

use std::collections::BTreeSet;

use super::{
    candidates::{Candidate, Judgements},
    cohort::Cohort,
    score::Question,
};
use crate::{
    artifact::scores::{AgainstPeople, Group, Summary, TTest},
    metric::{self, Case, Draws, Estimate, Metric, Problem, inference::Limits},
};

/// The candidates that are single known people of one stage, two at least and nobody twice, by stage in order. A mean over
/// methods, or over numbers of opinions, would be of nothing.
fn panels(candidates: &[Candidate]) -> Vec<(&str, Vec<usize>)> {
    let mut sources: Vec<&str> = candidates.iter().map(|candidate| candidate.source.as_str()).collect();
    sources.dedup();
    let of = |source: &str| -> Option<Vec<usize>> {
        let members: Vec<usize> = (0..candidates.len()).filter(|at| candidates[*at].source == source).collect();
        let people: BTreeSet<&str> = members
            .iter()
            .filter_map(|at| match &candidates[*at].raters[..] {
                [one] => one.annotator.as_deref(),
                _ => None,
            })
            .collect();
        (members.len() > 1 && people.len() == members.len()).then_some(members)
    };
    sources.into_iter().filter_map(|source| Some((source, of(source)?))).collect()
}

/// Mean and standard error over the people of each panel.
pub(super) fn summaries(groups: &[Group], candidates: &[Candidate]) -> Vec<Summary> {
    let mut summaries = Vec::new();
    for (source, members) in panels(candidates) {
        for (at, score) in groups[members[0]].scores.iter().enumerate() {
            let values: Option<Vec<f64>> = members.iter().map(|group| groups[*group].scores[at].value).collect();
            let Some(values) = values else { continue };
            let n = values.len();
            let mean = values.iter().sum::<f64>() / n as f64;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
            let sem = (variance / n as f64).sqrt();
            summaries.push(Summary { source: source.to_owned(), metric: score.metric.clone(), mean, sem, n });
        }
    }
    summaries
}

/// Every candidate outside a panel against it: clip by clip, whether the candidate is right against the share of the
/// people who are. This is the paired t-test of Duggan et al. (2023, arXiv 2306.06773), which takes clips as independent;
/// the interval beside it resamples patients.
pub(super) fn compare(
    question: &Question<'_>,
    cohort: &Cohort,
    candidates: &[Candidate],
    seed: u64,
) -> Vec<AgainstPeople> {
    let parameters = question.parameters;
    let problem = Problem { classes: question.classes.len(), positive: None };
    let draws = Draws::new(cohort.patients.len(), 1, parameters.replicates, seed);
    let estimate_of = |judgements: &Judgements| -> Estimate {
        let cases = [cohort.cases(judgements, None)];
        metric::estimate(&[Metric::Accuracy], &problem, &cases, &draws).remove(0)
    };
    let mut all = Vec::new();
    for (source, members) in panels(candidates) {
        let people: Vec<Vec<Case>> = members.iter().map(|at| cohort.cases(&candidates[*at].seeds[0], None)).collect();
        let n = people.len() as f64;
        let share = |clip: usize| people.iter().filter(|cases| is_right(&cases[clip])).count() as f64 / n;
        let shares: Vec<f64> = (0..cohort.clips.len()).map(share).collect();
        let estimates: Vec<Estimate> = members.iter().map(|at| estimate_of(&candidates[*at].seeds[0])).collect();
        let of_people = mean(&estimates);
        for (at, candidate) in candidates.iter().enumerate().filter(|(at, _)| !members.contains(at)) {
            let cases = cohort.cases(&candidate.seeds[0], None);
            let right = |case: &Case| f64::from(u8::from(is_right(case)));
            let differences: Vec<f64> = cases.iter().zip(&shares).map(|(case, share)| right(case) - share).collect();
            let by_patients = metric::difference(&estimate_of(&candidate.seeds[0]), &of_people);
            let limits = Limits::new(parameters.interval, &by_patients).ok();
            let interval = limits.map(|limits| limits.between((1.0 - parameters.level) / 2.0));
            let clips = cases.len() as f64;
            all.push(AgainstPeople {
                candidate: at,
                people: source.to_owned(),
                n: members.len(),
                right: cases.iter().map(right).sum::<f64>() / clips,
                people_right: shares.iter().sum::<f64>() / clips,
                difference: differences.iter().sum::<f64>() / clips,
                low: interval.as_ref().map(|interval| interval.low),
                high: interval.as_ref().map(|interval| interval.high),
                test: metric::paired_t(&differences).map(|test| TTest { t: test.t, degrees: test.degrees, p: test.p }),
            });
        }
    }
    all
}

/// The mean of estimates from the same draws.
fn mean(estimates: &[Estimate]) -> Estimate {
    let n = estimates.len() as f64;
    let over = |of: &dyn Fn(&Estimate) -> &[f64]| -> Vec<f64> {
        let mut sums = vec![0.0; of(&estimates[0]).len()];
        for estimate in estimates {
            sums.iter_mut().zip(of(estimate)).for_each(|(sum, draw)| *sum += draw / n);
        }
        sums
    };
    Estimate {
        value: estimates.iter().map(|estimate| estimate.value).sum::<Option<f64>>().map(|sum| sum / n),
        replicates: over(&|estimate| &estimate.replicates),
        jackknife: over(&|estimate| &estimate.jackknife),
        // All judge the same clips.
        effective_patients: estimates[0].effective_patients,
    }
}

fn is_right(case: &Case) -> bool {
    case.predicted == case.reference
}
