//! Frames as they are, and what is said of them.

use std::{path::PathBuf, sync::atomic::AtomicBool};

use super::*;
use crate::decode::{Decoder, Extra, Ffmpeg, Region, Room, Settings};

#[test]
fn every_native_layout_gives_its_grey() {
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN] {
        for term in ["MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", "YBR_FULL_422", "PALETTE COLOR"] {
            for (planar, wide) in [(false, false), (true, false), (false, true), (true, true)] {
                let skipped = (planar && !matches!(term, "RGB" | "YBR_FULL")) || (wide && term == "PALETTE COLOR");
                if skipped {
                    continue;
                }
                let (bytes, grey) = stored(term, planar, wide, syntax == BIG_ENDIAN);
                let bits = if wide { 16 } else { 8 };
                let made = Made::new(syntax).layout(term, WIDTH as u16, HEIGHT as u16, bits);
                let made = made.short((0x0028, 0x0006), u16::from(planar)).add((0x0028, 0x0008), "IS", b"2 ");
                let made = palette(made).add(PIXEL_DATA, if wide { "OW" } else { "OB" }, &bytes.repeat(2));
                let (about, frames) = made.decode().unwrap();
                assert_eq!(frames, [grey.clone(), grey], "{syntax} {term} planar {planar} wide {wide}");
                assert_eq!(about.frames, Some(2));
            }
        }
    }
}

#[test]
fn twelve_bits_fill_the_range() {
    let deep: [u16; 8] = [0, 1, 2048, 4095, 100, 1000, 4000, 8];
    let expected: Vec<u8> = deep.iter().map(|value| ((u32::from(*value) * 255 + 2047) / 4095) as u8).collect();
    for syntax in [EXPLICIT, BIG_ENDIAN] {
        let made = Made::new(syntax).layout("MONOCHROME2", 4, 2, 16).short((0x0028, 0x0101), 12);
        let words: Vec<u8> = deep.iter().flat_map(|value| made.u16(*value)).collect();
        assert_eq!(made.add(PIXEL_DATA, "OW", &words).decode().unwrap().1[0], expected, "{syntax}");
    }
}

#[test]
fn deep_samples_follow_the_window_or_the_full_range() {
    let values: Vec<u8> = [-1000_i16, -1, 0, 40, 100, 32767].iter().flat_map(|value| value.to_le_bytes()).collect();
    let made = Made::new(EXPLICIT).layout("MONOCHROME2", 6, 1, 16).short((0x0028, 0x0103), 1);
    let full = made.clone().add(PIXEL_DATA, "OW", &values);
    // numpy: ((v.astype(int) + 32768) * 255 + 32767) // 65535
    assert_eq!(full.decode().unwrap().1, [[124, 127, 128, 128, 128, 255]]);
    let window = made.add((0x0028, 0x1050), "DS", b"40\\50").add((0x0028, 0x1051), "DS", b"80\\350");
    // pydicom: (apply_windowing(v, d) + 32768) / 65535 * 255 gives 0, 0, 0, 129.1, 255, 255.
    assert_eq!(window.add(PIXEL_DATA, "OW", &values).decode().unwrap().1, [[0, 0, 0, 129, 255, 255]]);
}

#[test]
fn regions_scale_and_times_are_read() {
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN] {
        let made = Made::new(syntax).add((0x0018, 0x1065), "DS", b"0\\40\\60");
        let made = region(&made, 3, 5).add((0x0028, 0x0008), "IS", b"3");
        let made = made.layout("MONOCHROME2", 6, 3, 8).add((0x0028, 0x0030), "DS", b"0.3\\0.2");
        let about = made.add(PIXEL_DATA, "OB", &[7; 54]).decode().unwrap().0;
        let scale = Some([10.0 * 0.02, 10.0 * 0.03]);
        let region = Region { left: 3, top: 1, right: 5, bottom: 2, mm_per_pixel: scale, tissue: true };
        assert_eq!(about.regions, [region]);
        assert_eq!(about.mm_per_pixel, Some([0.2, 0.3]));
        assert_eq!((about.fps, about.times), (None, Some(vec![0.0, 0.04, 0.1])));
    }
    let made = Made::new(EXPLICIT).add((0x0018, 0x1063), "DS", b"33.333").layout("MONOCHROME2", 6, 3, 8);
    let about = made.add(PIXEL_DATA, "OB", &[7; 18]).decode().unwrap().0;
    assert_eq!((about.fps, about.times), (Some(1000.0 / 33.333), None));
}

/// Sums of the grey values; pydicom 3.0.2 gives the same for the first two, and 24_242_438 for the JPEG (another inverse
/// transform).
#[test]
fn real_files_give_the_sums_of_pydicom() {
    let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/dicom"));
    if !data.exists() {
        return println!("skipped: no ../shared/data");
    }
    for (file, frames, expected) in [
        ("US1_UNCR.dcm", 1, 10_935_979),
        ("examples_palette.dcm", 1, 5_443_983),
        ("examples_ybr_color.dcm", 30, 24_214_395),
    ] {
        let source = Dicom::open(&data.join(file)).unwrap();
        let (mut count, mut sum) = (0, 0);
        let mut take = |_, frame: GrayImage| {
            count += 1;
            sum += frame.iter().map(|grey| u64::from(*grey)).sum::<u64>();
            Ok(())
        };
        source.pass(&|_| true, &mut take).unwrap();
        assert_eq!((count, sum), (frames, expected), "{file}");
    }
}

#[test]
fn absurd_sizes_are_refused_before_memory_is_asked_for() {
    let made = Made::new(EXPLICIT).add((0x0028, 0x0008), "IS", b"2000000000").layout("MONOCHROME2", 8192, 8192, 8);
    let error = made.add(PIXEL_DATA, "OB", &[7; 54]).decode().unwrap_err().to_string();
    assert!(error.contains("pixel data end before the last"), "{error}");
}

/// From the file to the frames kept: the format is recognised, and the region of tissue outweighs the Pixel Spacing.
#[test]
fn a_clip_has_its_scale_and_rate() {
    let made = Made::new(EXPLICIT).add((0x0018, 0x1063), "DS", b"40").layout("MONOCHROME2", 6, 3, 8);
    let made = region(&made, 0, 5).add((0x0028, 0x0030), "DS", b"0.7\\0.7").add((0x0028, 0x0008), "IS", b"2");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    fs::write(&path, made.add(PIXEL_DATA, "OB", &[7; 36]).bytes()).unwrap();
    let (settings, ffmpeg, room, cancel) =
        (Settings::default(), Ffmpeg::default(), Room::new(0), AtomicBool::new(false));
    let decoder = Decoder { settings: &settings, ffmpeg: &ffmpeg, room: &room, cancel: &cancel };
    let clip = decoder.decode(&path, &Extra::default()).unwrap();
    assert_eq!((clip.frames, clip.fps), (2, Some(25.0)));
    assert_eq!(clip.geometry.mm_per_pixel, Some([10.0 * 0.02, 10.0 * 0.03]));
}
