//! How far drawings agree: every annotator with every other, and each with the consensus of the rest.
//!
//! Figures come as counts a frame ([`Overlap`]), so that a caller can pool them, average them or resample patients. F1
//! from the counts of pixels is the Dice coefficient.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::line_distance::Path;
use super::matching::{Goal, matched, steps};
use super::method::{LINES, ORIGINS, check_shapes};
use super::panel::{Panel, Sheet};
use super::{Counts, Drawings, Drawn, DrawnError, Frame, Length, Mask, Method, Overlap, Ruler, Shape, in_order};

/// What agreement is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Pixels: Dice. Lines and points are made this wide.
    Dice(Length),
    /// Lines, matched one to one so that as many as possible match, none further apart than this.
    Lines(Length),
    /// Points and the upper ends of lines, matched the same way.
    Origins(Length),
}

/// How far the drawings on one frame agree.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameAgreement {
    /// Index of the frame.
    pub frame: u32,
    /// By pair of viewers, or by viewer for [`leave_one_out`].
    pub pairs: Vec<Pair>,
}

/// How far two drawings agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Who drew the one; `None` where the table does not say.
    pub annotator: Option<u32>,
    /// Who drew the other; `None` where the table does not say, and where it is a consensus.
    pub other: Option<u32>,
    /// What they have in common.
    pub overlap: Overlap,
}

/// The agreement of each pair of viewers on each frame that has two.
///
/// # Errors
/// As [`aggregate`](super::aggregate).
pub fn agreement(
    measure: Measure,
    drawings: &Drawings<'_>,
    cancel: &AtomicBool,
) -> Result<Vec<FrameAgreement>, DrawnError> {
    compare(measure, drawings, cancel, Prepared::overlap)
}

/// What of one viewer's lines or origins another's reach, on each frame that two viewers drew: how many of the one lie
/// within the measure's length of any of the other ([`Overlap::shared`] of [`Overlap::own`]), several of the other on one
/// counting as one. [`Overlap::other`] is `shared` and those of the other that lie near none.
///
/// That is how Lucassen et al. 2023 (IEEE Journal of Biomedical and Health Informatics 27:4352-4361, and the code
/// published with it) count origins: true positives are origins that were found, however often, false positives what was
/// found near none, false negatives origins that were not found.
///
/// # Errors
/// As [`aggregate`](super::aggregate).
pub fn reached(
    measure: Measure,
    drawings: &Drawings<'_>,
    cancel: &AtomicBool,
) -> Result<Vec<FrameAgreement>, DrawnError> {
    compare(measure, drawings, cancel, Prepared::reached)
}

fn compare(
    measure: Measure,
    drawings: &Drawings<'_>,
    cancel: &AtomicBool,
    overlap: impl Fn(&Prepared, &Prepared, &Ruler) -> Overlap + Sync,
) -> Result<Vec<FrameAgreement>, DrawnError> {
    let panel = measure.panel(drawings)?;
    frames(&panel, drawings, cancel, |frame, size, sheets| {
        let ruler = measure.length().on(size);
        let prepared: Vec<Prepared> = measure.prepared(frame, size, sheets, &ruler)?;
        let pairs = (0..sheets.len()).flat_map(|a| (a + 1..sheets.len()).map(move |b| (a, b)));
        let pair = |(a, b): (usize, usize)| Pair {
            annotator: sheets[a].annotator,
            other: sheets[b].annotator,
            overlap: overlap(&prepared[a], &prepared[b], &ruler),
        };
        Ok(pairs.map(pair).collect())
    })
}

/// The agreement of each viewer with the consensus that `method` makes of the others, on each frame that has two viewers
/// and where the others are enough to decide.
///
/// # Errors
/// As [`aggregate`](super::aggregate).
pub fn leave_one_out(
    method: &Method,
    measure: Measure,
    drawings: &Drawings<'_>,
    cancel: &AtomicBool,
) -> Result<Vec<FrameAgreement>, DrawnError> {
    let length = method.check()?;
    method.check_shapes(drawings)?;
    if !method.suits(measure) {
        return Err(DrawnError::Measure { method: method.name(), measure: measure.name() });
    }
    let panel = measure.panel(drawings)?;
    panel.require(method.length_name(), length, method.makes_masks())?;
    frames(&panel, drawings, cancel, |frame, size, sheets| {
        let (ruler, limit) = (measure.length().on(size), length.on(size));
        let own = measure.prepared(frame, size, sheets, &ruler)?;
        let mut pairs = Vec::new();
        for (left_out, own) in own.iter().enumerate() {
            let others: Vec<Sheet> = [&sheets[..left_out], &sheets[left_out + 1..]].concat();
            let consensus = method.frame(frame, size, &others, &limit)?;
            if consensus.decided {
                let rest = measure.prepared(frame, size, &[Sheet::of(consensus.drawn)], &ruler)?;
                let overlap = own.overlap(&rest[0], &ruler);
                pairs.push(Pair { annotator: sheets[left_out].annotator, other: None, overlap });
            }
        }
        Ok(pairs)
    })
}

