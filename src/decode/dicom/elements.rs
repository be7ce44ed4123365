//! The data elements of a DICOM file (PS3.5, section 7): what is not asked for is stepped over, never read.

use std::{io::Cursor, ops::Range};

use super::{
    broken,
    input::{Bytes, chunk, exactly},
    unsupported,
};
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

/// Bytes of the longest value that is read: twice what the offsets of the most fragments take (see `frames`).
const LONGEST: u64 = 1 << 24;

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

    /// How a data set that begins with `head` is written, where nothing says so: its first two elements must be of the
    /// group that files begin with, in order.
    pub(super) fn guess(head: &[u8]) -> Option<Self> {
        [Self::EXPLICIT, Self::IMPLICIT, Self::BIG_ENDIAN].into_iter().find(|coding| {
            let mut walk = Elements::of(head, *coding);
            let mut next = || walk.step().ok().flatten().filter(|element| coding.plausible(element));
            next().zip(next()).is_some_and(|(first, second)| first.tag < second.tag)
        })
    }

    /// Whether it is an element that a data set may begin with (PS3.6, chapter 6, group 8).
    fn plausible(self, element: &Element) -> bool {
        const KINDS: [&[u8; 2]; 13] =
            [b"AE", b"CS", b"DA", b"DT", b"LO", b"OB", b"PN", b"SH", b"SQ", b"TM", b"UI", b"UL", b"US"];
        element.tag.0 == 0x0008 && (!self.explicit || KINDS.contains(&&element.kind))
    }

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
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) tag: Tag,
    /// The two letters of the kind of value; spaces where the file does not tell.
    pub(super) kind: [u8; 2],
    /// Where the value is. Of undefined length: all up to the delimiter, or of pixel data all that follows.
    pub(super) value: Range<u64>,
    pub(super) undefined: bool,
}

/// Walks over the elements of a data set or an item.
pub(super) struct Elements<'a> {
    bytes: Box<dyn Bytes + 'a>,
    at: u64,
    end: u64,
    coding: Coding,
    depth: u32,
}

impl<'a> Elements<'a> {
    /// Those of `bytes`, which have come to `at` and end at `end`.
    pub(super) fn new(bytes: Box<dyn Bytes + 'a>, at: u64, end: u64, coding: Coding) -> Self {
        Self { bytes, at, end, coding, depth: 0 }
    }

    /// Those of an item.
    pub(super) fn of(bytes: &'a [u8], coding: Coding) -> Self {
        Self::new(Box::new(Cursor::new(bytes)), 0, bytes.len() as u64, coding)
    }

    /// How far the walk has come.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// The walk from here on with elements written another way.
    pub(super) fn coded(self, coding: Coding) -> Self {
        Self { coding, ..self }
    }

    /// The bytes that come next, at most `most`. The walk stays where it is.
    pub(super) fn ahead(&mut self, most: u64) -> Result<Vec<u8>, DecodeError> {
        let length = most.min(self.end - self.at);
        self.value(&(self.at..self.at + length))
    }

    /// The bytes of a value. The walk stays where it is.
    pub(super) fn value(&mut self, range: &Range<u64>) -> Result<Vec<u8>, DecodeError> {
        let length = range.end - range.start;
        if length > LONGEST {
            return Err(unsupported(&format!("a data element takes {length} bytes, {LONGEST} are read")));
        }
        let here = self.at;
        self.seek(range.start)?;
        let value = exactly(&mut *self.bytes, length)?;
        self.at = range.end;
        self.seek(here)?;
        Ok(value)
    }

    /// The next element; `None` at the end.
    pub(super) fn step(&mut self) -> Result<Option<Element>, DecodeError> {
        let Some(tag) = self.tag()? else {
            // Single bytes after the last element are padding.
            return Ok(None);
        };
        let (kind, length) = self.kind_and_length(tag)?;
        let undefined = length == UNDEFINED;
        let start = self.at;
        if tag == PIXEL_DATA && self.depth == 0 {
            // Whether they are whole is told with the number of frames.
            let end = if undefined { self.end } else { self.end.min(start + u64::from(length)) };
            self.seek(end)?;
        } else if !undefined {
            self.skip(length)?;
        } else {
            // An unknown kind of undefined length is a sequence of implicit kinds (PS3.5, section 6.2.2, note 2).
            self.sequence(if kind == *b"UN" { Coding::IMPLICIT } else { self.coding })?;
        }
        Ok(Some(Element { tag, kind, value: start..self.at, undefined }))
    }

