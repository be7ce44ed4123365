//! Receiver operating characteristics on unit axes.

use super::Figure;
use super::canvas::series;
use super::unit_square::{Axes, UnitSquare, place};
use crate::report::content::{Group, RocPoint};
use crate::report::format;

/// The curves of at most [`super::unit_square::CURVES`] groups; `None` where none has points. `labels` are the groups' names as
/// shown, `level` that of the bands.
pub(in crate::report) fn draw(
    name: &str,
    reference: &str,
    groups: &[&Group],
    labels: &[String],
    level: f64,
) -> Option<Figure> {
    if groups.iter().all(|group| group.roc.is_empty()) {
        return None;
    }
    let axes = Axes { across: "false positive rate (1 − specificity)", up: "sensitivity" };
    let mut square = UnitSquare::new(&axes, labels, 0.0);
    square.canvas.line("chance", place(0.0, 0.0), place(1.0, 1.0));
    square.frame();
    let mut banded = false;
    // All bands first, so that none dims a curve.
    for (index, group) in groups.iter().enumerate() {
        let edge = |pick: fn((f64, f64)) -> f64| -> Vec<(f64, f64)> {
            let at = |point: &RocPoint| point.interval.map(|ends| place(point.false_positive_rate, pick(ends)));
            group.roc.iter().filter_map(at).collect()
        };
        let (upper, lower) = (edge(|ends| ends.1), edge(|ends| ends.0));
        banded |= !upper.is_empty();
        square.canvas.band(&series("band", index), &upper, &lower);
    }
    for (index, group) in groups.iter().enumerate() {
        let points = closed(&group.roc);
        let line: Vec<(f64, f64)> =
            points.iter().map(|point| place(point.false_positive_rate, point.true_positive_rate)).collect();
        square.canvas.polyline(&series("line", index), &line);
    }
    let bands = format!(
        " Bands: {} interval of the sensitivity at each false positive rate for itself, patients resampled.",
        format::level(level)
    );
    Some(Figure {
        name: name.to_owned(),
        title: format!("Receiver operating characteristic against {reference}"),
        description: format!("Sensitivity over false positive rate for: {}", labels.join("; ")),
        caption: format!(
            "Receiver operating characteristic against {reference}. Dotted: chance.{}",
            if banded { &bands } else { "" }
        ),
        canvas: square.finish(false),
    })
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
        let figure = draw("roc", "panel", &[&group], &["same".into()], 0.95).unwrap();
        // (0, 0) is the lower left corner of the box, (1, 1) the upper right one.
        let path = "d=\"M46 326L77.8 135.2L173.2 39.8L364 8\"";
        assert!(figure.canvas.body.contains(path), "{}", figure.canvas.body);
    }

    #[test]
    fn a_band_runs_along_the_points_that_have_an_interval() {
        let mut group = group(&[(0.0, 0.0), (0.1, 0.6), (0.5, 0.8), (1.0, 1.0)]);
        let draw = |group: &Group| draw("roc", "panel", &[group], &["same".into()], 0.9).unwrap();
        let bare = draw(&group);
        assert!(!bare.canvas.body.contains("band") && !bare.caption.contains("Bands"), "{}", bare.caption);
        for (at, ends) in [(0, (0.0, 0.5)), (2, (0.7, 0.9)), (3, (1.0, 1.0))] {
            group.roc[at].interval = Some(ends);
        }
        let banded = draw(&group);
        let outline = "<path class=\"band s0\" d=\"M46 167L205 39.8L364 8L364 8L205 103.4L46 326Z\"/>";
        assert!(banded.canvas.body.contains(outline), "{}", banded.canvas.body);
        assert!(banded.caption.contains("90\u{a0}% interval"), "{}", banded.caption);
    }

    #[test]
    fn corners_are_not_doubled() {
        assert_eq!(closed(&group(&[(0.0, 0.0), (0.2, 0.8), (1.0, 1.0)]).roc).len(), 3);
        assert!(draw("roc", "panel", &[&group(&[])], &["same".into()], 0.95).is_none());
    }
}
