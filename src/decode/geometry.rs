//! From the frame as stored to the frame kept: fan, crop, padding, size, grey levels; and where a point goes on the way.
//!
//! Points are continuous: the pixel in column 0 and row 0 covers `[0, 1) × [0, 1)`, so that percent of width and height,
//! as annotation tools write them, need no shift by half a pixel. The map is that of Lucassen et al. 2023 (arXiv
//! 2302.07844): `(p - crop + pad) · scale`, along each axis with its own scale.

mod auto;
mod error;
mod fan;
mod intensity;
mod map;
mod marks;
mod polar;
mod resize;
mod settings;
mod statistics;

#[cfg(test)]
mod tests;

use image::{GrayImage, Luma};
use serde::{Deserialize, Serialize};

pub use error::GeometryError;
pub use fan::{Corners, Fan};
pub use map::{Geometry, Point, Rectangle};
pub use resize::resized;
pub use settings::{Crop, Deidentify, Intensity, Mask, Polar, Ratio, Resize, Settings, TitleFrames};
pub use statistics::Statistics;

use super::{Region, Size};
use marks::Mark;

/// What is known of one clip beside its pixels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hints {
    /// The corners of the fan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corners: Option<Corners>,
    /// What to crop to, in place of the fan's bounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crop: Option<Rectangle>,
    /// Regions the file tells of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// Millimetres a pixel of the source along x and y.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mm_per_pixel: Option<[f64; 2]>,
}

impl Hints {
    /// Takes what the file says where nothing was given: its regions, and the scale of the largest one of tissue or else
    /// `scale`, which is told of the whole picture.
    pub(super) fn add(&mut self, regions: &[Region], scale: Option<[f64; 2]>) {
        if self.regions.is_empty() {
            self.regions = regions.to_vec();
        }
        if self.mm_per_pixel.is_none() {
            self.mm_per_pixel = self.tissue().and_then(|region| region.mm_per_pixel).or(scale);
        }
    }

    /// The largest region with a picture of tissue.
    fn tissue(&self) -> Option<&Region> {
        let area = |region: &&Region| {
            let side = |first: u32, last: u32| u64::from(last.saturating_sub(first)) + 1;
            side(region.left, region.right) * side(region.top, region.bottom)
        };
        // The first of equal ones.
        self.regions.iter().rev().filter(|region| region.tissue).max_by_key(area)
    }
}

/// What was noticed in a clip.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The share of the source frame that is fan; nothing where no fan was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fan_share: Option<f64>,
    /// Burned-in marks inside the fan, such as letters, that were filled with what is around them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub marks: Vec<Rectangle>,
    /// Near-black frames at the beginning or the end, by number; known only where the clip was surveyed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub title_frames: Vec<usize>,
}

/// What is to be seen of a frame.
#[derive(Debug, Clone)]
enum Shown {
    All,
    Fan(Fan),
    Rectangle(Rectangle),
    /// Of each row the first column and the one after the last.
    Rows(Vec<(u32, u32)>),
}

/// The plan for one clip.
#[derive(Debug, Clone)]
pub struct Plan {
    geometry: Geometry,
    findings: Findings,
    shown: Shown,
    marks: Vec<Mark>,
    levels: Option<Box<[u8; 256]>>,
    resize: Resize,
    dropped: Vec<usize>,
    /// What is blank gets this shade: the ground of the clip where it is known, since black is coded as 16 in most videos
    /// and a step from there to 0 would draw the outline of the mask.
    blank: u8,
}

