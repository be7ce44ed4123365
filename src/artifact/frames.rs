//! `Frames`: decoded clips, `clips.csv` and `frames/CLIP.npy` (u8 `[T,H,W]`).

use std::collections::BTreeMap;

use serde::Deserialize;

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
    /// Number of windows the frames are, one after the other; 1 where there are none.
    pub windows: usize,
    /// Millimetres a pixel of these frames along x and y, where known.
    pub mm_per_pixel: Option<[f64; 2]>,
    /// As what the fan was found, where it was looked for: `fan`, `half-fan`, `rectangle` or `outline`.
    pub fan_found: Option<String>,
    /// The share of the source frame that is fan, where one was asked for.
    pub fan_share: Option<f64>,
    /// Burned-in marks that were filled in.
    pub marks: usize,
    /// Near-black frames at the beginning and the end that were noticed.
    pub title_frames: usize,
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

/// Which source frames a clip's frames are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The clip's id.
    pub clip: String,
    /// Number of windows.
    pub windows: usize,
    /// The source frame of each frame, from 0; nothing for a black frame after the end of a short clip.
    pub numbers: Vec<Option<usize>>,
}

/// Size and scale of a clip's source.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Picture {
    /// The size in pixels.
    pub source: Size,
    /// Millimetres a pixel of the source along x and y, where known.
    pub mm_per_pixel: Option<[f64; 2]>,
}

/// A size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// The path of a clip's frames.
pub fn path(clip: &str) -> String {
    format!("frames/{}.npy", escape(clip))
}

/// The path of a clip's contact sheet, a picture of some of its frames.
pub fn sheet_path(clip: &str) -> String {
    format!("sheets/{}.png", escape(clip))
}

/// Columns of `clips.csv`.
const COLUMNS: [&str; 16] = [
    "clip",
    "patient",
    "file",
    "frames",
    "height",
    "width",
    "fps",
    "source_frames",
    "windows",
    "mm_per_pixel_x",
    "mm_per_pixel_y",
    "fan_found",
    "fan_share",
    "marks",
    "title_frames",
    "digest",
];

/// Writes `clips.csv`.
pub fn write_clips(clips: &[Clip]) -> Vec<u8> {
    let mut writer = rows::Writer::new(COLUMNS);
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
            c.windows.to_string(),
            rows::maybe(c.mm_per_pixel.map(|[x, _]| x)),
            rows::maybe(c.mm_per_pixel.map(|[_, y]| y)),
            c.fan_found.clone().unwrap_or_default(),
            rows::maybe(c.fan_share),
            c.marks.to_string(),
            c.title_frames.to_string(),
            c.digest.clone(),
        ]);
    }
    writer.finish()
}

/// Writes `frames.csv`: of every frame its window, its place in the clip's file and the source frame it is.
pub fn write_sources(sources: &[Source]) -> Vec<u8> {
    let mut writer = rows::Writer::new(["clip", "window", "frame", "source_frame"]);
    for source in sources {
        let length = source.numbers.len() / source.windows.max(1);
        for (at, number) in source.numbers.iter().enumerate() {
            let window = at / length.max(1);
            let number = number.map(|number| number.to_string()).unwrap_or_default();
            writer.row([source.clip.as_str(), &window.to_string(), &at.to_string(), &number]);
        }
    }
    writer.finish()
}

/// Writes `geometry.json`: of every clip how points of its source map to points of its frames.
pub fn write_geometries(geometries: &[(String, serde_json::Value)]) -> Vec<u8> {
    let lines: Vec<String> = geometries
        .iter()
        .map(|(clip, geometry)| format!("  {}: {geometry}", serde_json::Value::from(clip.as_str())))
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n")).into_bytes()
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
    let table = rows::read(folder, "clips.csv", &COLUMNS.map(Wanted::required))?;
    (0..table.len())
        .map(|row| {
            let text = |name: &str| table.required(name).get(row).to_owned();
            let number = |name: &str| rows::parse(&table, name, row);
            let fps = number("fps")?;
            let fan_share = number("fan_share")?;
            let mm_per_pixel = [number("mm_per_pixel_x")?, number("mm_per_pixel_y")?];
            Ok(Clip {
                clip: text("clip"),
                patient: text("patient"),
                frames: number("frames")? as usize,
                height: number("height")? as usize,
                width: number("width")? as usize,
                fps: fps.is_finite().then_some(fps),
                source_frames: number("source_frames")? as usize,
                windows: number("windows")? as usize,
                mm_per_pixel: mm_per_pixel.iter().all(|mm| mm.is_finite()).then_some(mm_per_pixel),
                fan_found: Some(text("fan_found")).filter(|found| !found.is_empty()),
                fan_share: fan_share.is_finite().then_some(fan_share),
                marks: number("marks")? as usize,
                title_frames: number("title_frames")? as usize,
                digest: text("digest"),
            })
        })
        .collect()
}

/// Reads which source frames the frames of each clip are, clips in order.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_sources(folder: &dyn Folder) -> Result<Vec<Source>, ArtifactError> {
    let table = rows::read(folder, "frames.csv", &["clip", "window", "source_frame"].map(Wanted::required))?;
    let mut sources: Vec<Source> = Vec::new();
    for row in 0..table.len() {
        let clip = table.required("clip").get(row);
        let window = rows::parse(&table, "window", row)? as usize;
        let number = rows::parse(&table, "source_frame", row)?;
        if sources.last().is_none_or(|source| source.clip != clip) {
            sources.push(Source { clip: clip.to_owned(), windows: 1, numbers: Vec::new() });
        }
        let Some(source) = sources.last_mut() else { continue };
        source.windows = source.windows.max(window + 1);
        source.numbers.push(number.is_finite().then_some(number as usize));
    }
    Ok(sources)
}

/// Reads size and scale of every clip's source.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_pictures(folder: &dyn Folder) -> Result<BTreeMap<String, Picture>, ArtifactError> {
    let path = "geometry.json";
    serde_json::from_str(&folder.text(path)?)
        .map_err(|error| ArtifactError::Malformed { path: path.to_owned(), message: error.to_string() })
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
