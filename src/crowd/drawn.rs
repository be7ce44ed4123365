//! From many drawings on a frame to one: consensus lines, origins and masks.
//!
//! [`aggregate`] takes [`Drawings`] and a [`Method`] and hands a [`Consensus`] of each frame, in order, to a sink;
//! [`agreement`] and [`leave_one_out`] say how far annotators agree with each other and with the rest, as counts a frame
//! so that a caller can resample patients.
//!
//! **Having looked counts.** An annotator who looked at a frame and drew nothing is a viewer who says there is nothing; one
//! who never looked says nothing. [`Viewed`] is where that is told: a table, or a declaration in its place.
//!
//! **Lengths are in mm** where the frame's scale is known, and a length given in mm on a frame without scale is an error,
//! never a guess. Scales along x and y may differ.
//!
//! # How a stage uses it
//!
//! An `aggregate` stage with `drawn = "lines.csv"` (columns clip, frame, annotator, geometry or mask) in place of
//! `opinions` reads each geometry with [`parse`], numbers the `(clip, frame)` pairs of its tables in order, gives each the
//! size and scale that `frames = "@frames"` has of the source, and passes `drawn_unit` ([`Unit`]) on. `viewed` is a table
//! (clip, frame, annotator) or, without one, `unviewed` is the word for [`Unviewed`]. The sink writes `lines.csv` or
//! `origins.csv` in pixels of the source, or one `.npy` mask a frame; [`Summary`] becomes `annotators.csv`. Frames without a
//! line stand in a `frames.csv`: no line found and nobody asked must not look alike.

mod agreement;
mod cluster;
mod em;
mod error;
mod length;
mod line_consensus;
mod line_distance;
mod mask;
mod matching;
mod method;
mod origin_points;
mod outcome;
mod panel;
mod patterns;
mod pixel_majority;
mod rasa;
mod raster;
mod shape;
mod staple;
mod wkt;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use agreement::{FrameAgreement, Measure, Pair, agreement, leave_one_out, reached};
pub use em::Em;
pub use error::DrawnError;
pub use length::Length;
use length::Ruler;
pub use line_consensus::LineConsensus;
pub use mask::Mask;
pub use method::Method;
pub use origin_points::OriginPoints;
use outcome::MaskFit;
pub use outcome::{Annotator, Consensus, Drawn, Fit, Line, Origin, Overlap, Part, ProbabilityMask, Skill, Summary};
pub use panel::Counts;
use panel::{Panel, go_on};
pub use pixel_majority::{PixelMajority, PixelTies};
pub use rasa::Rasa;
pub use shape::{Clipped, Position, Shape, Unit};
pub use staple::Staple;
pub use wkt::{WktError, parse};

/// A frame that may be drawn on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Width of the source in pixels.
    pub width: u32,
    /// Height of the source in pixels.
    pub height: u32,
    /// What a pixel measures in mm along x and y, where it is known.
    pub mm_per_pixel: Option<[f64; 2]>,
}

impl Frame {
    /// Width and height as numbers.
    fn extent(&self) -> [f64; 2] {
        [f64::from(self.width), f64::from(self.height)]
    }
}

/// What one row of a table of drawings holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Content<'a> {
    /// Shapes, in the table's unit. None at all says: looked, and drew nothing.
    Shapes(&'a [Shape]),
    /// The number of a mask, to be had from [`Drawings::masks`].
    Mask(u32),
}

/// What an annotator drew on a frame. Several drawings of one annotator on one frame are one drawing in parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawing<'a> {
    /// Index of the frame.
    pub frame: u32,
    /// Index of the annotator. `None` where the table does not say who it was: each such drawing counts as a viewer of its
    /// own.
    pub annotator: Option<u32>,
    /// What was drawn.
    pub content: Content<'a>,
}

/// That an annotator looked at a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewing {
    /// Index of the frame.
    pub frame: u32,
    /// Index of the annotator, `None` where the table does not say who it was.
    pub annotator: Option<u32>,
}

