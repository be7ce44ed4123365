//! DICOM files made here, byte by byte, and real ones.

use std::sync::atomic::AtomicBool;

use crate::decode::{Clip, DecodeError, Decoder, Extra, Ffmpeg, Room, Settings, luma};

/// A file: transfer syntax, then elements in explicit little endian unless said otherwise.
struct File {
    bytes: Vec<u8>,
    big: bool,
}

const LITTLE: &str = "1.2.840.10008.1.2.1";
const BIG: &str = "1.2.840.10008.1.2.2";
const RLE: &str = "1.2.840.10008.1.2.5";

impl File {
    fn new(syntax: &str) -> Self {
        let mut file = Self { bytes: vec![0; 128], big: false };
        file.bytes.extend(b"DICM");
        let mut syntax_text = syntax.as_bytes().to_vec();
        syntax_text.resize(syntax_text.len().next_multiple_of(2), 0);
        // The group's length covers the one element after it: eight bytes of head, then the text.
        let length = 8 + syntax_text.len() as u32;
        file.element((0x0002, 0x0000), b"UL", &length.to_le_bytes());
        file.element((0x0002, 0x0010), b"UI", &syntax_text);
        file.big = syntax == BIG;
        file
    }

    fn u16(&self, value: u16) -> [u8; 2] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(&self, value: u32) -> [u8; 4] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn element(&mut self, (group, number): (u16, u16), kind: &[u8; 2], value: &[u8]) {
        let mut value = value.to_vec();
        value.resize(value.len().next_multiple_of(2), if kind == b"OB" { 0 } else { b' ' });
        let head = [self.u16(group), self.u16(number)].concat();
        self.bytes.extend(head);
        self.bytes.extend(kind);
        let length = value.len() as u32;
        if [&b"OB"[..], b"OW", b"SQ", b"UT"].contains(&&kind[..]) {
            self.bytes.extend([0, 0]);
            self.bytes.extend(self.u32(length));
        } else {
            self.bytes.extend(self.u16(length as u16));
        }
        self.bytes.extend(value);
    }

    fn short(&mut self, tag: (u16, u16), value: u16) {
        let value = self.u16(value);
        self.element(tag, b"US", &value);
    }

    /// Three columns, two rows.
    fn picture(mut self, term: &str, samples: u16, planar: u16, bits: u16, frames: u16) -> Self {
        self.short((0x0028, 0x0002), samples);
        self.element((0x0028, 0x0004), b"CS", term.as_bytes());
        self.short((0x0028, 0x0006), planar);
        self.element((0x0028, 0x0008), b"IS", frames.to_string().as_bytes());
        self.short((0x0028, 0x0010), 2);
        self.short((0x0028, 0x0011), 4);
        self.short((0x0028, 0x0100), if bits > 8 { 16 } else { 8 });
        self.short((0x0028, 0x0101), bits);
        self.short((0x0028, 0x0102), bits - 1);
        self.short((0x0028, 0x0103), 0);
        self
    }

    fn pixels(mut self, kind: &[u8; 2], value: &[u8]) -> Vec<u8> {
        self.element((0x7fe0, 0x0010), kind, value);
        self.bytes
    }
}

fn decode(bytes: &[u8]) -> Result<Clip, DecodeError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    std::fs::write(&path, bytes).unwrap();
    let (settings, ffmpeg, room, cancel) =
        (Settings::default(), Ffmpeg::default(), Room::new(1 << 20), AtomicBool::new(false));
    let decoder = Decoder { settings: &settings, ffmpeg: &ffmpeg, room: &room, cancel: &cancel };
    decoder.decode(&path, &Extra::default())
}

/// Eight values a frame, each its own.
fn ramp(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * 7 % 251) as u8).collect()
}

