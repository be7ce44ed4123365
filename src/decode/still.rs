//! A single PNG, JPEG or TIFF: a clip of one frame.

use std::{
    fs,
    path::{Path, PathBuf},
};

use image::{GrayImage, ImageError, ImageFormat, ImageReader};

use super::{About, Pass, Source, Take, Wanted, error::DecodeError, grey};

/// A still picture.
pub(super) struct Still {
    path: PathBuf,
    format: ImageFormat,
    about: About,
}

impl Still {
    pub(super) fn new(path: &Path, format: ImageFormat) -> Self {
        Self { path: path.to_owned(), format, about: About { frames: Some(1), ..About::default() } }
    }

    /// Reads the picture.
    pub(super) fn read(&self) -> Result<GrayImage, DecodeError> {
        read(&fs::read(&self.path)?, self.format)
    }
}

/// The picture in the bytes of a PNG, JPEG or TIFF file.
pub(super) fn read(bytes: &[u8], format: ImageFormat) -> Result<GrayImage, DecodeError> {
    let name = match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        _ => "TIFF",
    };
    if format == ImageFormat::Tiff && has_second_page(bytes) {
        return Err(DecodeError::SeveralPictures(name));
    }
    let picture =
        ImageReader::with_format(std::io::Cursor::new(bytes), format).decode().map_err(|error| match error {
            ImageError::Unsupported(error) => DecodeError::PixelFormat(error.to_string()),
            ImageError::IoError(error) => DecodeError::Corrupt { format: name, reason: error.kind().to_string() },
            error => {
                let reason = error.to_string().trim_end_matches('.').to_lowercase();
                DecodeError::Corrupt { format: name, reason }
            }
        })?;
    grey::of_image(picture)
}

impl Source for Still {
    fn about(&self) -> &About {
        &self.about
    }

    fn pass(&self, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<Pass, DecodeError> {
        if wanted(0) {
            take(0, self.read()?)?;
        }
        Ok(Pass { frames: 1, fps: None })
    }
}

/// Whether a TIFF's first directory points to a second one (TIFF 6.0, section 2: the entries of 12 bytes are followed by
/// the offset of the next directory, 0 for none). False for BigTIFF and for damaged files, which the decoder judges.
fn has_second_page(bytes: &[u8]) -> bool {
    let big_endian = bytes.starts_with(b"MM");
    let short = |at: usize| {
        let bytes: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let next = || {
        let directory = long(4)? as usize;
        let entries = usize::from(short(directory)?);
        long(directory.checked_add(2 + 12 * entries)?)
    };
    short(2) == Some(42) && next().is_some_and(|offset| offset != 0)
}
