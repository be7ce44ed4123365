//! Colour to grey in integers, the same on every machine.

use image::{DynamicImage, GrayImage, Luma};

use super::error::DecodeError;

/// Weights of red, green and blue in the luma of ITU-R BT.601-7, section 2.5.1 (0.299, 0.587, 0.114), in 1/65536.
const WEIGHTS: [u32; 3] = [19595, 38470, 7471];

/// Luma of one 8-bit RGB pixel, rounded to the nearest integer. Grey pixels (`r = g = b`) keep their value.
#[must_use]
pub fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = WEIGHTS[0] * u32::from(red) + WEIGHTS[1] * u32::from(green) + WEIGHTS[2] * u32::from(blue);
    // The weights add up to 65536, so the result is at most 255.
    ((sum + (1 << 15)) >> 16) as u8
}

/// A pixel of opacity `alpha` seen on a black ground, as on the scanner's screen.
fn on_black(grey: u8, alpha: u8) -> u8 {
    ((u32::from(grey) * u32::from(alpha) + 127) / 255) as u8
}

/// The grey picture of an 8-bit image; transparent pixels lie on black.
///
/// # Errors
/// [`DecodeError::PixelFormat`] when a sample has more than 8 bits.
pub(super) fn of_image(picture: DynamicImage) -> Result<GrayImage, DecodeError> {
    let (width, height) = (picture.width(), picture.height());
    Ok(match picture {
        DynamicImage::ImageLuma8(grey) => grey,
        DynamicImage::ImageLumaA8(from) => GrayImage::from_fn(width, height, |x, y| {
            let [grey, alpha] = from.get_pixel(x, y).0;
            Luma([on_black(grey, alpha)])
        }),
        DynamicImage::ImageRgb8(from) => GrayImage::from_fn(width, height, |x, y| Luma([luma(from.get_pixel(x, y).0)])),
        DynamicImage::ImageRgba8(from) => of_rgba(&from),
        other => return Err(DecodeError::PixelFormat(format!("{:?}", other.color()))),
    })
}

/// The grey picture of an RGBA image.
pub(super) fn of_rgba(from: &image::RgbaImage) -> GrayImage {
    GrayImage::from_fn(from.width(), from.height(), |x, y| {
        let [red, green, blue, alpha] = from.get_pixel(x, y).0;
        Luma([on_black(luma([red, green, blue]), alpha)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_bt_601() {
        assert_eq!(WEIGHTS.iter().sum::<u32>(), 1 << 16);
        // Pillow 13: Image.new("RGB", (1, 1), c).convert("L").getpixel((0, 0)), which uses the same three weights.
        for (colour, expected) in [
            ([255, 0, 0], 76),
            ([0, 255, 0], 150),
            ([0, 0, 255], 29),
            ([12, 200, 77], 130),
            ([250, 3, 128], 91),
            ([1, 2, 3], 2),
        ] {
            assert_eq!(luma(colour), expected, "{colour:?}");
        }
    }

    #[test]
    fn grey_stays_unchanged() {
        for value in 0..=255 {
            assert_eq!(luma([value; 3]), value);
            assert_eq!(on_black(value, 255), value);
            assert_eq!(on_black(value, 0), 0);
        }
    }

    #[test]
    fn deep_pictures_are_refused() {
        assert!(matches!(of_image(DynamicImage::new_luma16(2, 2)), Err(DecodeError::PixelFormat(_))));
    }
}
