//! Rows of the tables inside artifacts: written with one convention, read back by column name.

use rayon::prelude::*;

use super::{ArtifactError, Folder};
use crate::table::{self, Mapping, Table, Wanted};

/// Rows that a thread writes at once.
const AT_ONCE: usize = 1 << 11;

/// Writes rows as comma-separated text with `\n` line ends, numbers in their shortest form that reads back exactly.
#[derive(Debug)]
pub struct Writer {
    inner: csv::Writer<Vec<u8>>,
}

impl Writer {
    /// A table with these columns.
    pub fn new<T: AsRef<str>>(columns: impl IntoIterator<Item = T>) -> Self {
        let mut writer = Self::empty();
        writer.row(columns);
        writer
    }

    fn empty() -> Self {
        Self { inner: csv::WriterBuilder::new().flexible(true).from_writer(Vec::new()) }
    }

    /// Adds a row.
    pub fn row<T: AsRef<str>>(&mut self, values: impl IntoIterator<Item = T>) {
        for value in values {
            self.inner.write_field(value.as_ref()).expect("writing to memory does not fail");
        }
        self.inner.write_record(None::<&[u8]>).expect("writing to memory does not fail");
    }

    /// The text.
    pub fn finish(self) -> Vec<u8> {
        self.inner.into_inner().expect("writing to memory does not fail")
    }
}

/// A table with these columns and a row for each of `all`, made by several threads where there are many.
pub fn written<T: Sync, C: AsRef<str>>(
    columns: impl IntoIterator<Item = C>,
    all: &[T],
    row: impl Fn(&T, &mut Writer) + Sync,
) -> Vec<u8> {
    let header = Writer::new(columns).finish();
    let part = |part: &[T]| {
        let mut writer = Writer::empty();
        part.iter().for_each(|one| row(one, &mut writer));
        writer.finish()
    };
    let parts: Vec<Vec<u8>> = all.par_chunks(AT_ONCE).map(part).collect();
    parts.into_iter().fold(header, |mut text, part| {
        text.extend(part);
        text
    })
}

/// A number as written to a table; nothing where it is not defined.
pub fn number(value: f64) -> String {
    if value.is_finite() { format!("{value}") } else { String::new() }
}

/// A number that may be missing.
pub fn maybe(value: Option<f64>) -> String {
    value.map_or(String::new(), number)
}

/// Reads columns of a table inside an artifact.
///
/// # Errors
/// A missing or damaged file, a missing column.
pub fn read(folder: &dyn Folder, path: &str, wanted: &[Wanted]) -> Result<Table, ArtifactError> {
    let bytes = folder.open(path)?;
    table::read(&bytes[..], path, wanted, &Mapping::default())
        .map_err(|error| ArtifactError::Malformed { path: path.to_owned(), message: error.to_string() })
}

/// Reads a number of a row; blank is NaN.
///
/// # Errors
/// A text that is no number.
pub fn parse(table: &Table, column: &str, row: usize) -> Result<f64, ArtifactError> {
    match table.column(column).map_or("", |c| c.get(row)) {
        "" => Ok(f64::NAN),
        text => text.parse().map_err(|_| ArtifactError::Malformed {
            path: table.file.clone(),
            message: format!("line {}: `{text}` in `{column}` is not a number", table.line(row)),
        }),
    }
}
