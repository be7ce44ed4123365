//! A confusion matrix: counts, shaded by their share of the reference class.

use super::Figure;
use super::canvas::{Anchor, Canvas, wrap};
use crate::report::content::Confusion;
use crate::report::format;

const LEFT: f64 = 104.0;
const SIDE: f64 = 264.0;

/// Room above the cells and to their right for names that stand upright, and for names that lean.
const UPRIGHT: (f64, f64) = (42.0, 12.0);
const LEANING: (f64, f64) = (94.0, 62.0);

/// How opaque a cell of share 1 is: little enough for the text to be read on it, on light ground and on dark.
pub(super) const DARKEST: f64 = 0.75;

/// The matrix of the candidate `label` against `reference`. Rows are the reference's classes.
pub(in crate::report) fn draw(name: &str, reference: &str, label: &str, confusion: &Confusion) -> Option<Figure> {
    let classes = confusion.classes.len();
    if classes == 0 {
        return None;
    }
    let cell = (SIDE / classes as f64).min(88.0);
    let side = cell * classes as f64;
    // Names stand upright as long as the columns are wide enough for them.
    let upright = confusion.classes.iter().all(|class| class.chars().count() as f64 * 6.8 <= cell - 4.0);
    let (above, beside) = if upright { UPRIGHT } else { LEANING };
    let mut canvas = Canvas::new(LEFT + side + beside, above + side + 8.0);
    canvas.turned(
        "small",
        (11.0, above + side / 2.0),
        Anchor::Middle,
        &wrap(&format!("reference: {reference}"), 40, 1).join(""),
        -90.0,
    );
    canvas.text("small", (LEFT + side / 2.0, 12.0), Anchor::Middle, &wrap(label, 44, 1).join(""));

    for (index, class) in confusion.classes.iter().enumerate() {
        let middle = (index as f64 + 0.5) * cell;
        if upright {
            canvas.text("", (LEFT + middle, above - 8.0), Anchor::Middle, class);
        } else {
            canvas.turned("", (LEFT + middle + 4.0, above - 7.0), Anchor::Start, &wrap(class, 12, 1).join(""), -45.0);
        }
        let lines = wrap(class, 11, if cell >= 34.0 { 2 } else { 1 });
        let first = above + middle + 4.0 - (lines.len() as f64 - 1.0) * 7.0;
        for (line, text) in lines.iter().enumerate() {
            canvas.text("", (LEFT - 8.0, first + line as f64 * 14.0), Anchor::End, text);
        }
    }
    for (row, counts) in confusion.counts.iter().enumerate() {
        let total: f64 = counts.iter().sum();
        for (column, &count) in counts.iter().enumerate() {
            let share = if total > 0.0 { count / total } else { 0.0 };
            let corner = (LEFT + column as f64 * cell, above + row as f64 * cell);
            canvas.shaded("cell", corner, (cell, cell), Some(share * DARKEST));
            let middle = (corner.0 + cell / 2.0, corner.1 + cell / 2.0);
            // The share goes under the count where there is room for both.
            if cell >= 50.0 && total > 0.0 {
                canvas.text("", (middle.0, middle.1 - 1.0), Anchor::Middle, &format::quantity(count));
                canvas.text("share", (middle.0, middle.1 + 13.0), Anchor::Middle, &format::percent(share));
            } else {
                canvas.text("", (middle.0, middle.1 + 4.0), Anchor::Middle, &format::quantity(count));
            }
        }
    }
    let described: Vec<String> = confusion
        .classes
        .iter()
        .zip(&confusion.counts)
        .map(|(class, counts)| {
            let cells: Vec<String> = confusion
                .classes
                .iter()
                .zip(counts)
                .map(|(other, &count)| format!("{} as {other}", format::quantity(count)))
                .collect();
            format!("{class}: {}", cells.join(", "))
        })
        .collect();
    Some(Figure {
        name: name.to_owned(),
        title: format!("Confusion matrix of {label} against {reference}"),
        description: described.join("; "),
        caption: format!("Rows: {reference}; columns: {label}. Shade: share of the row."),
        canvas,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fill_the_square_and_are_shaded_by_row() {
        let confusion = Confusion {
            classes: vec!["none".into(), "discrete".into(), "confluent".into()],
            counts: vec![vec![6.0, 2.0, 0.0], vec![0.0, 0.0, 0.0], vec![0.0, 1.0, 3.0]],
        };
        let body = draw("confusion", "panel", "crowd", &confusion).unwrap().canvas.body;
        assert_eq!(body.matches("class=\"cell\"").count(), 9);
        assert!(body.contains("x=\"104\" y=\"42\" width=\"88\" height=\"88\" fill-opacity=\"0.56\""), "{body}");
        assert!(body.contains("x=\"280\" y=\"218\" width=\"88\" height=\"88\" fill-opacity=\"0.56\""), "{body}");
        assert!(
            body.contains("x=\"104\" y=\"130\" width=\"88\" height=\"88\" fill-opacity=\"0\""),
            "an empty row is blank"
        );
    }

    #[test]
    fn two_to_eight_classes_keep_within_the_drawing() {
        for classes in 2..=8 {
            let confusion = Confusion {
                classes: (0..classes).map(|class| format!("class {class} with a very long name")).collect(),
                counts: vec![vec![12_345.0; classes]; classes],
            };
            let canvas = draw("confusion", "panel", "crowd", &confusion).unwrap().canvas;
            assert!(canvas.width <= 430.1 && canvas.height <= 366.1, "{classes}");
        }
    }
}
