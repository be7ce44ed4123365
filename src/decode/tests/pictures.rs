//! Files of several pictures: pages of a TIFF, animated PNG and GIF.

use super::*;

/// A TIFF of uncompressed grey pages, in either byte order, plain or BigTIFF.
pub(super) fn tiff(pages: &[GrayImage], big_endian: bool, big: bool) -> Vec<u8> {
    let number = |value: u64, bytes: usize| {
        if big_endian { value.to_be_bytes()[8 - bytes..].to_vec() } else { value.to_le_bytes()[..bytes].to_vec() }
    };
    let (offset, count) = if big { (8, 8) } else { (4, 2) };
    let mut file = if big_endian { b"MM".to_vec() } else { b"II".to_vec() };
    file.extend(number(if big { 43 } else { 42 }, 2));
    if big {
        file.extend([number(8, 2), number(0, 2)].concat());
    }
    let mut link = file.len();
    file.extend(number(0, offset));
    for page in pages {
        let pixels = file.len() as u64;
        file.extend(page.as_raw());
        let next = number(file.len() as u64, offset);
        file.splice(link..link + offset, next);
        // Width, height, bits, no compression, black is 0, one strip: tag, value.
        let rows = u64::from(page.height());
        let length = page.as_raw().len() as u64;
        let entries = [
            (256, page.width().into()),
            (257, rows),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, pixels),
            (278, rows),
            (279, length),
        ];
        file.extend(number(entries.len() as u64, count));
        for (tag, value) in entries {
            // Of type LONG, or LONG8.
            file.extend(
                [number(tag, 2), number(if big { 16 } else { 4 }, 2), number(1, offset), number(value, offset)]
                    .concat(),
            );
        }
        link = file.len();
        file.extend(number(0, offset));
    }
    file
}

/// A frame of an animated PNG: its picture, where it stands, its delay in hundredths of a second, and what becomes of it
/// (0 stays, 1 is cleared, 2 is undone).
type Part = (GrayImage, [u32; 2], u16, u8);

/// An animated PNG (Portable Network Graphics, third edition, section 11.3.6).
fn apng((width, height): (u32, u32), parts: &[Part]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8], data: &[u8]| {
        let mut sum = flate2::Crc::new();
        sum.update(kind);
        sum.update(data);
        file.extend([&(data.len() as u32).to_be_bytes()[..], kind, data, &sum.sum().to_be_bytes()].concat());
    };
    chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat());
    chunk(b"acTL", &[(parts.len() as u32).to_be_bytes(), [0; 4]].concat());
    let mut sequence = 0u32..;
    let mut counted = || sequence.next().unwrap().to_be_bytes();
    for (at, (picture, [left, top], delay, disposal)) in parts.iter().enumerate() {
        let place = [picture.width(), picture.height(), *left, *top].map(u32::to_be_bytes).concat();
        let time = [delay.to_be_bytes(), 100u16.to_be_bytes()].concat();
        chunk(b"fcTL", &[&counted()[..], &place, &time, &[*disposal, 0]].concat());
        let rows: Vec<u8> = picture.rows().flat_map(|row| [0].into_iter().chain(row.map(|pixel| pixel.0[0]))).collect();
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &rows).unwrap();
        let packed = packed.finish().unwrap();
        if at == 0 {
            chunk(b"IDAT", &packed);
        } else {
            chunk(b"fdAT", &[&counted()[..], &packed].concat());
        }
    }
    chunk(b"IEND", &[]);
    file
}

fn plain(width: u32, height: u32, level: u8) -> GrayImage {
    GrayImage::from_pixel(width, height, Luma([level]))
}

/// Of a frame that is cleared transparent ground is left, seen as black; one that is undone leaves what was before.
pub(super) fn moving() -> Vec<u8> {
    let parts = [
        (plain(4, 2, 10), [0, 0], 4, 0),
        (plain(2, 1, 200), [1, 0], 4, 2),
        (plain(1, 2, 90), [3, 0], 4, 1),
        (plain(1, 1, 60), [0, 1], 4, 0),
    ];
    apng((4, 2), &parts)
}

