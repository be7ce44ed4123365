//! What the typesetter is handed: the page's parts in reading order, as plain data.

use serde::Serialize;

use crate::report::answer::Answer;
use crate::report::figure::Figure;
use crate::report::page::Page;
use crate::report::table::Table;

/// What clears the ground round a label. Typst paints it over the label instead of under it, so PDFs do without.
pub(super) const HALO: &str = "paint-order:stroke;stroke:#ffffff;stroke-width:4px;stroke-linejoin:round";

/// Points a CSS pixel.
const POINTS: f64 = 0.75;

/// The whole report.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    pub title: &'a str,
    data: &'a str,
    caveats: &'a [String],
    answer: &'a Answer,
    secondary: &'a [Answer],
    forests: Vec<Shown<'a>>,
    contrasts: Option<&'a Table>,
    parts: Vec<Part<'a>>,
    methods: String,
    citations: &'a [String],
    notices: &'a [String],
    stages: Option<Shown<'a>>,
    tasks: Option<&'a Table>,
    program: &'a str,
    /// Every figure of the report, those included that the parts leave out.
    #[serde(skip)]
    pub figures: Vec<Shown<'a>>,
}

/// A chapter: sentences, tables and figures.
#[derive(Debug, Serialize)]
struct Part<'a> {
    heading: String,
    notes: Vec<String>,
    tables: Vec<&'a Table>,
    figures: Vec<Shown<'a>>,
}

/// A figure.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    pub name: &'a str,
    pub title: &'a str,
    description: &'a str,
    caption: &'a str,
    /// Size in points.
    width: f64,
    height: f64,
    #[serde(skip)]
    pub svg: String,
}

impl<'a> Shown<'a> {
    fn new(figure: &'a Figure) -> Self {
        let (width, height) = figure.size();
        Self {
            name: &figure.name,
            title: &figure.title,
            description: &figure.description,
            caption: &figure.caption,
            width: width * POINTS,
            height: height * POINTS,
            svg: figure.standalone().replace(HALO, ""),
        }
    }
}

impl<'a> Document<'a> {
    /// Puts the page's parts in order.
    pub(super) fn new(page: &'a Page<'_>) -> Self {
        let content = page.content;
        let mut parts: Vec<Part<'a>> = page
            .scored
            .iter()
            .map(|scored| Part {
                heading: scored.heading(),
                notes: scored.unplaced().into_iter().chain(scored.evaluation.notes.iter().cloned()).collect(),
                tables: with_rows(scored.tables()),
                figures: scored.figures().map(Shown::new).collect(),
            })
            .collect();
        let flows = page.flows.iter();
        parts.push(Part {
            heading: "Patients and labels".to_owned(),
            notes: Vec::new(),
            tables: with_rows(
                flows.clone().filter_map(|flow| flow.1.as_ref()).chain(&page.labels).chain(&page.agreement),
            ),
            figures: flows
                .filter_map(|flow| flow.0.as_ref())
                .chain(&page.balance)
                .chain(&page.skill)
                .map(Shown::new)
                .collect(),
        });
        parts.push(Part {
            heading: "Training".to_owned(),
            notes: Vec::new(),
            tables: Vec::new(),
            figures: page.curves.iter().map(Shown::new).collect(),
        });
        parts.push(Part {
            heading: "Clips".to_owned(),
            notes: crate::report::table::notes(&content.decoding.clips),
            tables: with_rows(page.excluded.iter()),
            figures: Vec::new(),
        });
        parts.retain(|part| !part.tables.is_empty() || !part.figures.is_empty() || !part.notes.is_empty());
        Self {
            title: page.title(),
            data: &content.data,
            caveats: &content.caveats,
            answer: &page.answer,
            secondary: &page.secondary,
            forests: page.forests.iter().map(Shown::new).collect(),
            contrasts: page.contrasts.as_ref(),
            parts,
            methods: content.methods.join(" "),
            citations: &content.citations,
            notices: &content.provenance.notices,
            stages: page.stages.as_ref().map(Shown::new),
            tasks: page.tasks.as_ref(),
            program: &content.provenance.program,
            figures: page.figures().map(Shown::new).collect(),
        }
    }
}

/// The tables that have something to show; the others are files only.
fn with_rows<'a>(tables: impl Iterator<Item = &'a Table>) -> Vec<&'a Table> {
    tables.filter(|table| !table.rows.is_empty()).collect()
}
