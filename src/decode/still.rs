//! PNG, JPEG and TIFF: a clip of one frame, or of as many as a TIFF has pages.

use std::{
    fs::File,
    io::{BufReader, Cursor, Read, Seek},
    path::{Path, PathBuf},
};

use image::{GrayImage, ImageError, ImageFormat, ImageReader, Limits, codecs::png::PngDecoder};

use super::{About, Pass, Source, Take, Wanted, error::DecodeError, grey};
use pages::Page;

mod pages;

/// The most pixels a picture may have in a row or a column.
const LARGEST: u32 = 16384;

/// A still picture, or pages of them.
pub(super) struct Still {
    path: PathBuf,
    format: ImageFormat,
    /// Where the directory of each page begins, of a TIFF.
    pages: Vec<u64>,
    about: About,
}

impl Still {
    /// Counts the pages.
    ///
    /// # Errors
    /// A file that cannot be read, or a chain of pages that does not end.
    pub(super) fn open(path: &Path, format: ImageFormat) -> Result<Self, DecodeError> {
        let pages = match format {
            ImageFormat::Tiff => pages::find(&mut BufReader::new(File::open(path)?))?,
            _ => Vec::new(),
        };
        let about = About { frames: Some(pages.len().max(1)), ..About::default() };
        Ok(Self { path: path.to_owned(), format, pages, about })
    }

    /// Reads the only picture.
    ///
    /// # Errors
    /// A damaged file, or one of several pages.
    pub(super) fn only(&self) -> Result<GrayImage, DecodeError> {
        if self.pages.len() > 1 { Err(DecodeError::SeveralPictures(name(self.format))) } else { self.page(0) }
    }

    fn page(&self, page: usize) -> Result<GrayImage, DecodeError> {
        let file = File::open(&self.path)?;
        match self.pages.get(page) {
            Some(directory) => picture(Page::new(file, *directory)?, self.format),
            None => picture(file, self.format),
        }
    }
}

/// The only picture in the bytes of a PNG, JPEG or TIFF file.
///
/// # Errors
/// Damaged bytes, or several pages.
pub(super) fn read(bytes: &[u8], format: ImageFormat) -> Result<GrayImage, DecodeError> {
    if format == ImageFormat::Tiff && pages::find(&mut Cursor::new(bytes))?.len() > 1 {
        return Err(DecodeError::SeveralPictures(name(format)));
    }
    picture(Cursor::new(bytes), format)
}

fn picture(from: impl Read + Seek, format: ImageFormat) -> Result<GrayImage, DecodeError> {
    let mut reader = ImageReader::with_format(BufReader::new(from), format);
    reader.limits(limits());
    grey::of_image(reader.decode().map_err(|error| failed(name(format), error))?)
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        _ => "TIFF",
    }
}

impl Source for Still {
    fn about(&self) -> &About {
        &self.about
    }

    fn pass(&self, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<Pass, DecodeError> {
        let frames = self.pages.len().max(1);
        for page in (0..frames).filter(|page| wanted(*page)) {
            take(page, self.page(page)?)?;
        }
        Ok(Pass { frames, fps: None })
    }
}

/// Whether a PNG is animated; false for what cannot be read, which decoding it tells of.
pub(super) fn is_animated(path: &Path) -> bool {
    let open = || PngDecoder::with_limits(BufReader::new(File::open(path)?), limits())?.is_apng();
    open().unwrap_or(false)
}

/// What a picture may take, so that a small damaged file cannot ask for all memory.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(LARGEST), Some(LARGEST));
    limits
}

/// What is wrong with a file of that format.
pub(super) fn failed(format: &'static str, error: ImageError) -> DecodeError {
    match error {
        ImageError::Unsupported(error) => DecodeError::PixelFormat(error.to_string()),
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::NotFound => DecodeError::Missing,
        ImageError::IoError(error) => DecodeError::Corrupt { format, reason: error.kind().to_string() },
        error => DecodeError::Corrupt { format, reason: error.to_string().trim_end_matches('.').to_lowercase() },
    }
}
