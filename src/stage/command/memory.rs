//! An amount of memory as people write it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes, written as `"512 MB"` or `"4 GiB"`, or as a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory(u64);

impl Memory {
    pub(super) fn bytes(self) -> u64 {
        self.0
    }
}

const UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1000),
    ("KB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_alphabetic())?;
    let (number, unit) = (text[..at].trim().parse::<f64>().ok()?, &text[at..]);
    let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let bytes = number * *size as f64;
    (0.0..1e18).contains(&bytes).then_some(bytes as u64)
}

impl<'de> Deserialize<'de> for Memory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Memory;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount of memory such as \"4 GB\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Memory, E> {
                parse(text)
                    .map(Memory)
                    .ok_or_else(|| E::custom(format!("`{text}` is no amount of memory such as \"4 GB\"")))
            }

            fn visit_u64<E: serde::de::Error>(self, bytes: u64) -> Result<Memory, E> {
                Ok(Memory(bytes))
            }

            fn visit_i64<E: serde::de::Error>(self, bytes: i64) -> Result<Memory, E> {
                u64::try_from(bytes).map(Memory).map_err(|_| E::custom("an amount of memory is not negative"))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for Memory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_ten_and_of_two() {
        assert_eq!(parse("4 GB"), Some(4_000_000_000));
        assert_eq!(parse("1.5GiB"), Some(3 << 29));
        assert_eq!(parse("4 gigs"), None);
        assert_eq!(parse("-1 GB"), None);
        assert_eq!(parse("12"), None);
    }
}
