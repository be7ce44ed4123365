//! Axes from 0 to 1 both ways with a legend below: the ground of curves of rates and of probabilities.

use super::canvas::{Anchor, Canvas, number, series, wrap};

/// How many curves share a figure: as many as have a colour and dash of their own and stay legible.
pub(in crate::report) const CURVES: usize = 6;

const WIDTH: f64 = 380.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 8.0;
const SIDE: f64 = 318.0;
const LEGEND_LINE: f64 = 17.0;

/// Texts of the axes.
pub(super) struct Axes<'a> {
    pub across: &'a str,
    pub up: &'a str,
}

/// A square under way.
pub(super) struct UnitSquare {
    pub canvas: Canvas,
    /// Where the room below the square begins.
    below: f64,
    legend: Vec<Vec<String>>,
}

impl UnitSquare {
    /// Grid, frame and texts of the axes, for curves called `labels`; `room` is left free between axis and legend.
    pub(super) fn new(axes: &Axes<'_>, labels: &[String], room: f64) -> Self {
        let legend: Vec<Vec<String>> = labels.iter().map(|label| wrap(label, 40, 2)).collect();
        let lines: usize = legend.iter().map(Vec::len).sum();
        let bottom = TOP + SIDE;
        let below = bottom + 36.0;
        let mut canvas = Canvas::new(WIDTH, below + room + 14.0 + lines as f64 * LEGEND_LINE);
        for tick in 0..=5 {
            let value = f64::from(tick) / 5.0;
            let (x, y) = place(value, value);
            canvas.line("grid", (x, TOP), (x, bottom));
            canvas.line("grid", (LEFT, y), (LEFT + SIDE, y));
            canvas.text("small", (x, bottom + 15.0), Anchor::Middle, &number(value));
            canvas.text("small", (LEFT - 6.0, y + 4.0), Anchor::End, &number(value));
        }
        canvas.text("small", (LEFT + SIDE / 2.0, bottom + 31.0), Anchor::Middle, axes.across);
        canvas.turned("small", (12.0, TOP + SIDE / 2.0), Anchor::Middle, axes.up, -90.0);
        Self { canvas, below, legend }
    }

    /// The frame; over grid and reference lines, under the curves.
    pub(super) fn frame(&mut self) {
        self.canvas.rect("box", (LEFT, TOP), (SIDE, SIDE));
    }

    /// The upper edge of the room below the square.
    pub(super) fn below(&self) -> f64 {
        self.below
    }

    /// The drawing with its legend; `marked` where curves carry marks.
    pub(super) fn finish(mut self, marked: bool) -> Canvas {
        let mut y = self.canvas.height - self.legend.iter().map(Vec::len).sum::<usize>() as f64 * LEGEND_LINE;
        for (index, lines) in self.legend.iter().enumerate() {
            self.canvas.line(&series("line", index), (LEFT, y - 4.0), (LEFT + 34.0, y - 4.0));
            if marked {
                self.canvas.marker(index, (LEFT + 17.0, y - 4.0));
            }
            for text in lines {
                self.canvas.text("", (LEFT + 42.0, y), Anchor::Start, text);
                y += LEGEND_LINE;
            }
        }
        self.canvas
    }
}

/// Where a pair of rates lies.
pub(super) fn place(x: f64, y: f64) -> (f64, f64) {
    let within = |rate: f64| if rate.is_nan() { rate } else { rate.clamp(0.0, 1.0) };
    (LEFT + within(x) * SIDE, TOP + (1.0 - within(y)) * SIDE)
}
