//! GIF, through the `image` crate: disposal of frames is honoured, what is transparent stands on black.

use std::{fs::File, io::BufReader, path::Path};

use image::{AnimationDecoder as _, DynamicImage, ImageDecoder as _, codecs::gif::GifDecoder};

use super::{DecodeError, Frames, grey};

pub(super) struct Gif {
    size: (usize, usize),
    fps: Option<f64>,
    count: usize,
    frames: image::Frames<'static>,
}

impl Gif {
    /// Reads the file twice: once to count and time the frames, once to hand them out one by one.
    pub(super) fn open(path: &Path) -> Result<Self, DecodeError> {
        let (mut count, mut delays) = (0, Vec::new());
        for frame in decoder(path)?.into_frames() {
            let (numerator, denominator) = frame.map_err(damaged)?.delay().numer_denom_ms();
            delays.push((numerator, denominator));
            count += 1;
        }
        let decoder = decoder(path)?;
        let (width, height) = decoder.dimensions();
        // One frame rate only where all frames stay for the same time.
        let fps = delays
            .first()
            .filter(|(delay, _)| *delay > 0 && delays.iter().all(|other| *other == delays[0]))
            .map(|(delay, parts)| 1000.0 * f64::from(*parts) / f64::from(*delay));
        Ok(Self { size: (height as usize, width as usize), fps, count, frames: decoder.into_frames() })
    }
}

fn decoder(path: &Path) -> Result<GifDecoder<BufReader<File>>, DecodeError> {
    let file = File::open(path).map_err(DecodeError::unreadable)?;
    GifDecoder::new(BufReader::new(file)).map_err(damaged)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn damaged(error: image::ImageError) -> DecodeError {
    DecodeError::Damaged(error.to_string())
}

impl Frames for Gif {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn fps(&self) -> Option<f64> {
        self.fps
    }

    fn count(&self) -> usize {
        self.count
    }

    fn next(&mut self, into: &mut Vec<u8>) -> Result<(), DecodeError> {
        let frame = self.frames.next().ok_or_else(|| DecodeError::Damaged("it ends early".to_owned()))?;
        *into = grey::of(&DynamicImage::ImageRgba8(frame.map_err(damaged)?.into_buffer()));
        Ok(())
    }
}
