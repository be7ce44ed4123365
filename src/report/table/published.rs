//! What published studies give beside a comparison, or of one arm.

use super::{Cell, Table};
use crate::report::content::{Contrast, Evaluation, Published};
use crate::report::format;
use crate::report::number::path;

/// What all of these tables say of the methods.
const UNITS: &str = "Methods whose unit is the clip take the clips of a patient as independent, which they are not, and pool the \
                     scores of all folds; they are what published studies give and decide nothing here.";

/// The tests of each contrast's arms. `None` without any.
pub(in crate::report) fn tests(contrasts: &[&Contrast]) -> Option<Table> {
    let caption = format!(
        "The arms of each contrast under other tests, all two-sided and against a difference of 0. {UNITS} Of several training \
         seeds, McNemar’s test takes the class that most of them predict, all others the mean over seeds."
    );
    let head = ["Contrast", "Metric", "Test", "Unit"];
    let columns = ["metric", "title", "test", "unit", "difference", "low", "high", "statistic", "p", "reason"];
    let columns: Vec<&str> = ["contrast", "candidate", "baseline"].into_iter().chain(columns).collect();
    let mut table = Table::new("as-published", caption, &head, &["Difference", "Statistic", "p"]).in_file(&columns);
    for contrast in contrasts {
        for test in &contrast.published {
            let p = if test.p.is_nan() { format::UNDEFINED.to_owned() } else { format::p(test.p) };
            let difference = if test.low.is_nan() {
                format::signed(test.value, format::decimals(&[test.value]))
            } else {
                format::difference(test.value, test.low, test.high)
            };
            let path = path::method(&path::tests(contrast), test);
            let pair = format!("{} − {}", contrast.candidate, contrast.baseline);
            table.rows.push(vec![
                Cell { text: contrast.name.clone(), note: Some(pair), ..Cell::default() },
                test.title.clone().into(),
                Cell { text: test.method_title.clone(), note: test.reason.clone(), ..Cell::default() },
                test.unit.clone().into(),
                Cell::of(path.clone(), difference),
                format::signed(test.statistic, 2).into(),
                Cell::of_known(!test.p.is_nan(), format!("{path}/p"), p),
            ]);
            let start = [&contrast.name, &contrast.candidate, &contrast.baseline].map(Clone::clone);
            table.file_rows.push(start.into_iter().chain(raw(test, true)).collect());
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

/// The intervals of an evaluation's candidates. `None` without any.
pub(in crate::report) fn intervals(name: &str, evaluation: &Evaluation) -> Option<Table> {
    let caption = format!(
        "Two-sided {} intervals without a bootstrap, against {}. {UNITS} Of several training seeds, shares of clips are those \
         of the class that most of them predict; AUROC is the mean over seeds.",
        format::level(evaluation.level),
        evaluation.reference,
    );
    let head = ["Candidate", "Metric", "Method", "Unit"];
    let columns = ["evaluation", "candidate", "metric", "title", "method", "unit", "value", "low", "high", "reason"];
    let mut table = Table::new(name, caption, &head, &["Value"]).in_file(&columns);
    for (candidate, told) in &evaluation.published {
        let value = if told.low.is_nan() {
            format::fixed(told.value, format::decimals(&[told.value]))
        } else {
            format::interval(told.value, told.low, told.high)
        };
        let group = evaluation.groups.iter().find(|group| group.label == *candidate);
        let number = group.map(|group| path::method(&path::published(evaluation, group), told));
        table.rows.push(vec![
            candidate.clone().into(),
            told.title.clone().into(),
            Cell { text: told.method_title.clone(), note: told.reason.clone(), ..Cell::default() },
            told.unit.clone().into(),
            Cell { number, ..value.into() },
        ]);
        let start = [evaluation.name.clone(), candidate.clone()];
        table.file_rows.push(start.into_iter().chain(raw(told, false)).collect());
    }
    (!table.rows.is_empty()).then(|| table.shortened())
}

fn raw(told: &Published, is_test: bool) -> Vec<String> {
    let texts = [&told.metric, &told.title, &told.method, &told.unit].map(Clone::clone);
    let mut row: Vec<String> = texts.into_iter().chain([told.value, told.low, told.high].map(format::raw)).collect();
    if is_test {
        row.extend([told.statistic, told.p].map(format::raw));
    }
    row.push(told.reason.clone().unwrap_or_default());
    row
}
