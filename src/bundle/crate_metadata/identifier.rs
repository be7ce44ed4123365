//! The identifiers of entities: relative addresses for files, fragments for everything else.

use std::fmt::Write;

use crate::recipe::Digest;

/// The root of the crate.
pub(super) const ROOT: &str = "./";
/// The software.
pub(super) const SOFTWARE: &str = "#software";
/// Terms of use that have no address of their own.
pub(super) const LICENCE: &str = "#licence";

/// A file in the archive.
pub(super) fn contained(path: &str) -> String {
    encoded(path)
}

/// A file that is not in the archive. As a fragment it is a thing spoken of, not a part of the crate.
pub(super) fn absent(digest: &Digest) -> String {
    format!("#blake3-{digest}")
}

/// A task.
pub(super) fn task(address: &str) -> String {
    format!("#task/{}", encoded(address))
}

/// Something that was so where a task ran.
pub(super) fn environment(name: &str, value: &str) -> String {
    format!("#environment/{}/{}", encoded(name).replace('/', "%2F"), encoded(value))
}

/// A digest as a text.
pub(super) fn digest(digest: &Digest) -> String {
    format!("blake3:{digest}")
}

/// Percent-encoded but for `/` and what RFC 3986 allows in every part of a path. A colon is encoded too: in the first part
/// it would end a scheme.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'=' | b',' | b'+' | b'@' => {
                encoded.push(byte.into());
            }
            _ => write!(encoded, "%{byte:02X}").expect("a string takes every text"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_specials_and_other_scripts_are_encoded() {
        assert_eq!(contained("inputs/clip_1-a.b~c.csv"), "inputs/clip_1-a.b~c.csv");
        assert_eq!(contained("a b/\u{e9}t\u{e9}#?.csv"), "a%20b/%C3%A9t%C3%A9%23%3F.csv");
        assert_eq!(contained("100%/[x]:y"), "100%25/%5Bx%5D%3Ay");
        assert_eq!(task("train[fold=1,seed=2]"), "#task/train%5Bfold=1,seed=2%5D");
    }

    #[test]
    fn slash_in_a_name_is_told_from_the_one_before_the_value() {
        assert_ne!(environment("a/b", "c"), environment("a", "b/c"));
    }
}
