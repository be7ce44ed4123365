//! Entries that are not what they say, or ask for too much.

use super::{
    super::{ArchiveError, ArchiveFault, ArchiveReader, EntryFault, Limits, NameFault},
    craft::{Part, archive_fault, deflated, entry_fault, file, read_all, stored, zip},
};
use crate::recipe::Digest;

#[track_caller]
fn refused(part: &Part) -> EntryFault {
    let others = [stored("first", b"1"), part.clone()];
    entry_fault(&zip(&others).bytes, &Limits::default()).1
}

#[test]
fn well_formed_zip_is_read() {
    let folder = Part { mode: 0o040_755, flags: 0, ..stored("b/", b"") };
    let bytes = zip(&[stored("a", b"1"), folder, deflated("b/\u{e9}", &[7; 5000])]).bytes;
    let found = read_all(&bytes, &Limits::default()).unwrap();
    assert_eq!(found, [("a".to_owned(), b"1".to_vec()), ("b/\u{e9}".to_owned(), vec![7; 5000])]);
}

#[test]
fn name_may_be_utf8_without_the_mark() {
    let bytes = zip(&[Part { flags: 0, ..stored("\u{e9}", b"1") }]).bytes;
    assert_eq!(read_all(&bytes, &Limits::default()).unwrap(), [("\u{e9}".to_owned(), b"1".to_vec())]);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let cases: &[(&[u8], NameFault)] = &[
        (b"", NameFault::Empty),
        (b"/etc/passwd", NameFault::Absolute),
        (b"C:/x", NameFault::Drive),
        (b"a\\..\\b", NameFault::Backslash),
        (b"a\0b", NameFault::Control),
        (b"a/../../b", NameFault::Parent),
        (b"../", NameFault::Parent),
        (b"a/./b", NameFault::Part),
        (b"a//", NameFault::Part),
        (b"\xff\xfe", NameFault::NotUtf8),
        (&[b'x'; 513], NameFault::TooLong),
    ];
    for (name, fault) in cases {
        let part = Part { name: name.to_vec(), ..stored("", b"x") };
        assert_eq!(refused(&part), EntryFault::Name(*fault), "{}", name.escape_ascii());
    }
}

#[test]
fn message_names_archive_entry_and_reason_without_raw_bytes() {
    let bytes = zip(&[Part { name: b"a\x1b[31m\n".to_vec(), ..stored("", b"x") }]).bytes;
    let message = read_all(&bytes, &Limits::default()).unwrap_err().to_string();
    assert!(message.contains("stranger.zip") && message.contains("control character"), "{message}");
    assert!(message.contains(r"a\u{1b}[31m\n") && !message.contains('\u{1b}'), "{message}");
}

#[test]
fn names_that_stand_twice_are_refused() {
    for (first, second) in [("a/b", "a/b"), ("a/b", "A/B"), ("\u{e9}", "e\u{301}")] {
        let bytes = zip(&[stored(first, b"1"), stored(second, b"2")]).bytes;
        let (entry, fault) = entry_fault(&bytes, &Limits::default());
        assert_eq!((entry.as_str(), fault), (second, EntryFault::Duplicate { first: first.to_owned() }));
    }
    let both = zip(&[stored("a/b", b"1"), stored("a", b"2")]).bytes;
    assert_eq!(entry_fault(&both, &Limits::default()).1, EntryFault::FileAndFolder);
}

#[test]
fn links_and_special_files_are_refused() {
    for mode in [0o120_777, 0o020_644, 0o060_644, 0o010_644, 0o140_755, 0o040_755] {
        assert_eq!(refused(&Part { mode, ..stored("x", b"/etc/passwd") }), EntryFault::Special { mode });
    }
    let folder_that_is_a_file = Part { mode: 0o100_644, ..stored("x/", b"") };
    assert_eq!(refused(&folder_that_is_a_file), EntryFault::Special { mode: 0o100_644 });
    // Programs that know no modes write none.
    assert!(read_all(&zip(&[Part { mode: 0, ..stored("x", b"1") }]).bytes, &Limits::default()).is_ok());
}

#[test]
fn encrypted_entries_are_refused() {
    for bit in [0, 6, 13] {
        assert_eq!(refused(&Part { flags: 1 << bit, ..stored("x", b"secret") }), EntryFault::Encrypted);
    }
}

