//! How well labels do over what they cost.

use super::Figure;
use super::varied::{CURVES, Curve, plot};
use crate::report::content::{Cost, Evaluation};
use crate::report::format;

/// The figure, one curve a label source; `None` where all cost the same, or there are more sources than can be told
/// apart. Across stands the cost where all have a price, else the number of opinions.
pub(in crate::report) fn draw(name: &str, evaluation: &Evaluation) -> Option<Figure> {
    let costs = evaluation.costs.as_ref()?;
    let priced = costs.rows.iter().all(|row| row.total.is_some());
    let spent = |row: &Cost| if priced { row.total.unwrap_or(f64::NAN) } else { row.opinions };
    let first = costs.rows.first()?;
    if costs.rows.iter().all(|row| spent(row) == spent(first)) {
        return None;
    }
    let mut curves: Vec<Curve<'_>> = Vec::new();
    for row in &costs.rows {
        match curves.iter_mut().find(|curve| curve.label == row.source) {
            Some(curve) => curve.points.push((spent(row), &row.score)),
            None => curves.push(Curve { label: row.source.clone(), points: vec![(spent(row), &row.score)] }),
        }
    }
    if curves.len() > CURVES {
        return None;
    }
    for curve in &mut curves {
        curve.points.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    }
    let below = match (priced, costs.currency.as_str()) {
        (false, _) => "opinions".to_owned(),
        (true, "") => "cost of the labels".to_owned(),
        (true, currency) => format!("cost of the labels ({currency})"),
    };
    let title = &first.score.title;
    let described = |row: &Cost| {
        let (score, at) = (&row.score, format::quantity(spent(row)));
        format!("{}, {below} {at}: {}", row.group, format::interval(score.value, score.low, score.high))
    };
    Some(Figure {
        name: name.to_owned(),
        title: format!("{title} against {} over {below}", evaluation.reference),
        description: costs.rows.iter().map(described).collect::<Vec<_>>().join("; "),
        caption: format!(
            "{title} against {} over {below}, by the source of the labels; {} intervals, each for itself.",
            evaluation.reference,
            format::level(evaluation.level)
        ),
        canvas: plot(&curves, &below, title),
    })
}
