//! Masks somebody drew: a picture or an array that is black where nothing was drawn.

use image::ImageFormat;

use super::{error::DecodeError, npy, still};

/// A mask as a file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryMask {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Whether each pixel belongs to the mask, row by row.
    pub pixels: Vec<bool>,
}

/// The mask in the bytes of a PNG or TIFF picture, or of a `.npy` array `[H,W]` or `[1,H,W]` of bytes or booleans. What is
/// not 0 belongs to it. JPEG pictures are refused: their compression leaves grey specks on what was black.
///
/// # Errors
/// Bytes of another format, a damaged file, floating-point samples, several pictures in one.
pub fn read_mask(bytes: &[u8]) -> Result<BinaryMask, DecodeError> {
    if bytes.starts_with(npy::MAGIC) {
        let (shape, pixels) = npy::read(bytes, &["|u1", "|b1"])?;
        let ([height, width] | [1, height, width]) = shape[..] else {
            return Err(DecodeError::Npy(format!("the shape {shape:?} is not that of a mask")));
        };
        let size = |axis: usize| u32::try_from(axis).map_err(|_| DecodeError::Npy(format!("the shape is {shape:?}")));
        let (width, height) = (size(width)?, size(height)?);
        return Ok(BinaryMask { width, height, pixels: pixels.iter().map(|pixel| *pixel != 0).collect() });
    }
    match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Tiff)) => {
            let picture = still::read(bytes, format)?;
            let pixels = picture.pixels().map(|pixel| pixel.0[0] != 0).collect();
            Ok(BinaryMask { width: picture.width(), height: picture.height(), pixels })
        }
        _ => Err(DecodeError::NotAMask { first_bytes: format!("{:02x?}", &bytes[..bytes.len().min(8)]) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [usize; 2] = [2, 3];
    const PIXELS: [bool; 6] = [true, false, false, true, true, false];

    #[test]
    fn arrays_and_pictures_are_read_alike() {
        let expected = BinaryMask { width: 3, height: 2, pixels: PIXELS.to_vec() };
        let bytes = PIXELS.map(u8::from);
        for array in
            [npy::write("|u1", &SIZE, &bytes), npy::write("|b1", &SIZE, &bytes), npy::write_npy([1, 2, 3], &bytes)]
        {
            assert_eq!(read_mask(&array).unwrap(), expected);
        }

        let mut png = std::io::Cursor::new(Vec::new());
        let grey = PIXELS.map(|set| if set { 255 } else { 0 }).to_vec();
        image::GrayImage::from_raw(3, 2, grey).unwrap().write_to(&mut png, ImageFormat::Png).unwrap();
        assert_eq!(read_mask(png.get_ref()).unwrap(), expected);
    }

    #[test]
    fn what_is_no_mask_is_refused() {
        let floats = npy::write("<f4", &SIZE, &[0; 24]);
        assert!(read_mask(&floats).unwrap_err().to_string().contains("the element type is not |u1 or |b1"));
        let many = read_mask(&npy::write_npy([2, 1, 3], &[0; 6])).unwrap_err().to_string();
        assert!(many.contains("the shape [2, 1, 3] is not that of a mask"), "{many}");
        assert!(
            read_mask(b"clip,frame\n").unwrap_err().to_string().starts_with("no mask: the file begins with [63, 6c")
        );
        assert!(read_mask(b"").is_err());
    }
}
