//! From samples as stored to grey.

use std::borrow::Cow;

use image::GrayImage;

use super::{broken, header::Header, palette, syntax::Syntax, unsupported};
use crate::decode::{DecodeError, grey::luma};

/// What the samples of a pixel mean (PS3.3, section C.7.6.3.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// One sample, turned to grey by the table of levels: monochrome, or an index into a palette.
    Level,
    Rgb,
    /// The first of three samples is the luma of BT.601 over the full range: it is taken as coded.
    LumaFirst,
}

/// The order of samples in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// All samples of a pixel, then the next pixel.
    Interleaved,
    /// All pixels of a sample, then the next sample.
    Planar,
    /// Two lumas, then the chroma the two share.
    Pairs,
}

/// How a frame's samples lie once decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: usize,
    /// Bytes of a sample, 1 or 2.
    pub(super) bytes: usize,
    /// Whether the file has eight samples a byte.
    pub(super) packed: bool,
    pub(super) big_endian: bool,
    pub(super) order: Order,
    pub(super) colour: Colour,
}

/// The grey of each sample value.
pub(super) struct Levels {
    shift: u32,
    mask: u16,
    table: Vec<u8>,
}

impl Layout {
    /// How the file says its frames lie, and the grey of each sample value.
    pub(super) fn read(header: &Header) -> Result<(Self, Levels), DecodeError> {
        let needed = |tag, what: &str| header.short(tag).ok_or_else(|| broken(&format!("it does not tell its {what}")));
        let height = usize::from(needed((0x0028, 0x0010), "number of rows")?);
        let width = usize::from(needed((0x0028, 0x0011), "number of columns")?);
        let samples = usize::from(header.short((0x0028, 0x0002)).unwrap_or(1));
        let allocated = needed((0x0028, 0x0100), "bits allocated")?;
        let stored = header.short((0x0028, 0x0101)).unwrap_or(allocated);
        let high = header.short((0x0028, 0x0102)).unwrap_or(stored.saturating_sub(1));
        let signed = header.short((0x0028, 0x0103)) == Some(1);
        if !(1..=LARGEST).contains(&height) || !(1..=LARGEST).contains(&width) {
            return Err(unsupported(&format!(
                "its frames are {width} x {height} pixels, 1 to {LARGEST} each way are read"
            )));
        }
        if !matches!(allocated, 1 | 8 | 16) {
            return Err(unsupported(&format!("its samples take {allocated} bits, 1, 8 and 16 are read")));
        }
        let packed = allocated == 1;
        if packed && (samples != 1 || !matches!(header.syntax, Syntax::Native(_))) {
            return Err(unsupported("its samples of 1 bit are compressed, or colours"));
        }
        if stored == 0 || stored > allocated || high >= allocated || high + 1 < stored {
            return Err(broken(&format!(
                "its bits stored, {stored}, and high bit, {high}, do not fit {allocated} bits"
            )));
        }
        let planar = header.short((0x0028, 0x0006)) == Some(1);
        let order = if planar && samples > 1 { Order::Planar } else { Order::Interleaved };
        let term = header.term((0x0028, 0x0004)).unwrap_or_default();
        let (colour, expected, order) = match term {
            "MONOCHROME1" | "MONOCHROME2" | "PALETTE COLOR" => (Colour::Level, 1, Order::Interleaved),
            // Both are RGB once the JPEG 2000 decoder has undone its colour transform.
            "RGB" | "YBR_RCT" | "YBR_ICT" => (Colour::Rgb, 3, order),
            "YBR_FULL" => (Colour::LumaFirst, 3, order),
            "YBR_FULL_422" => (Colour::LumaFirst, 3, Order::Pairs),
            _ => return Err(unsupported("its photometric interpretation is none of those read")),
        };
        if samples != expected {
            return Err(broken(&format!("it has {samples} samples a pixel where its colours need {expected}")));
        }
        if signed && colour != Colour::Level {
            return Err(unsupported("its colours have signs"));
        }
        let table = match term {
            "PALETTE COLOR" => palette::levels(header, stored)?,
            _ => levels(header, stored, signed, samples == 1, term == "MONOCHROME1"),
        };
        let mask = u16::MAX >> (16 - stored);
        let levels = Levels { shift: u32::from(high + 1 - stored), mask, table };
        let bytes = usize::from(allocated.div_ceil(8));
        let big_endian = header.coding.big_endian;
        Ok((Self { width, height, samples, bytes, packed, big_endian, order, colour }, levels))
    }

    /// The same samples in planes of little-endian ones.
    pub(super) fn planar(&self) -> Self {
        let order = if self.samples > 1 { Order::Planar } else { Order::Interleaved };
        Self { order, big_endian: false, ..*self }
    }

