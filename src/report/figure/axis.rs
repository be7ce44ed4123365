//! A linear scale with round ticks.

use super::canvas::{Anchor, Canvas};
use crate::report::format;

/// Maps values to a coordinate of the drawing.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    step: f64,
}

impl Axis {
    /// An axis over `values`, widened to round numbers, that lies from `from` to `to` on the drawing, with about
    /// `ticks` ticks. Values that are not finite are left out; without any the axis is [0, 1].
    pub(super) fn over(values: impl IntoIterator<Item = f64>, from: f64, to: f64, ticks: usize) -> Self {
        let (low, high) = values
            .into_iter()
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = match (low, high) {
            (low, high) if low > high => (0.0, 1.0),
            (low, high) if low == high => {
                let half = if low == 0.0 { 0.5 } else { low.abs() * 0.1 };
                (low - half, high + half)
            }
            ends => ends,
        };
        let step = round_step((high - low) / ticks.max(1) as f64);
        // A hair's breadth of tolerance keeps 0.3 / 0.1 from becoming one tick more.
        let low = (low / step + 1e-9).floor() * step;
        let high = (high / step - 1e-9).ceil() * step;
        Self { low, high, from, to, step }
    }

    /// Where `value` lies on the drawing; outside values lie outside.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Ticks as value and text.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let mut decimals = 0;
        let mut unit = 1.0;
        while decimals < 9 && self.step < unit * 0.999 {
            unit /= 10.0;
            decimals += 1;
        }
        let ticks = ((self.high - self.low) / self.step).round() as usize;
        (0..=ticks)
            .map(|tick| self.low + tick as f64 * self.step)
            .map(|value| (value, format::fixed(value, decimals)))
            .collect()
    }

    /// Draws vertical grid lines from `top` to `bottom`.
    pub(super) fn draw_grid(&self, canvas: &mut Canvas, top: f64, bottom: f64) {
        for (value, _) in self.ticks() {
            let x = self.at(value);
            canvas.line("grid", (x, top), (x, bottom));
        }
    }

    /// Draws a horizontal axis at height `y`, with texts below.
    pub(super) fn draw_below(&self, canvas: &mut Canvas, y: f64) {
        for (value, text) in self.ticks() {
            let x = self.at(value);
            canvas.text("small", (x, y + 15.0), Anchor::Middle, &text);
        }
        canvas.line("axis", (self.from, y), (self.to, y));
    }

    /// Draws a vertical axis at `x`, with grid lines as far as `right` and texts to the left.
    pub(super) fn draw_left(&self, canvas: &mut Canvas, x: f64, right: f64) {
        for (value, text) in self.ticks() {
            let y = self.at(value);
            canvas.line("grid", (x, y), (right, y));
            canvas.text("small", (x - 6.0, y + 4.0), Anchor::End, &text);
        }
        canvas.line("axis", (x, self.from), (x, self.to));
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let mut power = 1.0;
    while power > step && power > 1e-12 {
        power /= 10.0;
    }
    while power * 10.0 <= step && power < 1e15 {
        power *= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&round| round >= step * 0.999_999)
        .unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_the_values() {
        let texts = |axis: &Axis| axis.ticks().into_iter().map(|tick| tick.1).collect::<Vec<_>>();
        assert_eq!(texts(&Axis::over([0.0, 1.0], 0.0, 100.0, 5)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(
            texts(&Axis::over([-0.05, 0.021], 0.0, 100.0, 4)),
            ["−0.06", "−0.04", "−0.02", "0.00", "0.02", "0.04"]
        );
        assert_eq!(texts(&Axis::over([0.0, 8000.0], 0.0, 100.0, 4)), ["0", "2,000", "4,000", "6,000", "8,000"]);
        assert_eq!(texts(&Axis::over([f64::NAN], 0.0, 1.0, 2)), ["0.0", "0.5", "1.0"]);
    }

    #[test]
    fn values_map_linearly() {
        let axis = Axis::over([0.0, 1.0], 10.0, 110.0, 5);
        assert_eq!(axis.at(0.0), 10.0);
        assert_eq!(axis.at(0.25), 35.0);
        assert_eq!(axis.at(1.0), 110.0);
    }

    #[test]
    fn one_value_still_makes_an_axis() {
        let axis = Axis::over([0.8], 0.0, 100.0, 4);
        assert!(axis.at(0.8) > 0.0 && axis.at(0.8) < 100.0);
        assert!(axis.ticks().len() > 1);
    }
}
