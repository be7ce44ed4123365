//! JPEG 2000 frames.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use super::{
    broken,
    samples::{Layout, Order},
    unsupported,
};
use crate::decode::DecodeError;

/// Start of codestream, then the marker of the image's size (ISO/IEC 15444-1, annex A.4.1 and A.5.1).
const START: &[u8] = b"\xff\x4f\xff\x51";

/// Where the codestream tells the number of components.
const COMPONENTS: std::ops::Range<usize> = 40..42;

/// Where the codestream tells the bits of its first component, and by the highest bit whether it has a sign.
const DEPTH: usize = 42;

/// Decodes one frame; `layout` is what the file says of it.
pub(super) fn decode(frame: &[u8], layout: &Layout) -> Result<(Layout, Vec<u8>), DecodeError> {
    let damaged = || broken("the JPEG 2000 data of a frame are damaged");
    // Some files wrap the codestream in boxes, whose colour space would be applied a second time.
    let start = memchr::memmem::find(frame, START).ok_or_else(damaged)?;
    let frame = &frame[start..];
    let signed = frame.get(DEPTH).ok_or_else(damaged)? & 0x80 != 0;
    // Before anything is decoded: the decoder holds every component that the codestream claims.
    let claimed = frame.get(COMPONENTS).ok_or_else(damaged)?;
    if claimed.iter().fold(0, |count, byte| count << 8 | usize::from(*byte)) != layout.samples {
        return Err(broken("a JPEG 2000 frame has other components than the file says"));
    }
    let settings = DecodeSettings { resolve_palette_indices: false, strict: true, ..DecodeSettings::default() };
    let image = Image::new(frame, &settings).map_err(|_| damaged())?;
    if (image.width() as usize, image.height() as usize) != (layout.width, layout.height) {
        return Err(broken("a JPEG 2000 frame has another size than the file says"));
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| damaged())?;
    let pixels = layout.width * layout.height;
    let components = decoded.components();
    if components.len() != layout.samples || components.iter().any(|plane| plane.samples().len() < pixels) {
        return Err(broken("a JPEG 2000 frame has other components than the file says"));
    }
    if let Some(depth) = components.iter().map(|plane| plane.bit_depth()).find(|depth| !(1..=16).contains(depth)) {
        return Err(unsupported(&format!("its JPEG 2000 frames have {depth} bits a sample, 1 to 16 are read")));
    }
    let mut samples = Vec::with_capacity(pixels * layout.samples * 2);
    for plane in components {
        // The decoder shifts samples with a sign into the positive, too; they go back to two's complement.
        let shift = if signed { 1 << (plane.bit_depth() - 1) } else { 0 };
        // Lossy frames reach beyond what their bits hold.
        let top = ((1_u32 << plane.bit_depth()) - 1) as f32;
        let word = |value: &f32| (value.round().clamp(0.0, top) as i32 - shift) as u16;
        samples.extend(plane.samples()[..pixels].iter().flat_map(|value| word(value).to_le_bytes()));
    }
    let layout = Layout { bytes: 2, big_endian: false, order: Order::Planar, ..*layout };
    Ok((layout, samples))
}
