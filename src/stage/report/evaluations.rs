//! Evaluations in the words of the page.

use super::{Read, labels::Sources};
use crate::{
    artifact::scores::{self, Evaluation, Group},
    metric::Metric,
    report::content::{
        self, AgainstPeople, Confusion, CountAgreement, CountPoint, EvaluationKind, PrPoint, ReliabilityBin, RocPoint,
        Score, SharedRaters, Subgroup,
    },
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
        subgroups: evaluation.subgroups.iter().map(|subgroup| subgroup_told(subgroup, evaluation.replicates)).collect(),
        groups,
        costs: None,
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

pub(super) fn named(name: &str) -> Option<Metric> {
    Metric::ALL.into_iter().find(|metric| metric.name() == name)
}

/// A metric's name in print; one that is not known is printed as it is.
pub(super) fn title(name: &str) -> String {
    named(name).map_or(name, |metric| metric.title()).to_owned()
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

fn score_told(score: &scores::Score, (patients, clips): (usize, usize), replicates: usize) -> Score {
    let undefined =
        |draws: usize| (draws > 0).then(|| format!("undefined in {draws} of {replicates} draws of patients"));
    let reason = match score.value {
        None if clips == 0 => Some("not estimable: none of its clips is scored".to_owned()),
        None => named(&score.metric).map(|metric| metric.undefined().to_owned()),
        Some(_) => score.reason.clone().map(|reason| format!("no interval: {reason}")).or(undefined(score.undefined)),
    };
    Score {
        metric: score.metric.clone(),
        title: title(&score.metric),
        unit: named(&score.metric).map_or(String::new(), |metric| metric.unit().to_owned()),
        value: score.value.unwrap_or(f64::NAN),
        low: score.low.unwrap_or(f64::NAN),
        high: score.high.unwrap_or(f64::NAN),
        sem: None,
        patients: patients as u64,
        clips: clips as u64,
        worst_to_best: score.worst_to_best,
        reason,
    }
}

fn subgroup_told(subgroup: &scores::Subgroup, replicates: usize) -> Subgroup {
    let sample = (subgroup.patients, subgroup.clips);
    let told = |scores: &Vec<scores::Score>| scores.iter().map(|score| score_told(score, sample, replicates)).collect();
    Subgroup {
        column: subgroup.column.clone(),
        value: subgroup.value.clone(),
        patients: subgroup.patients as u64,
        clips: subgroup.clips as u64,
        scores: subgroup.groups.iter().map(told).collect(),
    }
}

fn group_told(group: &Group, evaluation: &Evaluation, models: bool) -> content::Group {
    let seeds = group.seeds.len().max(1);
    let sample = (evaluation.patients, evaluation.clips);
    let scores = group.scores.iter().map(|score| score_told(score, sample, evaluation.replicates)).collect();
    let counts =
        group.confusion.iter().map(|row| row.iter().map(|count| *count as f64 / seeds as f64).collect()).collect();
    let mut notes = Vec::new();
    if !group.raters_known {
        notes.push("its raters are not declared, so shared raters can't be ruled out".to_owned());
    }
    if group.clips_missing > 0 {
        notes.push(format!("{} clips with a reference label are not judged by it", group.clips_missing));
    }
    if group.frames_one_sided > 0 {
        let (count, times) = (group.frames_one_sided, if seeds > 1 { " (summed over seeds)" } else { "" });
        let noun = if count == 1 { "frame" } else { "frames" };
        notes.push(format!("distances leave out {count} {noun}{times} on which only one side has pixels"));
    }
    content::Group {
        label: label(group, evaluation),
        coordinates: group.coordinates.clone(),
        seeds: if models { seeds as u64 } else { 0 },
        scores,
        confusion: Some(Confusion { classes: evaluation.classes.clone(), counts }),
        roc: roc(group),
        pr: group.pr.iter().map(|(recall, precision)| PrPoint { recall: *recall, precision: *precision }).collect(),
        reliability: group
            .reliability
            .iter()
            .map(|bin| ReliabilityBin { predicted: bin.predicted, observed: bin.observed, clips: bin.clips })
            .collect(),
        counts: group.counts.as_ref().map(count_agreement),
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    }
}

fn count_agreement(counts: &scores::CountAgreement) -> CountAgreement {
    let (low, high) = counts.limits.unwrap_or((f64::NAN, f64::NAN));
    let (between, within) = counts.variances.unwrap_or((f64::NAN, f64::NAN));
    let point = |&(mean, difference, frames): &(f64, i64, usize)| CountPoint {
        mean,
        difference: difference as f64,
        frames: frames as u64,
    };
    CountAgreement {
        what: counts.what.clone(),
        difference: counts.difference,
        low,
        high,
        between_sd: between.sqrt(),
        within_sd: within.sqrt(),
        frames: counts.frames as u64,
        patients: counts.patients as u64,
        points: counts.points.iter().map(point).collect(),
    }
}

/// The corners of the curve, and the points in between that an interval is known of.
fn roc(group: &Group) -> Vec<RocPoint> {
    let corner = |&(false_positive_rate, true_positive_rate): &(f64, f64)| RocPoint {
        false_positive_rate,
        true_positive_rate,
        interval: None,
    };
    let banded = |&(false_positive_rate, true_positive_rate, low, high): &(f64, f64, f64, f64)| RocPoint {
        false_positive_rate,
        true_positive_rate,
        interval: Some((low, high)),
    };
    let rates = |point: &RocPoint| (point.false_positive_rate, point.true_positive_rate);
    let mut points: Vec<RocPoint> = group.roc.iter().map(corner).collect();
    let known: Vec<RocPoint> = group.roc_band.iter().map(banded).collect();
    points.retain(|point| known.iter().all(|other| rates(other) != rates(point)));
    points.extend(known);
    points.sort_by(|one, other| {
        let ((x, y), (other_x, other_y)) = (rates(one), rates(other));
        x.total_cmp(&other_x).then(y.total_cmp(&other_y))
    });
    points
}

fn notes(evaluation: &Evaluation, sources: &Sources) -> Vec<String> {
    let mut notes = Vec::new();
    match evaluation.on.as_deref() {
        Some("out-of-fold") => {
            let mut note = "Every clip is predicted by the model that was kept from its patient's fold.".to_owned();
            if evaluation.metrics.iter().any(|metric| metric.starts_with("auroc")) {
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
