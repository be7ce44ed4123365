//! Scan conversion undone: a fan to a rectangle whose rows are depths and whose columns are angles.

use image::{GrayImage, Luma};

use super::fan::Sector;
use crate::decode::Size;

/// The fan's picture in polar coordinates, by bilinear interpolation between the centres of the source's pixels.
pub(super) fn image(frame: &GrayImage, (sector, size): (&Sector, Size)) -> GrayImage {
    GrayImage::from_fn(size.width, size.height, |x, y| {
        let share = |at: u32, of: u32| (f64::from(at) + 0.5) / f64::from(of);
        let angle = sector.left + share(x, size.width) * (sector.right - sector.left);
        let radius = sector.inner + share(y, size.height) * (sector.outer - sector.inner);
        let (x, y) = sector.point(radius, angle);
        Luma([sample(frame, x - 0.5, y - 0.5)])
    })
}

/// The grey level between pixel centres; beyond the frame it is black.
fn sample(frame: &GrayImage, x: f64, y: f64) -> u8 {
    let (left, top) = (x.floor(), y.floor());
    let (right_share, lower_share) = (x - left, y - top);
    let at = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(frame.width()) && y < f64::from(frame.height());
        if inside { f64::from(frame.get_pixel(x as u32, y as u32).0[0]) } else { 0.0 }
    };
    let row = |y: f64| at(left, y) * (1.0 - right_share) + at(left + 1.0, y) * right_share;
    (row(top) * (1.0 - lower_share) + row(top + 1.0) * lower_share + 0.5) as u8
}
