//! JPEG frames: baseline, extended with 8 bits, lossless.

use std::io::Cursor;

use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};

use super::{
    broken,
    samples::{Colour, Layout, Order},
    unsupported,
};
use crate::decode::DecodeError;

/// What the markers before the picture say.
#[derive(Debug, Default)]
struct Markers {
    lossless: bool,
    precision: u8,
    height: u16,
    width: u16,
    components: u8,
    jfif: bool,
    /// Whether the components are called R, G and B.
    rgb: bool,
}

/// Decodes one frame; `layout` is what the file says of it. The samples are as coded: luma and chroma are not turned to
/// RGB.
pub(super) fn decode(frame: &[u8], layout: &Layout) -> Result<(Layout, Vec<u8>), DecodeError> {
    let markers = Markers::read(frame).ok_or_else(|| broken("a frame is no JPEG picture"))?;
    if !markers.lossless && markers.precision != 8 {
        return Err(unsupported(&format!("its JPEG frames have {} bits a sample", markers.precision)));
    }
    let size = (usize::from(markers.width), usize::from(markers.height), usize::from(markers.components));
    if size != (layout.width, layout.height, layout.samples) {
        return Err(broken("a JPEG frame has another size than the file says"));
    }
    let mut decoder = Decoder::new(Cursor::new(frame));
    if layout.samples > 1 {
        // The one that leaves three components as they are; `None` puts their lines one after the other.
        decoder.set_color_transform(ColorTransform::RGB);
    }
    decoder.set_max_decoding_buffer_size(layout.width * layout.height * layout.samples * 2);
    let damaged = || broken("the JPEG data of a frame are damaged");
    let samples = decoder.decode().map_err(|_| damaged())?;
    let bytes = match decoder.info().ok_or_else(damaged)?.pixel_format {
        PixelFormat::L16 => 2,
        _ => 1,
    };
    let colour = if layout.samples == 3 { markers.colour(layout.colour) } else { layout.colour };
    // Samples of 16 bits come in the order of the machine.
    let big_endian = cfg!(target_endian = "big");
    Ok((Layout { bytes, big_endian, order: Order::Interleaved, colour, ..*layout }, samples))
}

impl Markers {
    /// What the components are. The picture's own markers outweigh what the file says, as in pydicom: JFIF pictures are
    /// luma and chroma, and names of components tell RGB.
    fn colour(&self, said: Colour) -> Colour {
        match said {
            Colour::LumaFirst if self.rgb => Colour::Rgb,
            Colour::Rgb if self.jfif && !self.rgb => Colour::LumaFirst,
            said => said,
        }
    }

    /// Reads up to the first frame header (ITU-T T.81, annex B).
    fn read(frame: &[u8]) -> Option<Self> {
        let mut found = Self::default();
        let mut rest = frame.strip_prefix(b"\xff\xd8")?;
        loop {
            let (marker, after) = rest.split_first_chunk::<2>()?;
            let [0xff, marker] = *marker else { return None };
            if marker == 0xff {
                rest = &rest[1..];
                continue;
            }
            let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
            let (segment, following) = after.split_at_checked(length)?;
            let segment = segment.get(2..)?;
            match marker {
                0xe0 => found.jfif |= segment.starts_with(b"JFIF\0"),
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    let [precision, h1, h0, w1, w0, components, ref each @ ..] = *segment else { return None };
                    let names: Vec<u8> = each.iter().step_by(3).map(u8::to_ascii_uppercase).collect();
                    found.rgb = names == b"RGB";
                    found.lossless = matches!(marker, 0xc3 | 0xc7 | 0xcb | 0xcf);
                    found.precision = precision;
                    found.height = u16::from_be_bytes([h1, h0]);
                    found.width = u16::from_be_bytes([w1, w0]);
                    found.components = components;
                    return Some(found);
                }
                _ => {}
            }
            rest = following;
        }
    }
}