/// Who is taken to have looked at what, where no table says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unviewed {
    /// An annotator viewed exactly the frames they have a drawing on, an empty one included.
    #[default]
    DrawnOnly,
    /// Every annotator viewed every frame.
    All,
}

/// Where it is told who looked at what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewed<'a> {
    /// In a table. Whoever drew on a frame viewed it, listed or not; such drawings are counted.
    Table(&'a [Viewing]),
    /// By declaration.
    Assumed(Unviewed),
}

/// Drawings, who looked, and the sizes their indices count in.
#[derive(Clone, Copy)]
pub struct Drawings<'a> {
    /// The drawings. Their order does not matter.
    pub drawings: &'a [Drawing<'a>],
    /// Who looked at what.
    pub viewed: Viewed<'a>,
    /// The frames; [`Drawing::frame`] lies below their number.
    pub frames: &'a [Frame],
    /// The number of annotators; [`Drawing::annotator`] lies below it.
    pub annotators: usize,
    /// What the shapes' coordinates count. Masks and outcomes are in pixels of the source.
    pub unit: Unit,
    /// Gives mask `number` in the size of its frame. Called from several threads, when a frame's turn comes, so that no
    /// more masks than those of a few frames are held.
    pub masks: &'a (dyn Fn(u32) -> Result<Mask, String> + Sync),
}

impl std::fmt::Debug for Drawings<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Drawings")
            .field("drawings", &self.drawings.len())
            .field("frames", &self.frames.len())
            .field("annotators", &self.annotators)
            .field("unit", &self.unit)
            .finish_non_exhaustive()
    }
}

/// No mask at all: for tables that hold shapes only.
pub fn no_masks(number: u32) -> Result<Mask, String> {
    Err(format!("there is no mask {number}"))
}

/// Brings the drawings of each frame to a consensus and hands it to `sink`, frame by frame in order, those nobody viewed
/// included.
///
/// Deterministic: the same drawings give the same bytes, whatever the number of threads. Frames are worked on in parallel,
/// a few at a time; `cancel` is looked at once a frame.
///
/// # Errors
/// An index, size or coordinate out of range, a unit that can't be the table's, a parameter out of range, a length in mm on
/// frames without scale, shapes the method can't use, a mask that can't be had, the cancel flag, or what `sink` returns.
pub fn aggregate<E: From<DrawnError>>(
    method: &Method,
    drawings: &Drawings<'_>,
    cancel: &AtomicBool,
    mut sink: impl FnMut(usize, Consensus) -> Result<(), E>,
) -> Result<Summary, E> {
    let length = method.check()?;
    method.check_shapes(drawings)?;
    let panel = Panel::new(drawings)?;
    panel.require(method.length_name(), length, method.makes_masks())?;
    let mut summary = Summary::new(drawings.annotators, panel.unlisted);
    let work = |frame: usize| -> Result<(Consensus, Counts), DrawnError> {
        let mut counts = Counts::default();
        let sheets = panel.sheets(frame, &mut counts)?;
        let size = panel.frame(frame);
        Ok((method.frame(frame, size, &sheets, &length.on(size))?, counts))
    };
    in_order(drawings.frames.len(), cancel, work, |frame, (consensus, counts)| {
        summary.add(&consensus, counts);
        sink(frame, consensus)
    })?;
    Ok(summary)
}

/// Calls `work` for each frame, in parallel a few at a time, and `each` with the results in order.
fn in_order<T: Send, E: From<DrawnError>>(
    frames: usize,
    cancel: &AtomicBool,
    work: impl Fn(usize) -> Result<T, DrawnError> + Sync,
    mut each: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let block = 4 * rayon::current_num_threads();
    for begin in (0..frames).step_by(block) {
        let end = frames.min(begin + block);
        let guarded = |frame: usize| go_on(cancel).and_then(|()| work(frame));
        let results: Vec<Result<T, DrawnError>> = (begin..end).into_par_iter().map(guarded).collect();
        for (frame, result) in (begin..end).zip(results) {
            each(frame, result?)?;
        }
    }
    Ok(())
}