    fn tag(&mut self) -> Result<Option<Tag>, DecodeError> {
        if self.end - self.at < 4 {
            return Ok(None);
        }
        let [a, b, c, d] = self.array()?;
        Ok(Some((self.coding.u16([a, b]), self.coding.u16([c, d]))))
    }

    fn seek(&mut self, to: u64) -> Result<(), DecodeError> {
        // Relative, so that what a buffer holds already is not read again. No file is longer than 63 bits tell.
        self.bytes.seek_relative(to as i64 - self.at as i64)?;
        self.at = to;
        Ok(())
    }

    fn skip(&mut self, length: u32) -> Result<(), DecodeError> {
        let to = self.at + u64::from(length);
        if to > self.end { Err(early()) } else { self.seek(to) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        if self.end - self.at < N as u64 {
            return Err(early());
        }
        let value = chunk(&mut *self.bytes)?.ok_or_else(early)?;
        self.at += N as u64;
        Ok(value)
    }

    fn kind_and_length(&mut self, tag: Tag) -> Result<([u8; 2], u32), DecodeError> {
        // Items and delimiters have no kind (PS3.5, section 7.5).
        if !self.coding.explicit || tag.0 == 0xfffe {
            return Ok((*b"  ", self.u32()?));
        }
        let kind: [u8; 2] = self.array()?;
        let length = match &kind {
            b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV" => {
                self.skip(2)?;
                self.u32()?
            }
            _ if kind.iter().all(u8::is_ascii_uppercase) => {
                let length = self.array()?;
                u32::from(self.coding.u16(length))
            }
            _ => return Err(broken("a data element is of no known kind")),
        };
        Ok((kind, length))
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        let bytes = self.array()?;
        Ok(self.coding.u32(bytes))
    }

    /// Steps over a sequence of undefined length, whose elements are written as `coding` says.
    fn sequence(&mut self, coding: Coding) -> Result<(), DecodeError> {
        if self.depth >= DEPTH {
            return Err(broken("sequences are nested too deeply"));
        }
        let outside = std::mem::replace(&mut self.coding, coding);
        self.depth += 1;
        while self.item()?.is_some() {}
        self.depth -= 1;
        self.coding = outside;
        Ok(())
    }

    /// The next item of a sequence: where its data set is. `None` at the end.
    fn item(&mut self) -> Result<Option<Range<u64>>, DecodeError> {
        let Some(tag) = self.tag()? else {
            return if self.depth > 0 { Err(broken("a sequence ends early")) } else { Ok(None) };
        };
        let length = self.u32()?;
        let start = self.at;
        match tag {
            SEQUENCE_END => Ok(None),
            ITEM if length == UNDEFINED => {
                let mut end = start;
                while let Some(element) = self.step()? {
                    if element.tag == ITEM_END {
                        return Ok(Some(start..end));
                    }
                    end = self.at;
                }
                Err(broken("an item of a sequence ends early"))
            }
            ITEM => {
                self.skip(length)?;
                Ok(Some(start..self.at))
            }
            _ => Err(broken("a sequence holds something that is no item")),
        }
    }
}

fn early() -> DecodeError {
    broken("a data element ends early")
}

/// Where the frames are (PS3.3, section C.7.6.3).
pub(super) const PIXEL_DATA: Tag = (0x7fe0, 0x0010);

/// The data sets of the items of a sequence: of its kind and value.
pub(super) fn items(kind: [u8; 2], value: &[u8], coding: Coding) -> Result<Vec<Elements<'_>>, DecodeError> {
    let coding = if kind == *b"UN" { Coding::IMPLICIT } else { coding };
    let mut walk = Elements::of(value, coding);
    let mut items = Vec::new();
    while let Some(range) = walk.item()? {
        items.push(Elements::of(&value[range.start as usize..range.end as usize], coding));
    }
    Ok(items)
}
