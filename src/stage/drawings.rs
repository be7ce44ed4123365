//! What a `Lines` artifact says of its decided frames, as shapes and masks.

use std::{collections::HashMap, sync::atomic::AtomicBool};

use super::StageError;
use crate::{
    artifact::{
        Folder,
        labels::Rater,
        lines::{self, Found, Frame},
    },
    crowd::drawn::{
        self, Content, Drawing, Drawings, Length, Mask, Method, PixelMajority, Shape, Unit, Unviewed, Viewed,
    },
    store::Stored,
};

/// The decided frames, and what was found on them.
#[derive(Debug)]
pub(super) struct Drawn<'s> {
    folder: Stored<'s>,
    pub(super) found: Found,
    pub(super) frames: Vec<Frame>,
    /// Lines or origins of each frame, in pixels of the source; of masks nothing.
    pub(super) shapes: Vec<Vec<Shape>>,
    /// Frames that were not decided.
    pub(super) undecided: usize,
}

impl<'s> Drawn<'s> {
    /// Whether an artifact is one of drawings.
    pub(super) fn is(folder: &Stored<'_>) -> bool {
        folder.tree().files.contains_key(lines::FRAMES) && folder.tree().files.contains_key(lines::AGGREGATION)
    }

    pub(super) fn read(folder: Stored<'s>) -> Result<Self, StageError> {
        let found = lines::read_aggregation(&folder)?.found;
        let all = lines::read_frames(&folder)?;
        let undecided = all.iter().filter(|frame| !frame.decided).count();
        let frames: Vec<Frame> = all.into_iter().filter(|frame| frame.decided).collect();
        let index: HashMap<(&str, u32), usize> =
            frames.iter().enumerate().map(|(at, frame)| ((frame.clip.as_str(), frame.frame), at)).collect();
        let mut shapes = vec![Vec::new(); frames.len()];
        for line in lines::read_lines(&folder)? {
            let [x1, y1, x2, y2] = line.ends;
            if let Some(at) = index.get(&(line.clip.as_str(), line.frame)) {
                shapes[*at].push(Shape::Line(vec![[x1, y1], [x2, y2]]));
            }
        }
        for origin in lines::read_origins(&folder)? {
            if let Some(at) = index.get(&(origin.clip.as_str(), origin.frame)) {
                shapes[*at].push(Shape::Point(origin.position));
            }
        }
        drop(index);
        Ok(Self { folder, found, frames, shapes, undecided })
    }

    /// Whether anything was found on a frame.
    pub(super) fn is_empty(&self, at: usize) -> bool {
        self.frames[at].found == Some(0)
    }

    /// The pixels of frame `at`: its mask, or its lines and origins made `width` wide.
    pub(super) fn mask(&self, at: usize, width: Option<Length>) -> Result<Mask, StageError> {
        let frame = &self.frames[at];
        match (self.found, width) {
            (Found::Pixels, _) => {
                let pixels = lines::read_mask(&self.folder, frame)?;
                let set: Vec<bool> = pixels.iter().map(|pixel| *pixel > 0).collect();
                Mask::from_pixels(frame.width, frame.height, &set)
                    .ok_or_else(|| StageError::Failed(format!("the mask of `{}` has another size", frame.clip)))
            }
            (_, Some(width)) => rasterised(&self.shapes[at], &size(frame), width),
            (_, None) => Err(StageError::Failed("lines without a width have no pixels".to_owned())),
        }
    }

    /// Who drew, as raters of labels: everything they looked at counts.
    pub(super) fn raters(&self) -> Result<Vec<Rater>, StageError> {
        raters(&self.folder)
    }
}

/// Who drew, as raters of labels.
pub(super) fn raters(folder: &Stored<'_>) -> Result<Vec<Rater>, StageError> {
    let of = |rater: lines::Rater| Rater {
        annotator: rater.annotator,
        group: rater.group,
        opinions: rater.viewed as f64,
        counted: rater.viewed as f64,
        skill: None,
        known_seen: None,
        known_accuracy: None,
        confusion: None,
    };
    Ok(lines::read_raters(folder)?.into_iter().map(of).collect())
}

/// A frame as drawings know it.
pub(super) fn size(frame: &Frame) -> drawn::Frame {
    drawn::Frame { width: frame.width, height: frame.height, mm_per_pixel: frame.mm_per_pixel }
}

/// The upper ends of lines, and points as they are.
pub(super) fn origins(shapes: &[Shape]) -> Vec<Shape> {
    let upper = |line: &[[f64; 2]]| {
        let (first, last) = (line[0], line[line.len() - 1]);
        if (last[1], last[0]) < (first[1], first[0]) { last } else { first }
    };
    let origin = |shape: &Shape| match shape {
        Shape::Line(line) => Shape::Point(upper(line)),
        other => other.clone(),
    };
    shapes.iter().map(origin).collect()
}

/// The pixels of shapes in pixels of the source, lines and points made `width` wide.
pub(super) fn rasterised(shapes: &[Shape], frame: &drawn::Frame, width: Length) -> Result<Mask, StageError> {
    let one = [Drawing { frame: 0, annotator: Some(0), content: Content::Shapes(shapes) }];
    let drawings = Drawings {
        drawings: &one,
        viewed: Viewed::Assumed(Unviewed::All),
        frames: std::slice::from_ref(frame),
        annotators: 1,
        unit: Unit::Pixels,
        masks: &drawn::no_masks,
    };
    let wide = match width {
        Length::Mm(mm) => PixelMajority { width_mm: Some(mm), ..PixelMajority::default() },
        Length::Px(px) => PixelMajority { width_px: Some(px), ..PixelMajority::default() },
        Length::Percent(percent) => PixelMajority { width_percent: Some(percent), ..PixelMajority::default() },
    };
    let mut mask = Mask::empty(frame.width, frame.height);
    let mut take = |consensus: drawn::Consensus| {
        if let drawn::Drawn::Mask(found) = consensus.drawn {
            mask = found.mask;
        }
        Ok::<(), drawn::DrawnError>(())
    };
    drawn::aggregate(&Method::PixelMajority(wide), &drawings, &AtomicBool::new(false), |_, consensus| take(consensus))
        .map_err(|error| StageError::Input(error.to_string()))?;
    Ok(mask)
}
