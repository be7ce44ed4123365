//! `Lines`: what drawings on frames amount to. `frames.csv` has every frame that was looked at or decoded; what was found on
//! the decided ones stands in `lines.csv`, in `origins.csv`, or in `masks/CLIP_FRAME.npy` (u8 `[H,W]`, 0 or 1), beside which
//! lie the probabilities of pixels in `probabilities/CLIP_FRAME.npy` (f32 `[H,W]`). `annotators.csv` says who drew, and
//! `aggregation.json` how all of it was made.
//!
//! All positions are in pixels of the source, 0 being the outer edge of the first pixel; frames are the source's, from 0.

use ndarray::Array2;
use ndarray_npy::{WritableElement, WriteNpyExt as _};
use serde::{Deserialize, Serialize};

use super::{escape, rows};

mod read;

pub use read::{read_aggregation, read_frames, read_lines, read_mask, read_origins, read_probabilities, read_raters};

/// The file of consensus lines.
pub const LINES: &str = "lines.csv";
/// The file of consensus origins.
pub const ORIGINS: &str = "origins.csv";
/// The file of frames.
pub const FRAMES: &str = "frames.csv";
/// The file of annotators.
pub const ANNOTATORS: &str = "annotators.csv";
/// The file that says how all was made.
pub const AGGREGATION: &str = "aggregation.json";

const PLACE: [&str; 2] = ["clip", "frame"];
const RESTS_ON: [&str; 4] = ["support", "viewers", "spread", "spread_unit"];

/// What was found on frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// Lines.
    #[default]
    Lines,
    /// The origins of lines.
    Origins,
    /// Pixels: masks.
    Pixels,
}

impl Found {
    /// The column of `frames.csv` that has their number.
    pub fn column(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Origins => "origins",
            Self::Pixels => "pixels",
        }
    }
}

/// A frame and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The clip.
    pub clip: String,
    /// The frame of the source, from 0.
    pub frame: u32,
    /// Its columns.
    pub width: u32,
    /// Its rows.
    pub height: u32,
    /// Millimetres a pixel along x and y, where known.
    pub mm_per_pixel: Option<[f64; 2]>,
    /// How many annotators looked at it.
    pub viewers: u32,
    /// Whether they were enough. Of a frame that is not decided nothing is known, which is not the same as nothing found.
    pub decided: bool,
    /// How many lines, origins or pixels were found; nothing where it is not decided.
    pub found: Option<u64>,
    /// Iterations of an iterative method.
    pub iterations: Option<u32>,
    /// Whether it converged.
    pub converged: Option<bool>,
}

/// What a line or an origin rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RestsOn {
    /// The share of viewers who drew it.
    pub support: f64,
    /// How many looked at the frame.
    pub viewers: u32,
    /// The median distance of the annotators' own ones to it.
    pub spread: f64,
    /// Whether that is in mm; in pixels where the scale is unknown.
    pub in_mm: bool,
}

/// A consensus line; `(x1, y1)` is its upper end.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The clip.
    pub clip: String,
    /// The frame of the source.
    pub frame: u32,
    /// x1, y1, x2, y2 in pixels.
    pub ends: [f64; 4],
    /// What it rests on.
    pub rests_on: RestsOn,
}

/// A consensus origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The clip.
    pub clip: String,
    /// The frame of the source.
    pub frame: u32,
    /// x, y in pixels.
    pub position: [f64; 2],
    /// What it rests on.
    pub rests_on: RestsOn,
}

/// Somebody who drew, or looked.
#[derive(Debug, Clone, PartialEq)]
pub struct Rater {
    /// The id; `None` stands for all whose name the table doesn't tell.
    pub annotator: Option<String>,
    /// The group ids are unique in; the same id in two groups is two people.
    pub group: String,
    /// Frames looked at.
    pub viewed: u64,
    /// Frames drawn on.
    pub drawn_on: u64,
    /// On the decided ones: lines, origins or pixels of the annotator's own, of the consensus, and of both.
    pub overlap: Option<[u64; 3]>,
    /// The share of the truth that was drawn and that of the rest that was left alone, as STAPLE estimates them.
    pub skill: Option<[f64; 2]>,
}

/// How lines were made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Aggregation {
    /// The method's name.
    pub method: String,
    /// What it finds.
    pub found: Found,
    /// Rows of the table of drawings that count.
    pub drawings: u64,
    /// Rows of the table of viewings that count.
    pub viewings: u64,
    /// Rows of both tables that were left out, by reason.
    pub excluded: Vec<(String, f64)>,
    /// The fold whose clips were kept out, for aggregations that join on one.
    pub without_fold: Option<u32>,
    /// Times somebody drew on a frame that the table of viewings does not list for them; they count as viewers.
    pub unlisted: u64,
    /// Decoded frames nobody looked at.
    pub unviewed: u64,
    /// Drawings that repeat another of the same annotator on the same frame; they count once.
    pub repeated: u64,
    /// Lines that were cut at the border of their frame.
    pub cut_lines: u64,
    /// Drawings no part of which lies in their frame.
    pub dropped: u64,
    /// Points that were moved to the border of their frame.
    pub moved_points: u64,
    /// Polygons that reach beyond their frame.
    pub overhanging_polygons: u64,
    /// The most iterations an iterative method took on a frame.
    pub iterations: Option<u32>,
    /// Frames on which it did not converge.
    pub not_converged: u64,
}

