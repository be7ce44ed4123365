//! DICOM: single and multi-frame ultrasound and other pictures (PS3.3, sections C.7.6.3 and C.7.6.6).
//!
//! A file holds far more than pictures, names of patients first of all. Only the elements of one list are read (see
//! `header`), and no message quotes a text of the file.

mod elements;
mod frames;
mod header;
mod input;
mod jpeg;
mod jpeg2000;
mod jpegls;
mod palette;
mod regions;
mod rle;
mod samples;
mod syntax;
mod timing;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, path::Path};

use image::GrayImage;

use super::{About, Pass, Source, Take, Wanted, error::DecodeError};
use frames::Frames;
use header::Header;
use input::Input;
use samples::{Layout, Levels};
use syntax::Syntax;

pub(super) use syntax::bare;

/// A DICOM file.
pub(super) struct Dicom {
    data_set: Input,
    syntax: Syntax,
    layout: Layout,
    levels: Levels,
    frames: Frames,
    about: About,
}

impl Dicom {
    /// Reads what the file says of its frames.
    ///
    /// # Errors
    /// For a damaged file, and for one whose frames cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, DecodeError> {
        Self::of(Input::open(path)?)
    }

    fn of(file: Input) -> Result<Self, DecodeError> {
        let (syntax, data_set, start) = Syntax::read(file)?;
        let header = Header::read(syntax, &data_set, start)?;
        let (layout, levels) = Layout::read(&header)?;
        let frames = Frames::find(&data_set, &header, &layout)?;
        let (fps, times) = timing::timing(&header, frames.count());
        let regions = regions::regions(&header)?;
        let about =
            About { frames: Some(frames.count()), fps, times, regions, mm_per_pixel: regions::spacing(&header) };
        Ok(Self { data_set, syntax, layout, levels, frames, about })
    }

    fn frame(&self, number: usize) -> Result<GrayImage, DecodeError> {
        let bytes = self.frames.bytes(&self.data_set, number)?;
        let Layout { width, height, samples, .. } = self.layout;
        let (layout, samples) = match self.syntax {
            Syntax::Native(_) => (self.layout, bytes),
            Syntax::Rle => {
                let planes = rle::decode(&bytes, width * height, samples, self.layout.bytes)?;
                (self.layout.planar(), Cow::Owned(planes))
            }
            Syntax::Jpeg => {
                let (layout, samples) = jpeg::decode(&bytes, &self.layout)?;
                (layout, Cow::Owned(samples))
            }
            Syntax::Jpeg2000 => {
                let (layout, samples) = jpeg2000::decode(&bytes, &self.layout)?;
                (layout, Cow::Owned(samples))
            }
            Syntax::JpegLs => {
                let (layout, samples) = jpegls::decode(&bytes, &self.layout)?;
                (layout, Cow::Owned(samples))
            }
        };
        layout.grey(&samples, &self.levels)
    }
}

impl Source for Dicom {
    fn about(&self) -> &About {
        &self.about
    }

    fn pass(&self, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<Pass, DecodeError> {
        for number in (0..self.frames.count()).filter(|number| wanted(*number)) {
            take(number, self.frame(number)?)?;
        }
        Ok(Pass { frames: self.frames.count(), fps: self.about.fps })
    }
}

fn broken(reason: &str) -> DecodeError {
    DecodeError::Corrupt { format: "DICOM", reason: reason.to_owned() }
}

fn unsupported(what: &str) -> DecodeError {
    DecodeError::Dicom(what.to_owned())
}
