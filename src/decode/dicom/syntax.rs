//! Transfer syntaxes (PS3.6, annex A): how elements and frames are written.

use super::{
    broken,
    elements::{Coding, Elements},
    input::Input,
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
const REFUSED: [(&str, &str); 5] = [
    ("1.2.840.10008.1.2.4.11", "the frames are JPEG XL"),
    ("1.2.840.10008.1.2.8.1", "each frame is deflated"),
    ("1.2.840.10008.1.2.4.1", "the frames are one MPEG-2, MPEG-4 or HEVC video"),
    ("1.2.840.10008.1.2.4.20", "the frames are High-Throughput JPEG 2000"),
    ("1.2.840.10008.1.2.4.9", "the frames are multi-component JPEG 2000"),
];

/// The identifier of a data set that is deflated whole.
const DEFLATED: &[u8] = b"1.2.840.10008.1.2.1.99";

/// Bytes looked at where nothing says how a file is written.
const HEAD: u64 = 400;

/// Whether a file that begins with `head` is DICOM without the preamble that files should have (PS3.10, section 7.1):
/// with the file meta information at once, or the data set.
pub(in crate::decode) fn bare(head: &[u8]) -> bool {
    meta_information(head) || Coding::guess(head).is_some()
}

/// Whether these bytes begin with an element of group 2, whose kinds are always told, in little-endian order.
fn meta_information(head: &[u8]) -> bool {
    matches!(head, [2, 0, _, 0, b'U', b'L' | b'I', ..] | [2, 0, 1, 0, b'O', b'B', ..])
}

impl Syntax {
    /// Reads the file meta information (PS3.10, section 7.1) and returns what the data set is read from, walked to its
    /// start. Where no transfer syntax is told, the data set's first elements show theirs.
    pub(super) fn read(file: Input) -> Result<(Self, Input, u64), DecodeError> {
        let head = file.read(0..file.len().min(HEAD))?;
        let start = match head.get(128..132) {
            Some(b"DICM") => 132,
            _ if bare(&head) => 0,
            _ => return Err(broken("it does not begin as a DICOM file does")),
        };
        let mut walk = Elements::new(file.from(start)?, start, file.len(), Coding::EXPLICIT);
        let mut identifier = None;
        // Group 2 ends where another begins: its own length element is optional in practice.
        while walk.ahead(2)? == [2, 0] {
            let Some(element) = walk.step()? else { break };
            if element.tag == (0x0002, 0x0010) {
                identifier = Some(walk.value(&element.value)?);
            }
        }
        let start = walk.at();
        let Some(identifier) = identifier else {
            let coding = Coding::guess(&walk.ahead(HEAD)?)
                .ok_or_else(|| broken("it does not tell how it is written (no transfer syntax)"))?;
            drop(walk);
            return Ok((Self::Native(coding), file, start));
        };
        drop(walk);
        let end = identifier.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
        match &identifier[..end] {
            DEFLATED => Ok((Self::Native(Coding::EXPLICIT), file.inflated(start)?, 0)),
            identifier => Ok((Self::of(identifier)?, file, start)),
        }
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
