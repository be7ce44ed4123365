//! `Split`: which patients are on which side, `split.csv`.

use super::{ArtifactError, Folder, rows};
use crate::table::Wanted;

/// The side a patient's clips are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A fold, from 0.
    Fold(u32),
    /// The test part.
    Test,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fold(fold) => write!(f, "{fold}"),
            Self::Test => f.write_str("test"),
        }
    }
}

/// A clip's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The clip.
    pub clip: String,
    /// Whose it is.
    pub patient: String,
    /// The side.
    pub part: Part,
}

/// Writes `split.csv`.
pub fn write(split: &[Row]) -> Vec<u8> {
    let mut writer = rows::Writer::new(["clip", "patient", "part"]);
    for row in split {
        writer.row([&row.clip, &row.patient, &row.part.to_string()]);
    }
    writer.finish()
}

/// Reads `split.csv`.
///
/// # Errors
/// An artifact that can't be read.
pub fn read(folder: &dyn Folder) -> Result<Vec<Row>, ArtifactError> {
    let table = rows::read(folder, "split.csv", &["clip", "patient", "part"].map(Wanted::required))?;
    (0..table.len())
        .map(|row| {
            let text = table.required("part").get(row);
            let part = match text {
                "test" => Part::Test,
                fold => Part::Fold(fold.parse().map_err(|_| ArtifactError::Malformed {
                    path: "split.csv".to_owned(),
                    message: format!("line {}: `{fold}` is neither a fold nor `test`", table.line(row)),
                })?),
            };
            let cell = |name: &str| table.required(name).get(row).to_owned();
            Ok(Row { clip: cell("clip"), patient: cell("patient"), part })
        })
        .collect()
}
