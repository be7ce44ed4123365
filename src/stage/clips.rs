//! The clip table, which several kinds read: every clip once, with its patient.

use std::collections::HashMap;

use super::StageError;
use crate::table::{Table, TableError, Wanted};

/// A row of the clip table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) clip: String,
    pub(super) patient: String,
    /// The row in the table.
    pub(super) row: usize,
}

/// The columns every reader of the clip table needs.
pub(super) fn columns(patient: &str) -> Vec<Wanted> {
    vec![Wanted::required("clip"), Wanted::required(patient)]
}

/// Reads the clip table: its rows sorted by clip, so that the order of lines is of no consequence.
pub(super) fn read(table: &Table, patient: &str) -> Result<Vec<Row>, StageError> {
    if table.is_empty() {
        return Err(StageError::Input(format!("{}: the table has no clips", table.file)));
    }
    let (clips, patients) = (table.required("clip"), table.required(patient));
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut rows = Vec::with_capacity(table.len());
    for row in 0..table.len() {
        let (clip, patient) = (clips.get(row), patients.get(row));
        if patient.is_empty() {
            let remedy = "every clip needs a patient: without one it could stand on two sides of a split";
            return Err(table.error(row, format!("clip `{clip}` has no patient"), remedy).into());
        }
        if let Some(first) = seen.insert(clip, row) {
            let message = format!("clip `{clip}` stands in lines {} and {}", table.line(first), table.line(row));
            return Err(table.error(row, message, "name every clip once").into());
        }
        rows.push(Row { clip: clip.to_owned(), patient: patient.to_owned(), row });
    }
    rows.sort_by(|a, b| a.clip.cmp(&b.clip));
    Ok(rows)
}

/// The number of a frame in a row of a table.
pub(super) fn frame(table: &Table, row: usize) -> Result<usize, TableError> {
    let text = table.required("frame").get(row);
    text.parse().map_err(|_| {
        table.error(row, format!("`{text}` is no number of a frame"), "frames are whole numbers and count from 0")
    })
}

/// Some names for a message: the first few and how many more.
pub(super) fn some<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown = crate::name::quoted(names.iter().take(5));
    if names.len() > 5 { format!("{shown} and {} more", names.len() - 5) } else { shown }
}