#[test]
fn other_methods_than_store_and_deflate_are_refused() {
    for method in [1, 9, 12, 14, 93, 99] {
        assert_eq!(refused(&Part { method, ..stored("x", b"1234") }), EntryFault::Method, "{method}");
    }
}

#[test]
fn folder_with_content_is_refused() {
    let part = Part { mode: 0, ..stored("x/", b"1") };
    assert!(matches!(refused(&part), EntryFault::Size { .. }));
}

#[test]
fn entry_above_the_limit_is_refused() {
    let limits = Limits { entry_size: 10, ..Limits::default() };
    let (entry, fault) = entry_fault(&zip(&[stored("a", &[0; 10]), stored("b", &[0; 11])]).bytes, &limits);
    assert_eq!((entry.as_str(), fault), ("b", EntryFault::TooLarge { size: 11, limit: 10 }));
}

#[test]
fn all_entries_above_the_limit_are_refused() {
    let limits = Limits { total_size: 20, ..Limits::default() };
    let bytes = zip(&[stored("a", &[0; 10]), stored("b", &[0; 11])]).bytes;
    assert_eq!(archive_fault(&bytes, &limits), ArchiveFault::TooLarge { limit: 20 });
}

#[test]
fn too_many_entries_are_refused() {
    let limits = Limits { entries: 1, ..Limits::default() };
    let bytes = zip(&[stored("a", b""), stored("b", b"")]).bytes;
    assert_eq!(archive_fault(&bytes, &limits), ArchiveFault::TooManyEntries { found: 2, limit: 1 });
}

#[test]
fn tightly_packed_large_entry_is_refused() {
    let small = deflated("zeros", &vec![0; 10 << 20]);
    assert!(small.size as usize > 200 * small.packed.len());
    assert!(read_all(&zip(&[small]).bytes, &Limits::default()).is_ok());
    let large = deflated("zeros", &vec![0; (10 << 20) + 1]);
    assert!(matches!(refused(&large), EntryFault::Ratio { limit: 200, .. }));
}

#[test]
fn more_bytes_than_declared_are_refused_before_they_are_unpacked() {
    let part = Part { size: 10, ..deflated("x", &vec![0; 20 << 20]) };
    let found = match refused(&part) {
        EntryFault::Size { declared: 10, found } => found,
        other => panic!("{other:?}"),
    };
    assert!(found < 1 << 20, "{found} bytes were unpacked");
    let stored_longer = Part { size: 2, ..stored("x", b"123") };
    assert_eq!(refused(&stored_longer), EntryFault::Size { declared: 2, found: 3 });
}

#[test]
fn fewer_bytes_than_declared_are_refused() {
    let part = Part { size: 101, ..deflated("x", &[7; 100]) };
    assert_eq!(refused(&part), EntryFault::Size { declared: 101, found: 100 });
}

#[test]
fn wrong_checksum_is_refused() {
    for part in [stored("x", b"content"), deflated("x", b"content")] {
        assert_eq!(refused(&Part { checksum: part.checksum ^ 1, ..part }), EntryFault::Checksum);
    }
}

#[test]
fn damaged_and_unfinished_streams_are_refused() {
    let whole = deflated("x", &(0..200).collect::<Vec<u8>>());
    let short = Part { packed: whole.packed[..20].to_vec(), ..whole.clone() };
    let longer = Part { packed: [&whole.packed[..], b"hidden"].concat(), ..whole.clone() };
    let garbage = Part { packed: vec![0xff; 30], ..whole };
    for part in [short, longer, garbage] {
        assert!(matches!(refused(&part), EntryFault::Damaged(_)));
    }
}

#[test]
fn forged_content_is_told_from_its_digest() {
    let (_folder, path) = file(&zip(&[deflated("x", b"forged")]).bytes);
    let mut reader = ArchiveReader::open(&path, &Limits::default()).unwrap();
    assert_eq!(reader.check("x", Digest::of(b"forged")).unwrap(), 6);
    match reader.check("x", Digest::of(b"true")).unwrap_err() {
        ArchiveError::Forged { entry, expected, found, .. } => {
            assert_eq!((entry.as_str(), expected, found), ("x", Digest::of(b"true"), Digest::of(b"forged")));
        }
        other => panic!("{other}"),
    }
}
