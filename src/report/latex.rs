//! The same tables and numbers for LaTeX.

use std::fmt::Write;

use super::format;
use super::number::Number;
use super::table::Table;

/// A `table` float in the style of the `booktabs` package, which the document must load.
pub(super) fn table(table: &Table) -> String {
    let columns: String = table.head.iter().map(|head| if head.number { 'r' } else { 'l' }).collect();
    let row = |cells: Vec<String>| format!("    {} \\\\\n", cells.join(" & "));
    let mut text = format!(
        "\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n  \\label{{tab:{}}}\n  \\begin{{tabular}}{{{columns}}}\n    \\toprule\n",
        escaped(&table.caption),
        table.name
    );
    text.push_str(&row(table.head.iter().map(|head| escaped(&head.text)).collect()));
    text.push_str("    \\midrule\n");
    let mut notes: Vec<&str> = Vec::new();
    for cells in &table.rows {
        let mut shown = Vec::with_capacity(cells.len());
        for cell in cells {
            let mark = cell.note.as_deref().map(|note| {
                let place = notes.iter().position(|known| *known == note).unwrap_or_else(|| {
                    notes.push(note);
                    notes.len() - 1
                });
                format!("\\textsuperscript{{{}}}", place + 1)
            });
            shown.push(escaped(&cell.text) + &mark.unwrap_or_default());
        }
        text.push_str(&row(shown));
    }
    text.push_str("    \\bottomrule\n  \\end{tabular}\n");
    for (place, note) in notes.iter().enumerate() {
        let start = if place == 0 { "\n  \\par\\smallskip\\raggedright\\footnotesize\n" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{start}  \\textsuperscript{{{}}}~{}\\par", place + 1, escaped(note));
    }
    text.push_str("\\end{table}\n");
    text
}

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
