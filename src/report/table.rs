//! Tables: what the page shows, and the rows behind it at full precision.

use serde::Serialize;

use super::ReportError;
use super::page::Told;

mod cohort;
mod contrasts;
mod cost;
mod decoding;
mod people;
mod provenance;
mod published;
mod scores;
mod subgroups;
mod training;

pub(super) use cohort::{agreement, annotators, excluded, flow, labels};
pub(super) use contrasts::contrasts;
pub(super) use cost::cost;
pub(super) use decoding::{clips, notes};
pub(super) use people::against_people;
pub(super) use provenance::tasks;
pub(super) use published::{intervals, tests};
pub(super) use scores::{confusion, metrics, notice, roc, scores, summaries};
pub(super) use subgroups::{subgroup_columns, subgroups};
pub(super) use training::{curves, trainings};

/// How many rows the page shows of a list that has no bound of its own; the file has all.
const LONGEST: usize = 400;

/// A table of the report. One without `head` is only a file.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Table {
    /// File stem; unique in a report.
    pub name: String,
    pub caption: String,
    /// What is counted and what is shown of it, where not all rows are.
    pub shortened: Option<String>,
    pub head: Vec<Head>,
    /// Rows as shown; the first cell of each names the row.
    pub rows: Vec<Vec<Cell>>,
    #[serde(skip)]
    file_head: Vec<String>,
    #[serde(skip)]
    file_rows: Vec<Vec<String>>,
}

/// A column's head.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Head {
    pub text: String,
    /// Numbers stand to the right.
    pub number: bool,
}

/// A cell as shown.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Cell {
    pub text: String,
    /// Printed small under the text.
    pub note: Option<String>,
    /// The path of the number that it shows, where it shows one that has a name.
    #[serde(skip)]
    pub number: Option<String>,
    /// That number, once it has its place.
    pub told: Option<Told>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

impl Cell {
    /// A cell that shows the number of a path.
    fn of(path: String, text: String) -> Self {
        Self { text, number: Some(path), ..Self::default() }
    }

    /// The same where the number has a value, else plain text.
    fn of_known(known: bool, path: String, text: String) -> Self {
        if known { Self::of(path, text) } else { text.into() }
    }
}

impl Table {
    fn new(name: &str, caption: String, text_columns: &[&str], number_columns: &[&str]) -> Self {
        let head = |number: bool| move |text: &&str| Head { text: (*text).to_owned(), number };
        let head = text_columns.iter().map(head(false)).chain(number_columns.iter().map(head(true))).collect();
        Self { name: name.to_owned(), caption, head, ..Self::default() }
    }

    /// Gives the file its columns.
    fn in_file(mut self, columns: &[&str]) -> Self {
        self.file_head = columns.iter().map(|column| (*column).to_owned()).collect();
        self
    }

    /// Cuts the rows shown to what a page can hold.
    fn shortened(mut self) -> Self {
        let all = self.rows.len();
        if all > LONGEST {
            self.rows.truncate(LONGEST);
            self.shortened = Some(format!(
                "The first {} of {} rows; all of them are in tables/{}.csv.",
                super::format::count(LONGEST as u64),
                super::format::count(all as u64),
                self.name
            ));
        }
        self
    }

    /// The file's bytes.
    pub(super) fn csv(&self) -> Result<Vec<u8>, ReportError> {
        let failed = |source: csv::Error| ReportError::Table { name: self.name.clone(), source };
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.file_head).map_err(failed)?;
        for row in &self.file_rows {
            writer.write_record(row).map_err(failed)?;
        }
        writer.into_inner().map_err(|error| failed(error.into_error().into()))
    }
}