#[test]
fn grey_of_both_signs_and_depths() {
    let stored = ramp(16);
    let clip = decode(&File::new(LITTLE).picture("MONOCHROME2", 1, 0, 8, 2).pixels(b"OB", &stored)).unwrap();
    assert_eq!((clip.frames, clip.height, clip.width, &clip.pixels), (2, 2, 4, &stored));
    let clip = decode(&File::new(LITTLE).picture("MONOCHROME1", 1, 0, 8, 2).pixels(b"OB", &stored)).unwrap();
    assert_eq!(clip.pixels, stored.iter().map(|value| 255 - value).collect::<Vec<_>>());
    // Twelve bits: the full range to 0 to 255, in either order of bytes.
    let deep: Vec<u16> = vec![0, 1, 2048, 4095, 100, 1000, 4000, 8];
    let expected: Vec<u8> = deep.iter().map(|v| ((u32::from(*v) * 255 + 2047) / 4095) as u8).collect();
    for syntax in [LITTLE, BIG] {
        let file = File::new(syntax).picture("MONOCHROME2", 1, 0, 12, 1);
        let words: Vec<u8> = deep.iter().flat_map(|value| file.u16(*value)).collect();
        assert_eq!(decode(&file.pixels(b"OW", &words)).unwrap().pixels, expected, "{syntax}");
    }
}

#[test]
fn colours_in_every_order() {
    let colours: Vec<[u8; 3]> = (0..8u8).map(|at| [at * 30, 255 - at * 20, at * 9]).collect();
    let interleaved: Vec<u8> = colours.concat();
    let planar: Vec<u8> = (0..3).flat_map(|sample| colours.iter().map(move |colour| colour[sample])).collect();
    let grey: Vec<u8> = colours.iter().map(|colour| luma(*colour)).collect();
    let first: Vec<u8> = colours.iter().map(|colour| colour[0]).collect();
    for (term, expected) in [("RGB", &grey), ("YBR_FULL", &first)] {
        for (planes, bytes) in [(0, &interleaved), (1, &planar)] {
            for syntax in [LITTLE, BIG] {
                let file = File::new(syntax).picture(term, 3, planes, 8, 1).pixels(b"OB", bytes);
                assert_eq!(&decode(&file).unwrap().pixels, expected, "{term} {planes} {syntax}");
            }
        }
    }
    // Two lumas share their chroma.
    let pairs: Vec<u8> = first.chunks(2).flat_map(|luma| [luma[0], luma[1], 90, 200]).collect();
    let file = File::new(LITTLE).picture("YBR_FULL_422", 3, 0, 8, 1).pixels(b"OB", &pairs);
    assert_eq!(decode(&file).unwrap().pixels, first);
}

#[test]
fn run_lengths_and_fragments() {
    // PS3.5, annex G: the header counts segments and tells where they begin; a literal run of eight.
    let fragment = |values: &[u8]| {
        let mut bytes = vec![0u8; 64];
        bytes[0] = 1;
        bytes[4] = 64;
        bytes.push(values.len() as u8 - 1);
        bytes.extend(values);
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    };
    let stored = ramp(16);
    let mut file = File::new(RLE).picture("MONOCHROME2", 1, 0, 8, 2);
    file.bytes.extend([0xe0, 0x7f, 0x10, 0x00, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff]);
    for item in [Vec::new(), fragment(&stored[..8]), fragment(&stored[8..])] {
        file.bytes.extend([0xfe, 0xff, 0x00, 0xe0]);
        file.bytes.extend((item.len() as u32).to_le_bytes());
        file.bytes.extend(item);
    }
    file.bytes.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    assert_eq!(decode(&file.bytes).unwrap().pixels, stored);
}

/// A file with a name in every place for one, and a picture.
fn identified() -> Vec<u8> {
    let mut file = File::new(LITTLE);
    for tag in [(0x0008, 0x0080), (0x0008, 0x0090), (0x0008, 0x1070), (0x0009, 0x0010), (0x0010, 0x0010)] {
        file.element(tag, b"LO", b"Doe^Jane");
    }
    for tag in [(0x0010, 0x0020), (0x0010, 0x1001), (0x0010, 0x4000), (0x0018, 0x1030), (0x0020, 0x4000)] {
        file.element(tag, b"LO", b"Doe^Jane");
    }
    file.picture("MONOCHROME2", 1, 0, 8, 2).pixels(b"OB", &ramp(16))
}

