//! What a model of frames found on those it was kept from: `maps.csv` (clip, patient, part, frame, index), the maps
//! themselves in `maps/CLIP.npy` (u8 `[T,H,W]`, probabilities in 255ths), how points of the source lie on them in
//! `geometry.json`, and what was learned in `target.json`.

use serde::{Deserialize, Serialize};

use super::{ArtifactError, Folder, escape, lines::Found, rows, split::Part};
use crate::table::Wanted;

/// The table of maps; a model that has it is one of frames.
pub const MAPS: &str = "maps.csv";
/// What was learned.
pub const TARGET: &str = "target.json";
/// How points of the source lie on the maps.
pub const GEOMETRY: &str = "geometry.json";

/// A frame a model was kept from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The clip.
    pub clip: String,
    /// Whose it is.
    pub patient: String,
    /// The side it was held out on.
    pub part: Part,
    /// The frame of the source, from 0.
    pub frame: u32,
    /// Its place in the clip's file.
    pub index: usize,
}

/// What a model of frames learned to find.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wide {
    /// So many millimetres.
    Mm(f64),
    /// So many pixels of the source.
    Px(f64),
    /// So many percent of the frame's diagonal.
    Percent(f64),
}

/// What a model of frames learned to find.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Lines, origins or pixels.
    pub found: Found,
    /// How wide lines and origins were made.
    pub width: Option<Wide>,
}

/// The path of a clip's maps.
pub fn path(clip: &str) -> String {
    format!("maps/{}.npy", escape(clip))
}

/// Writes `maps.csv`.
pub fn write(maps: &[Row]) -> Vec<u8> {
    let mut writer = rows::Writer::new(["clip", "patient", "part", "frame", "index"]);
    for row in maps {
        writer.row([
            row.clip.clone(),
            row.patient.clone(),
            row.part.to_string(),
            row.frame.to_string(),
            row.index.to_string(),
        ]);
    }
    writer.finish()
}

/// Reads `maps.csv`.
///
/// # Errors
/// An artifact that can't be read.
pub fn read(folder: &dyn Folder) -> Result<Vec<Row>, ArtifactError> {
    let table = rows::read(folder, MAPS, &["clip", "patient", "part", "frame", "index"].map(Wanted::required))?;
    (0..table.len())
        .map(|row| {
            let cell = |name: &str| table.required(name).get(row).to_owned();
            let part = cell("part").parse().map_or(Part::Test, Part::Fold);
            let number = |name: &str| rows::parse(&table, name, row);
            Ok(Row {
                clip: cell("clip"),
                patient: cell("patient"),
                part,
                frame: number("frame")? as u32,
                index: number("index")? as usize,
            })
        })
        .collect()
}

/// Reads what was learned.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_target(folder: &dyn Folder) -> Result<Target, ArtifactError> {
    serde_json::from_str(&folder.text(TARGET)?)
        .map_err(|error| ArtifactError::Malformed { path: TARGET.to_owned(), message: error.to_string() })
}
