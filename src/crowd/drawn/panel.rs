//! Who looked at which frame, and what they drew there.

use std::sync::atomic::{AtomicBool, Ordering};

use super::mask::Mask;
use super::raster::rasterise;
use super::shape::{Clipped, Shape, place};
use super::{Content, Drawing, Drawings, DrawnError, Frame, Length, Ruler, Unviewed, Viewed};

/// The largest number of pixels of a frame.
const MAX_PIXELS: u64 = 1 << 28;
/// Beyond this a coordinate is no position in any picture.
const MAX_COORDINATE: f64 = 1e9;
/// The share of drawings that may lie far outside their frame before the unit is in doubt.
const FAR_SHARE: f64 = 0.05;

/// All frames with their viewers.
pub(super) struct Panel<'a> {
    drawings: &'a Drawings<'a>,
    /// Viewers frame by frame; `starts[frame]..starts[frame + 1]` are those of one.
    viewers: Vec<Viewer>,
    starts: Vec<usize>,
    /// Positions of drawings, those of one viewer together.
    order: Vec<u32>,
    /// Viewers who drew on a frame that the table of viewings does not say they viewed.
    pub(super) unlisted: u64,
}

/// One annotator who looked at one frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Viewer {
    /// `None` where the table does not say who it was; each drawing is then a viewer of its own.
    pub(super) annotator: Option<u32>,
    /// Their drawings on this frame, a range of `Panel::order`; empty where they looked and drew nothing.
    begin: usize,
    end: usize,
}

/// What a viewer drew on a frame, in its pixels.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) annotator: Option<u32>,
    /// Shapes in the order of the table, exact repetitions left out.
    pub(super) shapes: Vec<Shape>,
    /// The viewer's masks in one.
    pub(super) mask: Option<Mask>,
}

impl<'a> Panel<'a> {
    /// Holds every index, size and coordinate against its bounds and sorts the drawings by frame and viewer.
    pub(super) fn new(drawings: &'a Drawings<'a>) -> Result<Self, DrawnError> {
        check(drawings)?;
        // Frame, named before anonymous, annotator; then whether it is a mere viewing, and the drawing's position.
        let mut entries: Vec<(u32, bool, u32, bool, u32)> = Vec::new();
        let entry = |frame: u32, annotator: Option<u32>, viewing: bool, position: usize| {
            (frame, annotator.is_none(), annotator.unwrap_or(0), viewing, position as u32)
        };
        entries.extend(drawings.drawings.iter().enumerate().map(|(at, d)| entry(d.frame, d.annotator, false, at)));
        match drawings.viewed {
            Viewed::Table(table) => entries.extend(table.iter().map(|v| entry(v.frame, v.annotator, true, 0))),
            Viewed::Assumed(Unviewed::DrawnOnly) => {}
            Viewed::Assumed(Unviewed::All) => {
                let frames = 0..drawings.frames.len() as u32;
                let annotators = drawings.annotators as u32;
                entries.extend(frames.flat_map(|f| (0..annotators).map(move |a| entry(f, Some(a), true, 0))));
            }
        }
        entries.sort_unstable();

        let listed = matches!(drawings.viewed, Viewed::Table(_));
        let (mut viewers, mut order, mut unlisted) = (Vec::new(), Vec::new(), 0);
        let mut starts = Vec::with_capacity(drawings.frames.len() + 1);
        for of_frame in entries.chunk_by(|a, b| a.0 == b.0) {
            starts.resize(of_frame[0].0 as usize + 1, viewers.len());
            for group in of_frame.chunk_by(|a, b| (a.1, a.2) == (b.1, b.2)) {
                let drawn = group.iter().filter(|entry| !entry.3).count();
                let begin = order.len();
                order.extend(group[..drawn].iter().map(|entry| entry.4));
                if !group[0].1 {
                    viewers.push(Viewer { annotator: Some(group[0].2), begin, end: order.len() });
                    unlisted += u64::from(listed && drawn == group.len());
                    continue;
                }
                // Nobody knows which anonymous viewing goes with which drawing: as many people looked as there are of
                // either, whichever is more.
                let one = |at: usize| Viewer { annotator: None, begin: begin + at, end: begin + at + 1 };
                viewers.extend((0..drawn).map(one));
                let idle = Viewer { annotator: None, begin, end: begin };
                viewers.extend((drawn..group.len() - drawn).map(|_| idle));
                unlisted += if listed { (2 * drawn).saturating_sub(group.len()) as u64 } else { 0 };
            }
        }
        starts.resize(drawings.frames.len() + 1, viewers.len());
        Ok(Self { drawings, viewers, starts, order, unlisted })
    }

