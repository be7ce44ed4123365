//! A forest plot: each contrast's difference with its interval, its one-sided bound and its margin.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, wrap};
use super::{Figure, canvas};
use crate::report::content::{Contrast, Direction, Goal};
use crate::report::format;

const WIDTH: f64 = 420.0;
const SIDE: f64 = 18.0;
const TEXT_LINE: f64 = 16.0;
const BAR: f64 = 26.0;

/// One figure for the contrasts given, which share their metric.
pub(in crate::report) fn draw(name: &str, contrasts: &[&Contrast]) -> Option<Figure> {
    let first = contrasts.first()?;
    let labels: Vec<Vec<String>> = contrasts
        .iter()
        .map(|contrast| {
            wrap(
                &format!("{}: {} − {}{}", contrast.name, contrast.candidate, contrast.baseline, dagger(contrast)),
                34,
                3,
            )
        })
        .collect();
    let height: f64 = labels.iter().map(|lines| lines.len() as f64 * TEXT_LINE + BAR).sum();
    let mut canvas = Canvas::new(WIDTH, height + 58.0);
    let values = contrasts.iter().flat_map(|contrast| {
        let drawn = [contrast.difference, contrast.low, contrast.high, contrast.bound, 0.0];
        drawn.into_iter().chain(margins(contrast))
    });
    let axis = Axis::over(values, SIDE + 12.0, WIDTH - SIDE - 12.0, 6);
    axis.draw_below(&mut canvas, height + 4.0);

    let mut top = 0.0;
    for (index, (contrast, lines)) in contrasts.iter().zip(&labels).enumerate() {
        let row = lines.len() as f64 * TEXT_LINE + BAR;
        for (line, text) in lines.iter().enumerate() {
            let class = if index == 0 { "label strong" } else { "label" };
            canvas.text(class, (2.0, top + 12.0 + line as f64 * TEXT_LINE), Anchor::Start, text);
        }
        let numbers = format::difference(contrast.difference, contrast.low, contrast.high);
        canvas.text("label", (WIDTH - 2.0, top + 12.0), Anchor::End, &numbers);
        // The lines keep out of the text: one that touched a minus would make it a plus.
        let (above, below) = (top + row - BAR - 1.0, top + row - 2.0);
        axis.draw_grid(&mut canvas, above, below);
        canvas.line("zero", (axis.at(0.0), above), (axis.at(0.0), below));
        let y = top + lines.len() as f64 * TEXT_LINE + BAR / 2.0 - 3.0;
        if contrast.margin > 0.0 {
            for margin in margins(contrast) {
                let x = axis.at(margin);
                canvas.line("margin", (x, y - 11.0), (x, y + 11.0));
            }
        }
        if contrast.low.is_finite() && contrast.high.is_finite() {
            canvas.line(&canvas::series("interval", 0), (axis.at(contrast.low), y), (axis.at(contrast.high), y));
        }
        if contrast.bound.is_finite() {
            let x = axis.at(contrast.bound);
            let toward = if contrast.direction == Direction::Higher { 5.0 } else { -5.0 };
            canvas.polyline("bound", &[(x + toward, y - 6.0), (x, y - 6.0), (x, y + 6.0), (x + toward, y + 6.0)]);
        }
        if contrast.difference.is_finite() {
            canvas.marker(0, (axis.at(contrast.difference), y));
        }
        top += row;
    }
    let (left, right) = match first.direction {
        Direction::Higher => ("← baseline better", "candidate better →"),
        Direction::Lower => ("← candidate better", "baseline better →"),
    };
    canvas.text("small", (2.0, height + 40.0), Anchor::Start, left);
    canvas.text("small", (WIDTH - 2.0, height + 40.0), Anchor::End, right);
    canvas.text(
        "small",
        (WIDTH / 2.0, height + 54.0),
        Anchor::Middle,
        &wrap(&format!("difference in {}", first.title), 60, 1).join(""),
    );

    let described: Vec<String> = contrasts
        .iter()
        .map(|contrast| {
            let numbers = format::difference(contrast.difference, contrast.low, contrast.high);
            format!("{}, {} minus {}: {numbers}", contrast.name, contrast.candidate, contrast.baseline)
        })
        .collect();
    let mut caption = format!(
        "Differences in {}, candidate minus baseline. Dot and line: difference and two-sided {} interval. Bracket: one-sided {} bound. Dashed: the margin declared beforehand.",
        first.title,
        format::level(first.level),
        format::level(1.0 - first.alpha),
    );
    if contrasts.iter().any(|contrast| !contrast.notices.is_empty()) {
        caption.push_str(" † see the note beside the contrast.");
    }
    Some(Figure {
        name: name.to_owned(),
        title: format!("Forest plot of the differences in {}", first.title),
        description: described.join("; "),
        caption,
        canvas,
    })
}

/// The differences that are just tolerated: on the worse side, and for equivalence on the other too.
fn margins(contrast: &Contrast) -> Vec<f64> {
    let tolerated = match contrast.direction {
        Direction::Higher => -contrast.margin,
        Direction::Lower => contrast.margin,
    };
    match contrast.goal {
        Goal::NonInferiority => vec![tolerated],
        Goal::Equivalence => vec![tolerated, -tolerated],
    }
}

fn dagger(contrast: &Contrast) -> &'static str {
    if contrast.notices.is_empty() { "" } else { " †" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contrast() -> Contrast {
        Contrast {
            name: "primary".into(),
            candidate: "same".into(),
            baseline: "expert".into(),
            title: "AUROC".into(),
            margin: 0.05,
            difference: -0.01,
            low: -0.04,
            high: 0.02,
            bound: -0.035,
            ..Contrast::default()
        }
    }

    #[test]
    fn the_margin_lies_on_the_worse_side() {
        let higher = contrast();
        let lower = Contrast { direction: Direction::Lower, ..contrast() };
        assert_eq!(margins(&higher), [-0.05]);
        assert_eq!(margins(&lower), [0.05]);
        // The axis is −0.06 … 0.02 over 30 … 390: the margin at −0.05 lies at 30 + 360 / 8.
        let figure = draw("forest", &[&higher]).unwrap();
        assert!(figure.canvas.body.contains("<line class=\"margin\" x1=\"75\""), "{}", figure.canvas.body);
    }

    #[test]
    fn equivalence_has_a_margin_on_either_side() {
        let both = Contrast { goal: Goal::Equivalence, ..contrast() };
        assert_eq!(margins(&both), [-0.05, 0.05]);
        let figure = draw("forest", &[&both]).unwrap();
        assert_eq!(figure.canvas.body.matches("<line class=\"margin\"").count(), 2, "{}", figure.canvas.body);
    }

    #[test]
    fn a_contrast_without_numbers_draws_no_mark() {
        let empty = Contrast { difference: f64::NAN, low: f64::NAN, high: f64::NAN, bound: f64::NAN, ..contrast() };
        let figure = draw("forest", &[&empty]).unwrap();
        assert!(!figure.canvas.body.contains("NaN"));
        assert!(!figure.canvas.body.contains("circle"));
        assert!(draw("forest", &[]).is_none());
    }
}
