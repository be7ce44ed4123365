//! Damage of every kind: an error that says what is wrong, or frames, in time that does not grow.

use std::{mem::discriminant, ops::Range, time::Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Whether the file is read. What is refused says so of DICOM, with a remedy; nothing takes long, though frames may be
/// claimed that would.
fn judged(bytes: &[u8]) -> bool {
    let begun = Instant::now();
    let outcome = Dicom::of(Input::Memory(bytes.to_vec())).and_then(all);
    assert!(begun.elapsed().as_secs() < 5, "{} bytes took {:?}", bytes.len(), begun.elapsed());
    if let Err(error) = &outcome {
        let told = error.to_string();
        assert!(told.contains("DICOM") && told.contains("; "), "{told}");
        let kinds = [unsupported(""), broken("")].map(|known| discriminant(&known));
        assert!(kinds.contains(&discriminant(error)), "{error:?}");
    }
    outcome.is_ok()
}

fn files() -> Vec<Vec<u8>> {
    of_every_kind(|syntax| Made::new(syntax).add((0x0008, 0x0060), "CS", b"US")).iter().map(Made::bytes).collect()
}

#[test]
fn whole_files_are_read_and_cut_ones_judged_at_every_length() {
    for file in files() {
        assert!(judged(&file));
        // Every length of the header; of the frames, with each length of a code, every third.
        for end in (0..file.len()).filter(|end| *end < 400 || end % 3 == 0) {
            judged(&file[..end]);
        }
        assert!(!judged(&file[..file.len() / 2]), "half a file of {} bytes was read", file.len());
    }
}

/// Some place after the preamble.
fn place(random: &mut ChaCha8Rng, file: &[u8]) -> usize {
    random.random_range(128..file.len())
}

fn stretch(random: &mut ChaCha8Rng, file: &[u8]) -> Range<usize> {
    let start = place(random, file);
    start..(start + random.random_range(1..40)).min(file.len())
}

/// Changes a file in one of the ways that copies, writers and attackers do.
fn damage(random: &mut ChaCha8Rng, file: &mut Vec<u8>) {
    match random.random_range(0..6) {
        0 | 1 => {
            let at = place(random, file);
            file[at] ^= 1 << random.random_range(0..8);
        }
        // A number that is larger than any other, or negative, or nothing: in place of a length, often.
        2 | 3 => {
            let at = place(random, file) & !1;
            let extreme = [u32::MAX, u32::MAX - 1, i32::MAX as u32, 1 << 24, 0xffff, 0][random.random_range(0..6)];
            file.iter_mut().skip(at).zip(extreme.to_le_bytes()).for_each(|(to, from)| *to = from);
        }
        4 => {
            let lost = stretch(random, file);
            file.drain(lost);
        }
        _ => {
            let twice = file[stretch(random, file)].to_vec();
            let at = place(random, file);
            file.splice(at..at, twice);
        }
    }
}

#[test]
fn damaged_files_are_read_or_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut read, mut refused) = (0, 0);
    for file in files() {
        for _ in 0..300 {
            let mut damaged = file.clone();
            for _ in 0..random.random_range(1..4) {
                damage(&mut random, &mut damaged);
            }
            if judged(&damaged) { read += 1 } else { refused += 1 }
        }
    }
    // Both happen, or the damage is of no use.
    assert!(read > 300 && refused > 1000, "{read} read, {refused} refused");
}

#[test]
fn bytes_at_random_are_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN, RLE, JPEG, JPEG_LS, JPEG_2000] {
        for _ in 0..100 {
            let data_set = (0..random.random_range(0..600)).map(|_| random.random()).collect();
            assert!(!judged(&Made { data_set, ..Made::new(syntax) }.bytes()));
        }
    }
}
