//! Files made byte by byte; the expected grey is that of pydicom 3.0.2 where a picture is compressed.

mod coded;
mod damage;
mod kinds;
mod names;
mod native;

use std::{fs, io::Write as _};

use flate2::{Compression, write::DeflateEncoder};

use super::{
    elements::{Coding, PIXEL_DATA, Tag},
    syntax::bare,
    *,
};
use crate::decode::grey::luma;

const IMPLICIT: &str = "1.2.840.10008.1.2";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG: &str = "1.2.840.10008.1.2.4.50";
const JPEG_EXTENDED: &str = "1.2.840.10008.1.2.4.51";
const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.70";
const JPEG_LS: &str = "1.2.840.10008.1.2.4.80";
const JPEG_2000: &str = "1.2.840.10008.1.2.4.90";

/// A file in the making.
#[derive(Clone)]
struct Made {
    syntax: &'static str,
    coding: Coding,
    data_set: Vec<u8>,
}

impl Made {
    fn new(syntax: &'static str) -> Self {
        let coding = match syntax {
            IMPLICIT => Coding::IMPLICIT,
            BIG_ENDIAN => Coding::BIG_ENDIAN,
            _ => Coding::EXPLICIT,
        };
        Self { syntax, coding, data_set: Vec::new() }
    }

