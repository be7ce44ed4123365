//! Animated GIF: disposal and transparency honoured, transparent ground black.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use image::{AnimationDecoder, ImageDecoder, ImageError, Limits, codecs::gif::GifDecoder};

use super::{About, Pass, Source, Take, Wanted, error::DecodeError, grey};

/// A GIF file.
pub(super) struct Gif {
    path: PathBuf,
    about: About,
}

impl Gif {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), about: About::default() }
    }
}

impl Source for Gif {
    fn about(&self) -> &About {
        &self.about
    }

    fn pass(&self, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<Pass, DecodeError> {
        let mut decoder = GifDecoder::new(BufReader::new(File::open(&self.path)?)).map_err(corrupt)?;
        decoder.set_limits(Limits::default()).map_err(corrupt)?;
        let mut delays = Delays::default();
        let mut frames = 0;
        for frame in decoder.into_frames() {
            let frame = frame.map_err(corrupt)?;
            delays.add(frame.delay().numer_denom_ms());
            if wanted(frames) {
                take(frames, grey::of_rgba(frame.buffer()))?;
            }
            frames += 1;
        }
        Ok(Pass { frames, fps: delays.fps() })
    }
}

fn corrupt(error: ImageError) -> DecodeError {
    match error {
        ImageError::IoError(error) => DecodeError::Corrupt { format: "GIF", reason: error.kind().to_string() },
        error => DecodeError::Corrupt { format: "GIF", reason: error.to_string().trim_end_matches('.').to_lowercase() },
    }
}

/// The time each frame is shown, a fraction of a millisecond.
#[derive(Default)]
struct Delays {
    first: Option<(u32, u32)>,
    vary: bool,
}

impl Delays {
    fn add(&mut self, delay: (u32, u32)) {
        let first = *self.first.get_or_insert(delay);
        self.vary |= first != delay;
    }

    /// Frames a second if all are shown equally long; a delay of 0 says nothing.
    fn fps(&self) -> Option<f64> {
        match self.first {
            Some((numerator, denominator)) if !self.vary && numerator > 0 => {
                Some(1000.0 * f64::from(denominator) / f64::from(numerator))
            }
            _ => None,
        }
    }
}
