//! The stages of the experiment, each below all it reads.

use super::Figure;
use super::canvas::{Anchor, Canvas, wrap};
use crate::graph::{Size, place};
use crate::report::content::Stage;
use crate::report::format;

const MARGIN: f64 = 4.0;
const HEIGHT: f64 = 40.0;
/// How wide a letter of the boxes' texts is at most, and what stands round a text.
const LETTER: f64 = 6.7;
const PADDING: f64 = 20.0;
/// Letters of a text at most.
const LONGEST: usize = 28;
/// Half the width of an arrow's tip, and its length.
const TIP: (f64, f64) = (3.5, 8.0);
/// How far an arrow goes upright from a box.
const UPRIGHT: f64 = 6.0;

/// The figure; `None` where there is nothing to connect.
pub(in crate::report) fn draw(name: &str, stages: &[Stage]) -> Option<Figure> {
    let position = |name: &String| stages.iter().position(|stage| stage.name == *name);
    let edges: Vec<(usize, usize)> = stages
        .iter()
        .enumerate()
        .flat_map(|(to, stage)| stage.reads.iter().filter_map(move |from| Some((position(from)?, to))))
        .filter(|(from, to)| from != to)
        .collect();
    if edges.is_empty() {
        return None;
    }
    let texts: Vec<[String; 2]> = stages
        .iter()
        .map(|stage| {
            let told = format!("{} · {}", stage.kind, format::counted(stage.tasks, "task"));
            [&stage.name, &told].map(|text| wrap(text, LONGEST, 1).join(""))
        })
        .collect();
    let sizes: Vec<Size> = texts
        .iter()
        .map(|texts| {
            let letters = texts.iter().map(|text| text.chars().count()).max().unwrap_or_default();
            Size { width: letters as f64 * LETTER + PADDING, height: HEIGHT }
        })
        .collect();
    let layout = place(&sizes, &edges);
    let mut canvas = Canvas::new(layout.size.width + 2.0 * MARGIN, layout.size.height + 2.0 * MARGIN);
    let moved = |(x, y): (f64, f64)| (x + MARGIN, y + MARGIN);
    for route in &layout.routes {
        let mut points: Vec<(f64, f64)> = route.iter().copied().map(moved).collect();
        let (Some(&first), Some(&last)) = (points.first(), points.last()) else { continue };
        // Upright out of a box and into the next.
        points.insert(1, (first.0, first.1 + UPRIGHT));
        points.insert(points.len() - 1, (last.0, last.1 - TIP.1 - UPRIGHT));
        canvas.polyline("edge", &points);
        canvas.band("tip", &[(last.0 - TIP.0, last.1 - TIP.1), (last.0 + TIP.0, last.1 - TIP.1)], &[last]);
    }
    for (at, [stage, told]) in layout.boxes.iter().zip(&texts) {
        canvas.rect("stage", moved((at.x, at.y)), (at.width, at.height));
        canvas.text("strong", moved((at.centre(), at.y + 17.0)), Anchor::Middle, stage);
        canvas.text("small", moved((at.centre(), at.y + 32.0)), Anchor::Middle, told);
    }
    let described: Vec<String> = stages
        .iter()
        .map(|stage| match stage.reads.is_empty() {
            true => format!("{} {}", stage.kind, stage.name),
            false => format!("{} {} reads {}", stage.kind, stage.name, stage.reads.join(", ")),
        })
        .collect();
    Some(Figure {
        name: name.to_owned(),
        title: "Stages of the experiment".to_owned(),
        description: described.join("; "),
        caption: "Stages of the experiment, and what each of them reads.".to_owned(),
        canvas,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_a_box_and_every_reading_an_arrow() {
        let stage = |name: &str, reads: &[&str]| Stage {
            name: name.into(),
            kind: "aggregate".into(),
            tasks: 1,
            reads: reads.iter().map(|name| (*name).into()).collect(),
        };
        let stages = [stage("cohort", &[]), stage("crowd", &["cohort"]), stage("models", &["crowd", "cohort", "gone"])];
        let figure = draw("stages", &stages).unwrap();
        let count = |shape: &str| figure.canvas.body.matches(shape).count();
        assert_eq!((count("<rect class=\"stage\""), count("class=\"edge\""), count("class=\"tip\"")), (3, 3, 3));
        assert!(figure.canvas.body.contains("aggregate · 1 task<"));
        assert!(draw("stages", &stages[..1]).is_none());
    }
}
