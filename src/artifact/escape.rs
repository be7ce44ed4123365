//! Names of clips as names of files.

use std::fmt::Write as _;

/// Escapes a clip's name for use as the name of a file: letters, digits, `-`, `_` and inner dots stay, every other byte
/// becomes `%` and two hexadecimal digits (RFC 3986), so different names never meet in one file.
pub fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => escaped.push(char::from(byte)),
            b'.' if index > 0 => escaped.push('.'),
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn paths_can_not_escape() {
        assert_eq!(escape("Case-068/3"), "Case-068%2F3");
        assert_eq!(escape("../x"), "%2E.%2Fx");
        assert_ne!(escape("a%2Fb"), escape("a/b"));
    }
}
