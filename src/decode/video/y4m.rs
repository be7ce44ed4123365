//! Grey frames in a YUV4MPEG2 stream: a line of text with the size, then each frame after a line of its own
//! (<https://wiki.multimedia.cx/index.php/YUV4MPEG2>).

use std::io::{BufRead, Read};

use image::GrayImage;

use crate::decode::error::DecodeError;

/// A line is never longer.
const LINE: u64 = 4096;

/// A stream whose first line was read.
pub(super) struct Stream<R> {
    reader: R,
    width: u32,
    height: u32,
    pub(super) fps: Option<f64>,
}

impl<R: BufRead> Stream<R> {
    /// Reads the first line; nothing where the stream is empty.
    pub(super) fn open(mut reader: R) -> Result<Option<Self>, DecodeError> {
        let Some(line) = line(&mut reader)? else { return Ok(None) };
        let mut words = line.split(' ');
        if words.next() != Some("YUV4MPEG2") {
            return Err(broken());
        }
        let (mut width, mut height, mut fps, mut colour) = (None, None, None, None);
        for word in words {
            match word.split_at_checked(1) {
                Some(("W", value)) => width = value.parse().ok(),
                Some(("H", value)) => height = value.parse().ok(),
                Some(("F", value)) => fps = rate(value),
                Some(("C", value)) => colour = Some(value),
                _ => {}
            }
        }
        match (width, height, colour) {
            (Some(width @ 1..), Some(height @ 1..), Some("mono")) => Ok(Some(Self { reader, width, height, fps })),
            (_, _, Some(other)) if other != "mono" => Err(DecodeError::PixelFormat(other.to_owned())),
            _ => Err(broken()),
        }
    }

    /// The next frame; nothing at the end. Of a frame that is not wanted, only its bytes are passed over.
    pub(super) fn next(&mut self, wanted: bool) -> Result<Option<Option<GrayImage>>, DecodeError> {
        let Some(line) = line(&mut self.reader)? else { return Ok(None) };
        if line != "FRAME" && !line.starts_with("FRAME ") {
            return Err(broken());
        }
        let area = u64::from(self.width) * u64::from(self.height);
        let mut body = self.reader.by_ref().take(area);
        if !wanted {
            let passed = std::io::copy(&mut body, &mut std::io::sink())?;
            return if passed == area { Ok(Some(None)) } else { Err(broken()) };
        }
        let mut pixels = Vec::new();
        pixels.try_reserve_exact(area as usize).map_err(|_| broken())?;
        body.read_to_end(&mut pixels)?;
        GrayImage::from_raw(self.width, self.height, pixels).map(|frame| Some(Some(frame))).ok_or_else(broken)
    }
}

/// A line without its end; nothing at the end of the stream.
fn line(reader: &mut impl BufRead) -> Result<Option<String>, DecodeError> {
    let mut line = Vec::new();
    reader.take(LINE).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => String::from_utf8(line).map(Some).map_err(|_| broken()),
        Some(_) => Err(broken()),
    }
}

fn broken() -> DecodeError {
    DecodeError::FfmpegFailed { program: "ffmpeg", message: "its stream of frames broke off".to_owned() }
}

/// A frame rate such as `30000:1001`.
fn rate(text: &str) -> Option<f64> {
    let (numerator, denominator) = text.split_once(':')?;
    let (numerator, denominator): (f64, f64) = (numerator.parse().ok()?, denominator.parse().ok()?);
    (numerator > 0.0 && denominator > 0.0).then_some(numerator / denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Result<Option<Stream<&[u8]>>, DecodeError> {
        Stream::open(bytes)
    }

    #[test]
    fn frames_wanted_and_passed_over() {
        let bytes = b"YUV4MPEG2 W3 H2 F30000:1001 Ip A1:1 Cmono XCOLORRANGE=LIMITED\nFRAME\nabcdefFRAME Ip\nghijkl";
        let mut stream = open(bytes).unwrap().unwrap();
        assert_eq!(stream.fps, Some(30000.0 / 1001.0));
        assert_eq!(stream.next(true).unwrap().unwrap().unwrap().as_raw(), b"abcdef");
        assert_eq!(stream.next(false).unwrap(), Some(None));
        assert_eq!(stream.next(true).unwrap(), None);
        assert!(open(b"").unwrap().is_none());
    }

    #[test]
    fn what_is_cut_off_or_of_another_kind_is_refused() {
        let whole = b"YUV4MPEG2 W3 H2 F25:1 Cmono\nFRAME\nabcdef";
        for end in 1..whole.len() {
            let outcome =
                open(&whole[..end]).and_then(|stream| stream.map_or(Ok(None), |mut stream| stream.next(true)));
            assert!(end == 28 && outcome == Ok(None) || outcome.is_err(), "{end}: {outcome:?}");
        }
        let deep = b"YUV4MPEG2 W3 H2 F25:1 Cmono10\nFRAME\n";
        assert_eq!(open(deep).err(), Some(DecodeError::PixelFormat("mono10".to_owned())));
        for wrong in [&b"YUV4MPEG2 W0 H2 F25:1 Cmono\n"[..], b"YUV4MPEG2 H2 Cmono\n", b"RIFF\n", &[0xff; 9000]] {
            assert!(open(wrong).is_err());
        }
        let vast = b"YUV4MPEG2 W4294967295 H4294967295 F25:1 Cmono\nFRAME\nabc";
        assert!(open(vast).unwrap().unwrap().next(true).is_err());
    }
}