    fn u16(&self, value: u16) -> [u8; 2] {
        if self.coding.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(&self, value: u32) -> [u8; 4] {
        if self.coding.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn add(mut self, tag: Tag, kind: &str, value: &[u8]) -> Self {
        let length = if tag == PIXEL_DATA && kind == "OB" && value.starts_with(b"\xfe\xff\x00\xe0") {
            u32::MAX
        } else {
            value.len().next_multiple_of(2) as u32
        };
        let mut head = [self.u16(tag.0), self.u16(tag.1)].concat();
        if self.coding.explicit {
            head.extend(kind.bytes());
            if matches!(kind, "OB" | "OW" | "OV" | "SQ" | "UN") {
                head.extend([0, 0]);
                head.extend(self.u32(length));
            } else {
                head.extend(self.u16(length as u16));
            }
        } else {
            head.extend(self.u32(length));
        }
        self.data_set.extend(head);
        self.data_set.extend(value);
        if value.len() % 2 == 1 {
            self.data_set.push(if kind == "OB" { 0 } else { b' ' });
        }
        self
    }

    fn short(self, tag: Tag, value: u16) -> Self {
        let value = self.u16(value);
        self.add(tag, "US", &value)
    }

    /// The layout of frames of 8 or 16 bits.
    fn layout(self, term: &str, width: u16, height: u16, bits: u16) -> Self {
        let samples = if matches!(term, "MONOCHROME1" | "MONOCHROME2" | "PALETTE COLOR") { 1 } else { 3 };
        self.short((0x0028, 0x0002), samples)
            .add((0x0028, 0x0004), "CS", term.as_bytes())
            .short((0x0028, 0x0010), height)
            .short((0x0028, 0x0011), width)
            .short((0x0028, 0x0100), bits)
            .short((0x0028, 0x0101), bits)
    }

    fn fragments(self, fragments: &[&[u8]]) -> Self {
        let mut items = b"\xfe\xff\x00\xe0\0\0\0\0".to_vec();
        for fragment in fragments {
            items.extend(b"\xfe\xff\x00\xe0");
            items.extend((fragment.len().next_multiple_of(2) as u32).to_le_bytes());
            items.extend(*fragment);
            items.resize(items.len().next_multiple_of(2), 0);
        }
        items.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
        self.add(PIXEL_DATA, "OB", &items)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut file = vec![0; 128];
        file.extend(b"DICM");
        let meta = Self::new(EXPLICIT).add((0x0002, 0x0010), "UI", self.syntax.as_bytes());
        file.extend(meta.data_set);
        if self.syntax == DEFLATED {
            let mut deflated = DeflateEncoder::new(file, Compression::fast());
            deflated.write_all(&self.data_set).unwrap();
            return deflated.finish().unwrap();
        }
        file.extend(&self.data_set);
        file
    }

    fn decode(&self) -> Result<(About, Vec<Vec<u8>>), DecodeError> {
        decode(&self.bytes())
    }
}

/// What is said of a file of these bytes, and its frames.
fn decode(bytes: &[u8]) -> Result<(About, Vec<Vec<u8>>), DecodeError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    fs::write(&path, bytes).unwrap();
    all(Dicom::open(&path)?)
}

fn all(source: Dicom) -> Result<(About, Vec<Vec<u8>>), DecodeError> {
    let mut frames = Vec::new();
    source.pass(&|_| true, &mut |_, frame| {
        frames.push(frame.into_raw());
        Ok(())
    })?;
    Ok((source.about, frames))
}

const WIDTH: usize = 6;
const HEIGHT: usize = 3;

/// Some sample of a pixel.
fn sample(pixel: usize, sample: usize) -> u8 {
    (pixel * 13 + sample * 71 + pixel * pixel % 7) as u8
}

/// Frames of one layout, and their grey.
fn stored(term: &str, planar: bool, wide: bool, big_endian: bool) -> (Vec<u8>, Vec<u8>) {
    let pixels = WIDTH * HEIGHT;
    let all: Vec<u8> = match term {
        "YBR_FULL_422" => (0..pixels).step_by(2).flat_map(|at| [sample(at, 0), sample(at + 1, 0), 9, 200]).collect(),
        "RGB" | "YBR_FULL" if planar => (0..3 * pixels).map(|at| sample(at % pixels, at / pixels)).collect(),
        "RGB" | "YBR_FULL" => (0..3 * pixels).map(|at| sample(at / 3, at % 3)).collect(),
        _ => (0..pixels).map(|at| sample(at, 0)).collect(),
    };
    let grey = (0..pixels).map(|at| match term {
        "RGB" => luma([0, 1, 2].map(|channel| sample(at, channel))),
        "MONOCHROME1" => 255 - sample(at, 0),
        "PALETTE COLOR" => luma([sample(at, 0), 255 - sample(at, 0), 40]),
        _ => sample(at, 0),
    });
    let grey = grey.collect();
    if !wide {
        return (all, grey);
    }
    // Of 16 bits, v * 257 is v of 8; one more or less rounds to the same.
    let word = |value: &u8| {
        let value = (u16::from(*value) * 257).saturating_add(u16::from(*value % 2));
        if big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    };
    (all.iter().flat_map(word).collect(), grey)
}

fn palette(made: Made) -> Made {
    let channels: [fn(u8) -> u8; 3] = [|index| index, |index| 255 - index, |_| 40];
    (0..3).fold(made, |made, channel| {
        let described = [256, 0, 16].map(|number| made.u16(number)).concat();
        let entries: Vec<u8> = (0..=255).flat_map(|index| made.u16(u16::from(channels[channel](index)) << 8)).collect();
        let last = channel as u16 + 1;
        made.add((0x0028, 0x1100 + last), "US", &described).add((0x0028, 0x1200 + last), "OW", &entries)
    })
}

/// With a region of tissue from column `left` to `right` of 0.2 mm by 0.3 mm a pixel.
fn region(made: &Made, left: u32, right: u32) -> Made {
    let mut item = Made { data_set: Vec::new(), ..made.clone() };
    item = item.short((0x0018, 0x6012), 1).short((0x0018, 0x6014), 1);
    for (element, bound) in [(0x6018, left), (0x601a, 1), (0x601c, right), (0x601e, 2)] {
        let bound = item.u32(bound);
        item = item.add((0x0018, element), "UL", &bound);
    }
    item = item.short((0x0018, 0x6024), 3).short((0x0018, 0x6026), 3);
    // A delta that points upwards is a length all the same.
    for (element, delta) in [(0x602c, 0.02_f64), (0x602e, -0.03)] {
        let delta = if item.coding.big_endian { delta.to_be_bytes() } else { delta.to_le_bytes() };
        item = item.add((0x0018, element), "FD", &delta);
    }
    let head = [made.u16(0xfffe), made.u16(0xe000)].concat();
    let sequence = [head, made.u32(item.data_set.len() as u32).to_vec(), item.data_set].concat();
    made.clone().add((0x0018, 0x6011), "SQ", &sequence)
}

/// Literal runs of up to 128 bytes, plane after plane, the most significant bytes first.
fn rle(planes: &[Vec<u8>]) -> Vec<u8> {
    let mut header = vec![planes.len() as u32];
    let mut body = Vec::new();
    for plane in planes {
        header.push(64 + body.len() as u32);
        for run in plane.chunks(128) {
            body.push(run.len() as u8 - 1);
            body.extend(run);
        }
        body.resize(body.len().next_multiple_of(2), 0x80);
    }
    header.resize(16, 0);
    header.iter().flat_map(|number| number.to_le_bytes()).chain(body).collect()
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

fn jpeg(seed: u8) -> (GrayImage, Vec<u8>) {
    let picture = GrayImage::from_fn(16, 16, |x, y| image::Luma([seed + (x * 5 + y * 3) as u8]));
    let mut code = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut code, 100).encode_image(&picture).unwrap();
    (picture, code)
}

/// A small picture in every transfer syntax that is read, and more than one where its frames come in several forms; each
/// begins as `begun` says.
fn of_every_kind(begun: impl Fn(&'static str) -> Made) -> Vec<Made> {
    let (rgb, _) = stored("RGB", false, false, false);
    let planes: Vec<Vec<u8>> = stored("RGB", true, false, false).0.chunks(WIDTH * HEIGHT).map(<[u8]>::to_vec).collect();
    let native = |syntax| begun(syntax).layout("RGB", 6, 3, 8).add(PIXEL_DATA, "OB", &rgb);
    let coded = |syntax, term, width, height, bits, code: &[u8]| {
        begun(syntax).layout(term, width, height, bits).fragments(&[code])
    };
    let baseline = jpeg(10).1;
    // The same with the marker of an extended picture.
    let start = baseline.windows(2).position(|marker| marker == b"\xff\xc0").unwrap();
    let mut extended = baseline.clone();
    extended[start + 1] = 0xc1;
    vec![
        native(EXPLICIT),
        native(IMPLICIT),
        native(BIG_ENDIAN),
        native(DEFLATED),
        begun(EXPLICIT).layout("MONOCHROME2", 6, 3, 1).add(PIXEL_DATA, "OB", &[0x5a, 0xc3, 1]),
        region(&palette(begun(EXPLICIT)), 0, 5).layout("PALETTE COLOR", 6, 3, 8).add(PIXEL_DATA, "OB", &rgb[..18]),
        coded(RLE, "RGB", 6, 3, 8, &rle(&planes)),
        coded(JPEG, "MONOCHROME2", 16, 16, 8, &baseline),
        coded(JPEG_EXTENDED, "MONOCHROME2", 16, 16, 8, &extended),
        coded("1.2.840.10008.1.2.4.57", "MONOCHROME2", 6, 4, 16, &hex(coded::LOSSLESS_16)),
        coded(JPEG_LOSSLESS, "MONOCHROME2", 6, 4, 16, &hex(coded::LOSSLESS_16)),
        coded(JPEG_LS, "RGB", 8, 8, 8, &hex(coded::LS_SAMPLE)),
        coded("1.2.840.10008.1.2.4.81", "RGB", 8, 8, 8, &hex(coded::LS_LINE_NEAR)),
        coded(JPEG_2000, "YBR_RCT", 32, 32, 8, &hex(coded::J2K_RGB)),
        coded(JPEG_2000, "MONOCHROME2", 32, 32, 16, &hex(coded::J2K_SIGNED)),
        coded("1.2.840.10008.1.2.4.91", "MONOCHROME2", 32, 32, 8, &hex(coded::J2K_LOSSY)),
    ]
}