    pub(super) fn frame(&self, frame: usize) -> &'a Frame {
        &self.drawings.frames[frame]
    }

    pub(super) fn viewers(&self, frame: usize) -> &[Viewer] {
        &self.viewers[self.starts[frame]..self.starts[frame + 1]]
    }

    /// The frames anybody looked at.
    fn viewed(&self) -> impl Iterator<Item = &'a Frame> + '_ {
        (0..self.drawings.frames.len()).filter(|frame| !self.viewers(*frame).is_empty()).map(|frame| self.frame(frame))
    }

    /// Fails where a length is in mm and a viewed frame has no scale. As a `width` it matters only if something takes a
    /// width to become a mask.
    pub(super) fn require(&self, name: &'static str, length: Length, width: bool) -> Result<(), DrawnError> {
        let takes_width = |drawing: &Drawing<'_>| match drawing.content {
            Content::Shapes(shapes) => shapes.iter().any(|shape| !matches!(shape, Shape::Polygon(_))),
            Content::Mask(_) => false,
        };
        if width && !self.drawings.drawings.iter().any(takes_width) {
            return Ok(());
        }
        length.require(name, self.viewed())
    }

    /// What each viewer of `frame` drew, placed in the frame.
    pub(super) fn sheets(&self, frame: usize, counts: &mut Counts) -> Result<Vec<Sheet>, DrawnError> {
        let size = self.frame(frame);
        let mut sheets = Vec::new();
        for viewer in self.viewers(frame) {
            let own = &self.order[viewer.begin..viewer.end];
            let mut sheet = Sheet { annotator: viewer.annotator, shapes: Vec::new(), mask: None };
            for &position in own {
                match self.drawings.drawings[position as usize].content {
                    Content::Shapes(shapes) => {
                        let placed =
                            shapes.iter().filter_map(|s| place(s, self.drawings.unit, size, &mut counts.clipped));
                        sheet.shapes.extend(placed);
                    }
                    Content::Mask(number) => {
                        let error = |reason| DrawnError::Mask { position: position as usize, mask: number, reason };
                        let mask = (self.drawings.masks)(number).map_err(error)?;
                        if mask.size() != [size.width, size.height] {
                            let ([w, h], Frame { width, height, .. }) = (mask.size(), size);
                            return Err(error(format!("{w} × {h} pixels on a frame of {width} × {height}")));
                        }
                        match &mut sheet.mask {
                            Some(all) => all.unite(&mask),
                            none => *none = Some(mask),
                        }
                    }
                }
            }
            counts.repeated += drop_repeated(&mut sheet.shapes);
            sheets.push(sheet);
        }
        Ok(sheets)
    }
}

impl Sheet {
    /// What the viewer drew as a mask, lines and points as wide as `width`.
    pub(super) fn to_mask(&self, frame: &Frame, width: &Ruler) -> Mask {
        let mut all = rasterise(&self.shapes, frame, width);
        if let Some(mask) = &self.mask {
            all.unite(mask);
        }
        all
    }
}

/// What was found on the way and is worth a line in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Shapes that leave their frame.
    pub clipped: Clipped,
    /// Shapes that repeat another of the same annotator on the same frame, position for position; they count once.
    pub repeated: u64,
    /// Annotators who drew on a frame that the table of viewings does not list for them; drawing is viewing.
    pub unlisted: u64,
    /// Frames nobody viewed.
    pub unviewed: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.clipped.add(other.clipped);
        self.repeated += other.repeated;
        self.unlisted += other.unlisted;
        self.unviewed += other.unviewed;
    }
}

