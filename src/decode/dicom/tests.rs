//! Files made byte by byte; the expected grey is that of pydicom 3.0.2 where a picture is compressed.

mod coded;
mod damage;
mod kinds;
mod native;

use std::fs;

use super::{
    elements::{Coding, PIXEL_DATA, Tag},
    syntax::bare,
    *,
};
use crate::decode::grey::luma;

const IMPLICIT: &str = "1.2.840.10008.1.2";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG: &str = "1.2.840.10008.1.2.4.50";
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
        file.extend(&self.data_set);
        file
    }

    fn decode(&self) -> Result<(About, Vec<Vec<u8>>), DecodeError> {
        decode(&self.bytes())
    }
}

fn decode(bytes: &[u8]) -> Result<(About, Vec<Vec<u8>>), DecodeError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    fs::write(&path, bytes).unwrap();
    let source = Dicom::open(&path)?;
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
