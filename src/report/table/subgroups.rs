//! The scores of subgroups: one table a column of the clip table.

use super::{Cell, Head, Table, scores};
use crate::report::content::{Evaluation, EvaluationKind, Subgroup};
use crate::report::format;
use crate::report::number::path;

/// The columns by which clips are told apart, in order of first appearance.
pub(in crate::report) fn subgroup_columns(evaluation: &Evaluation) -> Vec<&str> {
    let mut columns: Vec<&str> = evaluation.subgroups.iter().map(|subgroup| subgroup.column.as_str()).collect();
    columns.dedup();
    columns
}

/// One row for each value of `column` and each group; in the file one for each metric too. `None` without a value.
pub(in crate::report) fn subgroups(name: &str, evaluation: &Evaluation, column: &str) -> Option<Table> {
    let subgroups: Vec<&Subgroup> = evaluation.subgroups.iter().filter(|subgroup| subgroup.column == column).collect();
    let metrics = scores::metrics(evaluation);
    if subgroups.is_empty() {
        return None;
    }
    let (who, what) = match evaluation.kind {
        EvaluationKind::Models => ("Models", "Models"),
        EvaluationKind::Labels => ("Candidate", "Labels"),
    };
    let caption = format!(
        "By {column}: {what} against {}, on the clips of each subgroup. Value with its {} interval, from the same draws as in \
         the table of all clips. Subgroups were not compared with each other, and no interval is adjusted for their number.",
        evaluation.reference,
        format::level(evaluation.level)
    );
    let mut table = Table::new(name, caption, &[column, who], &[]).in_file(&[
        "evaluation",
        "reference",
        "column",
        "subgroup",
        "group",
        "metric",
        "title",
        "value",
        "low",
        "high",
        "patients",
        "clips",
        "reason",
    ]);
    let titles = metrics.iter().map(|metric| metric.title.clone()).chain(["Patients", "Clips"].map(str::to_owned));
    table.head.extend(titles.map(|text| Head { text, number: true }));
    for subgroup in subgroups {
        let value = if subgroup.value.is_empty() { "(not given)" } else { &subgroup.value };
        for (group, found) in evaluation.groups.iter().zip(&subgroup.scores) {
            let shared = scores::notice(evaluation, group).is_some();
            let sample = Some((subgroup.patients, subgroup.clips));
            let mut row = vec![value.to_owned().into(), group.label.clone().into()];
            row.extend(found.iter().map(|score| Cell {
                number: Some(path::part(evaluation, subgroup, group, score)),
                ..scores::cell(score, sample, shared)
            }));
            row.extend([format::count(subgroup.patients).into(), format::count(subgroup.clips).into()]);
            table.rows.push(row);
            for score in found {
                table.file_rows.push(vec![
                    evaluation.name.clone(),
                    evaluation.reference.clone(),
                    subgroup.column.clone(),
                    subgroup.value.clone(),
                    group.label.clone(),
                    score.metric.clone(),
                    score.title.clone(),
                    format::raw(score.value),
                    format::raw(score.low),
                    format::raw(score.high),
                    score.patients.to_string(),
                    score.clips.to_string(),
                    score.reason.clone().unwrap_or_default(),
                ]);
            }
        }
    }
    Some(table.shortened())
}
