//! Colour to grey: the luma of ITU-R BT.601, in whole numbers.

/// Luma of one pixel: 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point, rounded. Grey stays as it is.
pub(super) fn luma(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 19595 * u32::from(red) + 38470 * u32::from(green) + 7471 * u32::from(blue);
    ((sum + 32768) >> 16) as u8
}

/// Grey values of an image; what is transparent stands on black.
pub(super) fn of(image: &image::DynamicImage) -> Vec<u8> {
    if let Some(grey) = image.as_luma8() {
        return grey.as_raw().clone();
    }
    image
        .to_rgba8()
        .pixels()
        .map(|pixel| {
            let [red, green, blue, alpha] = pixel.0;
            let grey = u32::from(luma(red, green, blue)) * u32::from(alpha);
            ((grey + 127) / 255) as u8
        })
        .collect()
}
