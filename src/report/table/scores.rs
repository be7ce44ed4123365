//! Scores, summaries, confusion matrices and curves of one evaluation.

use super::{Cell, Head, Table};
use crate::report::content::{Evaluation, EvaluationKind, Group, Score};
use crate::report::format;
use crate::report::number::path;

/// The sentence to print beside the numbers of a group that shares raters with its reference.
pub(in crate::report) fn notice<'a>(evaluation: &'a Evaluation, group: &Group) -> Option<&'a str> {
    evaluation
        .shared_raters
        .iter()
        .find(|shared| {
            shared.candidate == group.label || group.coordinates.iter().any(|(_, value)| *value == shared.candidate)
        })
        .map(|shared| shared.sentence.as_str())
}

/// One row a group, one column a metric; in the file one row a group and metric. `None` without groups.
pub(in crate::report) fn scores(name: &str, evaluation: &Evaluation) -> Option<Table> {
    if evaluation.groups.is_empty() {
        return None;
    }
    let metrics = metrics(evaluation);
    let models = evaluation.kind == EvaluationKind::Models;
    let first_column = if models { "Models" } else { "Candidate" };
    let mut table = Table::new(name, caption(evaluation), &[first_column], &[]);
    // What is the same for all groups stands in the caption once, not in a column.
    let seeds = evaluation.groups[0].seeds;
    let one_number_of_seeds = evaluation.groups.iter().all(|group| group.seeds == seeds);
    if models && one_number_of_seeds {
        let noun = if seeds == 1 { "training seed" } else { "training seeds" };
        table.caption.push_str(&format!(" {} {noun}.", format::count(seeds)));
    } else if models {
        table.head.push(Head { text: "Seeds".to_owned(), number: true });
    }
    table.head.extend(metrics.iter().map(|score| {
        let unit = if score.unit.is_empty() { String::new() } else { format!(" ({})", score.unit) };
        Head { text: format!("{}{unit}", score.title), number: true }
    }));
    let samples: Vec<Option<(u64, u64)>> = evaluation.groups.iter().map(sample).collect();
    let common = samples.iter().all(|other| *other == samples[0]).then_some(samples[0]).flatten();
    match common {
        Some((patients, clips)) => {
            table.caption.push_str(&format!(" All on {}.", format::cohort(Some(patients), clips)));
        }
        None => table.head.extend(["Patients", "Clips"].map(|text| Head { text: text.to_owned(), number: true })),
    }

    let coordinates = coordinate_names(evaluation);
    table.file_head = ["evaluation", "reference", "group"].map(str::to_owned).to_vec();
    table.file_head.extend(coordinates.iter().map(|name| (*name).to_owned()));
    table.file_head.extend(
        [
            "metric",
            "title",
            "unit",
            "value",
            "low",
            "high",
            "sem",
            "worst",
            "best",
            "patients",
            "clips",
            "seeds",
            "reason",
            "shared_raters",
        ]
        .map(str::to_owned),
    );
    for group in &evaluation.groups {
        let shared = notice(evaluation, group);
        let notes: Vec<String> =
            shared.map(|sentence| format!("† {sentence}")).into_iter().chain(group.note.clone()).collect();
        let note = (!notes.is_empty()).then(|| notes.join(" "));
        let mut row = vec![Cell { text: group.label.clone(), note, ..Cell::default() }];
        if models && !one_number_of_seeds {
            row.push(format::count(group.seeds).into());
        }
        // Scores of one group usually are over the same clips; those that are not say so themselves.
        let sample = sample(group);
        for metric in &metrics {
            row.push(match group.scores.iter().find(|score| score.metric == metric.metric) {
                Some(score) => Cell {
                    number: Some(path::score(evaluation, group, score)),
                    ..cell(score, sample, shared.is_some())
                },
                None => Cell { note: Some("not computed".to_owned()), ..format::UNDEFINED.to_owned().into() },
            });
        }
        if common.is_none() {
            let (patients, clips) = sample.unwrap_or((0, 0));
            row.extend([format::count(patients).into(), format::count(clips).into()]);
        }
        table.rows.push(row);
        for score in &group.scores {
            let mut row = vec![evaluation.name.clone(), evaluation.reference.clone(), group.label.clone()];
            row.extend(coordinates.iter().map(|name| coordinate(group, name)));
            row.extend([
                score.metric.clone(),
                score.title.clone(),
                score.unit.clone(),
                format::raw(score.value),
                format::raw(score.low),
                format::raw(score.high),
                score.sem.map_or_else(String::new, format::raw),
                score.worst_to_best.map_or_else(String::new, |ends| format::raw(ends.0)),
                score.worst_to_best.map_or_else(String::new, |ends| format::raw(ends.1)),
                score.patients.to_string(),
                score.clips.to_string(),
                group.seeds.to_string(),
                score.reason.clone().unwrap_or_default(),
                shared.unwrap_or_default().to_owned(),
            ]);
            table.file_rows.push(row);
        }
    }
    Some(table)
}

/// Means over several candidates. `None` without any.
pub(in crate::report) fn summaries(name: &str, evaluation: &Evaluation) -> Option<Table> {
    if evaluation.summaries.is_empty() {
        return None;
    }
    let caption = format!(
        "Means over several candidates against {}, with the standard error of the mean over the values named.",
        evaluation.reference
    );
    let mut table = Table::new(name, caption, &["Mean of", "Metric"], &["Mean", "Standard error", "Values"])
        .in_file(&["evaluation", "label", "metric", "mean", "sem", "n"]);
    for summary in &evaluation.summaries {
        let decimals = format::decimals(&[summary.mean, summary.sem]);
        let path = path::summary(evaluation, summary);
        let number = |what: &str, text: String| Cell::of(format!("{path}/{what}"), text);
        table.rows.push(vec![
            summary.label.clone().into(),
            summary.metric.clone().into(),
            number("mean", format::fixed(summary.mean, decimals)),
            number("sem", format::fixed(summary.sem, decimals)),
            number("n", format::count(summary.n)),
        ]);
        table.file_rows.push(vec![
            evaluation.name.clone(),
            summary.label.clone(),
            summary.metric.clone(),
            format::raw(summary.mean),
            format::raw(summary.sem),
            summary.n.to_string(),
        ]);
    }
    Some(table)
}

