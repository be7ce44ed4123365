//! Files that were damaged at random: every one is read or refused, and neither ends the program nor holds it up.
//!
//! `PROPTEST_CASES=100000 cargo test --release damaged` searches for longer.

use proptest::{collection::vec, prelude::*, sample::Index, strategy::ValueTree as _};

use super::*;

/// What happens to a file.
#[derive(Debug, Clone)]
enum Damage {
    Cut(Index),
    Flip(Index, u8),
    Write(Index, [u8; 4]),
    Remove(Index, u8),
    Repeat(Index, u8),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        let span = |at: &Index, most: u8| {
            let from = at.index(length);
            from..length.min(from + usize::from(most))
        };
        match self {
            Self::Cut(at) => bytes.truncate(at.index(length)),
            Self::Flip(at, bit) => bytes[at.index(length)] ^= 1 << (bit % 8),
            Self::Write(at, new) => {
                let span = span(at, 4);
                bytes[span.clone()].copy_from_slice(&new[..span.len()]);
            }
            Self::Remove(at, count) => drop(bytes.drain(span(at, *count))),
            Self::Repeat(at, count) => {
                let again = bytes[span(at, *count)].to_vec();
                bytes.splice(at.index(length)..at.index(length), again);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    // Numbers at the ends of their range are where lengths and offsets overflow.
    let edges = prop_oneof![any::<[u8; 4]>(), Just([0; 4]), Just([255; 4]), Just([255, 255, 255, 127])];
    prop_oneof![
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), any::<u8>()).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (any::<Index>(), edges).prop_map(|(at, new)| Damage::Write(at, new)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, count)| Damage::Remove(at, count)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, count)| Damage::Repeat(at, count)),
    ]
}

/// One whole file of each format that is read without another program.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    let still = |format| {
        picture(3).save_with_format(&path, format).unwrap();
        fs::read(&path).unwrap()
    };
    let mut files =
        vec![("PNG", still(ImageFormat::Png)), ("JPEG", still(ImageFormat::Jpeg)), ("TIFF", still(ImageFormat::Tiff))];
    gif(&path, 3, &[40, 50]);
    files.push(("GIF", fs::read(&path).unwrap()));
    files.push(("TIFF of pages", pictures::tiff(&[picture(1), picture(2)], true, false)));
    files.push(("BigTIFF", pictures::tiff(&[picture(1), picture(2)], false, true)));
    files.push(("animated PNG", pictures::moving()));
    files
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2000), ..ProptestConfig::default() })]

    #[test]
    fn damaged_pictures_are_read_or_refused(which in any::<Index>(), damages in vec(damage(), 1..6)) {
        thread_local! {
            static FILES: Vec<(&'static str, Vec<u8>)> = files();
        }
        let (name, mut bytes) = FILES.with(|files| files[which.index(files.len())].clone());
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip");
        fs::write(&path, &bytes).unwrap();
        for settings in [all(), Settings { rate: Some(10.0), short: Short::Repeat, frames: Some(4), ..all() }] {
            match run(&path, &settings) {
                Ok(clip) => prop_assert_eq!(clip.pixels.len(), clip.frames * clip.height * clip.width, "{}", name),
                Err(error) => prop_assert!(!error.to_string().contains(folder.path().to_str().unwrap()), "{}: {}", name, error),
            }
        }
    }

    #[test]
    fn damaged_frames_are_read_or_refused(damages in vec(damage(), 1..4)) {
        let mut bytes = write_npy([2, 9, 12], &[7; 216]);
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        if let Ok((shape, pixels)) = read_npy(&bytes) {
            prop_assert_eq!(shape.iter().product::<usize>(), pixels.len());
        }
    }
}

/// Real files, where they are there, each cut and damaged in several ways.
#[test]
fn damaged_real_files_are_read_or_refused() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.is_dir() {
        println!("skipped: no ../shared/data");
        return;
    }
    let mut paths = Vec::new();
    for (folder, most) in [("pocovid", 6), ("covid_blues/lus_videos", 3)] {
        let mut here: Vec<PathBuf> = fs::read_dir(data.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect();
        here.sort();
        paths.extend(here.into_iter().take(most));
    }
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    for source in paths {
        let whole = fs::read(&source).unwrap();
        for _ in 0..4 {
            let damages = vec(damage(), 1..6).new_tree(&mut runner).unwrap().current();
            let mut bytes = whole.clone();
            damages.iter().for_each(|damage| damage.apply(&mut bytes));
            fs::write(&path, &bytes).unwrap();
            if let Err(error) = run(&path, &Settings { frames: Some(2), ..all() }) {
                assert!(!error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
            }
        }
    }
}
