//! From the frame as stored to the frame kept: size.

use image::{
    GrayImage,
    imageops::{self, FilterType},
};
use serde::{Deserialize, Serialize};

use super::{Region, Size};

/// What is done to each frame.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Size of the frames in pixels. Absent: as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
}

/// What is known of one clip beside its pixels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hints {
    /// Regions the file tells of.
    pub regions: Vec<Region>,
    /// Millimetres a pixel of the source along x and y.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mm_per_pixel: Option<[f64; 2]>,
}

impl Hints {
    /// Takes what the file says where nothing was given.
    pub(super) fn add(&mut self, regions: &[Region]) {
        if self.regions.is_empty() {
            self.regions = regions.to_vec();
        }
    }
}

/// Sums over the frames of a clip.
#[derive(Debug, Clone)]
pub struct Statistics;

impl Statistics {
    /// Of frames of that size.
    #[must_use]
    pub fn new(_width: u32, _height: u32) -> Self {
        Self
    }

    /// Adds a frame.
    pub fn add(&mut self, _frame: &GrayImage) {}
}

/// How points of the source map to points of the frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// Width and height of the frames.
    pub size: Size,
}

impl Geometry {
    /// Width and height of the frames.
    #[must_use]
    pub fn output(&self) -> (usize, usize) {
        (self.size.width as usize, self.size.height as usize)
    }

    /// Millimetres a pixel of the frames along x and y, where known.
    #[must_use]
    pub fn output_mm_per_pixel(&self) -> Option<[f64; 2]> {
        None
    }
}

/// What was noticed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {}

/// Why the geometry can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GeometryError {
    /// A setting without a meaning.
    #[error("{name} = {value} is not possible; {remedy}")]
    Setting { name: &'static str, value: String, remedy: &'static str },
}

impl GeometryError {
    /// The setting at fault, what is wrong with it and the remedy, where it is a setting.
    #[must_use]
    pub fn setting(&self) -> Option<(&'static str, String, &'static str)> {
        match self {
            Self::Setting { name, value, remedy } => Some((name, format!("`{name}` is {value}"), remedy)),
        }
    }
}

/// The plan for one clip.
#[derive(Debug, Clone)]
pub struct Plan {
    geometry: Geometry,
    findings: Findings,
}

impl Settings {
    /// Whether the plan depends on what all frames show.
    #[must_use]
    pub fn needs_statistics(&self) -> bool {
        false
    }

    /// Refuses settings without a meaning.
    ///
    /// # Errors
    /// Which, and what to give.
    pub fn check(&self) -> Result<(), GeometryError> {
        match self.size {
            Some(Size { width, height }) if width == 0 || height == 0 => Err(GeometryError::Setting {
                name: "size",
                value: format!("{width} x {height}"),
                remedy: "give at least 1, or leave it out",
            }),
            _ => Ok(()),
        }
    }
}

impl Plan {
    /// For frames of that size.
    ///
    /// # Errors
    /// None yet.
    pub fn new(
        width: u32,
        height: u32,
        settings: &Settings,
        _hints: &Hints,
        _statistics: Option<&Statistics>,
    ) -> Result<Self, GeometryError> {
        let size = settings.size.unwrap_or(Size { width, height });
        Ok(Self { geometry: Geometry { size }, findings: Findings {} })
    }

    /// The frame kept.
    #[must_use]
    pub fn apply(&self, frame: &GrayImage) -> GrayImage {
        shrunk(frame.clone(), self.geometry.size.width, self.geometry.size.height)
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
        &[]
    }
}

/// A frame at another size.
#[must_use]
pub fn shrunk(frame: GrayImage, width: u32, height: u32) -> GrayImage {
    if frame.dimensions() == (width, height) {
        return frame;
    }
    imageops::resize(&frame, width, height, FilterType::Triangle)
}
