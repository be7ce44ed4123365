//! The data elements of a DICOM file (PS3.5, section 7) as slices of its bytes: what is not asked for is stepped over,
//! never copied.

use super::broken;
use crate::decode::DecodeError;

/// Group and element number.
pub(super) type Tag = (u16, u16);

pub(super) const ITEM: Tag = (0xfffe, 0xe000);
const ITEM_END: Tag = (0xfffe, 0xe00d);
pub(super) const SEQUENCE_END: Tag = (0xfffe, 0xe0dd);

/// "Undefined length": the value ends with a delimiter.
const UNDEFINED: u32 = u32::MAX;

/// Sequences within sequences. Deeper ones occur in no standard object.
const DEPTH: u32 = 16;

/// How the elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    /// Whether each element names its kind of value.
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
}

impl Coding {
    pub(super) const EXPLICIT: Self = Self { explicit: true, big_endian: false };
    pub(super) const IMPLICIT: Self = Self { explicit: false, big_endian: false };
    pub(super) const BIG_ENDIAN: Self = Self { explicit: true, big_endian: true };

    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    pub(super) fn u64(self, bytes: [u8; 8]) -> u64 {
        if self.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) }
    }
}

/// One element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: Tag,
    /// The two letters of the kind of value; spaces where the file does not tell.
    pub(super) kind: [u8; 2],
    /// The value. Of undefined length: all up to the delimiter, or of pixel data all that follows.
    pub(super) value: &'a [u8],
    pub(super) undefined: bool,
}

/// Walks over the elements of a data set or an item.
#[derive(Debug, Clone)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
    coding: Coding,
    depth: u32,
}

impl<'a> Elements<'a> {
    pub(super) fn new(bytes: &'a [u8], coding: Coding) -> Self {
        Self { rest: bytes, coding, depth: 0 }
    }

    /// What follows the elements walked over so far.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next element; `None` at the end.
    pub(super) fn step(&mut self) -> Result<Option<Element<'a>>, DecodeError> {
        let Some(tag) = self.peek() else {
            // Single bytes after the last element are padding.
            return Ok(None);
        };
        self.rest = &self.rest[4..];
        let (kind, length) = self.kind_and_length(tag)?;
        let undefined = length == UNDEFINED;
        let value = if !undefined {
            self.take(length as usize)?
        } else if tag == PIXEL_DATA {
            std::mem::take(&mut self.rest)
        } else {
            // An unknown kind of undefined length is a sequence of implicit kinds (PS3.5, section 6.2.2, note 2).
            let coding = if kind == *b"UN" { Coding::IMPLICIT } else { self.coding };
            self.sequence(coding)?
        };
        Ok(Some(Element { tag, kind, value, undefined }))
    }

    fn peek(&self) -> Option<Tag> {
        let [a, b, c, d, ..] = *self.rest else { return None };
        Some((self.coding.u16([a, b]), self.coding.u16([c, d])))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (value, rest) = self.rest.split_at_checked(length).ok_or_else(|| broken("a data element ends early"))?;
        self.rest = rest;
        Ok(value)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (value, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| broken("a data element ends early"))?;
        self.rest = rest;
        Ok(*value)
    }

    fn kind_and_length(&mut self, tag: Tag) -> Result<([u8; 2], u32), DecodeError> {
        // Items and delimiters have no kind (PS3.5, section 7.5).
        if !self.coding.explicit || tag.0 == 0xfffe {
            return Ok((*b"  ", self.coding.u32(self.array()?)));
        }
        let kind: [u8; 2] = self.array()?;
        let length = match &kind {
            b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV" => {
                self.take(2)?;
                self.coding.u32(self.array()?)
            }
            _ if kind.iter().all(u8::is_ascii_uppercase) => u32::from(self.coding.u16(self.array()?)),
            _ => return Err(broken("a data element is of no known kind")),
        };
        Ok((kind, length))
    }

    /// Steps over a sequence of undefined length and returns its items with their delimiters.
    fn sequence(&mut self, coding: Coding) -> Result<&'a [u8], DecodeError> {
        if self.depth >= DEPTH {
            return Err(broken("sequences are nested too deeply"));
        }
        let start = self.rest;
        let mut within = Elements { rest: start, coding, depth: self.depth + 1 };
        while within.item()?.is_some() {}
        self.rest = within.rest;
        Ok(&start[..start.len() - self.rest.len()])
    }

    /// The next item of a sequence: the bytes of its data set. `None` at the end.
    fn item(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        let Some(tag) = self.peek() else {
            return if self.depth > 0 { Err(broken("a sequence ends early")) } else { Ok(None) };
        };
        self.rest = &self.rest[4..];
        let length = self.coding.u32(self.array()?);
        match tag {
            SEQUENCE_END => Ok(None),
            ITEM if length == UNDEFINED => {
                let start = self.rest;
                let mut end = 0;
                while let Some(element) = self.step()? {
                    if element.tag == ITEM_END {
                        return Ok(Some(&start[..end]));
                    }
                    end = start.len() - self.rest.len();
                }
                Err(broken("an item of a sequence ends early"))
            }
            ITEM => self.take(length as usize).map(Some),
            _ => Err(broken("a sequence holds something that is no item")),
        }
    }
}

/// Where the frames are (PS3.3, section C.7.6.3).
pub(super) const PIXEL_DATA: Tag = (0x7fe0, 0x0010);

/// The data sets of a sequence's items.
pub(super) fn items<'a>(sequence: &Element<'a>, coding: Coding) -> Result<Vec<Elements<'a>>, DecodeError> {
    let coding = if sequence.kind == *b"UN" { Coding::IMPLICIT } else { coding };
    let mut walk = Elements::new(sequence.value, coding);
    let mut items = Vec::new();
    while let Some(bytes) = walk.item()? {
        items.push(Elements::new(bytes, coding));
    }
    Ok(items)
}
