//! Clip files to grey frames.
//!
//! A clip is a video, a GIF or animated PNG, a DICOM file, a TIFF of several pages, a folder of stills or a single still; formats are recognised by content, one file a format.
//! Grey is the luma of ITU-R BT.601: taken as coded from YUV video, computed in integers from RGB. Videos go through the
//! `ffmpeg` program, the rest needs none.

mod animation;
mod choose;
mod collect;
mod dicom;
mod error;
mod ffmpeg;
mod format;
pub mod geometry;
mod grey;
mod images;
mod mask;
mod npy;
mod sheet;
mod still;
mod strip;
mod video;

use std::{path::Path, sync::atomic::AtomicBool};

use image::GrayImage;
use serde::{Deserialize, Serialize};

pub use choose::{Sample, Short};
pub use collect::Room;
pub use error::DecodeError;
pub use ffmpeg::Ffmpeg;
pub use grey::luma;
pub use mask::{BinaryMask, read_mask};
pub use npy::{read_npy, write_npy};
pub use sheet::contact_sheet;
pub use strip::{Strip, strip};

use collect::{Asked, collect};
use format::Format;
use geometry::{Findings, Geometry, Hints};
use video::{Group, Video};

/// Raised when the same file and settings give other frames.
pub const VERSION: u32 = 3;

/// What is kept of a clip.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Number of frames. Absent: all that `sample` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u32>,
    /// How they are chosen.
    pub sample: Sample,
    /// Frames a second the clip is brought to before frames are chosen: each moment shows the frame that the source
    /// shows then. Absent: the frames as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// What to do with a clip of fewer frames than asked.
    pub short: Short,
    /// From the frame as stored to the frame kept.
    pub geometry: geometry::Settings,
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

/// What is said of one clip beside its file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Extra {
    /// Exactly these source frames, ascending and distinct, in place of a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Vec<usize>>,
    /// The fan and the scale.
    pub hints: Hints,
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
    /// The source frame each frame is; `None` for a black one after the end of a short clip.
    pub numbers: Vec<Option<usize>>,
    /// The number of windows the frames are, one after the other; 1 where none were asked for.
    pub windows: usize,
    /// How points of the source map to points of the frames.
    pub geometry: Geometry,
    /// What was noticed on the way.
    pub findings: Findings,
    /// `[T,H,W]`, C order, 0 black to 255 white.
    pub pixels: Vec<u8>,
}

/// What a clip's file says of itself before a frame is decoded.
#[derive(Debug, Clone, Default, PartialEq)]
struct About {
    /// The number of frames as far as it is known without decoding; verified by the pass that follows.
    frames: Option<usize>,
    /// Frames a second, where the format tells one rate for the whole clip.
    fps: Option<f64>,
    /// When each frame is shown, in seconds from the first, where frames are not equally long.
    times: Option<Vec<f64>>,
    /// Regions of the picture with their physical scale.
    regions: Vec<Region>,
    /// Millimetres a pixel along x and y, where the format tells one scale for the whole picture.
    mm_per_pixel: Option<[f64; 2]>,
}

/// A region of an ultrasound picture (DICOM PS3.3 C.8.5.5, Sequence of Ultrasound Regions).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// First column, in pixels from 0.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Last column.
    pub right: u32,
    /// Last row.
    pub bottom: u32,
    /// Millimetres a pixel along x and y, where the units are lengths.
    pub mm_per_pixel: Option<[f64; 2]>,
    /// Whether it is a two-dimensional picture of tissue.
    pub tissue: bool,
}

/// Receives the wanted frames in order, with their numbers.
type Take<'a> = dyn FnMut(usize, GrayImage) -> Result<(), DecodeError> + 'a;

/// Which frames are wanted.
type Wanted<'a> = dyn Fn(usize) -> bool + 'a;

/// What one pass over a clip showed.
struct Pass {
    /// The true number of frames.
    frames: usize,
    fps: Option<f64>,
}

/// A clip file that can be read from the start, more than once.
trait Source {
    fn about(&self) -> &About;

    /// Decodes the clip and hands over the wanted frames. Those not wanted are not converted, nor decoded where the
    /// format allows.
    fn pass(&self, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<Pass, DecodeError>;

    /// When each of the clip's frames is shown, in seconds, where that can be known.
    fn times(&self, frames: usize) -> Result<Option<Vec<f64>>, DecodeError> {
        let About { times, fps, .. } = self.about();
        let even = || fps.map(|fps| (0..frames).map(|frame| frame as f64 / fps).collect());
        Ok(times.clone().filter(|times| times.len() == frames).or_else(even))
    }
}

/// Whether decoding `path` needs the `ffmpeg` program. False for what cannot be read or is of no known format.
#[must_use]
pub fn needs_ffmpeg(path: &Path) -> bool {
    matches!(format::recognise(path), Ok(Format::Video(_)))
}

/// Decodes clips.
#[derive(Debug, Clone, Copy)]
pub struct Decoder<'a> {
    /// What is kept of each.
    pub settings: &'a Settings,
    /// The program for videos.
    pub ffmpeg: &'a Ffmpeg,
    /// Room for frames that wait.
    pub room: &'a Room,
    /// Raised to end the work within a frame and kill child processes.
    pub cancel: &'a AtomicBool,
}

impl Decoder<'_> {
    /// Decodes the clip at `path`: a file of any name, or a folder of images.
    ///
    /// Memory is bounded by the frames kept and the room for those that wait, not by the length of the clip.
    ///
    /// # Errors
    /// See [`DecodeError`]; no message names the path.
    pub fn decode(&self, path: &Path, extra: &Extra) -> Result<Clip, DecodeError> {
        self.settings.check()?;
        let source: Box<dyn Source + '_> = match format::recognise(path)? {
            Format::Dicom => Box::new(dicom::Dicom::open(path)?),
            Format::Animation(kind) => Box::new(animation::Animation::new(path, kind)),
            Format::Still(format) => Box::new(still::Still::open(path, format)?),
            Format::Folder => Box::new(images::Images::open(path)?),
            Format::Video(container) => Box::new(Video::new(path, container, self.ffmpeg, self.cancel)),
        };
        collect(source.as_ref(), &self.asked(extra))
    }

    /// Decodes several videos with one process, since starting one can take as long as decoding a clip. The outcome is
    /// that of [`Decoder::decode`] on each.
    pub fn decode_videos(&self, clips: &[(&Path, &Extra)]) -> Vec<Result<Clip, DecodeError>> {
        let alone = |(path, extra): &(&Path, &Extra)| self.decode(path, extra);
        if clips.len() < 2 || self.settings.rate.is_some() || self.settings.check().is_err() {
            return clips.iter().map(alone).collect();
        }
        let paths: Vec<&Path> = clips.iter().map(|(path, _)| *path).collect();
        let together = Group { files: &paths, ffmpeg: self.ffmpeg, cancel: self.cancel }
            .run(&|at, source: &dyn Source| collect(source, &self.asked(clips[at].1)));
        // What fails together is tried alone: that tells the clip at fault from its neighbours, and says why.
        let mut outcomes = together.into_iter();
        clips.iter().map(|clip| outcomes.next().flatten().map_or_else(|| alone(clip), Ok)).collect()
    }

    fn asked<'s>(&'s self, extra: &'s Extra) -> Asked<'s> {
        Asked { settings: self.settings, extra, room: self.room, cancel: self.cancel }
    }
}

#[cfg(test)]
mod tests;