#[test]
fn the_pages_of_a_tiff_are_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    let pages: Vec<GrayImage> = (0..4).map(picture).collect();
    for (big_endian, big) in [(false, false), (true, false), (false, true), (true, true)] {
        fs::write(&path, tiff(&pages, big_endian, big)).unwrap();
        let clip = run(&path, &all()).unwrap();
        assert_eq!((clip.frames, clip.source_frames, clip.fps), (4, 4, None));
        assert_eq!(clip.pixels, pages.iter().flat_map(|page| page.as_raw().clone()).collect::<Vec<_>>());
        let some = run(&path, &Settings { frames: Some(2), ..all() }).unwrap();
        assert_eq!(some.pixels, [picture(1).into_raw(), picture(3).into_raw()].concat());
    }
    // In a folder each file is one frame.
    let error = run(folder.path(), &all()).unwrap_err().to_string();
    assert!(error.starts_with("clip: the TIFF file holds several pictures"), "{error}");
    // A chain that leads back, or out of the file.
    let whole = tiff(&pages, false, false);
    let last = whole.len() - 4;
    for (next, reason) in [(whole[4..8].to_vec(), "leads back"), (vec![255; 4], "leads out")] {
        let mut bytes = whole.clone();
        bytes.splice(last.., next);
        fs::write(&path, bytes).unwrap();
        let error = run(&path, &all()).unwrap_err().to_string();
        assert!(error.contains("truncated or corrupt TIFF") && error.contains(reason), "{error}");
    }
}

#[test]
fn an_animated_png_is_drawn_frame_by_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    fs::write(&path, moving()).unwrap();
    assert!(!needs_ffmpeg(&path));
    let clip = run(&path, &all()).unwrap();
    assert_eq!((clip.frames, clip.source_frames, clip.fps), (4, 4, Some(25.0)));
    // Pillow 13: [list(frame.convert("RGBA").getdata()) for frame in ImageSequence.Iterator(Image.open(path))], each
    // grey level times its opacity.
    let expected: [[u8; 8]; 4] = [
        [10, 10, 10, 10, 10, 10, 10, 10],
        [10, 200, 200, 10, 10, 10, 10, 10],
        [10, 10, 10, 90, 10, 10, 10, 90],
        [10, 10, 10, 0, 60, 10, 10, 0],
    ];
    assert_eq!(clip.pixels, expected.concat());
    let bytes = fs::read(&path).unwrap();
    for end in 60..bytes.len() - 12 {
        fs::write(&path, &bytes[..end]).unwrap();
        assert!(run(&path, &all()).is_err(), "{end} of {}", bytes.len());
    }
    let error = run(folder.path(), &all()).unwrap_err().to_string();
    assert!(error.starts_with("clip: "), "{error}");
}

#[test]
fn frames_of_unequal_length_tell_when_they_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    let at_ten = Settings { rate: Some(10.0), ..all() };
    let kept = |path: &Path| run(path, &at_ten).map(|clip| clip.numbers);
    // Shown from 0, 0.1 and 0.4 s on; the last as long as the one before.
    let expected = [0, 1, 1, 1, 2, 2, 2].map(Some).to_vec();
    let parts = [10, 30, 10].map(|delay| (picture(u32::from(delay)), [0, 0], delay, 0));
    fs::write(&path, apng((12, 9), &parts)).unwrap();
    assert_eq!(kept(&path).unwrap(), expected);
    gif(&path, 3, &[100, 300, 100]);
    assert_eq!(run(&path, &all()).unwrap().fps, None);
    assert_eq!(kept(&path).unwrap(), expected);
    gif(&path, 3, &[100, 0, 100]);
    assert_eq!(kept(&path), Err(DecodeError::NoTimes));
}
