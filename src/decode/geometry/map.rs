//! Where a point of the source goes.

use image::{GrayImage, imageops};
use serde::{Deserialize, Serialize};

use super::{Fan, GeometryError, Polar, Ratio, Settings, fan::Sector};
use crate::decode::{Region, Size};

/// A point in pixels; the pixel in column 0 and row 0 covers `[0, 1) × [0, 1)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// Pixels from column `left` to before `right` and row `top` to before `bottom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rectangle {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
}

impl Rectangle {
    /// A whole frame.
    pub(super) fn of(width: u32, height: u32) -> Self {
        Self { left: 0, top: 0, right: width, bottom: height }
    }

    /// A region, whose last column and row belong to it.
    pub(super) fn of_region(region: &Region) -> Self {
        Self {
            left: region.left,
            top: region.top,
            right: region.right.saturating_add(1),
            bottom: region.bottom.saturating_add(1),
        }
    }

    /// What of it lies within another; nothing where that is nothing.
    pub(super) fn within(&self, other: &Self) -> Option<Self> {
        let left = self.left.max(other.left);
        let top = self.top.max(other.top);
        let right = self.right.min(other.right);
        let bottom = self.bottom.min(other.bottom);
        (left < right && top < bottom).then_some(Self { left, top, right, bottom })
    }

    /// The smallest that holds both.
    pub(super) fn around(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.right - self.left
    }

    /// Number of rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.bottom - self.top
    }
}

/// How points of the source map to points of the frames kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// Size of the source.
    pub source: Size,
    /// What of it was kept.
    pub crop: Rectangle,
    /// Black columns added on the left and on the right.
    pub pad_x: [u32; 2],
    /// Black rows added above and below.
    pub pad_y: [u32; 2],
    /// Size of the frames kept.
    pub size: Size,
    /// Millimetres a pixel of the source along x and y.
    pub mm_per_pixel: Option<[f64; 2]>,
    /// The fan, where the frames are in polar coordinates.
    #[serde(skip_serializing_if = "Option::is_none")]
    sector: Option<Sector>,
}

impl Geometry {
    pub(super) fn new(
        source: Size,
        crop: Rectangle,
        settings: &Settings,
        fan: Option<&Fan>,
        mm_per_pixel: Option<[f64; 2]>,
    ) -> Result<Self, GeometryError> {
        let sector = match settings.polar {
            Some(_) => Some(*fan.and_then(Fan::sector).ok_or(GeometryError::NoApex)?),
            None => None,
        };
        let (pad_x, pad_y) = settings.pad.map_or(([0, 0], [0, 0]), |ratio| padding(&crop, ratio));
        let as_is = Size { width: crop.width() + pad_x[0] + pad_x[1], height: crop.height() + pad_y[0] + pad_y[1] };
        let size = match settings.polar {
            Some(Polar { angles, depths }) => Size { width: angles, height: depths },
            None => settings.size.unwrap_or(as_is),
        };
        Ok(Self { source, crop, pad_x, pad_y, size, mm_per_pixel, sector })
    }

    pub(super) fn polar(&self) -> Option<(&Sector, Size)> {
        self.sector.as_ref().map(|sector| (sector, self.size))
    }

    /// The frame cropped, and padded with a shade.
    pub(super) fn cut(&self, frame: GrayImage, shade: u8) -> GrayImage {
        let crop = &self.crop;
        let frame = if (crop.width(), crop.height()) == frame.dimensions() {
            frame
        } else {
            imageops::crop_imm(&frame, crop.left, crop.top, crop.width(), crop.height()).to_image()
        };
        if self.pad_x == [0, 0] && self.pad_y == [0, 0] {
            return frame;
        }
        let padded = self.padded();
        let mut canvas = GrayImage::from_pixel(padded[0], padded[1], image::Luma([shade]));
        imageops::replace(&mut canvas, &frame, i64::from(self.pad_x[0]), i64::from(self.pad_y[0]));
        canvas
    }

    fn padded(&self) -> [u32; 2] {
        let [left, right] = self.pad_x;
        let [above, below] = self.pad_y;
        [self.crop.width() + left + right, self.crop.height() + above + below]
    }

