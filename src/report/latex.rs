//! The same tables and numbers for LaTeX.

use std::fmt::Write;

use super::format;
use super::number::Number;

mod fit;
mod table;

pub(super) use table::table;

/// Every number as a macro: `\crowdline{NAME}` prints the number of that name.
pub(super) fn numbers(numbers: &[Number]) -> String {
    let mut text = String::from(
        "% \\crowdline{NAME} prints the number of that name; the names are those of numbers.json.\n\
         \\newcommand{\\crowdline}[1]{\\csname crowdline@#1\\endcsname}\n",
    );
    for number in numbers {
        let shown = match (number.low, number.high) {
            (Some(low), Some(high)) if number.difference => format::difference(number.value, low, high),
            _ if number.difference => format::signed(number.value, format::decimals(&[number.value])),
            (Some(low), Some(high)) => format::interval(number.value, low, high),
            _ if number.value.fract() == 0.0 => format::quantity(number.value),
            _ => format::fixed(number.value, format::decimals(&[number.value])),
        };
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "\\expandafter\\def\\csname crowdline@{}\\endcsname{{{}}}", number.name, escaped(&shown));
    }
    text
}

/// Text that LaTeX prints as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\\' => escaped.push_str("\\textbackslash{}"),
            // A bracket that opens a row would be read as an option of the line break before it.
            '[' => escaped.push_str("{[}"),
            ']' => escaped.push_str("{]}"),
            'κ' => escaped.push_str("$\\kappa$"),
            'α' => escaped.push_str("$\\alpha$"),
            '×' => escaped.push_str("$\\times$"),
            '±' => escaped.push_str("$\\pm$"),
            '²' => escaped.push_str("\\textsuperscript{2}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '−' => escaped.push_str("$-$"),
            '∞' => escaped.push_str("$\\infty$"),
            '–' => escaped.push_str("--"),
            '†' => escaped.push_str("\\textdagger{}"),
            '\u{a0}' => escaped.push('~'),
            '\n' | '\r' | '\t' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(escaped("[κ]"), "{[}$\\kappa${]}");
        assert_eq!(escaped("50 % of a_b & {c} \\ −1"), "50 \\% of a\\_b \\& \\{c\\} \\textbackslash{} $-$1");
    }
}
