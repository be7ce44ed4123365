//! Videos, decoded by the `ffmpeg` program.
//!
//! The luma plane is taken as coded: no change of range, no scaler, so that versions of the program agree. A rotation
//! that the container asks for is done, as every player does.

mod codec;
mod group;
mod probe;
mod y4m;

use std::{
    ffi::OsString,
    io::{BufReader, Read},
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use super::{About, Pass, Source, Take, Wanted, error::DecodeError, ffmpeg::Ffmpeg};

pub(super) use group::Group;

/// The filter that copies the luma plane of planar YUV and grey.
const LUMA: &str = "extractplanes=y";
/// Frames are read in pieces of this size, in bytes.
const PIECE: usize = 1 << 18;

/// The first video stream of a file.
pub(super) struct Video<'a> {
    file: PathBuf,
    container: &'static str,
    ffmpeg: &'a Ffmpeg,
    cancel: &'a AtomicBool,
    about: About,
}

impl<'a> Video<'a> {
    pub(super) fn new(file: &Path, container: &'static str, ffmpeg: &'a Ffmpeg, cancel: &'a AtomicBool) -> Self {
        Self { file: file.to_owned(), container, ffmpeg, cancel, about: About::default() }
    }

    /// One run of the program; how many frames it gave, and the pass where it went well.
    fn stream(
        &self,
        filter: &str,
        passthrough: &str,
        wanted: &Wanted<'_>,
        take: &mut Take<'_>,
    ) -> (usize, Result<Pass, DecodeError>) {
        let mut arguments = before();
        // Conversions are left to the filters named here: one put in by the program could change the range of grey.
        if filter == LUMA {
            arguments.push("-noauto_conversion_filters".into());
        }
        arguments.extend(input(&self.file));
        arguments.extend(output(0, passthrough, filter, "pipe:1"));
        let mut pass = Pass { frames: 0, fps: None };
        let ran = self.ffmpeg.run(&arguments, &self.file, self.cancel, &mut |pipe| read(pipe, wanted, take, &mut pass));
        (pass.frames, ran.map_err(|error| self.named(error)).map(|()| pass))
    }

    fn filtered(&self, filter: &str, wanted: &Wanted<'_>, take: &mut Take<'_>) -> (usize, Result<Pass, DecodeError>) {
        match self.stream(filter, "-fps_mode", wanted, take) {
            // Versions before 5.1 spell the option otherwise; they stop at it before the first frame.
            (0, Err(DecodeError::FfmpegFailed { message, .. })) if message.contains("fps_mode") => {
                self.stream(filter, "-vsync", wanted, take)
            }
            outcome => outcome,
        }
    }

    /// Adds the codec to the message that the program is missing.
    fn named(&self, error: DecodeError) -> DecodeError {
        match error {
            DecodeError::FfmpegMissing { program, .. } => {
                DecodeError::FfmpegMissing { program, codec: codec::name(&self.file, self.container) }
            }
            error => error,
        }
    }
}

impl Source for Video<'_> {
    fn about(&self) -> &About {
        &self.about
    }

    fn pass(&self, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<Pass, DecodeError> {
        match self.filtered(LUMA, wanted, take) {
            // Where there is no luma plane to copy, the program stops before the first frame.
            (0, Err(error @ DecodeError::FfmpegFailed { .. })) => match self.probed_filter()? {
                filter if filter == LUMA => Err(error),
                filter => self.filtered(&filter, wanted, take).1,
            },
            (_, outcome) => outcome,
        }
    }

    fn times(&self, frames: usize) -> Result<Option<Vec<f64>>, DecodeError> {
        self.probed_times(frames)
    }
}

/// Reads the frames of a stream.
fn read(pipe: &mut dyn Read, wanted: &Wanted<'_>, take: &mut Take<'_>, pass: &mut Pass) -> Result<(), DecodeError> {
    let Some(mut stream) = y4m::Stream::open(BufReader::with_capacity(PIECE, pipe))? else { return Ok(()) };
    pass.fps = stream.fps;
    while let Some(frame) = stream.next(wanted(pass.frames))? {
        if let Some(frame) = frame {
            take(pass.frames, frame)?;
        }
        pass.frames += 1;
    }
    Ok(())
}

/// Arguments before all inputs.
fn before() -> Vec<OsString> {
    ["-nostdin", "-v", "error", "-xerror"].map(Into::into).to_vec()
}

/// An input. One thread a clip: clips are decoded side by side.
fn input(file: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["-threads", "1", "-protocol_whitelist", "file", "-i"].map(Into::into).to_vec();
    arguments.push(url(file));
    arguments
}

/// The output of the input of that number.
fn output(input: usize, passthrough: &str, filter: &str, target: &str) -> Vec<OsString> {
    let stream = format!("{input}:v:0");
    let arguments =
        ["-map", &stream, passthrough, "passthrough", "-vf", filter, "-f", "yuv4mpegpipe", target].map(Into::into);
    arguments.to_vec()
}

/// The file as a URL, so that neither a leading dash nor a colon in its name is taken for something else.
fn url(file: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(file);
    url
}