/// Removes shapes equal to an earlier one; how many there were.
fn drop_repeated(shapes: &mut Vec<Shape>) -> u64 {
    let before = shapes.len();
    let bits = |shape: &Shape| -> Vec<u64> {
        // Adding 0 makes the two zeros one.
        shape.positions().flatten().map(|coordinate| (coordinate + 0.0).to_bits()).collect()
    };
    let mut seen = std::collections::BTreeSet::new();
    shapes.retain(|shape| seen.insert((shape.noun(), bits(shape))));
    (before - shapes.len()) as u64
}

/// Holds every index, size and coordinate against its bounds.
fn check(drawings: &Drawings<'_>) -> Result<(), DrawnError> {
    for (frame, size) in drawings.frames.iter().enumerate() {
        let &Frame { width, height, mm_per_pixel } = size;
        let pixels = u64::from(width) * u64::from(height);
        let scaled = mm_per_pixel.is_none_or(|scale| scale.iter().all(|mm| mm.is_finite() && *mm > 0.0));
        if !(1..=MAX_PIXELS).contains(&pixels) || !scaled {
            return Err(DrawnError::Frame { frame, width, height, mm_per_pixel, most: MAX_PIXELS });
        }
    }
    let indexed = |table, position, frame: u32, annotator: Option<u32>| {
        let annotator = annotator.map(|annotator| ("annotator", annotator, drawings.annotators));
        let mut indices = std::iter::once(("frame", frame, drawings.frames.len())).chain(annotator);
        match indices.find(|(_, index, len)| *index as usize >= *len) {
            None => Ok(()),
            Some((noun, index, len)) => {
                Err(DrawnError::OutOfRange { table, position, noun, index: index as usize, len })
            }
        }
    };
    if let Viewed::Table(table) = drawings.viewed {
        table.iter().enumerate().try_for_each(|(at, row)| indexed("viewing", at, row.frame, row.annotator))?;
    }
    let (mut with_positions, mut far, mut first) = (0, 0, None);
    for (position, drawing) in drawings.drawings.iter().enumerate() {
        indexed("drawing", position, drawing.frame, drawing.annotator)?;
        let Content::Shapes(shapes) = drawing.content else { continue };
        let (frame, mut outlier) = (&drawings.frames[drawing.frame as usize], None);
        let [width, height] = frame.extent();
        for &[x, y] in shapes.iter().flat_map(Shape::positions) {
            // Not a number is in no range.
            if !(x.abs() <= MAX_COORDINATE && y.abs() <= MAX_COORDINATE) {
                return Err(DrawnError::Coordinate { position, x, y });
            }
            let [px, py] = drawings.unit.to_pixels([x, y], frame);
            if !((-width..=2.0 * width).contains(&px) && (-height..=2.0 * height).contains(&py)) {
                outlier.get_or_insert([x, y]);
            }
        }
        with_positions += usize::from(shapes.iter().any(|shape| shape.positions().next().is_some()));
        if let Some(outlier) = outlier {
            far += 1;
            first.get_or_insert((position, outlier, frame));
        }
    }
    if let Some((position, [x, y], &Frame { width, height, .. })) = first
        && far as f64 > FAR_SHARE * with_positions as f64
    {
        let unit = drawings.unit.name();
        return Err(DrawnError::Unit { far, drawings: with_positions, position, x, y, width, height, unit });
    }
    let anonymous = drawings.drawings.iter().filter(|drawing| drawing.annotator.is_none()).count();
    if matches!(drawings.viewed, Viewed::Assumed(Unviewed::All)) && anonymous > 0 {
        return Err(DrawnError::Anonymous { anonymous, drawings: drawings.drawings.len() });
    }
    Ok(())
}

/// Fails where the flag is up.
pub(super) fn go_on(cancel: &AtomicBool) -> Result<(), DrawnError> {
    if cancel.load(Ordering::Relaxed) { Err(DrawnError::Cancelled) } else { Ok(()) }
}
