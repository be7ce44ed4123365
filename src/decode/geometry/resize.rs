//! Frames of another size.

use image::{
    GrayImage,
    imageops::{self, FilterType},
};

use super::Resize;
use crate::decode::Size;

/// The frame at that size; the aspect ratio is not kept. A frame of that size already is returned unchanged.
#[must_use]
pub fn resized(frame: GrayImage, size: Size, how: Resize) -> GrayImage {
    if frame.dimensions() == (size.width, size.height) {
        return frame;
    }
    match how {
        Resize::Bilinear => imageops::resize(&frame, size.width, size.height, FilterType::Triangle),
        Resize::Area => area(&frame, size),
        Resize::Interpolate => interpolated(&frame, size),
    }
}

/// Each pixel is the mean over the rectangle of the source it covers, parts of pixels by their share.
fn area(frame: &GrayImage, size: Size) -> GrayImage {
    let columns = shares(frame.width(), size.width);
    let rows = shares(frame.height(), size.height);
    let whole = u64::from(frame.width()) * u64::from(frame.height());
    GrayImage::from_fn(size.width, size.height, |x, y| {
        let mut sum = 0;
        for &(row, height) in &rows[y as usize] {
            for &(column, width) in &columns[x as usize] {
                sum += u64::from(frame.get_pixel(column, row).0[0]) * width * height;
            }
        }
        image::Luma([((sum + whole / 2) / whole) as u8])
    })
}

/// Each pixel is interpolated at its centre between the centres of four; beyond the border its pixels go on.
fn interpolated(frame: &GrayImage, size: Size) -> GrayImage {
    let at = |to: u32, from: u32, of: u32| {
        let centre = (f64::from(to) + 0.5) * f64::from(from) / f64::from(of) - 0.5;
        centre.clamp(0.0, f64::from(from) - 1.0)
    };
    GrayImage::from_fn(size.width, size.height, |x, y| {
        image::Luma([between(frame, at(x, frame.width(), size.width), at(y, frame.height(), size.height))])
    })
}

/// The grey level between pixel centres, `(0, 0)` being the first; beyond the frame it is black.
pub(super) fn between(frame: &GrayImage, x: f64, y: f64) -> u8 {
    let (left, top) = (x.floor(), y.floor());
    let (right_share, lower_share) = (x - left, y - top);
    let at = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(frame.width()) && y < f64::from(frame.height());
        if inside { f64::from(frame.get_pixel(x as u32, y as u32).0[0]) } else { 0.0 }
    };
    let row = |y: f64| at(left, y) * (1.0 - right_share) + at(left + 1.0, y) * right_share;
    (row(top) * (1.0 - lower_share) + row(top + 1.0) * lower_share + 0.5) as u8
}

/// Of each pixel of `to`, the pixels of `from` it covers and how much of each, in `1 / to` of a pixel: integers, so that
/// every machine agrees. The shares of a pixel add up to `from`.
fn shares(from: u32, to: u32) -> Vec<Vec<(u32, u64)>> {
    let (from, to) = (u64::from(from), u64::from(to));
    (0..to)
        .map(|at| {
            let (begin, end) = (at * from, (at + 1) * from);
            (begin / to..end.div_ceil(to))
                .map(|pixel| {
                    let covered = end.min((pixel + 1) * to) - begin.max(pixel * to);
                    (u32::try_from(pixel).unwrap_or(u32::MAX), covered)
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// a[y, x] = (x * 19 + y * 31) % 256, 7 rows, 13 columns.
    fn frame() -> GrayImage {
        GrayImage::from_fn(13, 7, |x, y| Luma([(x * 19 + y * 31) as u8]))
    }

    fn close(how: Resize, (width, height): (u32, u32), expected: &[u8]) {
        let small = resized(frame(), Size { width, height }, how);
        assert_eq!(small.dimensions(), (width, height));
        for (ours, theirs) in small.as_raw().iter().zip(expected) {
            assert!(ours.abs_diff(*theirs) <= 1, "{:?}", small.as_raw());
        }
    }

    #[test]
    fn the_same_size_is_the_identity() {
        for how in [Resize::Bilinear, Resize::Area, Resize::Interpolate] {
            assert_eq!(resized(frame(), Size { width: 13, height: 7 }, how), frame());
        }
    }

    #[test]
    fn bilinear_equals_pillow_up_to_rounding() {
        // Pillow 13: Image.fromarray(a).resize((4, 3), Image.BILINEAR)
        close(Resize::Bilinear, (4, 3), &[54, 110, 172, 172, 120, 169, 148, 80, 183, 149, 66, 104]);
    }

    #[test]
    fn area_equals_opencv_up_to_rounding() {
        // OpenCV 5: cv2.resize(a, (4, 3), interpolation=cv2.INTER_AREA)
        close(Resize::Area, (4, 3), AREA_4_3);
        // A whole reduction is the mean of blocks: np.add.reduceat means of 13×7 to 1×1.
        close(Resize::Area, (1, 1), &[(frame().as_raw().iter().map(|p| u32::from(*p)).sum::<u32>() / 91) as u8]);
    }

    #[test]
    fn interpolation_equals_opencv_and_scikit_image_up_to_rounding() {
        // OpenCV 5: cv2.resize(a, (4, 3), interpolation=cv2.INTER_LINEAR)
        close(Resize::Interpolate, (4, 3), &[42, 104, 165, 227, 114, 176, 238, 44, 187, 163, 54, 116]);
        // scikit-image 0.26: resize(a.astype(float), (3, 4), order=1, anti_aliasing=False)
        close(Resize::Interpolate, (4, 3), &[42, 104, 166, 227, 114, 176, 238, 44, 187, 163, 54, 116]);
        // cv2.resize(a, (20, 9), interpolation=cv2.INTER_LINEAR), the first two rows
        let two: &[u8] = &[
            0, 9, 21, 34, 46, 58, 71, 83, 95, 108, 120, 133, 145, 157, 169, 182, 194, 207, 219, 228, 21, 30, 42, 54,
            67, 79, 91, 104, 116, 128, 141, 153, 165, 178, 190, 202, 215, 227, 150, 78,
        ];
        close(Resize::Interpolate, (20, 9), two);
    }

    const AREA_4_3: &[u8] = &[44, 105, 167, 172, 115, 176, 150, 71, 186, 146, 58, 114];
}
