//! Why a clip could not be decoded.

/// Why a clip could not be decoded. The caller says which clip.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The file can't be read.
    #[error("it can't be read: {0}")]
    Unreadable(String),
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// No format begins like this.
    #[error(
        "it begins with {seen}, which is no known format; GIF, PNG, JPEG, TIFF, folders of stills, MP4, MOV, AVI, MPEG and MKV are read"
    )]
    Unknown {
        /// The first bytes.
        seen: String,
    },
    /// The content is broken.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// There is not one frame.
    #[error("it has no frames")]
    NoFrames,
    /// A folder holds something else than images of one size.
    #[error("the folder's {0}")]
    Folder(String),
    /// There are fewer frames than asked for.
    #[error("it has {has} frames, {asked} are asked for; set `short = \"repeat\"`, or ask for fewer")]
    TooShort {
        /// Frames there are.
        has: usize,
        /// Frames asked for.
        asked: usize,
    },
    /// Pixels that are not of eight bits.
    #[error("its pixel format {0} is not supported: luma of 8 bits is")]
    Deep(String),
    /// The program is missing.
    #[error(
        "video needs the program ffmpeg, and `{program}` can't be started: {message}; install it (Debian, Ubuntu: apt-get install ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg), or name it with CROWDLINE_FFMPEG"
    )]
    NoFfmpeg {
        /// The program's name.
        program: String,
        /// The system's reason.
        message: String,
    },
    /// The program could not decode it.
    #[error("ffmpeg can't decode it: {0}")]
    Ffmpeg(String),
    /// The run was stopped.
    #[error("stopped")]
    Cancelled,
}

impl DecodeError {
    #[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
    pub(super) fn unreadable(error: std::io::Error) -> Self {
        Self::Unreadable(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })
    }
}
