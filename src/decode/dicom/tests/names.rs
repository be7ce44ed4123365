//! No name of a file comes out of it.

use super::*;

const NAME: &[u8] = b"ZZPLANTED^NAME";

/// Whether nothing that is said of the file holds the name, or a part of it.
fn silent(bytes: &[u8]) -> bool {
    let said =
        match Dicom::of(Input::Memory(bytes.to_vec())).map(|source| (format!("{:?}", source.frames), all(source))) {
            Ok((frames, Ok((about, _)))) => format!("{frames} {about:?}"),
            Ok((frames, Err(error))) => format!("{frames} {error} {error:?} {:?}", error.setting()),
            Err(error) => format!("{error} {error:?} {:?}", error.setting()),
        };
    let said = said.to_uppercase();
    // As text, as numbers, and in base 16.
    !["PLANTED", "^NAME", "90, 90, 80, 76", "5A5A504C"].iter().any(|part| said.contains(part))
}

/// With the name in every element that may tell who somebody is, at the top and in a sequence, private ones among them.
fn identified(syntax: &'static str) -> Made {
    #[rustfmt::skip]
    let top = [
        (0x0008, 0x0014, "UI"), (0x0008, 0x0018, "UI"), (0x0008, 0x0020, "DA"), (0x0008, 0x0021, "DA"),
        (0x0008, 0x0030, "TM"), (0x0008, 0x0050, "SH"), (0x0008, 0x0080, "LO"), (0x0008, 0x0081, "ST"),
        (0x0008, 0x0090, "PN"), (0x0008, 0x1010, "SH"), (0x0008, 0x1030, "LO"), (0x0008, 0x1048, "PN"),
        (0x0008, 0x1050, "PN"), (0x0008, 0x1070, "PN"), (0x0008, 0x2111, "ST"), (0x0009, 0x0010, "LO"),
        (0x0009, 0x1001, "UN"), (0x0009, 0x1002, "PN"), (0x0010, 0x0010, "PN"), (0x0010, 0x0020, "LO"),
        (0x0010, 0x0030, "DA"), (0x0010, 0x1000, "LO"), (0x0010, 0x1001, "PN"), (0x0010, 0x1040, "LO"),
        (0x0010, 0x21b0, "LT"), (0x0010, 0x4000, "LT"), (0x0018, 0x1000, "LO"), (0x0018, 0x1030, "LO"),
        (0x0020, 0x000d, "UI"), (0x0020, 0x0010, "SH"), (0x0020, 0x4000, "LT"), (0x0029, 0x0010, "LO"),
        (0x0029, 0x1001, "OB"),
    ];
    let with = |made: Made, (group, element, kind): (u16, u16, &str)| made.add((group, element), kind, NAME);
    let made = top.into_iter().fold(Made::new(syntax), with);
    let item = top.into_iter().fold(Made::new(syntax), with);
    let head = [made.u16(0xfffe), made.u16(0xe000)].concat();
    let sequence = [head, made.u32(item.data_set.len() as u32).to_vec(), item.data_set].concat();
    made.add((0x0008, 0x1110), "SQ", &sequence)
}

#[test]
fn planted_names_stay_in_the_file() {
    for made in of_every_kind(identified) {
        // After the frames, too.
        let made = made.add((0xfffc, 0xfffc), "OB", NAME);
        let file = made.bytes();
        assert!(Dicom::of(Input::Memory(file.clone())).and_then(all).is_ok() && silent(&file), "{}", made.syntax);
        // Every cut, of which some end within a name; and bits that make elements of other lengths, kinds and tags.
        for end in 0..file.len() {
            assert!(silent(&file[..end]), "{} cut at {end}", made.syntax);
        }
        for at in (132..file.len()).step_by(3) {
            let mut damaged = file.clone();
            damaged[at] ^= 1 << (at % 8);
            assert!(silent(&damaged), "{} changed at {at}", made.syntax);
        }
    }
}

/// A writer's mistake, or a wrong place of a length, may leave a name where something else is read.
#[test]
fn names_in_place_of_what_is_read_are_not_quoted() {
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN, RLE] {
        for (tag, _) in header::READ {
            for kind in ["US", "DS", "LO", "OW", "SQ", "UN"] {
                let made = region(&palette(Made::new(syntax)), 0, 5).layout("PALETTE COLOR", 6, 3, 8);
                let made = made.add(tag, kind, NAME).add(PIXEL_DATA, "OB", NAME);
                assert!(silent(&made.bytes()), "{syntax} {tag:?} {kind}");
            }
        }
    }
    for within in [(0x0002, 0x0010), (0x0002, 0x0003), (0x0002, 0x0016)] {
        let meta = Made::new(EXPLICIT).add(within, "UI", NAME).data_set;
        assert!(silent(&[&[0; 128][..], b"DICM", &meta, &identified(EXPLICIT).data_set].concat()));
    }
}

#[test]
fn names_within_compressed_frames_stay_there() {
    let code = jpeg(10).1;
    let comment = [b"\xff\xfe\0\x10", NAME].concat();
    let noted = [&code[..2], &comment, &code[2..]].concat();
    let made = identified(JPEG).layout("MONOCHROME2", 16, 16, 8);
    assert!(made.clone().fragments(&[&noted]).decode().is_ok());
    for end in 0..noted.len() {
        assert!(silent(&made.clone().fragments(&[&noted[..end]]).bytes()));
    }
}
