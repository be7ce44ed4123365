//! The p-value of a contrast, in words.

use crate::report::content::{Contrast, Direction, Goal};
use crate::report::format;

/// The p-value and what it is of, as a clause that follows others; empty without one.
pub(super) fn clause(contrast: &Contrast) -> String {
    if contrast.p.is_nan() {
        return String::new();
    }
    let margin = format::decimals(&[contrast.margin]);
    let tolerated = match contrast.direction {
        Direction::Higher => -contrast.margin,
        Direction::Lower => contrast.margin,
    };
    let against = match contrast.goal {
        Goal::NonInferiority => format!("one-sided, against {}", format::signed(tolerated, margin)),
        Goal::Equivalence => {
            format!("the larger of two one-sided, against ±{}", format::fixed(contrast.margin, margin))
        }
    };
    let holm = contrast.p_holm.map_or_else(String::new, |p| format!(", by Holm’s method {}", equation(p)));
    format!("; {} ({against}){holm}", equation(contrast.p))
}

/// A p-value as an equation, or as an inequality where it is written as one.
fn equation(p: f64) -> String {
    let text = format::p(p);
    if text.starts_with('<') { format!("p {text}") } else { format!("p = {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_p_value_says_what_it_is_against() {
        let mut contrast = Contrast { margin: 0.05, p: 0.0004, ..Contrast::default() };
        let text = |contrast: &Contrast| clause(contrast).replace('\u{a0}', " ");
        assert_eq!(text(&contrast), "; p < 0.001 (one-sided, against −0.050)");
        contrast.p_holm = Some(0.0312);
        assert_eq!(text(&contrast), "; p < 0.001 (one-sided, against −0.050), by Holm’s method p = 0.031");
        contrast.p = f64::NAN;
        assert_eq!(text(&contrast), "");
    }
}
