//! Which names entries may have.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::EntryFault;

/// The longest name in bytes.
const LONGEST: usize = 512;

/// What is wrong with the name of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// It has no characters.
    #[error("its name is empty")]
    Empty,
    /// It is longer than 512 bytes.
    #[error("its name is longer than {LONGEST} bytes")]
    TooLong,
    /// Its bytes are not UTF-8.
    #[error("its name is not UTF-8")]
    NotUtf8,
    /// It holds a NUL or another control character.
    #[error("its name holds a control character")]
    Control,
    /// It holds `\`, which some systems take for `/`.
    #[error("its name holds a backslash")]
    Backslash,
    /// It begins at the root of a file system.
    #[error("its name is an absolute path")]
    Absolute,
    /// It begins with a letter and a colon.
    #[error("its name begins with a drive letter")]
    Drive,
    /// One of its parts is `..`.
    #[error("its name leads out of the archive (`..`)")]
    Parent,
    /// One of its parts is empty or `.`, so that other names stand for the same file.
    #[error("its name has an empty part or the part `.`")]
    Part,
}

/// Checks the name of a file: a relative path in UTF-8 with `/` between its parts, which means the same on every system.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_name(name: &str) -> Result<(), NameFault> {
    let bytes = name.as_bytes();
    match bytes {
        [] => return Err(NameFault::Empty),
        [b'/', ..] => return Err(NameFault::Absolute),
        [letter, b':', ..] if letter.is_ascii_alphabetic() => return Err(NameFault::Drive),
        _ if bytes.len() > LONGEST => return Err(NameFault::TooLong),
        _ if bytes.contains(&b'\\') => return Err(NameFault::Backslash),
        _ if name.contains(char::is_control) => return Err(NameFault::Control),
        _ => {}
    }
    name.split('/').try_for_each(|part| match part {
        ".." => Err(NameFault::Parent),
        "" | "." => Err(NameFault::Part),
        _ => Ok(()),
    })
}

/// The name of an entry as it stands in the file, checked. A folder's name ends with `/`.
///
/// Info-ZIP does not mark its names as UTF-8. A program that takes them for code page 437 sees other letters, and none that
/// lead elsewhere.
pub(super) fn checked(raw: &[u8]) -> Result<String, NameFault> {
    if raw.len() > LONGEST {
        return Err(NameFault::TooLong);
    }
    let name = std::str::from_utf8(raw).map_err(|_| NameFault::NotUtf8)?;
    check_name(name.strip_suffix('/').filter(|folder| !folder.is_empty()).unwrap_or(name))?;
    Ok(name.to_owned())
}

/// The names met so far. Two that differ only in case or in Unicode normal form are one file on some systems.
///
/// They are kept in an order in which what a folder holds follows it at once, so that a name need be compared with its
/// neighbours only, however many there are.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Takes note of a name that was [`checked`].
    pub(super) fn insert(&mut self, name: &str) -> Result<(), EntryFault> {
        let place = place(name.trim_end_matches('/'));
        if let Some(first) = self.0.get(&place) {
            return Err(EntryFault::Duplicate { first: first.clone() });
        }
        let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('\0'));
        let before = self.0.range(..place.clone()).next_back();
        let after = self.0.range(place.clone()..).next();
        if before.is_some_and(|(other, first)| !first.ends_with('/') && within(&place, other))
            || after.is_some_and(|(other, _)| !name.ends_with('/') && within(other, &place))
        {
            return Err(EntryFault::FileAndFolder);
        }
        self.0.insert(place, name.to_owned());
        Ok(())
    }
}

/// Equal for names that a system may take for one. NUL, which no name holds, stands for `/` because it sorts before all else.
fn place(name: &str) -> String {
    let name = name.replace('/', "\0");
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // Lower-casing can undo a composition, hence twice.
    let lower: String = name.nfc().flat_map(char::to_lowercase).collect();
    lower.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_allowed() {
        for name in ["a", "a/b.txt", "données/été 1.csv", "..a", "a..", ".hidden/x", "train[fold=1]/m", "1:2"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        assert_eq!(checked(b"folder/").unwrap(), "folder/");
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let cases: &[(&str, NameFault)] = &[
            ("", NameFault::Empty),
            ("/etc/passwd", NameFault::Absolute),
            ("/", NameFault::Absolute),
            ("C:/x", NameFault::Drive),
            ("c:x", NameFault::Drive),
            ("a\\b", NameFault::Backslash),
            ("a\0b", NameFault::Control),
            ("a\nb", NameFault::Control),
            ("../a", NameFault::Parent),
            ("a/..", NameFault::Parent),
            ("a//b", NameFault::Part),
            ("./a", NameFault::Part),
            ("a/", NameFault::Part),
        ];
        for (name, fault) in cases {
            assert_eq!(check_name(name), Err(*fault), "{name:?}");
        }
        assert_eq!(check_name(&"x".repeat(513)), Err(NameFault::TooLong));
        assert_eq!(check_name(&"x".repeat(512)), Ok(()));
        assert_eq!(checked(b"\xff"), Err(NameFault::NotUtf8));
        assert_eq!(checked(b"a//"), Err(NameFault::Part));
    }

    #[test]
    fn names_that_some_system_takes_for_one_are_duplicates() {
        let clash = |first: &str, second: &str| {
            let mut names = Names::default();
            names.insert(first).unwrap();
            names.insert(second).unwrap_err()
        };
        let duplicate = |first: &str| EntryFault::Duplicate { first: first.to_owned() };
        assert_eq!(clash("a/b", "a/b"), duplicate("a/b"));
        assert_eq!(clash("a/B", "A/b"), duplicate("a/B"));
        assert_eq!(clash("\u{e9}", "e\u{301}"), duplicate("\u{e9}"));
        assert_eq!(clash("É", "é"), duplicate("É"));
        assert_eq!(clash("a", "a/"), duplicate("a"));
        assert_eq!(clash("a", "A/b"), EntryFault::FileAndFolder);
        assert_eq!(clash("a", "a/b/c"), EntryFault::FileAndFolder);
        assert_eq!(clash("a/b/c", "a"), EntryFault::FileAndFolder);
        assert_eq!(clash("a/b/c", "a/b"), EntryFault::FileAndFolder);
    }

    #[test]
    fn folder_may_stand_before_and_after_what_it_holds() {
        let mut names = Names::default();
        for name in ["a/", "a/b", "c/d", "c/", "c/a", "a-b", "a/b-c", "c.d"] {
            names.insert(name).unwrap();
        }
    }
}
