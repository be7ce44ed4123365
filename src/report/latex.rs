//! The same tables and numbers for LaTeX.

use std::fmt::Write;

use super::format;
use super::number::Number;
use super::table::Table;

/// A table of more columns is set small, with heads and intervals in two lines: it then fits the width of a page.
const WIDE: usize = 6;

/// A `table` float in the style of the `booktabs` package, which the document must load.
pub(super) fn table(table: &Table) -> String {
    let columns: String = table.head.iter().map(|head| if head.number { 'r' } else { 'l' }).collect();
    let wide = table.head.len() > WIDE;
    let row = |cells: &[String]| format!("    {} \\\\\n", cells.join(" & "));
    let rows = |above: &[String], below: &[String]| {
        let second = if below.iter().any(|text| !text.is_empty()) { row(below) } else { String::new() };
        row(above) + &second
    };
    let mut text = format!(
        "\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n  \\label{{tab:{}}}\n{}  \\begin{{tabular}}{{{columns}}}\n    \\toprule\n",
        escaped(&table.caption),
        table.name,
        if wide { "  \\scriptsize\\setlength{\\tabcolsep}{3pt}\n" } else { "" }
    );
    let (above, below): (Vec<String>, Vec<String>) = table
        .head
        .iter()
        .map(|head| match head.text.split_once(' ') {
            Some((first, rest)) if wide && head.number => (escaped(first), escaped(rest)),
            _ => (escaped(&head.text), String::new()),
        })
        .unzip();
    text.push_str(&rows(&above, &below));
    text.push_str("    \\midrule\n");
    let mut notes: Vec<&str> = Vec::new();
    for cells in &table.rows {
        let mut shown = Vec::with_capacity(cells.len());
        let mut below = Vec::with_capacity(cells.len());
        for (cell, head) in cells.iter().zip(&table.head) {
            let mark = cell.note.as_deref().map(|note| {
                let place = notes.iter().position(|known| *known == note).unwrap_or_else(|| {
                    notes.push(note);
                    notes.len() - 1
                });
                format!("\\textsuperscript{{{}}}", place + 1)
            });
            let (value, interval) = match cell.text.split_once(" [") {
                Some((value, interval)) if wide && head.number => (value, escaped(&format!("[{interval}"))),
                _ => (cell.text.as_str(), String::new()),
            };
            shown.push(escaped(value) + &mark.unwrap_or_default());
            below.push(interval);
        }
        text.push_str(&rows(&shown, &below));
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
    use crate::report::table::Head;

    #[test]
    fn a_wide_table_has_intervals_below_their_values() {
        let head = |text: &str, number| Head { text: text.into(), number };
        let mut narrow = Table::default();
        narrow.head = vec![head("Arm", false), head("Balanced accuracy", true)];
        narrow.rows = vec![vec!["crowd".to_owned().into(), "0.820 [0.765, 0.879]".to_owned().into()]];
        assert!(self::table(&narrow).contains("    crowd & 0.820 {[}0.765, 0.879{]} \\\\\n"));
        let mut wide = narrow;
        wide.head.resize(7, head("Clips", true));
        wide.rows[0].resize(7, "9".to_owned().into());
        let text = self::table(&wide);
        assert!(text.contains(
            "    Arm & Balanced & Clips & Clips & Clips & Clips & Clips \\\\\n     & accuracy &  &  &  &  &  \\\\\n"
        ));
        assert!(
            text.contains(
                "    crowd & 0.820 & 9 & 9 & 9 & 9 & 9 \\\\\n     & {[}0.765, 0.879{]} &  &  &  &  &  \\\\\n"
            )
        );
        assert!(text.contains("\\scriptsize"));
    }

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(escaped("[κ]"), "{[}$\\kappa${]}");
        assert_eq!(escaped("50 % of a_b & {c} \\ −1"), "50 \\% of a\\_b \\& \\{c\\} \\textbackslash{} $-$1");
    }
}
