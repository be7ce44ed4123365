//! What can go wrong with a clip. No message holds a path of the machine: the caller knows the clip's name.

use std::io;

/// Why a clip could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Nothing lies at the path.
    #[error("there is no such file or folder; check the path in the clip table")]
    Missing,
    /// The file or folder exists but cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The file is empty.
    #[error("the file is empty; copy or export it again")]
    Empty,
    /// The first bytes are those of no format known here.
    #[error(
        "unknown format: the file begins with {first_bytes}; give a DICOM, GIF, PNG, JPEG, TIFF, MP4, MOV, AVI, MPEG, WebM or MKV file, or a folder of images"
    )]
    UnknownFormat { first_bytes: String },
    /// The format is known, the content is damaged or ends early.
    #[error("truncated or corrupt {format}: {reason}; copy or export it again")]
    Corrupt { format: &'static str, reason: String },
    /// The samples are not whole numbers of 8 or 16 bits, or of a kind whose grey value is not defined here.
    #[error("pixel format {0} is not supported; export the clip with 8 bits a sample, grey, YUV or RGB")]
    PixelFormat(String),
    /// A DICOM file of a kind that is not read.
    #[error(
        "this DICOM file is not read: {0}; convert it to 8-bit grey or RGB, uncompressed, RLE, JPEG, JPEG-LS or JPEG 2000, or export it as video"
    )]
    Dicom(String),
    /// The file holds several pages or pictures where one is expected.
    #[error(
        "the {0} file holds several pictures, and stands in a folder of single frames; name the file itself as the clip, or export one file a frame"
    )]
    SeveralPictures(&'static str),
    /// The clip holds no frame.
    #[error("the clip has no frames")]
    NoFrames,
    /// The clip is shorter than the number of frames asked for.
    #[error("the clip has {found} frames, {asked} were asked for; ask for fewer, or set short = \"repeat\" or \"pad\"")]
    Short { found: usize, asked: usize },
    /// A frame that was asked for by number lies after the end.
    #[error("frame {frame} was asked for, the clip has {count} frames, numbered from 0; correct the table of frames")]
    NoSuchFrame { frame: usize, count: usize },
    /// The clip's rate is to be changed and nothing tells when its frames are shown.
    #[error("`rate` needs to know when frames are shown, and this clip does not tell; leave `rate` out for it")]
    NoTimes,
    /// The geometry asked for cannot be had for this clip.
    #[error(transparent)]
    Geometry(#[from] super::geometry::GeometryError),
    /// The frames are not all of one size.
    #[error(
        "{frame} is {width} x {height} pixels, the frames before it are {expected_width} x {expected_height}; all frames of a clip must have one size"
    )]
    Sizes { frame: String, width: u32, height: u32, expected_width: u32, expected_height: u32 },
    /// One file of a folder of images.
    #[error("{file}: {error}")]
    Member { file: String, error: Box<DecodeError> },
    /// A folder holds something that is no image.
    #[error("{0} is not a PNG, JPEG or TIFF file; move it out of the folder of frames")]
    NotAnImage(String),
    /// A setting without a meaning.
    #[error("{name} = {value} is not possible; {remedy}")]
    Setting { name: &'static str, value: String, remedy: &'static str },
    /// The program is neither installed nor where it was said to be.
    #[error(
        "it is {codec} video, and the program {program} that decodes it was not found; install ffmpeg (Debian and Ubuntu: apt-get install ffmpeg, macOS: brew install ffmpeg, Windows: winget install ffmpeg) or set CROWDLINE_FFMPEG to the program"
    )]
    FfmpegMissing { program: &'static str, codec: String },
    /// The program ran and reported a failure.
    #[error("{program} failed: {message}; the file may be damaged or its codec unknown to this build of ffmpeg")]
    FfmpegFailed { program: &'static str, message: String },
    /// Two passes over one clip disagreed on the number of frames.
    #[error("the clip gave {first} frames in one pass and {second} in the next; did it change while it was read?")]
    Unstable { first: usize, second: usize },
    /// The bytes are not a `.npy` file of 8-bit frames, or of a mask.
    #[error("not a .npy file of 8-bit frames [T,H,W] or of a mask [H,W]: {0}")]
    Npy(String),
    /// The bytes are neither a picture nor a `.npy` file.
    #[error("no mask: the file begins with {first_bytes}; give a PNG, a TIFF or a .npy file [H,W] of type u1 or bool")]
    NotAMask { first_bytes: String },
    /// The work was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl DecodeError {
    /// The setting at fault, what is wrong with it and the remedy, where it is a setting.
    #[must_use]
    pub fn setting(&self) -> Option<(&'static str, String, &'static str)> {
        match self {
            Self::Setting { name, value, remedy } => Some((name, format!("`{name}` is {value}"), remedy)),
            Self::Geometry(error) => error.setting(),
            _ => None,
        }
    }
}

impl From<io::Error> for DecodeError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            kind => Self::Unreadable(kind.to_string()),
        }
    }
}
