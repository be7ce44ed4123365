//! How the picture looks: colours for light and dark, dashes and marks for the states.

use super::ink::number;
use crate::graph::State;

/// Size of names, in pixels.
pub(super) const NAME: f64 = 12.5;
/// Size of what stands below a name.
pub(super) const DETAIL: f64 = 11.0;

/// The tip of every edge.
pub(super) const ARROW: &str = "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" \
    markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip\" d=\"M0 0.8L8 4L0 7.2Z\"/></marker></defs>";

/// The style sheet. Colours are written out, because not every program that draws SVG knows variables.
pub(super) fn sheet() -> String {
    let mut out = format!(
        "text{{font-family:system-ui,\"Segoe UI\",\"Helvetica Neue\",Arial,sans-serif}}\n\
         .name,.group{{font:600 {NAME}px ui-monospace,Menlo,Consolas,\"DejaVu Sans Mono\",monospace}}\n\
         .detail{{font-size:{DETAIL}px}}\n\
         .heading{{font-size:15px;font-weight:600}}\n\
         .edge{{fill:none;stroke-width:1.3}}\n\
         .thin{{stroke-width:1;stroke-opacity:.6}}\n\
         .some{{stroke-dasharray:6 3}}\n\
         .around{{stroke-width:1}}\n\
         .box{{stroke-width:1.2}}\n\
         .waits .box{{stroke-dasharray:5 3}}\n\
         .run .box{{stroke-width:2.2}}\n\
         .unreadable .box{{stroke-width:2.2;stroke-dasharray:2 2.5}}\n\
         .mark{{stroke-width:2;stroke-linecap:round;stroke-linejoin:round}}\n\
         .dots{{stroke-width:3.2}}\n"
    );
    out += &colours(["#ffffff", "#1b1f23", "#586069", "#6e7781", "#f6f7f8", "#c4cad0"], State::light);
    let dark = colours(["#14171a", "#e8eaec", "#a3abb3", "#8d959d", "#1d2125", "#3a4148"], State::dark);
    out + &format!("@media (prefers-color-scheme:dark){{\n{dark}}}\n")
}

fn colours(
    [paper, ink, muted, line, ground, rule]: [&str; 6],
    of: fn(State) -> (&'static str, &'static str),
) -> String {
    let mut out = format!(
        ".paper{{fill:{paper}}}\n.name,.heading{{fill:{ink}}}\n.detail,.group{{fill:{muted}}}\n.edge{{stroke:{line}}}\n\
         .tip{{fill:{line}}}\n.around{{fill:{ground};stroke:{rule}}}\n"
    );
    for state in State::ALL {
        let (fill, stroke) = of(state);
        let word = state.word();
        out += &format!(
            ".{word} .box{{fill:{fill};stroke:{stroke}}}\n.{word} .mark{{stroke:{stroke};fill:none}}\n\
             .{word} .full{{fill:{stroke}}}\n"
        );
    }
    out
}

/// The mark of a state about a point: a tick, three dots, a triangle, a cross.
pub(super) fn mark(state: State, x: f64, y: f64) -> String {
    let (class, shape) = match state {
        State::Cached => ("mark", "m-5 0.5l3.5 3.5l6.5-8"),
        State::WaitsOnContent => ("mark dots", "m-5 0h0.1m4.8 0h0.1m4.8 0h0.1"),
        State::Run => ("mark full", "m-3.5-4.5l8 4.5l-8 4.5z"),
        State::Unreadable => ("mark", "m-4-4l8 8m0-8l-8 8"),
    };
    format!("<path class=\"{class}\" d=\"M{} {}{shape}\"/>", number(x), number(y))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast as WCAG 2.1 defines it.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |colour: &str| {
            let part = |at: usize| {
                let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
                if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_and_marks_stand_out_from_every_ground() {
        for state in State::ALL {
            for ((fill, stroke), ink, muted) in
                [(state.light(), "#1b1f23", "#586069"), (state.dark(), "#e8eaec", "#a3abb3")]
            {
                assert!(contrast(ink, fill) >= 7.0, "{state:?}");
                assert!(contrast(muted, fill) >= 4.5, "{state:?} {}", contrast(muted, fill));
                assert!(contrast(stroke, fill) >= 3.0, "{state:?} {}", contrast(stroke, fill));
            }
        }
    }
}
