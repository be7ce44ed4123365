//! What is written can be read, and is the same every time.

use std::{
    fs,
    io::{Cursor, Read, Seek, SeekFrom},
    path::Path,
};

use super::super::{ArchiveError, ArchiveReader, ArchiveWriter, EntryFault, Limits, NameFault};
use crate::recipe::Digest;

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| ((at * at) >> 7) as u8).collect()
}

fn write(path: &Path) {
    let mut writer = ArchiveWriter::create(path).unwrap();
    writer.add_bytes("experiment.toml", b"title = \"x\"\n").unwrap();
    writer.add_bytes("inputs/\u{e9}t\u{e9} 1.csv", &content(300_000)).unwrap();
    writer.add_bytes("figures/roc.PNG", &content(70_000)).unwrap();
    writer.add_bytes("empty", b"").unwrap();
    writer.finish().unwrap();
}

#[test]
fn what_is_written_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    write(&path);
    let mut reader = ArchiveReader::open(&path, &Limits::default()).unwrap();
    let names: Vec<&str> = reader.names().collect();
    assert_eq!(names, ["empty", "experiment.toml", "figures/roc.PNG", "inputs/\u{e9}t\u{e9} 1.csv"]);
    assert_eq!(reader.size("empty"), Some(0));
    assert_eq!(reader.read("experiment.toml", 100).unwrap(), b"title = \"x\"\n");
    let mut copy = Vec::new();
    let (digest, size) = reader.copy_to("inputs/\u{e9}t\u{e9} 1.csv", &mut copy).unwrap();
    assert_eq!((digest, size, copy), (Digest::of(&content(300_000)), 300_000, content(300_000)));
    assert_eq!(reader.check("figures/roc.PNG", Digest::of(&content(70_000))).unwrap(), 70_000);
    assert!(matches!(reader.read("no", 1), Err(ArchiveError::Missing { .. })));
    let refused = reader.read("experiment.toml", 11).unwrap_err();
    assert!(matches!(refused, ArchiveError::Entry { fault: EntryFault::TooLarge { size: 12, limit: 11 }, .. }));
}

#[test]
fn equal_content_gives_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["1.zip", "2.zip"].map(|name| folder.path().join(name));
    write(&first);
    write(&second);
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
}

/// Hands out a few bytes at a time.
struct Dribble(Cursor<Vec<u8>>);

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(777);
        self.0.read(&mut buffer[..count])
    }
}

impl Seek for Dribble {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn pieces_of_the_source_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, pieces] = ["1.zip", "2.zip"].map(|name| folder.path().join(name));
    for path in [&whole, &pieces] {
        let mut writer = ArchiveWriter::create(path).unwrap();
        let digest = if path == &whole {
            writer.add_bytes("a", &content(500_000))
        } else {
            writer.add("a", &mut Dribble(Cursor::new(content(500_000))))
        };
        assert_eq!(digest.unwrap(), Digest::of(&content(500_000)));
        writer.finish().unwrap();
    }
    assert_eq!(fs::read(&whole).unwrap(), fs::read(&pieces).unwrap());
}

#[test]
fn what_is_packed_already_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let mut writer = ArchiveWriter::create(&path).unwrap();
    writer.add_bytes("a.png", &[0; 50_000]).unwrap();
    writer.add_bytes("a.npy", &[0; 50_000]).unwrap();
    writer.finish().unwrap();
    let length = fs::metadata(&path).unwrap().len();
    assert!((50_000..51_000).contains(&length), "{length}");
}

#[test]
fn writer_makes_nothing_that_the_reader_takes_for_a_bomb() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let mut writer = ArchiveWriter::create(&path).unwrap();
    writer.add_bytes("before", b"1").unwrap();
    writer.add_bytes("zeros", &vec![0; 11 << 20]).unwrap();
    writer.add_bytes("after", &content(100_000)).unwrap();
    writer.finish().unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 11 << 20);
    let mut reader = ArchiveReader::open(&path, &Limits::default()).unwrap();
    assert_eq!(reader.check("zeros", Digest::of(&vec![0; 11 << 20])).unwrap(), 11 << 20);
    assert_eq!(reader.read("after", 100_000).unwrap(), content(100_000));
}

#[test]
fn archive_of_many_entries_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let mut writer = ArchiveWriter::create(&path).unwrap();
    for number in 0..65_600 {
        writer.add_bytes(&format!("{number}.zip"), b"").unwrap();
    }
    writer.finish().unwrap();
    let reader = ArchiveReader::open(&path, &Limits::default()).unwrap();
    assert_eq!(reader.names().count(), 65_600);
}

#[test]
fn writer_refuses_names_that_the_reader_would_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ArchiveWriter::create(&folder.path().join("x.zip")).unwrap();
    let fault = |result: Result<Digest, ArchiveError>| match result.unwrap_err() {
        ArchiveError::Entry { fault, .. } => fault,
        other => panic!("{other}"),
    };
    assert_eq!(fault(writer.add_bytes("../x", b"")), EntryFault::Name(NameFault::Parent));
    assert_eq!(fault(writer.add_bytes("x/", b"")), EntryFault::Name(NameFault::Part));
    writer.add_bytes("x", b"").unwrap();
    assert_eq!(fault(writer.add_bytes("X", b"")), EntryFault::Duplicate { first: "x".to_owned() });
    assert_eq!(fault(writer.add_bytes("x/y", b"")), EntryFault::FileAndFolder);
}

#[test]
fn nothing_is_left_of_an_archive_that_was_not_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let mut writer = ArchiveWriter::create(&path).unwrap();
    writer.add_bytes("a", b"1").unwrap();
    drop(writer);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(matches!(
        ArchiveWriter::create(&folder.path().join("no/x.zip")),
        Err(ArchiveError::System { action: "write", .. })
    ));
}
