//! Some frames of a clip in one small picture, side by side without a gap, to be looked at one after the other.

use std::io::Cursor;

use image::{GrayImage, codecs::jpeg::JpegEncoder, imageops};

use super::{
    DecodeError, Size,
    geometry::{Resize, resized},
};

/// JPEG quality: speckle stays speckle, at a byte for eight pixels or so.
const QUALITY: u8 = 60;

/// A JPEG of frames side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    /// The picture.
    pub jpeg: Vec<u8>,
    /// Width and height of one frame in it.
    pub size: Size,
}

/// The frames of these numbers of `[T,H,W]` grey frames `pixels`, none with a side longer than `longest`; smaller ones are
/// not enlarged. Deterministic bytes.
///
/// # Errors
/// Frames without area, fewer pixels than the shape says, no frame or one that is not there.
pub fn strip(
    [frames, height, width]: [usize; 3],
    pixels: &[u8],
    numbers: &[usize],
    longest: u32,
) -> Result<Strip, DecodeError> {
    let wrong = || DecodeError::Npy(format!("{} pixels are no {frames} frames of {height}×{width}", pixels.len()));
    let area = height * width;
    let held = frames.checked_mul(area) == Some(pixels.len());
    if area == 0 || numbers.is_empty() || !held || numbers.iter().any(|number| *number >= frames) {
        return Err(wrong());
    }
    let (Ok(columns), Ok(rows)) = (u32::try_from(width), u32::try_from(height)) else { return Err(wrong()) };
    let side = columns.max(rows);
    let shrunk = |of: u32| if side > longest { (of * longest / side).max(1) } else { of };
    let size = Size { width: shrunk(columns), height: shrunk(rows) };
    let mut picture = GrayImage::new(size.width * numbers.len() as u32, size.height);
    for (at, number) in numbers.iter().enumerate() {
        let frame = GrayImage::from_raw(columns, rows, pixels[number * area..][..area].to_vec()).ok_or_else(wrong)?;
        let small = resized(frame, size, Resize::Bilinear);
        imageops::replace(&mut picture, &small, i64::from(size.width) * at as i64, 0);
    }
    let mut jpeg = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&picture).map_err(|_| wrong())?;
    Ok(Strip { jpeg: jpeg.into_inner(), size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_stand_side_by_side_in_the_order_asked_for() {
        let pixels: Vec<u8> = [0u8, 80, 160, 240].into_iter().flat_map(|shade| vec![shade; 16 * 32]).collect();
        let strip = strip([4, 16, 32], &pixels, &[3, 1], 16).unwrap();
        assert_eq!(strip.size, Size { width: 16, height: 8 });
        let picture = image::load_from_memory(&strip.jpeg).unwrap().into_luma8();
        assert_eq!(picture.dimensions(), (32, 8));
        let shade = |x: u32| i32::from(picture.get_pixel(x, 4).0[0]);
        assert!((shade(4) - 240).abs() < 8 && (shade(28) - 80).abs() < 8, "{} {}", shade(4), shade(28));
    }

    #[test]
    fn what_is_no_clip_is_refused() {
        assert!(strip([1, 2, 2], &[0; 4], &[], 8).is_err());
        assert!(strip([1, 2, 2], &[0; 4], &[1], 8).is_err());
        assert!(strip([2, 2, 2], &[0; 4], &[0], 8).is_err());
        assert!(strip([1, 0, 2], &[], &[0], 8).is_err());
    }
}
