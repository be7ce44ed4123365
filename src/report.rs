//! One self-contained page that answers a crowd-versus-expert question.
//!
//! [`render`] is handed every number in a [`Content`] and computes none: it words the answer, lays out tables and
//! figures, and writes them once more as files that papers take in. The same content gives the same bytes. The page
//! needs no network and no font of its own, says all it has to say also without its small script, follows light and dark,
//! and reads on a phone and on paper.

use serde::Serialize;

pub mod content;
pub mod format;
pub mod pdf;

mod answer;
mod chain;
mod figure;
mod latex;
mod number;
mod page;
mod slug;
mod table;

pub use content::Content;

/// A report, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The page; also among `files` as `index.html`.
    pub html: String,
    /// Every file of the report: path relative to its folder, with `/`, and content. Sorted by path.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A confusion matrix is not as wide and as high as it has classes.
    #[error(
        "confusion matrix of `{group}` in evaluation `{evaluation}` is not {classes} by {classes}, one row and one column a class"
    )]
    Confusion {
        /// The evaluation.
        evaluation: String,
        /// The group.
        group: String,
        /// How many classes it names.
        classes: usize,
    },
    /// A verdict claims more than the contrast's own bound allows.
    #[error(
        "contrast `{contrast}` is called {verdict}, but its one-sided bound {bound} with margin {margin} does not carry that: correct the verdict or the bound"
    )]
    Verdict {
        /// The contrast.
        contrast: String,
        /// The verdict, in words.
        verdict: &'static str,
        /// The bound.
        bound: f64,
        /// The margin.
        margin: f64,
    },
    /// A table could not be written.
    #[error("table `{name}` could not be written: {source}")]
    Table {
        /// The table.
        name: String,
        /// What the CSV writer said.
        source: csv::Error,
    },
    /// The numbers could not be written.
    #[error("numbers.json could not be written: {0}")]
    Numbers(#[from] serde_json::Error),
    /// The PDF could not be made.
    #[error("the PDF could not be typeset: {0}")]
    Pdf(String),
    /// A template failed.
    #[error("the page could not be laid out: {0:#}")]
    Template(#[from] minijinja::Error),
}

/// The version of what [`render`] writes; raised when the same content gives other bytes.
pub fn version() -> u32 {
    3
}

/// Renders `content`.
///
/// # Errors
/// [`ReportError::Confusion`] and [`ReportError::Verdict`] where the content contradicts itself; [`ReportError::Pdf`] where PDF is
/// asked of a build without it.
pub fn render(content: &Content) -> Result<Rendered, ReportError> {
    for evaluation in &content.evaluations {
        for group in &evaluation.groups {
            let Some(confusion) = &group.confusion else { continue };
            let classes = confusion.classes.len();
            if confusion.counts.len() != classes || confusion.counts.iter().any(|row| row.len() != classes) {
                let (evaluation, group) = (evaluation.name.clone(), group.label.clone());
                return Err(ReportError::Confusion { evaluation, group, classes });
            }
        }
    }
    for contrast in content.primary.iter().chain(&content.secondary) {
        answer::check(contrast)?;
    }

    let chains = chain::Chains::new(content);
    let numbers = number::all(content, &chains);
    let page = page::Page::new(content, &numbers, &chains);
    let html = page.html()?;
    let mut files = vec![
        ("index.html".to_owned(), html.clone().into_bytes()),
        ("numbers.json".to_owned(), lines(&numbers)?.into_bytes()),
        ("chains.json".to_owned(), chains.file()?.into_bytes()),
    ];
    for figure in page.figures() {
        files.push((format!("figures/{}.svg", figure.name), figure.standalone().into_bytes()));
    }
    let with_latex = content.formats.contains(&content::Format::Latex);
    for table in page.tables() {
        files.push((format!("tables/{}.csv", table.name), table.csv()?));
        if with_latex && !table.rows.is_empty() {
            files.push((format!("tables/{}.tex", table.name), latex::table(table).into_bytes()));
        }
    }
    if with_latex {
        files.push(("numbers.tex".to_owned(), latex::numbers(&numbers).into_bytes()));
    }
    if content.formats.contains(&content::Format::Pdf) {
        files.extend(pdf::files(&page)?);
    }
    files.sort();
    Ok(Rendered { html, files })
}

/// A JSON array with one entry a line, so that two reports can be compared line by line.
fn lines<T: Serialize>(entries: &[T]) -> Result<String, serde_json::Error> {
    let entries: Vec<String> = entries.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    Ok(format!("[\n{}\n]\n", entries.join(",\n")))
}

#[cfg(test)]
mod tests;
