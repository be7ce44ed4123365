//! Losses over updates: one panel for the trainings that belong together.

use std::collections::BTreeMap;

use super::Figure;
use super::axis::Axis;
use super::canvas::{Anchor, Canvas, series};
use crate::report::content::{Curve, CurvePoint};
use crate::report::format;

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 320.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 182.0;

/// The trainings of one panel.
#[derive(Debug)]
pub(in crate::report) struct Panel<'a> {
    pub label: String,
    pub curves: Vec<&'a Curve>,
}

/// Sorts curves by the value of the coordinate `along`, in order of first appearance; without it, or for a curve that
/// lacks it, by the curve's own label.
pub(in crate::report) fn panels<'a>(along: Option<&str>, curves: &'a [Curve]) -> Vec<Panel<'a>> {
    let mut panels: Vec<Panel<'a>> = Vec::new();
    for curve in curves {
        let coordinate = curve.coordinates.iter().find(|(name, _)| Some(name.as_str()) == along);
        let label = coordinate.map_or(&curve.label, |(_, value)| value);
        match panels.iter_mut().find(|panel| &panel.label == label) {
            Some(panel) => panel.curves.push(curve),
            None => panels.push(Panel { label: label.clone(), curves: vec![curve] }),
        }
    }
    panels
}

/// The figure of one panel. All panels of a report share `updates` and `losses`, the values their axes must hold.
pub(in crate::report) fn draw(name: &str, panel: &Panel<'_>, updates: &[f64], losses: &[f64]) -> Figure {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let across = Axis::over(updates.iter().copied().chain([0.0]), LEFT, RIGHT, 4);
    let up = Axis::over(losses.iter().copied().chain([0.0]), BOTTOM, TOP, 4);
    across.draw_grid(&mut canvas, TOP, BOTTOM);
    across.draw_below(&mut canvas, BOTTOM);
    up.draw_left(&mut canvas, LEFT, RIGHT);
    canvas.text("small", ((LEFT + RIGHT) / 2.0, BOTTOM + 32.0), Anchor::Middle, "updates");
    let title = super::canvas::wrap(&panel.label, 46, 1).join("");
    canvas.text("strong", (LEFT, 14.0), Anchor::Start, &title);

    let train = envelope(&panel.curves, |point| Some(point.train_loss));
    let validation = envelope(&panel.curves, |point| point.validation_loss);
    for (index, envelope) in [&train, &validation].into_iter().enumerate() {
        let place = |pick: fn(&At) -> f64| -> Vec<(f64, f64)> {
            envelope.iter().map(|at| (across.at(at.update), up.at(pick(at)))).collect()
        };
        if panel.curves.len() > 1 {
            canvas.band(&series("band", index), &place(|at| at.highest), &place(|at| at.lowest));
        }
        canvas.polyline(&series("line", index), &place(|at| at.mean));
    }
    let last = |envelope: &[At]| envelope.last().map(|at| format::fixed(at.mean, 3));
    let mut description = format!("{}.", format::counted(panel.curves.len() as u64, "training"));
    for (what, value) in [("Training", last(&train)), ("Validation", last(&validation))] {
        if let Some(value) = value {
            description.push_str(&format!(" {what} loss at the last update: {value}."));
        }
    }
    Figure {
        name: name.to_owned(),
        title: format!("Loss over updates: {}", panel.label),
        description,
        caption: format!("{}: {}.", panel.label, format::counted(panel.curves.len() as u64, "training")),
        canvas,
    }
}

/// What several trainings did at one update.
#[derive(Debug, Clone, Copy, PartialEq)]
struct At {
    update: f64,
    mean: f64,
    lowest: f64,
    highest: f64,
}

/// Mean, lowest and highest of the curves that have a value at an update, by update. One that is not finite makes the
/// mean a gap, so that a training that diverged is seen.
fn envelope(curves: &[&Curve], loss: fn(&CurvePoint) -> Option<f64>) -> Vec<At> {
    let mut by_update: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for curve in curves {
        for point in &curve.points {
            if let Some(loss) = loss(point) {
                by_update.entry(point.update).or_default().push(loss);
            }
        }
    }
    by_update
        .into_iter()
        .map(|(update, losses)| At {
            update: update as f64,
            mean: losses.iter().sum::<f64>() / losses.len() as f64,
            lowest: losses.iter().copied().fold(f64::INFINITY, f64::min),
            highest: losses.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(arm: &str, losses: &[f64]) -> Curve {
        Curve {
            label: format!("{arm} 0"),
            coordinates: vec![("arm".into(), arm.into())],
            points: losses
                .iter()
                .zip(0..)
                .map(|(&train_loss, update)| CurvePoint { update, train_loss, validation_loss: None })
                .collect(),
        }
    }

    #[test]
    fn trainings_of_an_arm_share_a_panel() {
        let curves = [curve("a", &[1.0]), curve("b", &[1.0]), curve("a", &[2.0])];
        let sorted = panels(Some("arm"), &curves);
        assert_eq!(
            sorted.iter().map(|panel| (panel.label.as_str(), panel.curves.len())).collect::<Vec<_>>(),
            [("a", 2), ("b", 1)]
        );
        assert_eq!(panels(None, &curves).len(), 2, "two curves share a label");
    }

    #[test]
    fn the_band_holds_every_training() {
        let (one, other) = (curve("a", &[1.0, f64::NAN]), curve("a", &[3.0, 2.0]));
        let envelope = envelope(&[&one, &other], |point| Some(point.train_loss));
        assert_eq!(envelope[0], At { update: 0.0, mean: 2.0, lowest: 1.0, highest: 3.0 });
        assert!(envelope[1].mean.is_nan());
        let panel = Panel { label: "a".into(), curves: vec![&one, &other] };
        assert!(!draw("curves", &panel, &[1.0], &[3.0]).canvas.body.contains("NaN"));
    }
}
