//! Clip files to grey frames: one file a format, recognised by content.
//!
//! GIF and stills need no other program. Video goes through the `ffmpeg` program: the luma plane as coded, without colour
//! conversion or scaler, so that versions of the program agree.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};

mod error;
mod ffmpeg;
mod gif;
mod grey;
mod images;
mod npy;
mod resize;
mod sample;

pub use error::DecodeError;
pub use ffmpeg::Ffmpeg;
pub use npy::{read_npy, write_npy};
pub use sample::Short;

/// Raised when the same file and settings give other frames.
pub const VERSION: u32 = 1;

/// What is made of a clip.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How many frames, evenly over the clip; all where not given.
    pub frames: Option<u32>,
    /// The size of a frame; as it is where not given.
    pub size: Option<Size>,
    /// What to do with a clip that has fewer frames than asked for.
    pub short: Short,
}

/// The size of a frame in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Pixels in a row.
    pub width: u32,
    /// Pixels in a column.
    pub height: u32,
}

/// A decoded clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Number of frames.
    pub frames: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// Frames per second, where the file says so.
    pub fps: Option<f64>,
    /// Number of frames of the file.
    pub source_frames: usize,
    /// Grey values `[frame][row][column]`.
    pub pixels: Vec<u8>,
}

/// A source of frames, read once from the first to the last.
trait Frames {
    /// Height and width.
    fn size(&self) -> (usize, usize);
    /// Frames per second, where known.
    fn fps(&self) -> Option<f64>;
    /// How many frames there are.
    fn count(&self) -> usize;
    /// The grey values of the next frame.
    fn next(&mut self, into: &mut Vec<u8>) -> Result<(), DecodeError>;
    /// Whether there is nothing behind the last frame that was counted.
    fn is_at_end(&mut self) -> bool {
        true
    }
}

/// Decodes the clip at `path`: a file, or a folder of still images.
///
/// # Errors
/// A file that is missing, unknown, damaged or too short; a missing `ffmpeg`.
pub fn decode(path: &Path, settings: &Settings, ffmpeg: &Ffmpeg, cancel: &AtomicBool) -> Result<Clip, DecodeError> {
    match all(open(path, ffmpeg, false)?.as_mut(), settings, cancel) {
        // The count that costs nothing was wrong: count again by decoding, and let that have the last word.
        Ok(None) | Err(DecodeError::Damaged(_)) => {
            let ended = DecodeError::Damaged("its frames can't be counted".to_owned());
            all(open(path, ffmpeg, true)?.as_mut(), settings, cancel)?.ok_or(ended)
        }
        Ok(Some(clip)) => Ok(clip),
        Err(error) => Err(error),
    }
}

/// Reads a source to its end; nothing where it has more frames than it says.
fn all(frames: &mut dyn Frames, settings: &Settings, cancel: &AtomicBool) -> Result<Option<Clip>, DecodeError> {
    let source_frames = frames.count();
    if source_frames == 0 {
        return Err(DecodeError::NoFrames);
    }
    let wanted = sample::indices(source_frames, settings.frames, settings.short)?;
    let (height, width) = frames.size();
    let size = settings.size.map_or((height, width), |size| (size.height as usize, size.width as usize));
    // Only wanted frames are kept, each once, already resized: memory is bounded by what is asked for.
    let mut kept: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut buffer = Vec::new();
    for index in 0..source_frames {
        if cancel.load(Ordering::Relaxed) {
            return Err(DecodeError::Cancelled);
        }
        frames.next(&mut buffer)?;
        if wanted.contains(&index) {
            kept.push((index, resize::resize(&buffer, (height, width), size)));
        }
    }
    if !frames.is_at_end() {
        return Ok(None);
    }
    let mut pixels = Vec::with_capacity(wanted.len() * size.0 * size.1);
    for index in &wanted {
        let at = kept.partition_point(|(kept, _)| kept < index);
        pixels.extend_from_slice(&kept[at].1);
    }
    Ok(Some(Clip { frames: wanted.len(), height: size.0, width: size.1, fps: frames.fps(), source_frames, pixels }))
}

fn open(path: &Path, ffmpeg: &Ffmpeg, exact: bool) -> Result<Box<dyn Frames>, DecodeError> {
    if path.is_dir() {
        return Ok(Box::new(images::Stills::folder(path)?));
    }
    let start = start(path)?;
    Ok(match Format::of(&start)? {
        Format::Gif => Box::new(gif::Gif::open(path)?),
        Format::Still => Box::new(images::Stills::file(path)),
        Format::Video => Box::new(ffmpeg.open(path, exact)?),
    })
}

/// The first bytes of a file.
fn start(path: &Path) -> Result<Vec<u8>, DecodeError> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(DecodeError::unreadable)?;
    file.take(16).read_to_end(&mut bytes).map_err(DecodeError::unreadable)?;
    Ok(bytes)
}

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Gif,
    Still,
    Video,
}

/// First bytes (`.` stands for any) and what they mean.
const SIGNATURES: [(&[u8], Format); 12] = [
    (b"GIF8", Format::Gif),
    (b"\x89PNG", Format::Still),
    (b"\xff\xd8\xff", Format::Still),
    (b"II*\0", Format::Still),
    (b"MM\0*", Format::Still),
    (b"....ftyp", Format::Video),
    (b"....moov", Format::Video),
    (b"....mdat", Format::Video),
    (b"....wide", Format::Video),
    (b"RIFF....AVI ", Format::Video),
    (b"\x1a\x45\xdf\xa3", Format::Video),
    (b"\0\0\x01\xba", Format::Video),
];

impl Format {
    fn of(start: &[u8]) -> Result<Self, DecodeError> {
        if start.is_empty() {
            return Err(DecodeError::Empty);
        }
        let fits = |signature: &[u8]| {
            start.len() >= signature.len()
                && signature.iter().zip(start).all(|(want, byte)| *want == b'.' || want == byte)
        };
        SIGNATURES.iter().find(|(signature, _)| fits(signature)).map(|(_, format)| *format).ok_or_else(|| {
            let seen: Vec<String> = start.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            DecodeError::Unknown { seen: seen.join(" ") }
        })
    }
}

#[cfg(test)]
mod tests;