/// Calls `pairs` for each frame with two viewers.
fn frames(
    panel: &Panel<'_>,
    drawings: &Drawings<'_>,
    cancel: &AtomicBool,
    pairs: impl Fn(usize, &Frame, &[Sheet]) -> Result<Vec<Pair>, DrawnError> + Sync,
) -> Result<Vec<FrameAgreement>, DrawnError> {
    let mut found = Vec::new();
    let work = |frame: usize| {
        if panel.viewers(frame).len() < 2 {
            return Ok(Vec::new());
        }
        let sheets = panel.sheets(frame, &mut Counts::default())?;
        pairs(frame, panel.frame(frame), &sheets)
    };
    in_order(drawings.frames.len(), cancel, work, |frame, pairs| {
        if !pairs.is_empty() {
            found.push(FrameAgreement { frame: frame as u32, pairs });
        }
        Ok::<(), DrawnError>(())
    })?;
    Ok(found)
}

/// A drawing in the form its measure compares.
enum Prepared {
    Mask(Mask),
    Paths(Vec<Path>),
}

impl Prepared {
    fn overlap(&self, other: &Self, ruler: &Ruler) -> Overlap {
        match (self, other) {
            (Self::Mask(a), Self::Mask(b)) => Overlap { own: a.area(), other: b.area(), shared: a.shared(b) },
            (Self::Paths(a), Self::Paths(b)) => {
                let cost = |row: usize, column: usize| steps(a[row].distance(&b[column]), ruler.limit);
                let shared = matched(a.len(), b.len(), Goal::Most, &cost).len() as u64;
                Overlap { own: a.len() as u64, other: b.len() as u64, shared }
            }
            // One measure prepares all drawings alike.
            (Self::Mask(_), Self::Paths(_)) | (Self::Paths(_), Self::Mask(_)) => Overlap::default(),
        }
    }

    /// As [`Prepared::overlap`], but that any number of the other may lie near one of these.
    fn reached(&self, other: &Self, ruler: &Ruler) -> Overlap {
        let (Self::Paths(own), Self::Paths(other)) = (self, other) else { return self.overlap(other, ruler) };
        let near = |one: &Path, all: &[Path]| all.iter().any(|other| one.distance(other) <= ruler.limit);
        let shared = own.iter().filter(|path| near(path, other)).count() as u64;
        let astray = other.iter().filter(|path| !near(path, own)).count() as u64;
        Overlap { own: own.len() as u64, other: shared + astray, shared }
    }
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::Dice(_) => "dice",
            Self::Lines(_) => "lines",
            Self::Origins(_) => "origins",
        }
    }

    fn length(self) -> Length {
        let (Self::Dice(length) | Self::Lines(length) | Self::Origins(length)) = self;
        length
    }

    /// The panel, if its drawings suit the measure.
    fn panel<'a>(self, drawings: &'a Drawings<'a>) -> Result<Panel<'a>, DrawnError> {
        let length = self.length().check(self.name())?;
        match self {
            Self::Dice(_) => {}
            Self::Lines(_) => check_shapes("agreement in lines", LINES, drawings)?,
            Self::Origins(_) => check_shapes("agreement in origins", ORIGINS, drawings)?,
        }
        let panel = Panel::new(drawings)?;
        panel.require(self.name(), length, matches!(self, Self::Dice(_)))?;
        Ok(panel)
    }

    fn prepared(
        self,
        frame: usize,
        size: &Frame,
        sheets: &[Sheet],
        ruler: &Ruler,
    ) -> Result<Vec<Prepared>, DrawnError> {
        if !matches!(self, Self::Dice(_)) {
            super::method::check_number(frame, sheets)?;
        }
        let prepared = |sheet: &Sheet| match self {
            Self::Dice(_) => Prepared::Mask(sheet.to_mask(size, ruler)),
            Self::Lines(_) => Prepared::Paths(sheet.lines().map(|line| Path::new(line, ruler)).collect()),
            Self::Origins(_) => Prepared::Paths(sheet.origins().map(|origin| Path::new(&[origin], ruler)).collect()),
        };
        Ok(sheets.iter().map(prepared).collect())
    }
}

impl Sheet {
    /// A consensus as if somebody had drawn it.
    fn of(drawn: Drawn) -> Self {
        let mut sheet = Self { annotator: None, shapes: Vec::new(), mask: None };
        match drawn {
            Drawn::Lines(lines) => {
                sheet.shapes =
                    lines.iter().map(|line| Shape::Line(vec![[line.x1, line.y1], [line.x2, line.y2]])).collect();
            }
            Drawn::Origins(origins) => {
                sheet.shapes = origins.iter().map(|origin| Shape::Point([origin.x, origin.y])).collect();
            }
            Drawn::Mask(mask) => sheet.mask = Some(mask.mask),
        }
        sheet
    }
}
