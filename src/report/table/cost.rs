//! What the labels behind an evaluation's numbers cost.

use super::{Cell, Table};
use crate::report::content::{Cost, Costs, Evaluation};
use crate::report::format;
use crate::report::number::path;

/// One row a group and label source. `None` where nothing is known of it.
pub(in crate::report) fn cost(name: &str, evaluation: &Evaluation) -> Option<Table> {
    let costs = evaluation.costs.as_ref().filter(|costs| !costs.rows.is_empty())?;
    let priced = costs.rows.iter().any(|row| row.price.is_some());
    let money =
        |noun: &str| if costs.currency.is_empty() { noun.to_owned() } else { format!("{noun} ({})", costs.currency) };
    let title = &costs.rows[0].score.title;
    let mut head = vec!["Clips".to_owned(), "Opinions".to_owned(), "Opinions a clip".to_owned()];
    if priced {
        head.extend([money("An opinion"), money("A clip"), money("All")]);
    }
    head.push(title.clone());
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let caption = format!(
        "What the labels took. Opinions are those that counted, on the clips {}; a clip is counted once, whatever the number of \
         folds and seeds.{} {title} against {} with {} intervals over {}.",
        if evaluation.kind == crate::report::content::EvaluationKind::Models {
            "the models learned from"
        } else {
            "with a label"
        },
        if priced { " Prices are as declared." } else { "" },
        evaluation.reference,
        format::level(evaluation.level),
        evaluation.resampled,
    );
    let mut table = Table::new(name, caption, &["Candidate", "Labels from"], &head).in_file(&[
        "evaluation",
        "candidate",
        "labels",
        "clips",
        "opinions",
        "opinions_per_clip",
        "price",
        "cost_per_clip",
        "cost",
        "currency",
        "metric",
        "value",
        "low",
        "high",
    ]);
    for row in &costs.rows {
        table.rows.push(shown(row, priced, &path::cost(evaluation, row)));
        table.file_rows.push(filed(row, evaluation, costs));
    }
    Some(table.shortened())
}

fn shown(row: &Cost, priced: bool, path: &str) -> Vec<Cell> {
    let a_clip = |value: f64| value / row.clips as f64;
    let mut cells = vec![
        row.group.clone().into(),
        row.source.clone().into(),
        format::count(row.clips).into(),
        Cell::of(format!("{path}/opinions"), format::quantity(row.opinions)),
        format::fixed(a_clip(row.opinions), 1).into(),
    ];
    if priced {
        let money =
            |value: Option<f64>| value.map_or_else(|| format::UNDEFINED.to_owned(), |value| format::fixed(value, 2));
        let price =
            row.price.map_or_else(|| format::UNDEFINED.to_owned(), |price| format::fixed(price, to_the_cent(price)));
        cells.extend([
            Cell::of_known(row.price.is_some(), format!("{path}/price"), price),
            money(row.total.map(a_clip)).into(),
            Cell::of_known(row.total.is_some(), format!("{path}/total"), money(row.total)),
        ]);
    }
    cells.push(format::interval(row.score.value, row.score.low, row.score.high).into());
    cells
}

fn filed(row: &Cost, evaluation: &Evaluation, costs: &Costs) -> Vec<String> {
    let raw = |value: Option<f64>| value.map_or_else(String::new, format::raw);
    let a_clip = |value: f64| value / row.clips as f64;
    vec![
        evaluation.name.clone(),
        row.group.clone(),
        row.source.clone(),
        row.clips.to_string(),
        format::raw(row.opinions),
        format::raw(a_clip(row.opinions)),
        raw(row.price),
        raw(row.total.map(a_clip)),
        raw(row.total),
        costs.currency.clone(),
        row.score.metric.clone(),
        format::raw(row.score.value),
        format::raw(row.score.low),
        format::raw(row.score.high),
    ]
}

/// The decimals of a price as it was declared, two at least.
fn to_the_cent(price: f64) -> usize {
    price.to_string().split_once('.').map_or(0, |(_, decimals)| decimals.len()).max(2)
}
