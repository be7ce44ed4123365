//! A flow diagram for print; the page draws the same boxes as text that reflows.

use super::Figure;
use super::canvas::{Anchor, Canvas, wrap};
use crate::report::content::{Flow, FlowStep};
use crate::report::format;

const BOX: f64 = 250.0;
const ASIDE: f64 = 250.0;
const GAP: f64 = 40.0;
const LINE: f64 = 16.0;
const PAD: f64 = 10.0;
const COLUMNS: usize = 36;

/// The diagram: boxes downwards, exclusions to the right of the arrow on which they leave. `None` without steps.
pub(in crate::report) fn draw(name: &str, flow: &Flow) -> Option<Figure> {
    if flow.steps.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(BOX + GAP + ASIDE + 4.0, 0.0);
    let middle = 2.0 + BOX / 2.0;
    let mut top = 2.0;
    for (index, step) in flow.steps.iter().enumerate() {
        let lines = boxed(step);
        let height = lines.len() as f64 * LINE + 2.0 * PAD;
        block(&mut canvas, 2.0, top, BOX, &lines);
        top += height;
        let left = excluded(step);
        let aside = if left.is_empty() { 0.0 } else { left.len() as f64 * LINE + 2.0 * PAD };
        let last = index + 1 == flow.steps.len();
        if last && left.is_empty() {
            break;
        }
        let gap = if left.is_empty() { 30.0 } else { aside + 24.0 };
        let branch = top + gap / 2.0;
        if !left.is_empty() {
            arrow(&mut canvas, (middle, branch), (2.0 + BOX + GAP, branch));
            block(&mut canvas, 2.0 + BOX + GAP, branch - aside / 2.0, ASIDE, &left);
        }
        if last {
            canvas.line("axis", (middle, top), (middle, branch));
        } else {
            arrow(&mut canvas, (middle, top), (middle, top + gap));
        }
        top += gap;
    }
    canvas.height = top + 2.0;
    let described: Vec<String> = flow
        .steps
        .iter()
        .map(|step| format!("{}: {}", step.title, format::cohort(step.patients, step.clips)))
        .collect();
    let title =
        if flow.title.is_empty() { "Flow of clips".to_owned() } else { format!("Flow of clips: {}", flow.title) };
    Some(Figure { name: name.to_owned(), title, description: described.join("; "), caption: String::new(), canvas })
}

/// What a step's box says.
fn boxed(step: &FlowStep) -> Vec<String> {
    let mut lines = wrap(&step.title, COLUMNS, 4);
    lines.push(format::cohort(step.patients, step.clips));
    lines
}

/// What the box of those who leave after a step says.
fn excluded(step: &FlowStep) -> Vec<String> {
    step.excluded
        .iter()
        .flat_map(|left| wrap(&format!("{}: {}", left.reason, format::lost(left.patients, left.clips)), COLUMNS, 3))
        .collect()
}

fn block(canvas: &mut Canvas, left: f64, top: f64, width: f64, lines: &[String]) {
    canvas.rect("box", (left, top), (width, lines.len() as f64 * LINE + 2.0 * PAD));
    for (line, text) in lines.iter().enumerate() {
        canvas.text("", (left + PAD, top + PAD + 12.0 + line as f64 * LINE), Anchor::Start, text);
    }
}

fn arrow(canvas: &mut Canvas, from: (f64, f64), to: (f64, f64)) {
    canvas.line("axis", from, to);
    let (x, y) = to;
    let head = if from.0 == to.0 {
        [(x - 4.0, y - 6.0), to, (x + 4.0, y - 6.0)]
    } else {
        [(x - 6.0, y - 4.0), to, (x - 6.0, y + 4.0)]
    };
    canvas.polyline("axis", &head);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::content::Exclusion;

    #[test]
    fn every_step_and_every_way_out_has_its_box() {
        let left = Exclusion { reason: "no label in one arm".into(), clips: 3, patients: Some(1) };
        let step = |title: &str, excluded: Vec<Exclusion>| FlowStep {
            title: title.into(),
            patients: Some(40),
            clips: 228,
            excluded,
        };
        let flow =
            Flow { title: String::new(), steps: vec![step("a", vec![left]), step("b", vec![]), step("c", vec![])] };
        let figure = draw("flow", &flow).unwrap();
        assert_eq!(figure.canvas.body.matches("class=\"box\"").count(), 4);
        assert!(figure.canvas.height > 200.0);
        assert!(draw("flow", &Flow::default()).is_none());
    }
}