#[test]
fn no_message_holds_a_name_and_no_damage_is_a_panic() {
    let whole = identified();
    assert_eq!(decode(&whole).unwrap().pixels, ramp(16));
    let mut refused = 0;
    for end in 132..whole.len() {
        if let Err(error) = decode(&whole[..end]) {
            let told = format!("{error} {error:?}");
            assert!(!told.contains("Doe") && !told.contains("Jane"), "{told}");
            refused += 1;
        }
    }
    assert!(refused > 300, "{refused}");
    for at in 132..whole.len() {
        for bit in [0, 3, 7] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            if let Err(error) = decode(&damaged) {
                let told = format!("{error} {error:?}");
                assert!(!told.contains("Doe") && !told.contains("Jane"), "{told}");
            }
        }
    }
}

#[test]
fn absurd_sizes_are_refused_before_memory_is_asked_for() {
    let mut file = File::new(LITTLE);
    file.element((0x0028, 0x0008), b"IS", b"2000000000");
    let file = file.picture("RGB", 3, 0, 8, 1).pixels(b"OB", &ramp(24));
    // The second element of the same tag says 1 frame: whichever counts, nothing is asked for beyond the file.
    drop(decode(&file));
    let mut many = File::new(LITTLE).picture("MONOCHROME2", 1, 0, 8, 60_000);
    many.short((0x0028, 0x0010), 8192);
    many.short((0x0028, 0x0011), 8192);
    let error = decode(&many.pixels(b"OB", &ramp(16))).unwrap_err().to_string();
    assert!(error.contains("pixel data end before the last"), "{error}");
}

/// Real files: frames, the sum of all pixels (pydicom 3.0.2, luma as in `grey.rs`; within 1 a pixel where lossy), regions.
#[test]
fn real_files_are_those_of_pydicom() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/dicom");
    if !folder.is_dir() {
        println!("skipped: no ../shared/data");
        return;
    }
    // python: d = pydicom.dcmread(f); a = pydicom.pixels.pixel_array(d, raw=True); Y plane of YBR_*, palette and RGB through
    // (19595 R + 38470 G + 7471 B + 32768) >> 16; a.sum()
    for (name, frames, height, width, sum, lossy) in REAL {
        let clip = decode(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        assert_eq!((clip.frames, clip.height, clip.width), (*frames, *height, *width), "{name}");
        let ours: u64 = clip.pixels.iter().map(|pixel| u64::from(*pixel)).sum();
        let most = if *lossy { clip.pixels.len() as u64 / 20 } else { 0 };
        assert!(ours.abs_diff(*sum) <= most, "{name}: {ours} {sum}");
    }
}

const REAL: &[(&str, usize, usize, usize, u64, bool)] = &[
    ("US1_UNCR.dcm", 1, 480, 640, 10935979, false),
    ("examples_palette.dcm", 1, 350, 800, 5443983, false),
    ("examples_ybr_color.dcm", 30, 240, 320, 24242438, true),
];

#[test]
fn regions_tell_the_scale() {
    let item = |file: &File| {
        let mut item = File { bytes: Vec::new(), big: file.big };
        item.short((0x0018, 0x6012), 1);
        item.short((0x0018, 0x6014), 1);
        for (tag, value) in [(0x6018, 0u32), (0x601a, 0), (0x601c, 3), (0x601e, 1)] {
            item.element((0x0018, tag), b"UL", &value.to_le_bytes());
        }
        item.short((0x0018, 0x6024), 3);
        item.short((0x0018, 0x6026), 3);
        item.element((0x0018, 0x602c), b"FD", &0.02f64.to_le_bytes());
        item.element((0x0018, 0x602e), b"FD", &(-0.01f64).to_le_bytes());
        let mut bytes = vec![0xfe, 0xff, 0x00, 0xe0];
        bytes.extend((item.bytes.len() as u32).to_le_bytes());
        bytes.extend(item.bytes);
        bytes
    };
    let mut file = File::new(LITTLE);
    file.element((0x0018, 0x1063), b"DS", b"40");
    let sequence = item(&file);
    file.element((0x0018, 0x6011), b"SQ", &sequence);
    let clip = decode(&file.picture("MONOCHROME2", 1, 0, 8, 2).pixels(b"OB", &ramp(16))).unwrap();
    assert_eq!(clip.fps, Some(25.0));
    // 0.02 cm is 0.2 mm; a delta that points upwards is a length all the same.
    assert_eq!(clip.geometry.mm_per_pixel, Some([0.2, 0.1]));
}