/// The path of a frame's mask. Behind the last `_` stands the number, so no two frames share a file.
pub fn mask_path(clip: &str, frame: u32) -> String {
    format!("masks/{}_{frame}.npy", escape(clip))
}

/// The path of the probabilities of a frame's pixels.
pub fn probability_path(clip: &str, frame: u32) -> String {
    format!("probabilities/{}_{frame}.npy", escape(clip))
}

/// Writes `frames.csv`.
pub fn write_frames(frames: &[Frame], found: Found) -> Vec<u8> {
    let columns = ["width", "height", "mm_per_pixel_x", "mm_per_pixel_y", "viewers", "decided"];
    let fit = ["iterations", "converged"];
    let mut writer = rows::Writer::new(PLACE.iter().chain(&columns).chain(&[found.column()]).chain(&fit));
    for f in frames {
        writer.row([
            f.clip.clone(),
            f.frame.to_string(),
            f.width.to_string(),
            f.height.to_string(),
            rows::maybe(f.mm_per_pixel.map(|[x, _]| x)),
            rows::maybe(f.mm_per_pixel.map(|[_, y]| y)),
            f.viewers.to_string(),
            f.decided.to_string(),
            f.found.map_or_else(String::new, |found| found.to_string()),
            f.iterations.map_or_else(String::new, |iterations| iterations.to_string()),
            f.converged.map_or_else(String::new, |converged| converged.to_string()),
        ]);
    }
    writer.finish()
}

/// Writes `lines.csv`.
pub fn write_lines(lines: &[Line]) -> Vec<u8> {
    let mut writer = rows::Writer::new(PLACE.iter().chain(&["x1", "y1", "x2", "y2"]).chain(&RESTS_ON));
    lines.iter().for_each(|line| writer.row(found(&line.clip, line.frame, &line.ends, &line.rests_on)));
    writer.finish()
}

/// Writes `origins.csv`.
pub fn write_origins(origins: &[Origin]) -> Vec<u8> {
    let mut writer = rows::Writer::new(PLACE.iter().chain(&["x", "y"]).chain(&RESTS_ON));
    origins.iter().for_each(|one| writer.row(found(&one.clip, one.frame, &one.position, &one.rests_on)));
    writer.finish()
}

fn found(clip: &str, frame: u32, coordinates: &[f64], rests_on: &RestsOn) -> Vec<String> {
    let mut row = vec![clip.to_owned(), frame.to_string()];
    row.extend(coordinates.iter().map(|coordinate| rows::number(*coordinate)));
    row.extend([rows::number(rests_on.support), rests_on.viewers.to_string(), rows::number(rests_on.spread)]);
    row.push(if rests_on.in_mm { "mm" } else { "pixels" }.to_owned());
    row
}

/// Writes `annotators.csv`.
pub fn write_raters(raters: &[Rater]) -> Vec<u8> {
    let mut writer = rows::Writer::new([
        "annotator",
        "group",
        "frames_viewed",
        "frames_drawn_on",
        "own",
        "consensus",
        "shared",
        "f1",
        "sensitivity",
        "specificity",
    ]);
    for r in raters {
        let counts = r.overlap.map_or([const { String::new() }; 3], |counts| counts.map(|count| count.to_string()));
        let f1 = r.overlap.map(|[own, other, shared]| 2.0 * shared as f64 / (own + other) as f64);
        let row =
            [r.annotator.clone().unwrap_or_default(), r.group.clone(), r.viewed.to_string(), r.drawn_on.to_string()];
        let skill = [f1, r.skill.map(|[sensitivity, _]| sensitivity), r.skill.map(|[_, specificity]| specificity)];
        writer.row(row.into_iter().chain(counts).chain(skill.map(rows::maybe)));
    }
    writer.finish()
}

/// The bytes of an array of pixels, `[height, width]` row by row.
///
/// # Panics
/// Panics where there are not width times height pixels.
pub fn write_pixels<T: WritableElement>([width, height]: [u32; 2], pixels: Vec<T>) -> Vec<u8> {
    let array =
        Array2::from_shape_vec((height as usize, width as usize), pixels).expect("as many pixels as the size says");
    let mut bytes = std::io::Cursor::new(Vec::new());
    array.write_npy(&mut bytes).expect("writing to memory does not fail");
    bytes.into_inner()
}
