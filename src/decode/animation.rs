//! Animated GIF and PNG: disposal, blending and transparency honoured, transparent ground black.

use std::{
    cell::OnceCell,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use image::{
    AnimationDecoder, ImageDecoder, ImageError,
    codecs::{gif::GifDecoder, png::PngDecoder},
};

use super::{About, Pass, Source, Take, Wanted, error::DecodeError, grey, still};

/// What an animation is stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Animated {
    Gif,
    Png,
}

/// An animation.
pub(super) struct Animation {
    path: PathBuf,
    kind: Animated,
    about: About,
    /// When each frame is shown; known after a pass.
    times: OnceCell<Option<Vec<f64>>>,
}

impl Animation {
    pub(super) fn new(path: &Path, kind: Animated) -> Self {
        Self { path: path.to_owned(), kind, about: About::default(), times: OnceCell::new() }
    }

    fn frames(&self) -> Result<image::Frames<'static>, ImageError> {
        let file = BufReader::new(File::open(&self.path)?);
        Ok(match self.kind {
            Animated::Gif => {
                let mut decoder = GifDecoder::new(file)?;
                decoder.set_limits(still::limits())?;
                decoder.into_frames()
            }
            Animated::Png => PngDecoder::with_limits(file, still::limits())?.apng()?.into_frames(),
        })
    }
}

impl Source for Animation {
    fn about(&self) -> &About {
        &self.about
    }

    fn pass(&self, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<Pass, DecodeError> {
        let name = match self.kind {
            Animated::Gif => "GIF",
            Animated::Png => "animated PNG",
        };
        let mut delays = Vec::new();
        for (number, frame) in self.frames().map_err(|error| still::failed(name, error))?.enumerate() {
            let frame = frame.map_err(|error| still::failed(name, error))?;
            delays.push(frame.delay().numer_denom_ms());
            if wanted(number) {
                take(number, grey::of_rgba(frame.buffer()))?;
            }
        }
        let _ = self.times.set(times(&delays));
        Ok(Pass { frames: delays.len(), fps: fps(&delays) })
    }

    fn times(&self, frames: usize) -> Result<Option<Vec<f64>>, DecodeError> {
        if self.times.get().is_none() {
            self.pass(&|_| false, &mut |_, _| Ok(()))?;
        }
        Ok(self.times.get().cloned().flatten().filter(|times| times.len() == frames))
    }
}

/// Frames a second if all are shown equally long, each a fraction of a millisecond; a delay of 0 says nothing.
fn fps(delays: &[(u32, u32)]) -> Option<f64> {
    let (numerator, denominator) = *delays.first()?;
    let even = delays.iter().all(|delay| *delay == (numerator, denominator));
    (even && numerator > 0).then(|| 1000.0 * f64::from(denominator) / f64::from(numerator))
}

/// When each frame is shown, in seconds from the first; nothing where a delay of 0 leaves that open.
fn times(delays: &[(u32, u32)]) -> Option<Vec<f64>> {
    let mut now = 0.0;
    delays
        .iter()
        .map(|(numerator, denominator)| {
            let shown = now;
            now += f64::from(*numerator) / f64::from(*denominator) / 1000.0;
            (*numerator > 0).then_some(shown)
        })
        .collect()
}
