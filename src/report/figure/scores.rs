//! One metric of every group, with its interval.

use super::Figure;
use super::axis::Axis;
use super::canvas::{Anchor, Canvas, series, wrap};
use crate::report::content::{Evaluation, Group, Score};
use crate::report::format;

const WIDTH: f64 = 420.0;
const TEXT_LINE: f64 = 15.0;
const BAR: f64 = 18.0;

/// The figure of `metric`; `None` where no group has it. `dagger` marks the groups that carry a notice.
pub(in crate::report) fn draw(
    name: &str,
    evaluation: &Evaluation,
    metric: &str,
    dagger: &dyn Fn(&Group) -> bool,
) -> Option<Figure> {
    let rows: Vec<(&Group, &Score)> = evaluation
        .groups
        .iter()
        .filter_map(|group| group.scores.iter().find(|score| score.metric == metric).map(|score| (group, score)))
        .collect();
    let (_, first) = rows.first()?;
    let unit = if first.unit.is_empty() { String::new() } else { format!(" ({})", first.unit) };
    let labels: Vec<Vec<String>> = rows
        .iter()
        .map(|(group, _)| wrap(&format!("{}{}", group.label, if dagger(group) { " †" } else { "" }), 36, 2))
        .collect();
    let height: f64 = labels.iter().map(|lines| lines.len() as f64 * TEXT_LINE + BAR).sum();
    let mut canvas = Canvas::new(WIDTH, height + 40.0);
    let axis =
        Axis::over(rows.iter().flat_map(|(_, score)| [score.value, score.low, score.high]), 22.0, WIDTH - 22.0, 5);
    axis.draw_below(&mut canvas, height + 2.0);

    let mut top = 0.0;
    for ((_, score), lines) in rows.iter().zip(&labels) {
        for (line, text) in lines.iter().enumerate() {
            canvas.text("label", (2.0, top + 12.0 + line as f64 * TEXT_LINE), Anchor::Start, text);
        }
        let numbers = format::interval(score.value, score.low, score.high);
        canvas.text("label", (WIDTH - 2.0, top + 12.0), Anchor::End, &numbers);
        let bottom = top + lines.len() as f64 * TEXT_LINE + BAR;
        axis.draw_grid(&mut canvas, bottom - BAR, bottom - 2.0);
        let y = top + lines.len() as f64 * TEXT_LINE + BAR / 2.0 - 2.0;
        if score.low.is_finite() && score.high.is_finite() {
            canvas.line(&series("interval", 0), (axis.at(score.low), y), (axis.at(score.high), y));
        }
        if score.value.is_finite() {
            canvas.marker(0, (axis.at(score.value), y));
        }
        top = bottom;
    }
    canvas.text(
        "small",
        (WIDTH / 2.0, height + 34.0),
        Anchor::Middle,
        &wrap(&format!("{}{unit}", first.title), 60, 1).join(""),
    );

    let described: Vec<String> = rows
        .iter()
        .map(|(group, score)| format!("{} {}", group.label, format::interval(score.value, score.low, score.high)))
        .collect();
    Some(Figure {
        name: name.to_owned(),
        title: format!("{} against {}", first.title, evaluation.reference),
        description: described.join("; "),
        caption: format!(
            "{}{unit} against {}; line: {} interval.",
            first.title,
            evaluation.reference,
            format::level(evaluation.level)
        ),
        canvas,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_with_the_metric_is_drawn_once() {
        let group = |label: &str, metric: &str, value: f64| Group {
            label: label.into(),
            scores: vec![Score {
                metric: metric.into(),
                value,
                low: value - 0.1,
                high: value + 0.1,
                ..Score::default()
            }],
            ..Group::default()
        };
        let evaluation = Evaluation {
            groups: vec![group("a", "auroc", 0.8), group("b", "auroc", f64::NAN), group("c", "kappa", 0.4)],
            ..Evaluation::default()
        };
        let figure = draw("scores", &evaluation, "auroc", &|_| false).unwrap();
        assert_eq!(figure.canvas.body.matches("<circle").count(), 1);
        assert!(figure.canvas.body.contains(">–</text>"));
        assert!(!figure.canvas.body.contains("NaN"));
        assert!(draw("scores", &evaluation, "dice", &|_| false).is_none());
    }
}