    /// Width and height of the frames.
    #[must_use]
    pub fn output(&self) -> (usize, usize) {
        (self.size.width as usize, self.size.height as usize)
    }

    /// Pixels of the frames a pixel of the source becomes, along x and y; of no meaning in polar coordinates.
    #[must_use]
    pub fn scale(&self) -> [f64; 2] {
        let [width, height] = self.padded();
        [f64::from(self.size.width) / f64::from(width), f64::from(self.size.height) / f64::from(height)]
    }

    /// Where a point of the source lies on the frames: `(p - crop + pad) · scale`.
    #[must_use]
    pub fn to_output(&self, point: Point) -> Point {
        if let Some(sector) = &self.sector {
            let (radius, angle) = sector.at(point.x, point.y);
            return Point {
                x: (angle - sector.left) / (sector.right - sector.left) * f64::from(self.size.width),
                y: (radius - sector.inner) / (sector.outer - sector.inner) * f64::from(self.size.height),
            };
        }
        let [x, y] = self.scale();
        Point {
            x: (point.x - f64::from(self.crop.left) + f64::from(self.pad_x[0])) * x,
            y: (point.y - f64::from(self.crop.top) + f64::from(self.pad_y[0])) * y,
        }
    }

    /// Where a point of the frames lies on the source.
    #[must_use]
    pub fn to_source(&self, point: Point) -> Point {
        if let Some(sector) = &self.sector {
            let radius = sector.inner + point.y / f64::from(self.size.height) * (sector.outer - sector.inner);
            let angle = sector.left + point.x / f64::from(self.size.width) * (sector.right - sector.left);
            let (x, y) = sector.point(radius, angle);
            return Point { x, y };
        }
        let [x, y] = self.scale();
        Point {
            x: point.x / x - f64::from(self.pad_x[0]) + f64::from(self.crop.left),
            y: point.y / y - f64::from(self.pad_y[0]) + f64::from(self.crop.top),
        }
    }

    /// A point of the source given in percent of its width and height.
    #[must_use]
    pub fn of_percent(&self, point: Point) -> Point {
        Point { x: point.x / 100.0 * f64::from(self.source.width), y: point.y / 100.0 * f64::from(self.source.height) }
    }

    /// A point of the source in percent of its width and height.
    #[must_use]
    pub fn to_percent(&self, point: Point) -> Point {
        Point { x: point.x * 100.0 / f64::from(self.source.width), y: point.y * 100.0 / f64::from(self.source.height) }
    }

    /// Millimetres a pixel of the frames along x and y; nothing where the scale is not known or not the same everywhere
    /// (polar coordinates).
    #[must_use]
    pub fn output_mm_per_pixel(&self) -> Option<[f64; 2]> {
        let [x, y] = self.scale();
        self.mm_per_pixel.filter(|_| self.sector.is_none()).map(|[mm_x, mm_y]| [mm_x / x, mm_y / y])
    }

    /// The distance of two points of the frames in millimetres, measured on the source.
    #[must_use]
    pub fn distance_mm(&self, one: Point, other: Point) -> Option<f64> {
        let [mm_x, mm_y] = self.mm_per_pixel?;
        let (one, other) = (self.to_source(one), self.to_source(other));
        Some(libm::hypot((one.x - other.x) * mm_x, (one.y - other.y) * mm_y))
    }
}

/// The padding that brings a crop to a ratio: the missing pixels are rounded up, the odd one goes right or below.
fn padding(crop: &Rectangle, ratio: Ratio) -> ([u32; 2], [u32; 2]) {
    let [width, height] = [u64::from(crop.width()), u64::from(crop.height())];
    let [across, down] = [u64::from(ratio.width), u64::from(ratio.height)];
    let halves = |missing: u64| {
        let half = |missing: u64| u32::try_from(missing).unwrap_or(u32::MAX);
        [half(missing / 2), half(missing - missing / 2)]
    };
    if height * across > width * down {
        (halves((height * across).div_ceil(down) - width), [0, 0])
    } else {
        ([0, 0], halves((width * down).div_ceil(across) - height))
    }
}
