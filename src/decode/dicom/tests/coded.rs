//! Compressed frames, and what is refused.

use super::*;

pub(super) const LOSSLESS_16: &str = "ffd8ffc3000b100004000601011100ffc400240000000000110000000000000000000000000102030405060708090a0b0c0d0e0f10ffda000801010001000082be565d7b66f2dda1ba30d6c00d7011979cd9cc376c4e8cb1b0035c2365f6b676eddc0ba34b6c00d71099818d9eb37740e8dabfffd9";
pub(super) const LS_SAMPLE: &str = "ffd8fff70011060008000803011100021100031100ffda000c03010002000300000200805040386bdfe5f1717200008510291a44b6b6b698280552a54a952a546bb4d34f7bde4b3def7bdef6abdef7bdef6a35ad6b5ad6f6b5aeeee8ffd9";
pub(super) const LS_LINE_NEAR: &str = "ffd8fff70011060008000803011100021100031100ffda000c03010002000300020100b7bfff5df555b82af95254bfff7d25257fafe52aad37c3fcea6bfe7fcda67f84fe6675ff73fadeffd9";
/// A ramp of 32 x 32 pixels, RGB, by OpenJPEG.
pub(super) const J2K_RGB: &str = "ff4fff51002f000000000020000000200000000000000000000000200000002000000000000000000003070101070101070101ff52000c00000001010504040001ff5c00134040484850484850484850484850484850ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e32ff90000a0000000000eb0001ff93c7d404096fc02103c1f20106c3ea028fb40801cf0333c7da051f6810045f071fcfc0067e004004070fc1f38387d4060cfae70b3ccec3ea0387d4060d02110c17c6c7da051f68200d030c17c67fc0f90241f383002218addf037fbfc1f38583e708221a085d7f00cfd551c3ea0387d40a221a1500cfd5523fc07c2240f9020036a1843f3da63433c0f90340f9030036a199ae639f3e62a2ad886dc1f38483e70e36a199cf3e62a2ad886e2bc03a2407c2285fa7c7319dac29403fc07c22c07c23005fa7c7889f9d96a900ff7fc07c22c0f902805fa7c733df9d96a90107ffd9";
/// v = 211 x + 700 y - 20000, 16 bits with a sign, by OpenJPEG.
pub(super) const J2K_SIGNED: &str = "ff4fff5100290000000000200000002000000000000000000000002000000020000000000000000000018f0101ff52000c00000001000504040001ff5c00134080888890888890888890888890888890ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e32ff90000a00000000008b0001ff93c7fe0c0605d62fc0ff00387fe0c04000685f01d7c07f20b07fe000800cf78f56bf0b3a19e9c03f60681fe02422188077417c037e96f07e8562e17fc01f985407f21636a185391811b172d2cd3da62f1a5c94037e94ed07c00fc03a01fb08005fa7c732a315b0790660b72f89079dac29403e1eb840ab604bbe0980c23fffd9";

/// Squares of 0 and 255 at 32 x 32 pixels with the lossy transform, which goes beyond both, by OpenJPEG.
pub(super) const J2K_LOSSY: &str = "ff4fff510029000000000020000000200000000000000000000000200000002000000000000000000001070101ff52000c00000001000504040000ff5c002342772076f076f076c06f006f006ee067506750676850055005504757d357d35762ff90000a0000000000290001ff9380808091180ecb50dd401cfd198a42e8563974c5a0ea9c77615380ffd9";

#[test]
fn lossy_frames_stay_within_their_bits() {
    let made = Made::new(JPEG_2000).layout("MONOCHROME2", 32, 32, 8).fragments(&[&hex(J2K_LOSSY)]);
    let frame = &made.decode().unwrap().1[0];
    let sum: u64 = frame.iter().map(|grey| u64::from(*grey)).sum();
    // pydicom: 132329; both round, each its own transform.
    assert!(sum.abs_diff(132_329) < 100, "{sum}");
}

