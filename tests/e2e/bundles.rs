//! A bundle is checked elsewhere, by somebody who believes nothing.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::Path,
};

use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{
    study::{another_number, done, replace, study},
    workshop::{Outcome, Workshop},
};

/// Writes a bundle and carries it to an empty folder.
fn carried(workshop: &Workshop, more: &[&str]) -> Workshop {
    let arguments: Vec<&str> =
        ["bundle", "x.toml", "--date", "2026-01-31"].into_iter().chain(more.iter().copied()).collect();
    let outcome = workshop.crowdline(&arguments);
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    assert!(outcome.out.contains("check it anywhere with `crowdline verify x.zip`"), "{}", outcome.out);
    let elsewhere = Workshop::new();
    elsewhere.write("x.zip", std::fs::read(workshop.path("x.zip")).unwrap());
    elsewhere
}

fn verify(workshop: &Workshop, more: &[&str]) -> Outcome {
    let arguments: Vec<&str> = ["verify", "x.zip"].into_iter().chain(more.iter().copied()).collect();
    workshop.crowdline(&arguments)
}

/// Writes a zip anew with one of its files changed; there must be exactly one whose name ends so.
fn forge(path: &Path, ending: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>) {
    let mut archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut forged = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut changed = 0;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if name.ends_with(ending) {
            bytes = change(bytes);
            changed += 1;
        }
        forged.start_file(name, SimpleFileOptions::default()).unwrap();
        forged.write_all(&bytes).unwrap();
    }
    assert_eq!(changed, 1, "{ending}");
    std::fs::write(path, forged.finish().unwrap().into_inner()).unwrap();
}

#[test]
fn with_its_raw_files_a_bundle_is_made_anew_from_them() {
    let elsewhere = carried(&done(), &["--inputs"]);
    for more in [&[][..], &["--each"], &["--chain"]] {
        let outcome = verify(&elsewhere, more);
        assert_eq!(outcome.code, 0, "{more:?} {}{}", outcome.out, outcome.err);
        assert!(outcome.out.contains("5 identical; "), "{more:?} {}", outcome.out);
    }
    let left: Vec<_> = std::fs::read_dir(elsewhere.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["x.zip"], "nothing is left behind");
}

#[test]
fn without_them_what_reads_them_is_not_checked_and_all_else_is() {
    let elsewhere = carried(&done(), &[]);
    let outcome = verify(&elsewhere, &[]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    for text in [
        "not checked       crowd  (it reads the raw file `crowd.csv`, which is not in the bundle)",
        "not checked       counted  (it reads the raw file `count.sh`, which is not in the bundle)",
        "identical         paper",
        "1 identical, 4 not checked",
    ] {
        assert!(outcome.out.contains(text), "`{text}` is not in\n{}", outcome.out);
    }
    let outcome = verify(&elsewhere, &["--chain"]);
    assert_eq!(outcome.code, 2, "{}", outcome.out);
    assert!(outcome.err.contains("the bundle holds no raw files"), "{}", outcome.err);
}

#[test]
fn the_same_results_make_the_same_bytes() {
    let workshop = done();
    let one = std::fs::read(carried(&workshop, &["--inputs"]).path("x.zip")).unwrap();
    let two = std::fs::read(carried(&workshop, &["--inputs"]).path("x.zip")).unwrap();
    assert!(one == two, "{} and {} bytes", one.len(), two.len());
}

#[test]
fn raw_files_beside_and_above_the_experiment_keep_their_places() {
    let workshop = study();
    workshop.write("deep/studies/x.toml", workshop.read("x.toml").replace("\"data/", "\"../../data/"));
    assert_eq!(workshop.crowdline(&["run", "deep/studies/x.toml"]).code, 0);
    assert_eq!(workshop.crowdline(&["bundle", "deep/studies/x.toml", "--date", "2026-01-31", "--inputs"]).code, 0);
    let outcome = verify(&workshop, &["--chain"]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    assert!(outcome.out.contains("5 identical; "), "{}", outcome.out);
}

#[test]
fn a_changed_byte_is_found_and_named() {
    let elsewhere = carried(&done(), &["--inputs"]);
    forge(&elsewhere.path("x.zip"), "artifacts/counted/count.txt", &|mut bytes| {
        bytes[0] ^= 1;
        bytes
    });
    let outcome = verify(&elsewhere, &[]);
    assert_eq!(outcome.code, 3, "{}{}", outcome.out, outcome.err);
    assert!(outcome.err.contains("artifacts/counted/count.txt"), "{}", outcome.err);
}

#[test]
fn a_better_number_in_the_lock_does_not_help() {
    let elsewhere = carried(&done(), &[]);
    let name = std::cell::RefCell::new(String::new());
    forge(&elsewhere.path("x.zip"), "files/x.lock", &|bytes| {
        let lock = String::from_utf8(bytes).unwrap();
        let (line, other, number) = another_number(&lock);
        name.replace(number);
        lock.replace(&line, &other).into_bytes()
    });
    let outcome = verify(&elsewhere, &[]);
    assert_eq!(outcome.code, 3, "{}{}", outcome.out, outcome.err);
    assert!(outcome.out.contains(&format!("different       {}  ", name.borrow())), "{}", outcome.out);
}

#[test]
fn a_recipe_that_is_not_its_keys_is_refused() {
    let elsewhere = carried(&done(), &["--inputs"]);
    forge(&elsewhere.path("x.zip"), "records.jsonl", &|bytes| {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("\"replicates\":200"), "{text}");
        text.replace("\"replicates\":200", "\"replicates\":201").into_bytes()
    });
    let outcome = verify(&elsewhere, &[]);
    assert_eq!(outcome.code, 3, "{}{}", outcome.out, outcome.err);
    assert!(outcome.err.contains("the key of `labels` is not the digest of its recipe"), "{}", outcome.err);
}

#[test]
fn what_is_not_made_can_not_be_bundled() {
    let workshop = done();
    replace(&workshop, "x.toml", "replicates = 200", "replicates = 300");
    let outcome = workshop.crowdline(&["bundle", "x.toml", "--date", "2026-01-31"]);
    assert_eq!(outcome.code, 2, "{}", outcome.out);
    assert!(outcome.err.contains("`labels` is not made"), "{}", outcome.err);
    assert!(!workshop.exists("x.zip"));
}
