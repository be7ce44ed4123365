//! `Frames`: decoded clips, `clips.csv` and `frames/CLIP.npy` (u8 `[T,H,W]`).

use super::{ArtifactError, Blob, Folder, escape, rows};
use crate::table::Wanted;

/// A decoded clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Its id.
    pub clip: String,
    /// Whose it is.
    pub patient: String,
    /// Number of frames.
    pub frames: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// Frames per second, where the source says so.
    pub fps: Option<f64>,
    /// Number of frames of the source.
    pub source_frames: usize,
    /// Digest of the frames' file.
    pub digest: String,
}

/// A clip that could not be decoded and was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its id.
    pub clip: String,
    /// Whose it is.
    pub patient: String,
    /// Why.
    pub reason: String,
}

/// The path of a clip's frames.
pub fn path(clip: &str) -> String {
    format!("frames/{}.npy", escape(clip))
}

/// Writes `clips.csv`.
pub fn write_clips(clips: &[Clip]) -> Vec<u8> {
    let columns = ["clip", "patient", "file", "frames", "height", "width", "fps", "source_frames", "digest"];
    let mut writer = rows::Writer::new(columns);
    for c in clips {
        writer.row([
            c.clip.clone(),
            c.patient.clone(),
            path(&c.clip),
            c.frames.to_string(),
            c.height.to_string(),
            c.width.to_string(),
            rows::maybe(c.fps),
            c.source_frames.to_string(),
            c.digest.clone(),
        ]);
    }
    writer.finish()
}

/// Writes `skipped.csv`.
pub fn write_skipped(skipped: &[Skipped]) -> Vec<u8> {
    let mut writer = rows::Writer::new(["clip", "patient", "reason"]);
    for s in skipped {
        writer.row([&s.clip, &s.patient, &s.reason]);
    }
    writer.finish()
}

/// Reads the clips.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_clips(folder: &dyn Folder) -> Result<Vec<Clip>, ArtifactError> {
    let columns = ["clip", "patient", "frames", "height", "width", "fps", "source_frames", "digest"];
    let table = rows::read(folder, "clips.csv", &columns.map(Wanted::required))?;
    (0..table.len())
        .map(|row| {
            let text = |name: &str| table.required(name).get(row).to_owned();
            let number = |name: &str| rows::parse(&table, name, row);
            let fps = number("fps")?;
            Ok(Clip {
                clip: text("clip"),
                patient: text("patient"),
                frames: number("frames")? as usize,
                height: number("height")? as usize,
                width: number("width")? as usize,
                fps: fps.is_finite().then_some(fps),
                source_frames: number("source_frames")? as usize,
                digest: text("digest"),
            })
        })
        .collect()
}

/// Reads the clips that were left out.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_skipped(folder: &dyn Folder) -> Result<Vec<Skipped>, ArtifactError> {
    if !folder.tree().files.contains_key("skipped.csv") {
        return Ok(Vec::new());
    }
    let table = rows::read(folder, "skipped.csv", &["clip", "patient", "reason"].map(Wanted::required))?;
    let text = |name: &str, row| table.required(name).get(row).to_owned();
    Ok((0..table.len())
        .map(|row| Skipped { clip: text("clip", row), patient: text("patient", row), reason: text("reason", row) })
        .collect())
}

/// The `.npy` file of a clip.
///
/// # Errors
/// A file that is missing or damaged.
pub fn open(folder: &dyn Folder, clip: &str) -> Result<Blob, ArtifactError> {
    folder.open(&path(clip))
}
