//! Scan conversion undone: a fan to a rectangle whose rows are depths and whose columns are angles.

use image::{GrayImage, Luma};

use super::{fan::Sector, resize::between};
use crate::decode::Size;

/// The fan's picture in polar coordinates, by bilinear interpolation between the centres of the source's pixels.
pub(super) fn image(frame: &GrayImage, (sector, size): (&Sector, Size)) -> GrayImage {
    GrayImage::from_fn(size.width, size.height, |x, y| {
        let share = |at: u32, of: u32| (f64::from(at) + 0.5) / f64::from(of);
        let angle = sector.left + share(x, size.width) * (sector.right - sector.left);
        let radius = sector.inner + share(y, size.height) * (sector.outer - sector.inner);
        let (x, y) = sector.point(radius, angle);
        Luma([between(frame, x - 0.5, y - 0.5)])
    })
}
