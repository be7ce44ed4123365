//! Typesetting: a template, the report as JSON and figures as SVG, all handed over as files in memory.
//!
//! Neither the file system nor the network is asked: fonts are typst's own, packages are none. A document carries no date,
//! and its identifier is a hash of its title, so that the same report gives the same bytes.

use std::fmt::Display;

use typst_as_lib::TypstEngine;
use typst_layout::PagedDocument;

use super::document::Document;
use crate::report::ReportError;

const REPORT: &str = "report.typ";
const TEMPLATE: &str = include_str!("../templates/report.typ");

/// One figure on a page of its own size.
const FIGURE: &str = r#"#let figure = json("/figures.json").at(NUMBER)
#set document(title: figure.title, date: none)
#set page(width: figure.width * 1pt, height: figure.height * 1pt, margin: 0pt)
#set text(font: "Libertinus Serif")
#image("/figures/" + figure.name + ".svg", width: 100%, height: 100%, alt: figure.description)
"#;

pub(super) fn files(document: &Document<'_>) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let source = |number: usize| format!("figure-{number}.typ");
    let figures = document.figures.iter().enumerate();
    let sources: Vec<(String, String)> = figures
        .clone()
        .map(|(number, _)| (source(number), FIGURE.replace("NUMBER", &number.to_string())))
        .chain([(REPORT.to_owned(), TEMPLATE.to_owned())])
        .collect();
    let binaries: Vec<(String, Vec<u8>)> = figures
        .clone()
        .map(|(_, figure)| (format!("figures/{}.svg", figure.name), figure.svg.clone().into_bytes()))
        .chain([
            ("report.json".to_owned(), serde_json::to_vec(document)?),
            ("figures.json".to_owned(), serde_json::to_vec(&document.figures)?),
        ])
        .collect();
    let engine = TypstEngine::builder()
        .fonts(typst_assets::fonts())
        .with_static_source_file_resolver(sources.iter().map(|(path, text)| (path.as_str(), text.as_str())))
        .with_static_file_resolver(binaries.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
        .build();
    let typeset = |source: &str, name: &str| -> Result<Vec<u8>, ReportError> {
        let document: PagedDocument = engine.compile(source).output.map_err(|error| failed(name, error))?;
        typst_pdf::pdf(&document, &typst_pdf::PdfOptions::default()).map_err(|problems| {
            let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
            failed(name, messages.join("; "))
        })
    };
    let mut files = vec![("report.pdf".to_owned(), typeset(REPORT, "report.pdf")?)];
    for (number, figure) in figures {
        let path = format!("figures/{}.pdf", figure.name);
        files.push((path.clone(), typeset(&source(number), &path)?));
    }
    Ok(files)
}

fn failed(name: &str, why: impl Display) -> ReportError {
    ReportError::Pdf(format!("{name}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::super::document::HALO;
    use crate::report::content::Format;
    use crate::report::{render, tests::fixture};

    #[test]
    fn the_same_content_gives_the_same_pdf_without_a_date() {
        let mut content = fixture::kitchen_sink();
        content.title = "Title with \"quotes\", #hash, $math$ and \\ <angles>".into();
        content.formats.push(Format::Pdf);
        let once = render(&content).unwrap();
        assert_eq!(once, render(&content).unwrap());
        let of = |ending: &str| {
            let files = once.files.iter().filter(|(path, _)| path.starts_with("figures/") && path.ends_with(ending));
            files.map(|(path, _)| path.trim_end_matches(ending).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of(".pdf"), of(".svg"));
        for (path, bytes) in once.files.iter().filter(|(path, _)| path.ends_with(".pdf")) {
            assert!(bytes.starts_with(b"%PDF-1.7"), "{path}");
            let holds = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
            assert!(!holds(b"CreationDate") && !holds(b"ModDate"), "{path}");
        }
        assert!(once.files.iter().any(|(path, _)| path == "report.pdf"));
    }

    #[test]
    fn the_halo_that_pdfs_do_without_is_that_of_the_figures() {
        let files = render(&fixture::kitchen_sink()).unwrap().files;
        let svg = files.iter().find(|(path, _)| path == "figures/forest-auroc.svg").unwrap();
        assert!(String::from_utf8_lossy(&svg.1).contains(HALO));
    }
}
