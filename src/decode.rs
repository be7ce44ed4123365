//! Clip files to grey frames.
//!
//! A clip is a video, a GIF, a folder of stills or a single still; formats are recognised by content, one file a format.
//! Grey is the luma of ITU-R BT.601: taken as coded from YUV video, computed in integers from RGB. Videos go through the
//! `ffmpeg` program, the rest needs none.

mod error;
mod ffmpeg;
mod format;
mod gif;
mod grey;
mod images;
mod npy;
mod resize;
mod sample;
mod still;

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use image::GrayImage;
use serde::{Deserialize, Serialize};

pub use error::DecodeError;
pub use ffmpeg::Ffmpeg;
pub use grey::luma;
pub use npy::{read_npy, write_npy};

use format::Format;

/// Raised when the same file and settings give other frames.
pub const VERSION: u32 = 1;

/// What is kept of a clip.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Number of frames, spread evenly over the clip: frame `i` of `n` is source frame `floor((i + 0.5) * source / n)`.
    /// Absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u32>,
    /// Size of the frames in pixels. Absent: as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// What to do with a clip of fewer than `frames` frames.
    pub short: Short,
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

/// What to do with a clip of fewer frames than asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Short {
    /// Refuse it.
    #[default]
    Error,
    /// Play it again from the start until there are enough.
    Repeat,
}

/// The grey frames kept of a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Number of frames kept, T.
    pub frames: usize,
    /// Rows of a frame, H.
    pub height: usize,
    /// Columns of a frame, W.
    pub width: usize,
    /// Frames a second of the source where its format tells, before any are dropped.
    pub fps: Option<f64>,
    /// Number of frames in the source.
    pub source_frames: usize,
    /// `[T,H,W]`, C order, 0 black to 255 white.
    pub pixels: Vec<u8>,
}

/// Receives every frame of a clip in order, with its number.
type Take<'a> = dyn FnMut(usize, GrayImage) -> Result<(), DecodeError> + 'a;

/// What one pass over a clip showed.
struct Pass {
    frames: usize,
    fps: Option<f64>,
}

/// A clip file that can be read from the start, more than once.
trait Source {
    /// The number of frames as far as it is known without decoding; verified by the pass that follows.
    fn expected(&self) -> Option<usize>;
    /// Decodes all frames.
    fn pass(&self, take: &mut Take<'_>) -> Result<Pass, DecodeError>;
}

/// Whether decoding `path` needs the `ffmpeg` program. False for what cannot be read or is of no known format.
#[must_use]
pub fn needs_ffmpeg(path: &Path) -> bool {
    matches!(format::recognise(path), Ok(Format::Video(_)))
}

/// Decodes the clip at `path`: a file of any name, or a folder of images.
///
/// Memory is bounded by the frames kept, not by the length of the clip. A raised `cancel` ends the work within a frame
/// and kills the child process, if any.
///
/// # Errors
/// See [`DecodeError`]; no message names the path.
pub fn decode(path: &Path, settings: &Settings, ffmpeg: &Ffmpeg, cancel: &AtomicBool) -> Result<Clip, DecodeError> {
    settings.check()?;
    let source: Box<dyn Source + '_> = match format::recognise(path)? {
        Format::Gif => Box::new(gif::Gif::new(path)),
        Format::Still(format) => Box::new(still::Still::new(path, format)),
        Format::Folder => Box::new(images::Images::open(path)?),
        Format::Video(container) => Box::new(ffmpeg::Video::open(path, container, ffmpeg, cancel)?),
    };
    collect(source.as_ref(), settings, cancel)
}

impl Settings {
    fn check(&self) -> Result<(), DecodeError> {
        let remedy = "give at least 1, or leave it out";
        if self.frames == Some(0) {
            return Err(DecodeError::Setting { name: "frames", value: "0".into(), remedy });
        }
        if let Some(size) = self.size
            && (size.width == 0 || size.height == 0)
        {
            let value = format!("{} x {}", size.width, size.height);
            return Err(DecodeError::Setting { name: "size", value, remedy });
        }
        Ok(())
    }
}

/// Passes over the source until the number of frames on which the choice was based is the true one: once where all are
/// kept or the container tells the truth, else twice.
fn collect(source: &dyn Source, settings: &Settings, cancel: &AtomicBool) -> Result<Clip, DecodeError> {
    let mut expected = source.expected();
    let mut known = false;
    loop {
        // A clip said to be empty or too short is refused only once it has been counted.
        let kept = settings.frames.map(|_| {
            expected.and_then(|count| sample::indices(count, settings.frames, settings.short).ok()).unwrap_or_default()
        });
        let (mut pixels, mut shown) = (Vec::new(), Shown::default());
        let pass = source.pass(&mut |number, frame| {
            if cancel.load(Ordering::Relaxed) {
                return Err(DecodeError::Cancelled);
            }
            shown.check(number, &frame)?;
            // Source frames arrive in order, and the distinct ones kept are in order too.
            if kept.as_ref().is_none_or(|kept| kept.contains(&number)) {
                let frame = resize::to(frame, settings.size);
                shown.kept = frame.dimensions();
                pixels.extend_from_slice(frame.as_raw());
            }
            Ok(())
        })?;
        if pass.frames == 0 {
            return Err(DecodeError::NoFrames);
        }
        if settings.frames.is_some() && expected != Some(pass.frames) {
            match expected {
                Some(first) if known => return Err(DecodeError::Unstable { first, second: pass.frames }),
                _ => (expected, known) = (Some(pass.frames), true),
            }
            sample::indices(pass.frames, settings.frames, settings.short)?;
            continue;
        }
        let indices = sample::indices(pass.frames, settings.frames, settings.short)?;
        let (width, height) = (shown.kept.0 as usize, shown.kept.1 as usize);
        let area = width * height;
        // Only the repetition of a short clip asks for more than was kept: it begins again.
        let missing = indices.len() * area - pixels.len();
        for at in 0..missing {
            pixels.push(pixels[at]);
        }
        return Ok(Clip {
            frames: indices.len(),
            height,
            width,
            fps: pass.fps.filter(|fps| fps.is_finite() && *fps > 0.0),
            source_frames: pass.frames,
            pixels,
        });
    }
}

/// Sizes of the frames seen and of those kept.
#[derive(Default)]
struct Shown {
    first: Option<(u32, u32)>,
    kept: (u32, u32),
}

impl Shown {
    fn check(&mut self, number: usize, frame: &GrayImage) -> Result<(), DecodeError> {
        let (width, height) = frame.dimensions();
        if width == 0 || height == 0 {
            return Err(DecodeError::NoFrames);
        }
        let (expected_width, expected_height) = *self.first.get_or_insert((width, height));
        if (width, height) != (expected_width, expected_height) {
            let frame = format!("frame {number}");
            return Err(DecodeError::Sizes { frame, width, height, expected_width, expected_height });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
