//! The few shapes that figures are made of, as SVG text.

use std::fmt::Write;

/// A drawing under way. Units are CSS pixels at natural size, y grows downwards.
#[derive(Debug, Clone)]
pub(in crate::report) struct Canvas {
    pub width: f64,
    pub height: f64,
    pub body: String,
}

/// Which part of a text stands at its x.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    pub(in crate::report) fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    /// A straight line.
    pub(in crate::report) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (x1, y1, x2, y2) = (number(from.0), number(from.1), number(to.0), number(to.1));
        self.push(format_args!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"));
    }

    /// A rectangle by its upper left corner and size.
    pub(in crate::report) fn rect(&mut self, class: &str, corner: (f64, f64), size: (f64, f64)) {
        self.shaded(class, corner, size, None);
    }

    /// A rectangle whose fill is as opaque as given, in [0, 1].
    pub(in crate::report) fn shaded(
        &mut self,
        class: &str,
        corner: (f64, f64),
        size: (f64, f64),
        opacity: Option<f64>,
    ) {
        let (x, y, width, height) = (number(corner.0), number(corner.1), number(size.0), number(size.1));
        let opacity = opacity
            .map_or_else(String::new, |opacity| format!(" fill-opacity=\"{}\"", number(opacity.clamp(0.0, 1.0))));
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{opacity}/>"
        ));
    }

    /// Straight pieces from point to point. A point that is not finite parts the line in two.
    pub(in crate::report) fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        let mut path = String::new();
        let mut drawing = false;
        for &(x, y) in points {
            if x.is_finite() && y.is_finite() {
                path.push(if drawing { 'L' } else { 'M' });
                path.push_str(&format!("{} {}", number(x), number(y)));
            }
            drawing = x.is_finite() && y.is_finite();
        }
        if !path.is_empty() {
            self.push(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
        }
    }

    /// The area between an upper and a lower edge. Points that are not finite are left out.
    pub(in crate::report) fn band(&mut self, class: &str, upper: &[(f64, f64)], lower: &[(f64, f64)]) {
        let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
        let outline: Vec<String> = upper
            .iter()
            .filter(finite)
            .chain(lower.iter().rev().filter(finite))
            .map(|point| format!("{} {}", number(point.0), number(point.1)))
            .collect();
        if outline.len() > 2 {
            self.push(format_args!("<path class=\"{class}\" d=\"M{}Z\"/>", outline.join("L")));
        }
    }

    /// One line of text. `text` is escaped.
    pub(in crate::report) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        self.turned(class, at, anchor, text, 0.0);
    }

    /// Text turned by `degrees` about its anchor.
    pub(in crate::report) fn turned(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str, degrees: f64) {
        let (x, y, text) = (number(at.0), number(at.1), escape(text));
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let turn =
            if degrees == 0.0 { String::new() } else { format!(" transform=\"rotate({} {x} {y})\"", number(degrees)) };
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\"{turn}>{text}</text>"
        ));
    }

    /// A circle by its centre and radius.
    pub(in crate::report) fn circle(&mut self, class: &str, centre: (f64, f64), radius: f64) {
        let (x, y, radius) = (number(centre.0), number(centre.1), number(radius));
        self.push(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"));
    }

    /// The mark of series `index`: shapes differ, so that colour is never needed to tell them apart.
    pub(in crate::report) fn marker(&mut self, index: usize, at: (f64, f64)) {
        let (x, y) = at;
        let corners: &[(f64, f64)] = match index % 8 {
            0 => return self.circle(&series("mark", index), at, 4.5),
            1 => &[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)],
            2 => &[(0.0, -5.0), (5.0, 4.0), (-5.0, 4.0)],
            3 => &[(0.0, -5.5), (5.5, 0.0), (0.0, 5.5), (-5.5, 0.0)],
            4 => &[(0.0, 5.0), (5.0, -4.0), (-5.0, -4.0)],
            5 => &[(-5.0, 0.0), (-2.5, -4.5), (2.5, -4.5), (5.0, 0.0), (2.5, 4.5), (-2.5, 4.5)],
            6 => &[(-5.0, -2.5), (5.0, -2.5), (5.0, 2.5), (-5.0, 2.5)],
            _ => &[(-2.5, -5.0), (2.5, -5.0), (2.5, 5.0), (-2.5, 5.0)],
        };
        let points: Vec<String> =
            corners.iter().map(|(dx, dy)| format!("{},{}", number(x + dx), number(y + dy))).collect();
        let class = series("mark", index);
        self.push(format_args!("<polygon class=\"{class}\" points=\"{}\"/>", points.join(" ")));
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(element);
    }
}

/// The class of series `index` for `what` (`line`, `mark`, `band`, `fill`): eight colours and eight dashes, then again.
pub(in crate::report) fn series(what: &str, index: usize) -> String {
    format!("{what} s{}", index % 8)
}

/// A coordinate with at most two decimals.
pub(in crate::report) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as it may stand in an element or in an attribute. Characters that XML forbids become U+FFFD.
pub(in crate::report) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control < ' ' && !"\t\n\r".contains(control) => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `text` in lines of at most `columns` characters, at most `lines` of them; words too long for a line are broken, and
/// what does not fit ends in an ellipsis, after which a dagger that closes the text still stands.
pub(in crate::report) fn wrap(text: &str, columns: usize, lines: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut wrapped: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        while !word.is_empty() {
            let used = line.chars().count();
            let blank = usize::from(used > 0);
            if used + blank + word.len() <= columns {
                if blank == 1 {
                    line.push(' ');
                }
                line.extend(word.drain(..));
            } else if used > 0 {
                wrapped.push(std::mem::take(&mut line));
            } else {
                wrapped.push(word.drain(..columns).collect());
            }
        }
    }
    if !line.is_empty() {
        wrapped.push(line);
    }
    if wrapped.len() > lines.max(1) {
        wrapped.truncate(lines.max(1));
        if let Some(last) = wrapped.last_mut() {
            let kept: String = last.chars().take(columns - 1).collect();
            *last = format!("{}…{}", kept.trim_end(), if text.ends_with(" †") { " †" } else { "" });
        }
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let mut canvas = Canvas::new(10.0, 10.0);
        canvas.text("label", (0.0, 0.0), Anchor::Start, "<script>\"&'\u{0}");
        assert!(canvas.body.contains("&lt;script&gt;&quot;&amp;&#39;\u{fffd}"), "{}", canvas.body);
        assert!(!canvas.body.contains("<script"));
    }

    #[test]
    fn a_point_without_value_parts_a_line() {
        let mut canvas = Canvas::new(10.0, 10.0);
        canvas.polyline("line", &[(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 4.0), (4.0, 5.0)]);
        assert!(canvas.body.contains("d=\"M0 1L1 2M3 4L4 5\""), "{}", canvas.body);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([number(1.0), number(0.126), number(-0.001), number(10.5)], ["1", "0.13", "0", "10.5"]);
    }

    #[test]
    fn long_text_wraps_and_ends_in_an_ellipsis() {
        assert_eq!(wrap("one two three", 7, 3), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4, 2), ["abcd", "efg…"]);
        assert_eq!(wrap("abcdefghij †", 4, 2), ["abcd", "efg… †"]);
        assert_eq!(wrap("", 4, 2), Vec::<String>::new());
        assert_eq!(wrap("a b c d e f", 3, 1), ["a…"]);
    }
}
