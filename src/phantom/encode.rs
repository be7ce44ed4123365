//! A clip as a GIF: lossless, because the palette holds all 256 grey values.

use std::borrow::Cow;

use gif::{Encoder, Frame, Repeat};

use super::{PhantomError, SimulatedClip};

/// Encodes a clip as an animated GIF with a global palette of the 256 greys. Pixels come back exactly; the same clip
/// gives the same bytes. The delay of each frame is 100/fps hundredths of a second, rounded, at least 1.
///
/// # Errors
/// [`PhantomError::Gif`] where the clip is larger than GIF can hold (65,535 pixels a side) or its pixels do not match
/// its shape.
pub fn encode_gif(clip: &SimulatedClip) -> Result<Vec<u8>, PhantomError> {
    let failed = |reason: String| PhantomError::Gif { clip: clip.id.clone(), reason };
    let side = |length: usize| {
        let side = u16::try_from(length).ok().filter(|&side| side > 0);
        side.ok_or_else(|| failed(format!("a side of {length} pixels; GIF holds 1 to 65535")))
    };
    let (width, height) = (side(clip.width)?, side(clip.height)?);
    let area = clip.width * clip.height;
    if clip.pixels.len() != area * clip.frames {
        return Err(failed(format!("{} pixels do not fill {} frames of {area}", clip.pixels.len(), clip.frames)));
    }
    let delay = libm::round(100.0 / clip.fps).clamp(1.0, 65535.0) as u16;
    let greys: Vec<u8> = (0..=255).flat_map(|grey| [grey; 3]).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height, &greys).map_err(|error| failed(error.to_string()))?;
    encoder.set_repeat(Repeat::Infinite).map_err(|error| failed(error.to_string()))?;
    for pixels in clip.pixels.chunks_exact(area) {
        let frame = Frame { width, height, delay, buffer: Cow::Borrowed(pixels), ..Frame::default() };
        encoder.write_frame(&frame).map_err(|error| failed(error.to_string()))?;
    }
    drop(encoder);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use image::AnimationDecoder;

    use super::encode_gif;
    use crate::phantom::Cohort;

    #[test]
    fn an_independent_reader_gets_the_same_pixels_and_delays() {
        let cohort = Cohort { frames: 5, width: 80, height: 64, ..Cohort::default() };
        for index in [0, 4, 8] {
            let clip = cohort.render(2, index);
            let bytes = encode_gif(&clip).unwrap();
            assert_eq!(bytes, encode_gif(&clip).unwrap());
            let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(&bytes)).unwrap();
            let mut pixels = Vec::new();
            for frame in decoder.into_frames() {
                let frame = frame.unwrap();
                let (numerator, denominator) = frame.delay().numer_denom_ms();
                let milliseconds = f64::from(numerator) / f64::from(denominator);
                assert!((milliseconds - 1000.0 / clip.fps).abs() < 1e-9, "{milliseconds} at {} fps", clip.fps);
                pixels.extend(frame.buffer().pixels().map(|pixel| {
                    assert!(pixel[0] == pixel[1] && pixel[1] == pixel[2] && pixel[3] == 255);
                    pixel[0]
                }));
            }
            assert!(pixels == clip.pixels, "{} came back changed", clip.id);
        }
    }

    #[test]
    fn a_clip_that_does_not_fill_its_shape_is_refused() {
        let mut clip = Cohort { frames: 2, ..Cohort::default() }.render(2, 0);
        clip.pixels.pop();
        assert!(encode_gif(&clip).unwrap_err().to_string().contains("p001-c1"));
        clip.width = 70_000;
        assert!(encode_gif(&clip).unwrap_err().to_string().contains("70000"));
    }
}
