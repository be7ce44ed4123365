//! Receiver operating characteristics on unit axes.

use super::Figure;
use super::canvas::{Anchor, Canvas, number, series, wrap};
use crate::report::content::{Group, RocPoint};

/// How many curves share a figure: as many as have a colour and dash of their own and stay legible.
pub(in crate::report) const CURVES: usize = 6;

const WIDTH: f64 = 380.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 8.0;
const SIDE: f64 = 318.0;
const LEGEND_LINE: f64 = 17.0;

/// The curves of at most [`CURVES`] groups; `None` where none has points. `labels` are the groups' names as shown.
pub(in crate::report) fn draw(name: &str, reference: &str, groups: &[&Group], labels: &[String]) -> Option<Figure> {
    if groups.iter().all(|group| group.roc.is_empty()) {
        return None;
    }
    let legend: Vec<Vec<String>> = labels.iter().map(|label| wrap(label, 40, 2)).collect();
    let legend_lines: usize = legend.iter().map(Vec::len).sum();
    let bottom = TOP + SIDE;
    let mut canvas = Canvas::new(WIDTH, bottom + 50.0 + legend_lines as f64 * LEGEND_LINE);
    for tick in 0..=5 {
        let value = f64::from(tick) / 5.0;
        let (x, y) = place(value, value);
        canvas.line("grid", (x, TOP), (x, bottom));
        canvas.line("grid", (LEFT, y), (LEFT + SIDE, y));
        canvas.text("small", (x, bottom + 15.0), Anchor::Middle, &number(value));
        canvas.text("small", (LEFT - 6.0, y + 4.0), Anchor::End, &number(value));
    }
    canvas.line("chance", place(0.0, 0.0), place(1.0, 1.0));
    canvas.rect("box", (LEFT, TOP), (SIDE, SIDE));
    canvas.text("small", (LEFT + SIDE / 2.0, bottom + 31.0), Anchor::Middle, "false positive rate (1 − specificity)");
    canvas.turned("small", (12.0, TOP + SIDE / 2.0), Anchor::Middle, "sensitivity", -90.0);

    let mut banded = false;
    for (index, group) in groups.iter().enumerate() {
        let points = closed(&group.roc);
        if points.iter().all(|point| point.interval.is_some()) && !points.is_empty() {
            banded = true;
            let edge = |pick: fn((f64, f64)) -> f64| -> Vec<(f64, f64)> {
                points
                    .iter()
                    .filter_map(|point| point.interval.map(|ends| place(point.false_positive_rate, pick(ends))))
                    .collect()
            };
            canvas.band(&series("band", index), &edge(|ends| ends.1), &edge(|ends| ends.0));
        }
        let line: Vec<(f64, f64)> =
            points.iter().map(|point| place(point.false_positive_rate, point.true_positive_rate)).collect();
        canvas.polyline(&series("line", index), &line);
    }
    let mut y = bottom + 50.0;
    for (index, lines) in legend.iter().enumerate() {
        canvas.line(&series("line", index), (LEFT, y - 4.0), (LEFT + 34.0, y - 4.0));
        for text in lines {
            canvas.text("", (LEFT + 42.0, y), Anchor::Start, text);
            y += LEGEND_LINE;
        }
    }
    Some(Figure {
        name: name.to_owned(),
        title: format!("Receiver operating characteristic against {reference}"),
        description: format!("Sensitivity over false positive rate for: {}", labels.join("; ")),
        caption: format!(
            "Receiver operating characteristic against {reference}. Dotted: chance.{}",
            if banded { " Bands: interval of the sensitivity at each false positive rate." } else { "" }
        ),
        canvas,
    })
}

/// Where a pair of rates lies.
fn place(false_positive_rate: f64, true_positive_rate: f64) -> (f64, f64) {
    let within = |rate: f64| if rate.is_nan() { rate } else { rate.clamp(0.0, 1.0) };
    (LEFT + within(false_positive_rate) * SIDE, TOP + (1.0 - within(true_positive_rate)) * SIDE)
}

/// The points with (0, 0) before and (1, 1) after them where they are missing: every such curve has both.
fn closed(points: &[RocPoint]) -> Vec<RocPoint> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let end = |rate: f64, like: &RocPoint| RocPoint {
        false_positive_rate: rate,
        true_positive_rate: rate,
        interval: like.interval.map(|_| (rate, rate)),
    };
    let mut closed = Vec::with_capacity(points.len() + 2);
    if (first.false_positive_rate, first.true_positive_rate) != (0.0, 0.0) {
        closed.push(end(0.0, first));
    }
    closed.extend_from_slice(points);
    if (last.false_positive_rate, last.true_positive_rate) != (1.0, 1.0) {
        closed.push(end(1.0, last));
    }
    closed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(points: &[(f64, f64)]) -> Group {
        let roc = points
            .iter()
            .map(|&(false_positive_rate, true_positive_rate)| RocPoint {
                false_positive_rate,
                true_positive_rate,
                interval: None,
            })
            .collect();
        Group { label: "same".into(), roc, ..Group::default() }
    }

    #[test]
    fn a_curve_runs_from_corner_to_corner() {
        let group = group(&[(0.1, 0.6), (0.4, 0.9)]);
        let figure = draw("roc", "panel", &[&group], &["same".into()]).unwrap();
        // (0, 0) is the lower left corner of the box, (1, 1) the upper right one.
        let path = "d=\"M46 326L77.8 135.2L173.2 39.8L364 8\"";
        assert!(figure.canvas.body.contains(path), "{}", figure.canvas.body);
    }

    #[test]
    fn corners_are_not_doubled() {
        assert_eq!(closed(&group(&[(0.0, 0.0), (0.2, 0.8), (1.0, 1.0)]).roc).len(), 3);
        assert!(draw("roc", "panel", &[&group(&[])], &["same".into()]).is_none());
    }
}
