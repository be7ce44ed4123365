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

/// The grey picture of an image; transparent pixels lie on black, and 16 bits are shown over their full range.
///
/// # Errors
/// [`DecodeError::PixelFormat`] when samples are floating-point numbers.
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
        // From 16 bits to 8 by v / 257, rounded to the nearest.
        DynamicImage::ImageLuma16(_) => picture.into_luma8(),
        DynamicImage::ImageLumaA16(_) => of_image(DynamicImage::ImageLumaA8(picture.into_luma_alpha8()))?,
        DynamicImage::ImageRgb16(_) => of_image(DynamicImage::ImageRgb8(picture.into_rgb8()))?,
        DynamicImage::ImageRgba16(_) => of_rgba(&picture.into_rgba8()),
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
    fn floating_point_pictures_are_refused() {
        assert!(matches!(of_image(DynamicImage::new_rgb32f(2, 2)), Err(DecodeError::PixelFormat(_))));
    }

    #[test]
    fn sixteen_bits_are_shown_over_their_full_range() {
        // numpy: np.rint(v / 257)
        for (deep, shown) in
            [(0, 0), (128, 0), (129, 1), (257, 1), (4095, 16), (32768, 128), (65406, 254), (65535, 255)]
        {
            let grey = image::ImageBuffer::from_pixel(1, 1, Luma([deep]));
            assert_eq!(of_image(DynamicImage::ImageLuma16(grey)).unwrap().as_raw(), &[shown], "{deep}");
            let colour = image::ImageBuffer::from_pixel(1, 1, image::Rgb([deep; 3]));
            assert_eq!(of_image(DynamicImage::ImageRgb16(colour)).unwrap().as_raw(), &[shown], "{deep}");
            let clear = image::ImageBuffer::from_pixel(1, 1, image::Rgba([deep, deep, deep, 0]));
            assert_eq!(of_image(DynamicImage::ImageRgba16(clear)).unwrap().as_raw(), &[0], "{deep}");
        }
    }
}
