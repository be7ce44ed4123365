//! Transfer syntaxes (PS3.6, annex A): how elements and frames are written.

use super::{
    broken,
    elements::{Coding, Elements},
    unsupported,
};
use crate::decode::DecodeError;

/// How the frames are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// As they are.
    Native(Coding),
    Rle,
    /// Baseline, extended or lossless.
    Jpeg,
    JpegLs,
    Jpeg2000,
}

/// What is known and not read, by the start of its identifier; the first that fits tells.
const REFUSED: [(&str, &str); 4] = [
    ("1.2.840.10008.1.2.4.11", "the frames are JPEG XL"),
    ("1.2.840.10008.1.2.1.99", "the whole file is deflated"),
    ("1.2.840.10008.1.2.4.1", "the frames are one MPEG-2, MPEG-4 or HEVC video"),
    ("1.2.840.10008.1.2.4.20", "the frames are High-Throughput JPEG 2000"),
];

impl Syntax {
    /// Reads the file meta information (PS3.10, section 7.1) and returns the data set that follows it.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let mut walk = Elements::new(bytes, Coding::EXPLICIT);
        let mut identifier = None;
        // Group 2 ends where another begins: its own length element is optional in practice.
        while walk.rest().starts_with(&[2, 0]) {
            let Some(element) = walk.step()? else { break };
            if element.tag == (0x0002, 0x0010) {
                identifier = Some(element.value);
            }
        }
        let identifier = identifier.ok_or_else(|| broken("it does not tell how it is written (no transfer syntax)"))?;
        let end = identifier.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
        Ok((Self::of(&identifier[..end])?, walk.rest()))
    }

    fn of(identifier: &[u8]) -> Result<Self, DecodeError> {
        Ok(match identifier {
            b"1.2.840.10008.1.2" => Self::Native(Coding::IMPLICIT),
            b"1.2.840.10008.1.2.1" => Self::Native(Coding::EXPLICIT),
            b"1.2.840.10008.1.2.2" => Self::Native(Coding::BIG_ENDIAN),
            b"1.2.840.10008.1.2.5" => Self::Rle,
            b"1.2.840.10008.1.2.4.50"
            | b"1.2.840.10008.1.2.4.51"
            | b"1.2.840.10008.1.2.4.57"
            | b"1.2.840.10008.1.2.4.70" => Self::Jpeg,
            b"1.2.840.10008.1.2.4.80" | b"1.2.840.10008.1.2.4.81" => Self::JpegLs,
            b"1.2.840.10008.1.2.4.90" | b"1.2.840.10008.1.2.4.91" => Self::Jpeg2000,
            _ => {
                let known = REFUSED.iter().find(|(start, _)| identifier.starts_with(start.as_bytes()));
                // An unknown identifier is not quoted: a damaged file may hold anything in its place.
                return Err(unsupported(known.map_or("its transfer syntax is none of those read", |(_, what)| what)));
            }
        })
    }

    pub(super) fn coding(self) -> Coding {
        match self {
            Self::Native(coding) => coding,
            _ => Coding::EXPLICIT,
        }
    }
}