    /// Bytes of one frame, unpacked.
    pub(super) fn frame_len(&self) -> usize {
        let samples = if self.order == Order::Pairs { 2 } else { self.samples };
        self.width * self.height * samples * self.bytes
    }

    /// The grey frame of samples that lie this way.
    pub(super) fn grey(&self, bytes: &[u8], levels: &Levels) -> Result<GrayImage, DecodeError> {
        let pixels = self.width * self.height;
        let mut bytes = bytes.get(..self.frame_len()).ok_or_else(|| broken("a frame is shorter than its size"))?;
        // Chroma is not looked at.
        if self.colour == Colour::LumaFirst && self.order == Order::Planar {
            bytes = &bytes[..pixels * self.bytes];
        }
        let samples = self.levelled(bytes, levels);
        let grey = match (self.colour, self.order) {
            (Colour::Level, _) | (Colour::LumaFirst, Order::Planar) => samples.into_owned(),
            (Colour::LumaFirst, Order::Interleaved) => samples.iter().step_by(self.samples).copied().collect(),
            (_, Order::Pairs) => samples.chunks_exact(4).flat_map(|pair| [pair[0], pair[1]]).collect(),
            (Colour::Rgb, Order::Interleaved) => {
                samples.as_chunks::<3>().0.iter().map(|colour| luma(*colour)).collect()
            }
            (Colour::Rgb, Order::Planar) => {
                let (red, rest) = samples.split_at(pixels);
                let (green, blue) = rest.split_at(pixels);
                (0..pixels).map(|at| luma([red[at], green[at], blue[at]])).collect()
            }
        };
        GrayImage::from_raw(self.width as u32, self.height as u32, grey)
            .ok_or_else(|| broken("a frame is shorter than its size"))
    }

    /// Each sample in 8 bits.
    fn levelled<'a>(&self, bytes: &'a [u8], levels: &Levels) -> Cow<'a, [u8]> {
        if self.bytes == 1 {
            if levels.unchanged() {
                return Cow::Borrowed(bytes);
            }
            return bytes.iter().map(|byte| levels.of(u16::from(*byte))).collect();
        }
        let word = if self.big_endian { u16::from_be_bytes } else { u16::from_le_bytes };
        bytes.as_chunks::<2>().0.iter().map(|bytes| levels.of(word(*bytes))).collect()
    }
}

/// Rows and columns of the largest frame.
const LARGEST: usize = 8192;

impl Levels {
    fn of(&self, raw: u16) -> u8 {
        self.table[usize::from((raw >> self.shift) & self.mask)]
    }

    fn unchanged(&self) -> bool {
        self.table.len() == 256
            && self.shift == 0
            && self.table.iter().enumerate().all(|(at, level)| at == usize::from(*level))
    }
}

/// The grey of each of the 2^`stored` values of a monochrome sample, or the eight bits of one of a colour.
///
/// Samples of 8 bits keep their value; fewer bits fill the range. Of deeper ones the file's first window is shown (PS3.3, section C.11.2.1.2.1,
/// after the modality's rescaling); where there is none, and for colours, the full range of the bits stored goes
/// linearly to 0 to 255. Both round to the nearest.
fn levels(header: &Header, stored: u16, signed: bool, monochrome: bool, inverted: bool) -> Vec<u8> {
    let values = 1_u32 << stored;
    let offset = if signed { values / 2 } else { 0 };
    let window = (monochrome && stored > 8).then(|| Window::read(header)).flatten();
    let level = |value: u32| match &window {
        // In two's complement, `value - offset` is what the bits `value ^ offset` mean.
        Some(window) => window.level(f64::from(value) - f64::from(offset)),
        None => ((value * 255 + (values - 1) / 2) / (values - 1)) as u8,
    };
    let inverted = if inverted { 255 } else { 0 };
    (0..values).map(|bits| level(bits ^ offset) ^ inverted).collect()
}

/// The range of values shown.
struct Window {
    center: f64,
    width: f64,
    slope: f64,
    intercept: f64,
}

impl Window {
    fn read(header: &Header) -> Option<Self> {
        let center = header.number((0x0028, 0x1050))?;
        let width = header.number((0x0028, 0x1051)).filter(|width| *width >= 1.0)?;
        let slope = header.number((0x0028, 0x1053)).unwrap_or(1.0);
        let intercept = header.number((0x0028, 0x1052)).unwrap_or(0.0);
        Some(Self { center, width, slope, intercept })
    }

    fn level(&self, stored: f64) -> u8 {
        let value = stored * self.slope + self.intercept;
        let (middle, range) = (self.center - 0.5, self.width - 1.0);
        if value <= middle - range / 2.0 {
            0
        } else if value > middle + range / 2.0 {
            255
        } else {
            (((value - middle) / range + 0.5) * 255.0).round() as u8
        }
    }
}