#[test]
fn compressed_frames_equal_those_of_pydicom() {
    let sum = |frame: &[u8]| frame.iter().map(|grey| u64::from(*grey)).sum::<u64>();
    let made = |syntax, term, side, bits| Made::new(syntax).layout(term, side, side, bits);
    for (made, code, expected) in [
        (made(JPEG_LS, "RGB", 8, 8), LS_SAMPLE, 1725),
        (made(JPEG_LS, "RGB", 8, 8), LS_LINE_NEAR, 1702),
        (made(JPEG_2000, "YBR_RCT", 32, 8), J2K_RGB, 122_228),
    ] {
        let (_, frames) = made.fragments(&[&hex(code)]).decode().unwrap();
        assert_eq!(sum(&frames[0]), expected);
    }
    let signed = made(JPEG_2000, "MONOCHROME2", 32, 16).short((0x0028, 0x0103), 1).fragments(&[&hex(J2K_SIGNED)]);
    let level = |value: i64| (((value + 32768) * 255 + 32767) / 65535) as u8;
    let expected: Vec<u8> = (0..1024).map(|at| level(211 * (at % 32) + 700 * (at / 32) - 20000)).collect();
    assert_eq!(signed.decode().unwrap().1, [expected]);
    let lossless = Made::new(JPEG_LOSSLESS).layout("MONOCHROME2", 6, 4, 16).fragments(&[&hex(LOSSLESS_16)]);
    let expected: Vec<u8> = (0..24_u32)
        .map(|at| (at % 6, at / 6))
        .map(|(x, y)| (((x * x * 997 + y * 4099 + x * y * 31) * 255 + 32767) / 65535) as u8)
        .collect();
    assert_eq!(lossless.decode().unwrap().1, [expected]);
}

/// Frames in one or more fragments, with and without tables of where they begin.
#[test]
fn fragments_are_told_into_frames() {
    let (pictures, codes): (Vec<_>, Vec<_>) = [10, 60, 120].map(jpeg).into_iter().unzip();
    let made = Made::new(JPEG).layout("MONOCHROME2", 16, 16, 8).add((0x0028, 0x0008), "IS", b"3");
    let halves: Vec<&[u8]> = codes.iter().flat_map(|code| [&code[..300], &code[300..]]).collect();
    let whole: Vec<&[u8]> = codes.iter().map(Vec::as_slice).collect();
    let length = |fragment: &&[u8]| 8 + fragment.len().next_multiple_of(2);
    let offsets = |fragments: &[&[u8]]| -> Vec<usize> {
        (0..fragments.len()).map(|at| fragments[..at].iter().map(length).sum()).collect()
    };
    let mut table = b"\xfe\xff\x00\xe0".to_vec();
    table.extend(12_u32.to_le_bytes());
    table.extend(offsets(&halves).iter().step_by(2).flat_map(|offset| (*offset as u32).to_le_bytes()));
    let mut basic = table.clone();
    for half in &halves {
        basic.extend(b"\xfe\xff\x00\xe0");
        basic.extend((half.len().next_multiple_of(2) as u32).to_le_bytes());
        basic.extend(*half);
        basic.resize(basic.len().next_multiple_of(2), 0);
    }
    basic.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
    let longs = |numbers: Vec<usize>| -> Vec<u8> { numbers.iter().flat_map(|number| number.to_le_bytes()).collect() };
    let extended = made.clone().add((0x7fe0, 0x0001), "OV", &longs(offsets(&whole))).add(
        (0x7fe0, 0x0002),
        "OV",
        &longs(whole.iter().map(|code| code.len()).collect()),
    );
    for made in [
        made.clone().fragments(&whole),
        made.clone().fragments(&halves),
        made.clone().add(PIXEL_DATA, "OB", &basic),
        extended.fragments(&whole),
    ] {
        let (_, frames) = made.decode().unwrap();
        assert_eq!(frames.len(), 3);
        for (frame, picture) in frames.iter().zip(&pictures) {
            assert!(frame.iter().zip(picture.as_raw()).all(|(a, b)| a.abs_diff(*b) <= 2));
        }
    }
    let fewer = made.fragments(&whole[..2]).decode();
    assert!(matches!(fewer, Err(DecodeError::Corrupt { .. })), "{fewer:?}");
}

