//! Files without a preamble, deflated ones, packed bits, unusual fragments, and files that change.

use super::*;

fn picture(syntax: &'static str) -> (Made, Vec<u8>) {
    let (bytes, grey) = stored("MONOCHROME2", false, false, false);
    let made = Made::new(syntax).add((0x0008, 0x0008), "CS", b"ORIGINAL").add((0x0008, 0x0060), "CS", b"US");
    (made.layout("MONOCHROME2", WIDTH as u16, HEIGHT as u16, 8).add(PIXEL_DATA, "OB", &bytes), grey)
}

#[test]
fn files_without_preamble_or_transfer_syntax_show_theirs() {
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN] {
        let (made, grey) = picture(syntax);
        // The data set alone.
        assert!(bare(&made.data_set[..40]) && !bare(&made.data_set[..20]));
        assert_eq!(decode(&made.data_set).unwrap().1[0], grey, "{syntax}");
        // File meta information at once.
        assert!(bare(&made.bytes()[132..]));
        assert_eq!(decode(&made.bytes()[132..]).unwrap().1[0], grey, "{syntax}");
        // A preamble, and file meta information that says something else.
        let meta = Made::new(EXPLICIT).add((0x0002, 0x0012), "UI", b"1.2").data_set;
        let file = [&made.bytes()[..132], &meta, &made.data_set].concat();
        assert_eq!(decode(&file).unwrap().1, [grey], "{syntax}");
    }
    for other in
        [&b"hello, world"[..], &[8, 0, 5, 0, 0, 0, 0, 0], &[0; 400], b"\x08\x00\x05\x00zz\0\0\x08\0\x06\0zz\0\0"]
    {
        assert!(!bare(other));
        assert!(matches!(decode(other), Err(DecodeError::Corrupt { .. })));
    }
}

#[test]
fn deflated_data_sets_are_inflated() {
    let (made, grey) = picture(DEFLATED);
    let file = made.bytes();
    assert_eq!(decode(&file).unwrap().1[0], grey);
    // A byte that makes the length even.
    assert_eq!(decode(&[&file[..], &[0]].concat()).unwrap().1, [grey]);
    let error = decode(&file[..file.len() - 9]).unwrap_err().to_string();
    assert!(error.contains("deflated"), "{error}");
}

#[test]
fn packed_bits_are_black_and_white() {
    // 3 frames of 18 bits: only the first begins at a byte.
    let bits: Vec<bool> = (0..54).map(|at| at * at % 7 < 3).collect();
    let mut bytes: Vec<u8> =
        bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect();
    bytes.resize(8, 0);
    let grey: Vec<u8> = bits.iter().map(|bit| 255 * u8::from(*bit)).collect();
    let made = |syntax| Made::new(syntax).layout("MONOCHROME2", 6, 3, 1).add((0x0028, 0x0008), "IS", b"3");
    let frames: Vec<&[u8]> = grey.chunks(18).collect();
    assert_eq!(made(EXPLICIT).add(PIXEL_DATA, "OB", &bytes).decode().unwrap().1, frames);
    assert_eq!(made(BIG_ENDIAN).add(PIXEL_DATA, "OB", &bytes).decode().unwrap().1, frames);
    let swapped: Vec<u8> = bytes.chunks(2).flat_map(|word| [word[1], word[0]]).collect();
    assert_eq!(made(BIG_ENDIAN).add(PIXEL_DATA, "OW", &swapped).decode().unwrap().1, frames);
    let error = made(EXPLICIT).add(PIXEL_DATA, "OB", &bytes[..6]).decode().unwrap_err().to_string();
    assert!(error.contains("before the last of 3 frames"), "{error}");
}

#[test]
fn segmented_palettes_are_those_of_their_entries() {
    for syntax in [EXPLICIT, BIG_ENDIAN] {
        let made = (1..=3).fold(Made::new(syntax), |made, colour| {
            let words = |words: &[u16]| words.iter().flat_map(|word| made.u16(*word)).collect::<Vec<_>>();
            let (described, line) = (words(&[256, 0, 16]), words(&[0, 1, 0, 1, 255, 255 << 8]));
            made.clone().add((0x0028, 0x1100 + colour), "US", &described).add((0x0028, 0x1220 + colour), "OW", &line)
        });
        let made = made.layout("PALETTE COLOR", 3, 1, 8).add(PIXEL_DATA, "OB", &[0, 100, 255]);
        assert_eq!(made.decode().unwrap().1, [[0, 100, 255]]);
    }
}

/// Frames of run lengths have one fragment each by the standard, and not by every writer.
#[test]
fn run_lengths_in_several_fragments_are_joined() {
    let (bytes, grey) = stored("RGB", true, false, false);
    let planes: Vec<Vec<u8>> = bytes.chunks(WIDTH * HEIGHT).map(<[u8]>::to_vec).collect();
    let frame = rle(&planes);
    let made = |count: &str| Made::new(RLE).layout("RGB", 6, 3, 8).add((0x0028, 0x0008), "IS", count.as_bytes());
    let parts = [&frame[..70], &frame[70..]];
    assert_eq!(made("1").fragments(&parts).decode().unwrap().1[0], grey);
    assert_eq!(made("2").fragments(&[parts, parts].concat()).decode().unwrap().1, [grey.clone(), grey]);
    let error = made("3").fragments(&[parts, parts].concat()).decode().unwrap_err().to_string();
    assert!(error.contains("4 fragments cannot be told into 3 frames"), "{error}");
}

/// The icon of a picture has pixel data of its own, within a sequence.
#[test]
fn the_frames_are_not_those_of_an_icon() {
    let icon = Made::new(EXPLICIT).fragments(&[b"an icon."]).data_set;
    let item = |icon: &[u8]| [b"\xfe\xff\x00\xe0\xff\xff\xff\xff", icon, b"\xfe\xff\x0d\xe0\0\0\0\0"].concat();
    let sequence = [&item(&icon)[..], b"\xfe\xff\xdd\xe0\0\0\0\0"].concat();
    let (made, grey) = picture(EXPLICIT);
    let head = b"\x88\x00\x00\x02SQ\0\0\xff\xff\xff\xff".to_vec();
    let with_icon = Made { data_set: [head, sequence, made.data_set].concat(), ..Made::new(EXPLICIT) };
    assert_eq!(with_icon.decode().unwrap().1, [grey]);
}

#[test]
fn empty_fragments_take_no_memory_without_bound() {
    let made = Made::new(RLE).layout("RGB", 6, 3, 8).add((0x0028, 0x0008), "IS", b"2000000");
    let error = made.fragments(&vec![&[][..]; (1 << 20) + 1]).decode().unwrap_err().to_string();
    assert!(error.contains("more than 1048576 fragments"), "{error}");
}

#[test]
fn a_file_that_is_cut_short_while_it_is_read_is_an_error() {
    let (made, _) = picture(EXPLICIT);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    fs::write(&path, made.bytes()).unwrap();
    let source = Dicom::open(&path).unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(200).unwrap();
    let cut = source.pass(&|_| true, &mut |_, _| Ok(()));
    assert!(matches!(cut, Err(DecodeError::Corrupt { .. })));
}
