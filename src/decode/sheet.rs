//! A contact sheet: some frames of a clip side by side, small, as one PNG.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, imageops};

use super::{
    DecodeError, Size,
    geometry::{Resize, resized},
};

/// Frames on a sheet, at most.
const FRAMES: usize = 8;
/// Frames in a row.
const COLUMNS: usize = 4;
/// Widest and highest a frame stands on the sheet, in pixels; smaller ones are not enlarged.
const SIDE: u32 = 128;
/// Between frames, in pixels.
const GAP: u32 = 2;
/// Shade between frames: neither the black of a fan's surround nor the white of bone.
const SHADE: u8 = 96;

/// A PNG of up to eight frames, spread evenly over `[T,H,W]` grey frames `pixels`, four in a row. Deterministic bytes.
///
/// # Errors
/// Frames without area, or fewer pixels than the shape says.
pub fn contact_sheet([frames, height, width]: [usize; 3], pixels: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let wrong = || DecodeError::Npy(format!("{} pixels are no {frames} frames of {height}×{width}", pixels.len()));
    let area = height * width;
    if area == 0 || frames == 0 || frames.checked_mul(area) != Some(pixels.len()) {
        return Err(wrong());
    }
    let (Ok(columns), Ok(rows)) = (u32::try_from(width), u32::try_from(height)) else { return Err(wrong()) };
    let count = frames.min(FRAMES);
    let shrink = |side: u32, longest: u32| (u64::from(side) * u64::from(SIDE) / u64::from(longest)).max(1) as u32;
    let longest = columns.max(rows);
    let (wide, high) = if longest > SIDE { (shrink(columns, longest), shrink(rows, longest)) } else { (columns, rows) };
    let across = count.min(COLUMNS) as u32;
    let down = count.div_ceil(COLUMNS) as u32;
    let side = |number: u32, size: u32| number * (size + GAP) - GAP;
    let mut sheet = GrayImage::from_pixel(side(across, wide), side(down, high), image::Luma([SHADE]));
    for at in 0..count {
        let frame = (2 * at + 1) * frames / (2 * count);
        let frame = GrayImage::from_raw(columns, rows, pixels[frame * area..][..area].to_vec()).ok_or_else(wrong)?;
        let (column, row) = ((at % COLUMNS) as u32, (at / COLUMNS) as u32);
        let small = resized(frame, Size { width: wide, height: high }, Resize::Bilinear);
        imageops::replace(&mut sheet, &small, i64::from(column * (wide + GAP)), i64::from(row * (high + GAP)));
    }
    let mut png = Cursor::new(Vec::new());
    sheet.write_to(&mut png, ImageFormat::Png).map_err(|_| wrong())?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_stand_in_rows_of_four() {
        let pixels: Vec<u8> = (0..20u8).flat_map(|frame| [frame * 10; 6]).collect();
        let sheet = image::load_from_memory(&contact_sheet([20, 2, 3], &pixels).unwrap()).unwrap().into_luma8();
        assert_eq!(sheet.dimensions(), (4 * 3 + 3 * 2, 2 * 2 + 2));
        // The middles of eight parts of 20 frames: 1, 3, 6, 8, 11, 13, 16, 18.
        let shades: Vec<u8> = [(0, 0), (5, 0), (10, 0), (15, 0), (0, 4), (5, 4), (10, 4), (15, 4)]
            .map(|(x, y)| sheet.get_pixel(x, y).0[0] / 10)
            .to_vec();
        assert_eq!(shades, [1, 3, 6, 8, 11, 13, 16, 18]);
        assert_eq!(sheet.get_pixel(3, 0).0, [SHADE]);
    }

    #[test]
    fn large_frames_shrink_and_wrong_shapes_are_refused() {
        let sheet = contact_sheet([1, 600, 300], &[7; 600 * 300]).unwrap();
        assert_eq!(image::load_from_memory(&sheet).unwrap().into_luma8().dimensions(), (64, 128));
        for shape in [[1, 2, 4], [0, 2, 3], [1, 0, 6], [usize::MAX, 2, 3]] {
            assert!(contact_sheet(shape, &[0; 6]).is_err());
        }
    }
}
