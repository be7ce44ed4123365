//! The colours of page and figures: Okabe and Ito's, which people with any common colour vision tell apart, and
//! lighter or darker neighbours of them where the ground would swallow them.

/// Name, colour on light ground, colour on dark ground.
const COLOURS: [(&str, &str, &str); 18] = [
    ("paper", "#ffffff", "#14171a"),
    ("raised", "#f6f7f8", "#1d2125"),
    ("ink", "#1b1f23", "#e8eaec"),
    ("muted", "#586069", "#a3abb3"),
    ("rule", "#d5d9dd", "#3a4148"),
    ("link", "#005a8f", "#79c0f0"),
    ("good", "#00694e", "#3fc79f"),
    ("bad", "#a84300", "#ff9457"),
    ("open", "#6b5300", "#e3b341"),
    ("shade", "#0072b2", "#0072b2"),
    ("s0", "#0072b2", "#56b4e9"),
    ("s1", "#d55e00", "#f0793a"),
    ("s2", "#009e73", "#2fc398"),
    ("s3", "#cc79a7", "#dd9bc0"),
    ("s4", "#b87f00", "#e69f00"),
    ("s5", "#3f97cc", "#9ad2f5"),
    ("s6", "#1b1f23", "#e8eaec"),
    ("s7", "#7a828a", "#8d959d"),
];

/// The colours as variables of the page: light, dark where the reader prefers it, and light on paper.
pub(in crate::report) fn variables() -> String {
    let set = |dark: bool| -> String {
        COLOURS.iter().map(|(name, light, night)| format!("--{name}:{};", if dark { night } else { light })).collect()
    };
    format!(
        ":root{{color-scheme:light dark;{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n",
        set(false),
        set(true)
    )
}

/// `style` with every variable replaced by its colour on light ground.
pub(in crate::report) fn written_out(style: &str) -> String {
    COLOURS.iter().fold(style.to_owned(), |style, (name, light, _)| style.replace(&format!("var(--{name})"), light))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::confusion::DARKEST;

    /// Relative luminance and contrast as WCAG 2.1 defines them.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |colour: &str| {
            let part = |at: usize| {
                let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
                if value <= 0.03928 { value / 12.92 } else { libm::pow((value + 0.055) / 1.055, 2.4) }
            };
            0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_and_marks_stand_out_from_their_ground() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        for dark in [false, true] {
            let colour = |wanted: &str| {
                let entry = COLOURS.iter().find(|entry| entry.0 == wanted).unwrap();
                if dark { entry.2 } else { entry.1 }
            };
            for text in ["ink", "muted", "link", "good", "bad", "open"] {
                for ground in ["paper", "raised"] {
                    assert!(contrast(colour(text), colour(ground)) >= 4.5, "{text} on {ground}, dark: {dark}");
                }
            }
            // The darkest cell of a confusion matrix: shade over paper.
            let mixed = |at: usize| {
                let part = |colour: &str| f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap());
                (part(colour("shade")) * DARKEST + part(colour("paper")) * (1.0 - DARKEST)).round() as u8
            };
            let darkest = format!("#{:02x}{:02x}{:02x}", mixed(1), mixed(3), mixed(5));
            assert!(contrast(colour("ink"), &darkest) >= 4.5, "ink on {darkest}, dark: {dark}");
            for series in 0..8 {
                let name = format!("s{series}");
                assert!(contrast(colour(&name), colour("paper")) >= 3.0, "{name}, dark: {dark}");
            }
        }
    }

    #[test]
    fn no_variable_is_left_in_a_figure_of_its_own() {
        let style = written_out(include_str!("../templates/figure.css"));
        assert!(!style.contains("var("), "{style}");
    }
}
