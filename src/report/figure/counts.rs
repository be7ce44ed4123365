//! Bland–Altman plots: the difference of two counts over their mean.

use super::Figure;
use super::axis::Axis;
use super::canvas::{Anchor, Canvas, wrap};
use crate::report::content::CountAgreement;
use crate::report::format;

const WIDTH: f64 = 420.0;
const LEFT: f64 = 50.0;
/// Right of the square stand what the lines are and their values.
const RIGHT: f64 = 296.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 254.0;
/// Radii of the circles of the fewest and of the most frames.
const RADII: (f64, f64) = (2.0, 9.0);
/// Two texts beside the plot are at least this far apart.
const TEXT_LINE: f64 = 13.0;

/// The plot of one candidate, called `label`; `None` without frames.
pub(in crate::report) fn draw(name: &str, reference: &str, label: &str, counts: &CountAgreement) -> Option<Figure> {
    let most = counts.points.iter().map(|point| point.frames).max()?;
    let CountAgreement { what, difference, low, high, .. } = counts;
    let differences = counts.points.iter().map(|point| point.difference);
    let across = Axis::over(counts.points.iter().map(|point| point.mean).chain([0.0]), LEFT + 10.0, RIGHT - 10.0, 5);
    let up = Axis::over(differences.chain([*low, *high, *difference, 0.0]), BOTTOM, TOP, 6);
    let mut canvas = Canvas::new(WIDTH, BOTTOM + 38.0);
    canvas.text("strong", (2.0, 13.0), Anchor::Start, &wrap(label, 56, 1).join(""));
    across.draw_grid(&mut canvas, TOP, BOTTOM);
    across.draw_below(&mut canvas, BOTTOM);
    up.draw_left(&mut canvas, LEFT, RIGHT);
    canvas.text("small", ((LEFT + RIGHT) / 2.0, BOTTOM + 31.0), Anchor::Middle, &format!("mean number of {what}"));
    canvas.turned("small", (12.0, (TOP + BOTTOM) / 2.0), Anchor::Middle, "candidate − reference", -90.0);
    canvas.line("zero", (LEFT, up.at(0.0)), (RIGHT, up.at(0.0)));
    for point in &counts.points {
        // Areas are as the numbers of frames.
        let radius = (point.frames as f64 / most as f64).sqrt() * RADII.1;
        canvas.circle("mark s0", (across.at(point.mean), up.at(point.difference)), radius.max(RADII.0));
    }
    let mut lines: Vec<(&str, &str, f64)> =
        vec![("limit", "upper limit", *high), ("mean", "mean", *difference), ("limit", "lower limit", *low)];
    lines.retain(|line| line.2.is_finite());
    let mut free = 0.0_f64;
    for (class, what, value) in lines {
        let y = up.at(value);
        canvas.line(class, (LEFT, y), (RIGHT, y));
        free = free.max(y + 4.0);
        let text = format!("{what} {}", format::signed(value, format::decimals(&[value])));
        canvas.text("small", (RIGHT + 6.0, free), Anchor::Start, &text);
        free += TEXT_LINE;
    }
    let cohort =
        format!("{} of {}", format::counted(counts.frames, "frame"), format::counted(counts.patients, "patient"));
    let told = summary(counts);
    Some(Figure {
        name: name.to_owned(),
        title: format!("Number of {what} of {label} and of {reference}"),
        description: format!("Difference over mean of the number of {what}, {cohort}. {told}"),
        caption: format!(
            "Number of {what}, {label} minus {reference}, over the mean of the two (Bland–Altman), {cohort}. Areas: frames. {told}"
        ),
        canvas,
    })
}

/// What the lines are, in sentences.
fn summary(counts: &CountAgreement) -> String {
    let CountAgreement { difference, low, high, between_sd, within_sd, .. } = counts;
    let decimals = format::decimals(&[*difference]);
    let mean = format!("Mean difference {}", format::signed(*difference, decimals));
    if !low.is_finite() || !high.is_finite() {
        return format!("{mean}; limits of agreement are not estimable with fewer than two patients.");
    }
    format!(
        "{mean}, 95 % limits of agreement {} to {}, frames of a patient taken to be alike: standard deviation {} between and {} within patients.",
        format::signed(*low, decimals),
        format::signed(*high, decimals),
        format::fixed(*between_sd, decimals),
        format::fixed(*within_sd, decimals),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::content::CountPoint;

    fn counts() -> CountAgreement {
        let point = |mean, difference, frames| CountPoint { mean, difference, frames };
        CountAgreement {
            what: "lines".into(),
            difference: 0.25,
            low: -2.0,
            high: 2.5,
            between_sd: 0.4,
            within_sd: 1.1,
            frames: 21,
            patients: 6,
            points: vec![point(0.0, 0.0, 16), point(1.5, -1.0, 4), point(3.0, 2.0, 1)],
        }
    }

    #[test]
    fn areas_of_circles_are_as_the_frames() {
        let figure = draw("counts", "panel", "crowd", &counts()).unwrap();
        for radius in ["r=\"9\"", "r=\"4.5\"", "r=\"2.25\""] {
            assert!(figure.canvas.body.contains(radius), "{radius} in {}", figure.canvas.body);
        }
        assert_eq!(figure.canvas.body.matches("<line class=\"limit\"").count(), 2);
        assert!(figure.caption.contains("21\u{a0}frames of 6\u{a0}patients"), "{}", figure.caption);
    }

    #[test]
    fn one_patient_has_no_limits() {
        let lone = CountAgreement { low: f64::NAN, high: f64::NAN, patients: 1, ..counts() };
        let figure = draw("counts", "panel", "crowd", &lone).unwrap();
        assert!(!figure.canvas.body.contains("class=\"limit\"") && !figure.canvas.body.contains("NaN"));
        assert!(figure.caption.contains("not estimable with fewer than two patients"), "{}", figure.caption);
        assert!(draw("counts", "panel", "crowd", &CountAgreement { points: Vec::new(), ..lone }).is_none());
    }
}