impl Plan {
    /// For clips whose frames have that size. `statistics` are needed where [`Settings::needs_statistics`].
    ///
    /// # Errors
    /// What the settings ask for and this clip does not have.
    pub fn new(
        width: u32,
        height: u32,
        settings: &Settings,
        hints: &Hints,
        statistics: Option<&Statistics>,
    ) -> Result<Self, GeometryError> {
        let whole = Rectangle::of(width, height);
        let surveyed = || statistics.filter(|s| s.frames() > 0).ok_or(GeometryError::NoFan);
        let mut findings = Findings::default();
        let mut marks = Vec::new();
        let shown = match settings.mask {
            Mask::None => Shown::All,
            Mask::Corners => Shown::Fan(Fan::new(hints.corners.as_ref().ok_or(GeometryError::NoCorners)?)?),
            Mask::Regions => {
                let region = hints.tissue().ok_or(GeometryError::NoRegions)?;
                Shown::Rectangle(Rectangle::of_region(region).within(&whole).ok_or(GeometryError::Outside)?)
            }
            Mask::Auto => {
                marks = marks::found(surveyed()?);
                Shown::Rows(auto::rows(surveyed()?, &marks).ok_or(GeometryError::NoFan)?)
            }
        };
        let bounds = shown.bounds(&whole).ok_or(GeometryError::Outside)?;
        if settings.mask != Mask::None {
            let area = f64::from(width) * f64::from(height);
            findings.fan_share = Some(shown.area(&whole) as f64 / area);
        }
        let crop = match (settings.crop, hints.crop) {
            (Crop::None, _) => whole,
            (Crop::Fan, Some(crop)) => crop.within(&whole).ok_or(GeometryError::Outside)?,
            (Crop::Fan, None) => bounds,
        };
        if let Some(statistics) = statistics {
            findings.title_frames = statistics.title_frames();
        }
        findings.marks = marks.iter().map(|mark| mark.inside).collect();
        let dropped = match settings.title_frames {
            TitleFrames::Keep => Vec::new(),
            TitleFrames::Drop => findings.title_frames.clone(),
        };
        let levels = match settings.intensity {
            Intensity::AsStored => None,
            Intensity::Percentiles { low, high } => Some(Box::new(intensity::levels(surveyed()?, low, high))),
        };
        let fan = match (&shown, settings.polar) {
            (_, None) => None,
            (Shown::Fan(fan), Some(_)) => Some(fan),
            (_, Some(_)) => return Err(GeometryError::NoApex),
        };
        let geometry = Geometry::new(Size { width, height }, crop, settings, fan, hints.mm_per_pixel)?;
        let blank = if settings.mask == Mask::Auto { surveyed()?.ground() } else { 0 };
        Ok(Self { geometry, findings, shown, marks, levels, resize: settings.resize, dropped, blank })
    }

    /// The frame kept of a frame of the clip.
    #[must_use]
    pub fn apply(&self, frame: &GrayImage) -> GrayImage {
        let mut frame = frame.clone();
        for mark in &self.marks {
            mark.fill(&mut frame);
        }
        self.shown.blank(&mut frame, self.blank);
        if let Some(levels) = &self.levels {
            frame.pixels_mut().for_each(|pixel| pixel.0[0] = levels[usize::from(pixel.0[0])]);
        }
        if let Some(polar) = self.geometry.polar() {
            return polar::image(&frame, polar);
        }
        let blank = self.levels.as_ref().map_or(self.blank, |levels| levels[usize::from(self.blank)]);
        let frame = self.geometry.cut(frame, blank);
        resized(frame, self.geometry.size, self.resize)
    }

    /// The map of points.
    #[must_use]
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// What was noticed.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Frames that are left out of the choice, ascending.
    #[must_use]
    pub fn dropped_frames(&self) -> &[usize] {
        &self.dropped
    }
}

impl Shown {
    /// The columns of a row that are shown: the first and the one after the last.
    fn row(&self, row: u32, whole: &Rectangle) -> (u32, u32) {
        match self {
            Self::All => (0, whole.right),
            Self::Fan(fan) => fan.row(row, whole.right),
            Self::Rectangle(shown) if (shown.top..shown.bottom).contains(&row) => (shown.left, shown.right),
            Self::Rectangle(_) => (0, 0),
            Self::Rows(rows) => rows.get(row as usize).copied().unwrap_or((0, 0)),
        }
    }

    fn bounds(&self, whole: &Rectangle) -> Option<Rectangle> {
        let mut bounds: Option<Rectangle> = None;
        for row in 0..whole.bottom {
            let (left, right) = self.row(row, whole);
            if left < right {
                let here = Rectangle { left, top: row, right, bottom: row + 1 };
                bounds = Some(bounds.map_or(here, |bounds| bounds.around(&here)));
            }
        }
        bounds
    }

    fn area(&self, whole: &Rectangle) -> u64 {
        let width = |(left, right): (u32, u32)| u64::from(right.saturating_sub(left));
        (0..whole.bottom).map(|row| width(self.row(row, whole))).sum()
    }

    /// Blanks what is not shown. A fan's top arc is no span of columns, so its pixels are asked one by one.
    fn blank(&self, frame: &mut GrayImage, shade: u8) {
        if matches!(self, Self::All) {
            return;
        }
        let whole = Rectangle::of(frame.width(), frame.height());
        for (row, pixels) in frame.rows_mut().enumerate() {
            let row = row as u32;
            let (left, right) = self.row(row, &whole);
            for (column, pixel) in pixels.enumerate() {
                let column = column as u32;
                let outside = match self {
                    Self::Fan(fan) => !fan.contains(f64::from(column) + 0.5, f64::from(row) + 0.5),
                    _ => !(left..right).contains(&column),
                };
                if outside {
                    *pixel = Luma([shade]);
                }
            }
        }
    }
}
