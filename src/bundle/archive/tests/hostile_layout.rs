//! Zips whose parts do not lie where they should.

use super::{
    super::{ArchiveFault, EntryFault, Limits},
    craft::{Crafted, Part, archive_fault, deflated, entry_fault, read_all, stored, zip},
};

fn pair() -> (Vec<Part>, Crafted) {
    let parts = vec![stored("a", b"first"), deflated("b", b"second second second")];
    let zip = zip(&parts);
    (parts, zip)
}

#[track_caller]
fn wrong_contents(bytes: &[u8]) -> String {
    match archive_fault(bytes, &Limits::default()) {
        ArchiveFault::Contents(what) => what,
        other => panic!("{other}"),
    }
}

#[test]
fn every_cut_is_refused() {
    let (_, zip) = pair();
    assert!(read_all(&zip.bytes, &Limits::default()).is_ok());
    for length in 0..zip.bytes.len() {
        assert!(read_all(&zip.bytes[..length], &Limits::default()).is_err(), "cut at {length}");
    }
    assert_eq!(archive_fault(&zip.bytes[..zip.end], &Limits::default()), ArchiveFault::NoEnd);
}

#[test]
fn every_flipped_byte_is_refused_or_changes_no_content() {
    let (_, zip) = pair();
    let whole = read_all(&zip.bytes, &Limits::default()).unwrap();
    for at in 0..zip.bytes.len() {
        let mut bytes = zip.bytes.clone();
        bytes[at] ^= 0x41;
        // A name may change in both headers only together; times and modes may change alone.
        if let Ok(found) = read_all(&bytes, &Limits::default()) {
            assert_eq!(found, whole, "byte {at}");
        }
    }
}

#[test]
fn bytes_before_and_behind_are_refused() {
    let (_, zip) = pair();
    wrong_contents(&[b"#!/bin/sh\n", &zip.bytes[..]].concat());
    assert_eq!(archive_fault(&[&zip.bytes[..], b"tail"].concat(), &Limits::default()), ArchiveFault::NoEnd);
    assert_eq!(archive_fault(b"", &Limits::default()), ArchiveFault::NoEnd);
    assert_eq!(archive_fault(&[0; 4096], &Limits::default()), ArchiveFault::NoEnd);
}

#[test]
fn second_zip_in_the_comment_is_refused() {
    let (_, mut outer) = pair();
    let inner = zip(&[stored("a", b"other")]);
    let at = outer.end + 20;
    outer.set(at, &(inner.bytes.len() as u16).to_le_bytes());
    outer.bytes.extend(&inner.bytes);
    // The last end record is that of the inner zip, whose table lies elsewhere than it says.
    wrong_contents(&outer.bytes);
}

#[test]
fn overlapping_entries_are_refused() {
    // As in a zip bomb without nesting: two entries of the table share one content.
    let parts = [stored("a", b"shared"), stored("b", b"shared")];
    let mut both = zip(&parts[..1]);
    both.bytes.truncate(both.contents);
    both.locals.push(0);
    both.finish(&parts);
    assert_eq!(archive_fault(&both.bytes, &Limits::default()), ArchiveFault::Overlap);
}

#[test]
fn entry_that_quotes_another_is_refused() {
    // The content of the first entry is the whole second entry, which the table lists as well.
    let inner = stored("b", b"quoted");
    let quoted = zip(std::slice::from_ref(&inner));
    let outer = stored("a", &quoted.bytes[..quoted.contents]);
    let mut both = zip(std::slice::from_ref(&outer));
    both.bytes.truncate(both.contents);
    both.locals.push(31);
    both.finish(&[outer, inner]);
    assert_eq!(archive_fault(&both.bytes, &Limits::default()), ArchiveFault::Overlap);
}

#[test]
fn more_packed_bytes_than_the_file_has_are_refused() {
    let (_, mut zip) = pair();
    // Packed and unpacked size of the stored entry, in the table and beside the content.
    for at in [zip.contents + 20, zip.contents + 24, 18, 22] {
        zip.set(at, &9_000_u32.to_le_bytes());
    }
    assert_eq!(archive_fault(&zip.bytes, &Limits::default()), ArchiveFault::Overlap);
}

#[test]
fn entry_beyond_the_end_is_refused() {
    let (_, mut zip) = pair();
    zip.set(zip.contents + 42, &9_000_u32.to_le_bytes());
    assert!(matches!(entry_fault(&zip.bytes, &Limits::default()).1, EntryFault::Header(_)));
}

#[test]
fn name_that_differs_beside_the_content_is_refused() {
    let part = Part { local_name: Some(b"../../x".to_vec()), ..stored("a", b"1") };
    wrong_contents(&zip(&[part]).bytes);
}

#[test]
fn second_name_in_an_extra_field_is_refused() {
    // Info-ZIP's Unicode path: version, checksum of the name, the other name.
    let mut crc = flate2::Crc::new();
    crc.update(b"a");
    let mut extra = vec![0x75, 0x70, 10, 0, 1];
    extra.extend(crc.sum().to_le_bytes());
    extra.extend(b"../xy");
    let part = Part { extra, ..stored("a", b"1") };
    assert!(matches!(entry_fault(&zip(&[part]).bytes, &Limits::default()).1, EntryFault::Header(_)));
}

#[test]
fn long_extra_fields_and_comments_are_refused() {
    let extra = Part { extra: vec![0; 1025], ..stored("a", b"1") };
    let comment = Part { comment: vec![0; 1025], ..stored("a", b"1") };
    for part in [extra, comment] {
        assert!(matches!(entry_fault(&zip(&[part]).bytes, &Limits::default()).1, EntryFault::Header(_)));
    }
}

#[test]
fn entry_that_the_table_does_not_list_is_refused() {
    let parts = [stored("a", b"1"), stored("hidden", b"2")];
    let mut both = zip(&parts);
    both.bytes.truncate(both.contents);
    both.finish(&parts[..1]);
    wrong_contents(&both.bytes);
}

#[test]
fn wrong_counts_and_places_are_refused() {
    let (_, zip) = pair();
    // Volumes, numbers of entries, size and place of the table.
    for (field, value) in [(4, 1), (6, 1), (8, 1), (10, 1), (10, 3), (12, 1), (16, 0)] {
        let mut other = zip.bytes.clone();
        other[zip.end + field] = value;
        wrong_contents(&other);
    }
    let mut fewer = zip.bytes.clone();
    fewer[zip.end + 8] = 1;
    fewer[zip.end + 10] = 1;
    wrong_contents(&fewer);
    let mut claims_many = zip.bytes;
    claims_many[zip.end + 8..zip.end + 12].copy_from_slice(&[0xff; 4]);
    assert!(wrong_contents(&claims_many).contains("large end record"));
}