#[test]
fn frames_not_wanted_are_not_decoded() {
    let code = jpeg(10).1;
    let made = Made::new(JPEG).layout("MONOCHROME2", 16, 16, 8).add((0x0028, 0x0008), "IS", b"2");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    fs::write(&path, made.fragments(&[b"no picture", &code]).bytes()).unwrap();
    let source = Dicom::open(&path).unwrap();
    let mut taken = Vec::new();
    let mut take = |number, _| {
        taken.push(number);
        Ok(())
    };
    assert_eq!(source.pass(&|number| number == 1, &mut take).unwrap().frames, 2);
    assert!(source.pass(&|_| true, &mut take).is_err());
    assert_eq!(taken, [1]);
}

#[test]
fn run_lengths_give_the_grey_of_their_planes() {
    for term in ["MONOCHROME1", "RGB", "YBR_FULL", "PALETTE COLOR"] {
        let (bytes, grey) = stored(term, true, false, false);
        let planes: Vec<Vec<u8>> = bytes.chunks(WIDTH * HEIGHT).map(<[u8]>::to_vec).collect();
        let made = palette(Made::new(RLE).layout(term, WIDTH as u16, HEIGHT as u16, 8)).fragments(&[&rle(&planes)]);
        assert_eq!(made.decode().unwrap().1, [grey], "{term}");
    }
    let (bytes, grey) = stored("RGB", true, true, true);
    let planes: Vec<Vec<u8>> = bytes
        .chunks(2 * WIDTH * HEIGHT)
        .flat_map(|plane| [0, 1].map(|place| plane.iter().skip(place).step_by(2).copied().collect()))
        .collect();
    let made = Made::new(RLE).layout("RGB", WIDTH as u16, HEIGHT as u16, 16).fragments(&[&rle(&planes)]);
    assert_eq!(made.decode().unwrap().1, [grey]);
}

#[test]
fn refusals_say_what_is_refused() {
    for (made, expected) in [
        (Made::new("1.2.840.10008.1.2.4.102"), "MPEG"),
        (Made::new("1.2.840.10008.1.2.8.1"), "deflated"),
        (Made::new("1.2.3.4.5.6"), "transfer syntax"),
        (Made::new(EXPLICIT).layout("MONOCHROME2", 9000, 3, 8), "9000 x 3"),
        (Made::new(EXPLICIT).layout("MONOCHROME2", 6, 3, 32), "32 bits"),
        (Made::new(RLE).layout("MONOCHROME2", 6, 3, 1), "1 bit are compressed"),
        (Made::new(EXPLICIT).layout("CMYK", 6, 3, 8), "photometric interpretation"),
        (
            Made::new(JPEG)
                .layout("MONOCHROME2", 6, 4, 16)
                .fragments(&[b"\xff\xd8\xff\xc1\0\x0b\x0c\0\x04\0\x06\x01\x01\x11\0"]),
            "12 bits",
        ),
    ] {
        let error = made.decode().unwrap_err().to_string();
        assert!(error.contains("not read") && error.contains(expected), "{error}");
    }
}

#[test]
fn bits_that_do_not_fit_are_refused() {
    for (stored, high) in [(0, 0), (9, 8), (8, 6), (8, 8), (8, u16::MAX)] {
        let made = Made::new(EXPLICIT).layout("MONOCHROME2", 6, 3, 8).short((0x0028, 0x0101), stored);
        let made = made.short((0x0028, 0x0102), high).add(PIXEL_DATA, "OB", &[7; 18]);
        assert!(matches!(made.decode(), Err(DecodeError::Corrupt { .. })), "{stored} {high}");
    }
}
