//! What is done to each frame, as it is written in an experiment file.

use serde::{Deserialize, Serialize};

use super::GeometryError;
use crate::decode::Size;

/// What is done to each frame, in this order: marks and everything outside the fan are blanked, grey levels stretched, the
/// frame cropped, padded and resized.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What of the frame is the picture.
    pub mask: Mask,
    /// What the frame is cropped to.
    pub crop: Crop,
    /// Blank is added on both sides until width and height stand in this ratio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pad: Option<Ratio>,
    /// Size of the frames in pixels. Absent: as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// How they are resized.
    pub resize: Resize,
    /// Polar coordinates in place of crop, padding and resizing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polar: Option<Polar>,
    /// Grey levels.
    pub intensity: Intensity,
    /// Whether burned-in text must be gone.
    pub deidentify: Deidentify,
    /// What to do with near-black frames at the beginning and the end of a clip.
    pub title_frames: TitleFrames,
}

/// What of the frame is the picture; all else is blanked: with the shade of the clip's own ground where `auto` knows it,
/// else with 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mask {
    /// All of it.
    #[default]
    None,
    /// The fan between four corners of a table.
    Corners,
    /// The region of tissue that a DICOM file tells of.
    Regions,
    /// What moves or is bright and hangs together, without burned-in marks.
    Auto,
}

/// What the frame is cropped to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Crop {
    /// Not at all.
    #[default]
    None,
    /// The bounds of the mask, or the crop of a table.
    Fan,
}

/// A ratio of width to height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    pub width: u32,
    pub height: u32,
}

/// How frames are resized.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resize {
    /// A triangle filter, as wide as the reduction, so that speckle does not alias.
    #[default]
    Bilinear,
    /// The mean over the area each pixel covers, as OpenCV's `INTER_AREA` when shrinking.
    Area,
    /// Between the four nearest pixel centres, without a filter: speckle aliases when shrinking. OpenCV's `INTER_LINEAR`;
    /// scikit-image's `resize` without antialiasing, as Lucassen et al. 2023 use it.
    Interpolate,
}

/// Polar coordinates: a row is a depth, a column an angle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polar {
    /// Columns, from the left side of the fan to the right.
    pub angles: u32,
    /// Rows, from the transducer down.
    pub depths: u32,
}

/// Grey levels of the frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Intensity {
    /// As stored.
    #[default]
    AsStored,
    /// Linear from black at one percentile of the clip's grey levels inside the mask to white at another; 0 is left out,
    /// and the mask's edge is followed in squares of 16 pixels.
    Percentiles { low: f64, high: f64 },
}

/// Whether burned-in text must be gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deidentify {
    /// What `mask` leaves, stays.
    #[default]
    None,
    /// Everything outside the fan is blank; without a mask this is refused.
    BlankOutsideFan,
}

/// What to do with near-black frames at the beginning and the end of a clip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TitleFrames {
    /// They stay.
    #[default]
    Keep,
    /// They are left out before frames are chosen.
    Drop,
}

/// The most pixels on one side of a frame kept.
const LARGEST: u32 = 16384;

impl Settings {
    /// Whether the plan depends on what all frames show.
    #[must_use]
    pub fn needs_statistics(&self) -> bool {
        self.mask == Mask::Auto || self.intensity != Intensity::AsStored || self.title_frames == TitleFrames::Drop
    }

    /// Refuses settings without a meaning.
    ///
    /// # Errors
    /// Which, and what to give.
    pub fn check(&self) -> Result<(), GeometryError> {
        let refused = |name, value: String, remedy| Err(GeometryError::Setting { name, value, remedy });
        if let Some(Size { width, height }) = self.size
            && (width == 0 || height == 0)
        {
            return refused("size", format!("{width} x {height}"), "give `{ width = 96, height = 96 }`");
        }
        if let Some(Size { width, height }) = self.size
            && (width > LARGEST || height > LARGEST)
        {
            return refused("size", format!("{width} x {height}"), "give at most 16384 pixels on each side");
        }
        if let Some(Ratio { width, height }) = self.pad
            && (width == 0 || height == 0 || width > 1000 || height > 1000)
        {
            return refused("pad", format!("{width} : {height}"), "give a ratio, such as `{ width = 3, height = 2 }`");
        }
        if let Intensity::Percentiles { low, high } = self.intensity
            && !(0.0 <= low && low < high && high <= 100.0)
        {
            let remedy = "give percent, low below high, such as `percentiles = { low = 1.0, high = 99.0 }`";
            return refused("intensity", format!("percentiles from {low} to {high}"), remedy);
        }
        if self.deidentify == Deidentify::BlankOutsideFan && self.mask == Mask::None {
            let remedy = "say where the fan is: `mask = \"auto\"`, \"corners\" or \"regions\"";
            return refused("deidentify", "\"blank-outside-fan\" without a mask".to_owned(), remedy);
        }
        if let Some(Polar { angles, depths }) = self.polar {
            if !(1..=LARGEST).contains(&angles) || !(1..=LARGEST).contains(&depths) {
                let value = format!("{angles} angles × {depths} depths");
                return refused("polar", value, "give at least 1 and at most 16384 of each");
            }
            if !matches!(self.mask, Mask::Corners | Mask::Auto) {
                let remedy = "say where the sides of the fan meet: `mask = \"corners\"`, or \"auto\" to find them";
                return refused("polar", "given without a fan".to_owned(), remedy);
            }
            if self.size.is_some() || self.pad.is_some() || self.crop != Crop::None {
                let remedy = "its `angles` and `depths` are the size; leave `size`, `pad` and `crop` out";
                return refused("polar", "given beside `size`, `pad` or `crop`".to_owned(), remedy);
            }
        }
        Ok(())
    }
}
