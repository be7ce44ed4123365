//! A table as LaTeX sets it.

use super::escaped;
use super::fit::{Fit, Form, fit, halves};
use crate::report::table::{Cell, Head, Table};

/// A float in the style of the package `booktabs`. One that is too wide to stand upright is turned (package `rotating`), and one
/// that is higher than a page goes over pages (package `longtable`).
pub(in crate::report) fn table(table: &Table) -> String {
    let fit = fit(table);
    let columns: String = table.head.iter().map(|head| if head.number { 'r' } else { 'l' }).collect();
    let heads: Vec<String> = table.head.iter().map(|head| stacked(head, &head.text, " ", fit.form)).collect();
    let mut notes = Notes::default();
    let rows: String = table.rows.iter().map(|cells| row(&shown(cells, &table.head, &fit, &mut notes))).collect();
    let set = Set {
        columns,
        caption: format!("\\caption{{{}}}", escaped(&table.caption)),
        label: format!("\\label{{tab:{}}}", table.name),
        size: if fit.form == Form::Plain { "" } else { "\\scriptsize\\setlength{\\tabcolsep}{3pt}" },
        head: row(&heads),
        rows,
        notes: notes.written(),
    };
    match fit.form {
        _ if fit.is_long => set.over_pages(),
        Form::Sideways => set.float("sidewaystable"),
        Form::Plain | Form::Small => set.float("table"),
    }
}

/// The parts of a table, each as LaTeX.
struct Set {
    columns: String,
    caption: String,
    label: String,
    size: &'static str,
    head: String,
    rows: String,
    notes: String,
}

impl Set {
    fn float(&self, environment: &str) -> String {
        let Self { columns, caption, label, size, head, rows, notes } = self;
        let size = if size.is_empty() { String::new() } else { format!("  {size}\n") };
        format!(
            "\\begin{{{environment}}}\n  \\centering\n  {caption}\n  {label}\n  \\par\\smallskip\n{size}  \\begin{{tabular}}{{{columns}}}\n    \
             \\toprule\n{head}    \\midrule\n{rows}    \\bottomrule\n  \\end{{tabular}}\n{notes}\\end{{{environment}}}\n"
        )
    }

    fn over_pages(&self) -> String {
        let Self { columns, caption, label, size, head, rows, notes } = self;
        format!(
            "\\begingroup{size}\\setlength{{\\LTcapwidth}}{{\\linewidth}}\n\\begin{{longtable}}{{{columns}}}\n  {caption}\n  {label} \
             \\\\\n    \\toprule\n{head}    \\midrule\n  \\endfirsthead\n    \\toprule\n{head}    \\midrule\n  \\endhead\n    \
             \\bottomrule\n  \\endfoot\n{rows}\\end{{longtable}}\n{notes}\\endgroup\n"
        )
    }
}

fn row(cells: &[String]) -> String {
    format!("    {} \\\\\n", cells.join(" & "))
}

/// The cells of a row.
fn shown<'t>(cells: &'t [Cell], head: &[Head], fit: &Fit, notes: &mut Notes<'t>) -> Vec<String> {
    let cells = cells.iter().zip(head).zip(&fit.broken);
    let shown = cells.map(|((cell, head), broken)| {
        let mark = cell.note.as_deref().map(|note| notes.mark(note)).unwrap_or_default();
        match broken {
            Some(width) => paragraph(&cell.text, &mark, *width),
            None => stacked(head, &cell.text, " [", fit.form) + &mark,
        }
    });
    shown.collect()
}

/// A text broken into lines of so many digits.
fn paragraph(text: &str, mark: &str, width: usize) -> String {
    // Addresses of tasks have no blanks: they may be broken between their parts.
    let text = escaped(text).replace(',', ",\\allowbreak{}").replace("{[}", "\\allowbreak{}{[}");
    format!("\\parbox[t]{{{:.1}em}}{{\\raggedright {text}{mark}\\strut}}", width as f64 / 2.0)
}

/// A number above its interval, or the first word of a head above the others, where letters are small.
fn stacked(head: &Head, text: &str, at: &str, form: Form) -> String {
    match halves(head, text, at) {
        (above, below) if form != Form::Plain && !below.is_empty() => {
            format!("\\begin{{tabular}}[t]{{@{{}}r@{{}}}}{} \\\\ {}\\end{{tabular}}", escaped(above), escaped(below))
        }
        _ => escaped(text),
    }
}

/// The notes of a table, each once.
#[derive(Debug, Default)]
struct Notes<'t>(Vec<&'t str>);

impl<'t> Notes<'t> {
    /// The mark that leads to a note.
    fn mark(&mut self, note: &'t str) -> String {
        let place = self.0.iter().position(|known| *known == note).unwrap_or_else(|| {
            self.0.push(note);
            self.0.len() - 1
        });
        format!("\\textsuperscript{{{}}}", place + 1)
    }

    /// What stands under the table.
    fn written(&self) -> String {
        let lines = self.0.iter().enumerate().map(|(place, note)| {
            let start = if place == 0 { "\n  \\par\\smallskip\\raggedright\\footnotesize\n" } else { "" };
            format!("{start}  \\textsuperscript{{{}}}~{}\\par\n", place + 1, escaped(note))
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str, number: bool) -> Head {
        Head { text: text.to_owned(), number }
    }

    #[test]
    fn a_wide_table_has_intervals_below_their_values() {
        let mut narrow = Table::default();
        narrow.head = vec![head("Arm", false), head("Balanced accuracy", true)];
        narrow.rows = vec![vec!["crowd".to_owned().into(), "0.820 [0.765, 0.879]".to_owned().into()]];
        assert!(table(&narrow).contains("    crowd & 0.820 {[}0.765, 0.879{]} \\\\\n"));
        let mut wide = narrow;
        wide.head.extend((0..10).map(|_| head("Clips", true)));
        wide.rows[0].resize(12, "9".to_owned().into());
        let text = table(&wide);
        assert!(
            text.contains("    Arm & \\begin{tabular}[t]{@{}r@{}}Balanced \\\\ accuracy\\end{tabular} & Clips &"),
            "{text}"
        );
        assert!(
            text.contains("    crowd & \\begin{tabular}[t]{@{}r@{}}0.820 \\\\ {[}0.765, 0.879{]}\\end{tabular} & 9 &"),
            "{text}"
        );
        assert!(text.contains("\\scriptsize"));
    }

    #[test]
    fn a_long_text_is_broken_and_keeps_its_mark() {
        let text = paragraph("network[arm=crowd,fold=0] x86_64", "\\textsuperscript{1}", 15);
        assert_eq!(
            text,
            "\\parbox[t]{7.5em}{\\raggedright network\\allowbreak{}{[}arm=crowd,\\allowbreak{}fold=0{]} \
             x86\\_64\\textsuperscript{1}\\strut}"
        );
    }

    #[test]
    fn a_note_is_written_once_whoever_marks_it() {
        let mut notes = Notes::default();
        let marks = ["a", "b", "a"].map(|note| notes.mark(note));
        assert_eq!(marks, ["1", "2", "1"].map(|place| format!("\\textsuperscript{{{place}}}")));
        assert_eq!(notes.written().matches("\\par\n").count(), 2);
    }
}
