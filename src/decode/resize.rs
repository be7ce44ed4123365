//! Frames of another size.

use image::{
    GrayImage,
    imageops::{self, FilterType},
};

use super::Size;

/// The frame at the size asked for. A triangle filter whose support grows with the reduction, so that speckle does not
/// alias; the aspect ratio is not kept. A frame of that size already is returned unchanged.
pub(super) fn to(frame: GrayImage, size: Option<Size>) -> GrayImage {
    match size {
        Some(Size { width, height }) if frame.dimensions() != (width, height) => {
            imageops::resize(&frame, width, height, FilterType::Triangle)
        }
        _ => frame,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn the_same_size_is_the_identity() {
        let frame = GrayImage::from_fn(13, 7, |x, y| Luma([(x * 19 + y * 31) as u8]));
        assert_eq!(to(frame.clone(), Some(Size { width: 13, height: 7 })), frame);
        assert_eq!(to(frame.clone(), None), frame);
    }

    #[test]
    fn equals_pillow_up_to_rounding() {
        // Pillow 13: Image.fromarray(a).resize((4, 3), Image.BILINEAR), a[y, x] = (x * 19 + y * 31) % 256, 7 rows, 13 columns.
        let frame = GrayImage::from_fn(13, 7, |x, y| Luma([(x * 19 + y * 31) as u8]));
        let small = to(frame, Some(Size { width: 4, height: 3 }));
        let expected: [u8; 12] = [54, 110, 172, 172, 120, 169, 148, 80, 183, 149, 66, 104];
        assert_eq!(small.dimensions(), (4, 3));
        for (ours, theirs) in small.as_raw().iter().zip(expected) {
            assert!(ours.abs_diff(theirs) <= 1, "{:?}", small.as_raw());
        }
    }
}
