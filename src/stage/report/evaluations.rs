//! Evaluations in the words of the page.

use super::{Read, labels::Sources};
use crate::{
    artifact::scores::{Evaluation, Group},
    metric::Metric,
    report::content::{self, AgainstPeople, Confusion, EvaluationKind, RocPoint, Score, SharedRaters},
};

/// What was resampled, as a table's caption says it.
pub(super) fn resampled(evaluation: &Evaluation) -> String {
    let crossed = evaluation.groups.iter().any(|group| group.seeds.len() > 1);
    let unit = if crossed { "patients, training seeds crossed" } else { "patients" };
    format!("{unit}; {} bootstrap draws", evaluation.replicates)
}

/// The sentence beside a candidate that shares annotators with its judge.
pub(super) fn shared(group: &Group, reference: &str) -> String {
    let who = crate::stage::clips::some(group.shared_raters.iter().map(String::as_str)).replace('`', "");
    let (verb, number) = if group.shared_raters.len() == 1 { ("is", "rater") } else { ("are", "raters") };
    format!("{number} {who} {verb} also among the makers of {reference}: agreement with it is flattered")
}

pub(super) fn told(read: &Read, sources: &Sources) -> content::Evaluation {
    let evaluation = &read.evaluation;
    let models = evaluation.subject == "models";
    let groups: Vec<content::Group> =
        evaluation.groups.iter().map(|group| group_told(group, evaluation, models)).collect();
    let shared_raters = evaluation
        .groups
        .iter()
        .zip(&groups)
        .filter(|(group, _)| !group.shared_raters.is_empty())
        .map(|(group, told)| SharedRaters {
            candidate: told.label.clone(),
            sentence: shared(group, &evaluation.reference),
        })
        .collect();
    let title = |name: &str| {
        Metric::ALL.iter().find(|metric| metric.name() == name).map_or(name.to_owned(), |m| m.title().to_owned())
    };
    content::Evaluation {
        name: read.name.clone(),
        kind: if models { EvaluationKind::Models } else { EvaluationKind::Labels },
        reference: evaluation.reference.clone(),
        on: evaluation.on.clone(),
        positive: evaluation.positive.clone(),
        resampled: resampled(evaluation),
        test: format!("{} bootstrap", super::methods::limits(&evaluation.interval)),
        published: super::published::intervals(evaluation),
        level: evaluation.level,
        shared_raters,
        notes: notes(evaluation, sources),
        against_people: evaluation
            .against_people
            .iter()
            .map(|pair| AgainstPeople {
                candidate: label(&evaluation.groups[pair.candidate], evaluation),
                people: format!("{}: {}", pair.people, pair.n),
                right: pair.right,
                people_right: pair.people_right,
                difference: pair.difference,
                low: pair.low.unwrap_or(f64::NAN),
                high: pair.high.unwrap_or(f64::NAN),
                t_test: pair.test.map(|test| (test.t, test.degrees as u64, test.p)),
                patients: evaluation.patients as u64,
                clips: evaluation.clips as u64,
            })
            .collect(),
        groups,
        summaries: evaluation
            .summaries
            .iter()
            .map(|summary| content::Summary {
                label: format!("{}: mean of {}", summary.source, summary.n),
                metric: title(&summary.metric),
                mean: summary.mean,
                sem: summary.sem,
                n: summary.n as u64,
            })
            .collect(),
    }
}

/// How a group is called: by its coordinates where the stage is the same for all, else by stage and coordinates.
pub(super) fn label(group: &Group, evaluation: &Evaluation) -> String {
    let same = evaluation.groups.iter().all(|other| other.source == group.source);
    let coordinates: Vec<&str> = group.coordinates.iter().map(|(_, value)| value.as_str()).collect();
    match (same, coordinates.is_empty()) {
        (_, true) => group.source.clone(),
        (true, false) => coordinates.join(" · "),
        (false, false) => format!("{} {}", group.source, coordinates.join(" · ")),
    }
}

fn group_told(group: &Group, evaluation: &Evaluation, models: bool) -> content::Group {
    let seeds = group.seeds.len().max(1);
    let undefined = |draws: usize| {
        (draws > 0).then(|| format!("undefined in {draws} of {} draws of patients", evaluation.replicates))
    };
    let scores = group
        .scores
        .iter()
        .map(|score| Score {
            metric: score.metric.clone(),
            title: Metric::ALL
                .iter()
                .find(|metric| metric.name() == score.metric)
                .map_or(score.metric.clone(), |metric| metric.title().to_owned()),
            unit: String::new(),
            value: score.value.unwrap_or(f64::NAN),
            low: score.low.unwrap_or(f64::NAN),
            high: score.high.unwrap_or(f64::NAN),
            sem: None,
            patients: evaluation.patients as u64,
            clips: evaluation.clips as u64,
            worst_to_best: score.worst_to_best,
            reason: if score.value.is_none() {
                Some("not defined on these clips".to_owned())
            } else {
                score.reason.clone().map(|reason| format!("no interval: {reason}")).or(undefined(score.undefined))
            },
        })
        .collect();
    let counts =
        group.confusion.iter().map(|row| row.iter().map(|count| *count as f64 / seeds as f64).collect()).collect();
    let mut notes = Vec::new();
    if !group.raters_known {
        notes.push("its raters are not declared, so shared raters can't be ruled out".to_owned());
    }
    if group.clips_missing > 0 {
        notes.push(format!("{} clips with a reference label are not judged by it", group.clips_missing));
    }
    content::Group {
        label: label(group, evaluation),
        coordinates: group.coordinates.clone(),
        seeds: if models { seeds as u64 } else { 0 },
        scores,
        confusion: Some(Confusion { classes: evaluation.classes.clone(), counts }),
        roc: group
            .roc
            .iter()
            .map(|(x, y)| RocPoint { false_positive_rate: *x, true_positive_rate: *y, interval: None })
            .collect(),
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    }
}

fn notes(evaluation: &Evaluation, sources: &Sources) -> Vec<String> {
    let mut notes = Vec::new();
    match evaluation.on.as_deref() {
        Some("out-of-fold") => {
            let mut note = "Every clip is predicted by the model that was kept from its patient's fold.".to_owned();
            if evaluation.metrics.iter().any(|metric| metric == "auroc") {
                note.push_str(
                    " AUROC compares clips within a fold only, for scores of different models are not on one scale; the curves are \
                     pooled over folds and seeds.",
                );
            }
            notes.push(note);
        }
        Some("test") => {
            notes.push("The test part is predicted by the mean over the folds' models.".to_owned());
        }
        _ => {}
    }
    if evaluation.on.is_some() && !sources.over_all_patients.is_empty() {
        notes.push(format!(
            "The labels of {} were aggregated over all patients, those it is scored on included; the reference does not enter them.",
            sources.over_all_patients.join(", ")
        ));
    }
    if !evaluation.reference_raters_known {
        notes.push(format!("Who made the reference {} is not declared.", evaluation.reference));
    }
    notes
}
