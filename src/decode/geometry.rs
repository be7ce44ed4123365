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
mod outline;
mod polar;
mod resize;
mod settings;
mod shown;
mod sides;
mod statistics;

#[cfg(test)]
mod tests;

use image::GrayImage;
use serde::{Deserialize, Serialize};

pub use error::GeometryError;
pub use fan::{Corners, Fan};
pub use map::{Geometry, Point, Rectangle};
pub use resize::resized;
pub use settings::{Crop, Deidentify, Intensity, Mask, Polar, Ratio, Resize, Settings, TitleFrames};
pub use statistics::Statistics;

use super::{Region, Size};
use marks::Mark;
use shown::Shown;
use sides::Straight;

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
    /// As what `mask = "auto"` found the fan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub found: Option<Found>,
    /// Burned-in marks inside the fan, such as letters, that were filled with what is around them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub marks: Vec<Rectangle>,
    /// Near-black frames at the beginning or the end, by number; known only where the clip was surveyed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub title_frames: Vec<usize>,
}

/// As what a fan was found in a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// Sides that meet and arcs about that point; each side was seen on at least so many rows.
    Fan { rows: usize },
    /// One side, seen on so many rows; the other is taken to lean the same way and to touch the picture.
    HalfFan { rows: usize },
    /// Upright sides.
    Rectangle { rows: usize },
    /// No straight sides, such as where the frame cuts them off: the convex hull of what moves or is bright. What is dark
    /// at the edge of such a clip is blanked.
    Outline,
}

impl Found {
    /// The word for it in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fan { .. } => "fan",
            Self::HalfFan { .. } => "half-fan",
            Self::Rectangle { .. } => "rectangle",
            Self::Outline => "outline",
        }
    }
}

/// The plan for one clip.
#[derive(Debug, Clone)]
pub struct Plan {
    geometry: Geometry,
    findings: Findings,
    shown: Option<Shown>,
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
        let size = (width, height);
        let mut fan = None;
        let (shown, found) = match settings.mask {
            Mask::None => (None, None),
            Mask::Corners => {
                let given = Fan::new(hints.corners.as_ref().ok_or(GeometryError::NoCorners)?)?;
                let shown = Shown::fan(&given, size);
                fan = Some(given);
                (Some(shown), None)
            }
            Mask::Regions => {
                let region = hints.tissue().ok_or(GeometryError::NoRegions)?;
                let region = Rectangle::of_region(region).within(&whole).ok_or(GeometryError::Outside)?;
                (Some(Shown::rectangle(&region, size)), None)
            }
            Mask::Auto => {
                marks = marks::found(surveyed()?);
                let seen = auto::seen(surveyed()?, &marks).ok_or(GeometryError::NoFan)?;
                let (shown, found) = match sides::straight(&seen, size) {
                    Some((Straight::Fan(straight), found)) => {
                        let shown = Shown::fan(&straight, size);
                        fan = Some(straight);
                        (shown, found)
                    }
                    Some((Straight::Rectangle(rectangle), found)) => (Shown::rectangle(&rectangle, size), found),
                    None => (Shown::rows(&seen.all.hull_rows(), size), Found::Outline),
                };
                (Some(shown), Some(found))
            }
        };
        let bounds = match &shown {
            Some(shown) => shown.bounds().ok_or(GeometryError::Outside)?,
            None => whole,
        };
        findings.fan_share = shown.as_ref().map(Shown::share);
        findings.found = found;
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
            Intensity::Percentiles { low, high } => {
                Some(Box::new(intensity::levels(surveyed()?, shown.as_ref(), low, high)))
            }
        };
        let geometry = Geometry::new(Size { width, height }, crop, settings, fan.as_ref(), hints.mm_per_pixel)?;
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
        if let Some(shown) = &self.shown {
            shown.blank(&mut frame, self.blank);
        }
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
