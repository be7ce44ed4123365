//! Damage, and names.

use super::{
    coded::{J2K_RGB, J2K_SIGNED, LOSSLESS_16, LS_LINE_NEAR, LS_SAMPLE},
    *,
};

const NAME: &str = "Zwettl^Quirina";

/// Small files of every kind, with a name wherever a person could be named.
fn samples() -> Vec<Vec<u8>> {
    let (rgb, _) = stored("RGB", false, false, false);
    let planes: Vec<Vec<u8>> = rgb.chunks(WIDTH * HEIGHT).map(<[u8]>::to_vec).collect();
    let named = |syntax| {
        [(0x0008, 0x0080, "LO"), (0x0008, 0x1070, "PN"), (0x0009, 0x1001, "LO"), (0x0010, 0x0010, "PN")]
            .iter()
            .chain(&[(0x0010, 0x0020, "LO"), (0x0029, 0x1001, "UN")])
            .fold(Made::new(syntax), |made, (group, element, kind)| made.add((*group, *element), kind, NAME.as_bytes()))
    };
    let native = |syntax| named(syntax).layout("RGB", 6, 3, 8).add(PIXEL_DATA, "OB", &rgb);
    let grey = |syntax, width, height, bits| named(syntax).layout("MONOCHROME2", width, height, bits);
    let made = [
        native(EXPLICIT),
        native(IMPLICIT),
        native(BIG_ENDIAN),
        named(RLE).layout("RGB", 6, 3, 8).fragments(&[&rle(&planes)]),
        grey(JPEG, 16, 16, 8).fragments(&[&jpeg(10).1]),
        grey(JPEG_LOSSLESS, 6, 4, 16).fragments(&[&hex(LOSSLESS_16)]),
        named(JPEG_LS).layout("RGB", 8, 8, 8).fragments(&[&hex(LS_SAMPLE)]),
        named(JPEG_LS).layout("RGB", 8, 8, 8).fragments(&[&hex(LS_LINE_NEAR)]),
        named(JPEG_2000).layout("YBR_RCT", 32, 32, 8).fragments(&[&hex(J2K_RGB)]),
        grey(JPEG_2000, 32, 32, 16).fragments(&[&hex(J2K_SIGNED)]),
    ];
    made.iter().map(Made::bytes).collect()
}

#[test]
fn damage_is_an_error_that_names_nobody() {
    use rand::{RngExt, SeedableRng};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    for whole in samples() {
        decode(&whole).unwrap();
        let cuts = (0..60).map(|step| whole[..whole.len() * step / 60].to_vec());
        let flips: Vec<Vec<u8>> = (0..60)
            .map(|_| {
                let mut flipped = whole.clone();
                for _ in 0..random.random_range(1..4) {
                    let at = random.random_range(128..flipped.len());
                    flipped[at] ^= 1 << random.random_range(0..8);
                }
                flipped
            })
            .collect();
        for damaged in cuts.chain(flips) {
            if let Err(error) = decode(&damaged) {
                let said = format!("{error} {error:?}").to_lowercase();
                assert!(!said.contains("zwettl") && !said.contains("quirina"), "{said}");
            }
        }
    }
}