/// Every cell of every confusion matrix, for the file only.
pub(in crate::report) fn confusion(name: &str, evaluation: &Evaluation) -> Option<Table> {
    let mut table = Table { name: name.to_owned(), ..Table::default() }.in_file(&[
        "evaluation",
        "reference",
        "group",
        "reference_class",
        "candidate_class",
        "clips",
    ]);
    for group in &evaluation.groups {
        let Some(confusion) = &group.confusion else { continue };
        for (row, counts) in confusion.classes.iter().zip(&confusion.counts) {
            for (column, &count) in confusion.classes.iter().zip(counts) {
                let (name, reference) = (evaluation.name.clone(), evaluation.reference.clone());
                let (row, column) = (row.clone(), column.clone());
                table.file_rows.push(vec![name, reference, group.label.clone(), row, column, format::raw(count)]);
            }
        }
    }
    (!table.file_rows.is_empty()).then_some(table)
}

/// Every point of every receiver operating characteristic, for the file only.
pub(in crate::report) fn roc(name: &str, evaluation: &Evaluation) -> Option<Table> {
    let mut table = Table { name: name.to_owned(), ..Table::default() }.in_file(&[
        "evaluation",
        "reference",
        "group",
        "false_positive_rate",
        "true_positive_rate",
        "low",
        "high",
    ]);
    for group in &evaluation.groups {
        for point in &group.roc {
            table.file_rows.push(vec![
                evaluation.name.clone(),
                evaluation.reference.clone(),
                group.label.clone(),
                format::raw(point.false_positive_rate),
                format::raw(point.true_positive_rate),
                point.interval.map_or_else(String::new, |ends| format::raw(ends.0)),
                point.interval.map_or_else(String::new, |ends| format::raw(ends.1)),
            ]);
        }
    }
    (!table.file_rows.is_empty()).then_some(table)
}

/// What was scored against what, what was resampled and how it was tested.
fn caption(evaluation: &Evaluation) -> String {
    let what = match evaluation.kind {
        EvaluationKind::Labels => "Labels",
        EvaluationKind::Models => "Models",
    };
    let mut caption = format!("{what} against {}", evaluation.reference);
    if let Some(on) = &evaluation.on {
        caption.push_str(&format!(", {on} predictions"));
    }
    if !evaluation.positive.is_empty() {
        caption.push_str(&format!("; positive: {}", evaluation.positive.join(", ")));
    }
    caption.push_str(&format!(". Value with its {} interval.", format::level(evaluation.level)));
    if !evaluation.resampled.is_empty() {
        caption.push_str(&format!(" Resampled: {}.", evaluation.resampled));
    }
    if !evaluation.test.is_empty() {
        caption.push_str(&format!(" Test: {}.", evaluation.test));
    }
    caption
}

/// One score of each metric that occurs, in order of first appearance.
pub(in crate::report) fn metrics(evaluation: &Evaluation) -> Vec<&Score> {
    let mut metrics: Vec<&Score> = Vec::new();
    for score in evaluation.groups.iter().flat_map(|group| &group.scores) {
        if metrics.iter().all(|known| known.metric != score.metric) {
            metrics.push(score);
        }
    }
    metrics
}

/// Patients and clips that a group's scores are over.
fn sample(group: &Group) -> Option<(u64, u64)> {
    group.scores.first().map(|score| (score.patients, score.clips))
}

pub(super) fn cell(score: &Score, sample: Option<(u64, u64)>, shared: bool) -> Cell {
    let mut notes = Vec::new();
    if let Some(reason) = &score.reason {
        notes.push(reason.clone());
    } else if score.value.is_nan() {
        notes.push("undefined on these clips".to_owned());
    } else if score.low.is_nan() || score.high.is_nan() {
        notes.push("no interval could be computed".to_owned());
    }
    if let Some(sem) = score.sem {
        notes.push(format!("SEM {}", format::fixed(sem, format::decimals(&[score.value, sem]))));
    }
    if let Some((worst, best)) = score.worst_to_best {
        let decimals = format::decimals(&[score.value, worst, best]);
        notes.push(format!(
            "worst to best case {} to {}",
            format::fixed(worst, decimals),
            format::fixed(best, decimals)
        ));
    }
    if sample.is_some_and(|sample| sample != (score.patients, score.clips)) {
        notes.push(format::cohort(Some(score.patients), score.clips));
    }
    let mut text = format::interval(score.value, score.low, score.high);
    if shared {
        text = match text.split_once(" [") {
            Some((value, interval)) => format!("{value} † [{interval}"),
            None => format!("{text} †"),
        };
    }
    Cell { note: (!notes.is_empty()).then(|| notes.join("; ")), ..text.into() }
}

/// The names of the groups' coordinates, in order of first appearance.
fn coordinate_names(evaluation: &Evaluation) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in evaluation.groups.iter().flat_map(|group| &group.coordinates) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn coordinate(group: &Group, wanted: &str) -> String {
    group.coordinates.iter().find(|(name, _)| name == wanted).map_or_else(String::new, |(_, value)| value.clone())
}
