//! What is read of a DICOM file: the elements of one list, and no other.

use std::collections::BTreeMap;

use super::{
    elements::{Coding, Element, Elements, PIXEL_DATA, Tag, items},
    input::Input,
    syntax::Syntax,
    unsupported,
};
use crate::decode::DecodeError;

/// Every element read of a data set. Whatever else a file holds is stepped over: names, numbers and dates of patients and
/// staff, institutions, devices, free texts, private elements.
#[rustfmt::skip]
pub(super) const READ: [(Tag, &str); 32] = [
    ((0x0008, 0x2144), "Recommended Display Frame Rate: when frames are shown"),
    ((0x0018, 0x0040), "Cine Rate: when frames are shown"),
    ((0x0018, 0x1063), "Frame Time: when frames are shown"),
    ((0x0018, 0x1065), "Frame Time Vector: when frames are shown"),
    ((0x0018, 0x6011), "Sequence of Ultrasound Regions: where tissue is shown, and its scale"),
    ((0x0028, 0x0002), "Samples per Pixel: layout of the frames"),
    ((0x0028, 0x0004), "Photometric Interpretation: grey of the samples"),
    ((0x0028, 0x0006), "Planar Configuration: layout of the frames"),
    ((0x0028, 0x0008), "Number of Frames: layout of the frames"),
    ((0x0028, 0x0010), "Rows: layout of the frames"),
    ((0x0028, 0x0011), "Columns: layout of the frames"),
    ((0x0028, 0x0030), "Pixel Spacing: the scale where no region tells it"),
    ((0x0028, 0x0100), "Bits Allocated: layout of the frames"),
    ((0x0028, 0x0101), "Bits Stored: layout of the frames"),
    ((0x0028, 0x0102), "High Bit: layout of the frames"),
    ((0x0028, 0x0103), "Pixel Representation: layout of the frames"),
    ((0x0028, 0x1050), "Window Center: grey of the samples"),
    ((0x0028, 0x1051), "Window Width: grey of the samples"),
    ((0x0028, 0x1052), "Rescale Intercept: the window is told in rescaled values"),
    ((0x0028, 0x1053), "Rescale Slope: the window is told in rescaled values"),
    ((0x0028, 0x1101), "Red Palette Color Lookup Table Descriptor: grey of the samples"),
    ((0x0028, 0x1102), "Green Palette Color Lookup Table Descriptor: grey of the samples"),
    ((0x0028, 0x1103), "Blue Palette Color Lookup Table Descriptor: grey of the samples"),
    ((0x0028, 0x1201), "Red Palette Color Lookup Table Data: grey of the samples"),
    ((0x0028, 0x1202), "Green Palette Color Lookup Table Data: grey of the samples"),
    ((0x0028, 0x1203), "Blue Palette Color Lookup Table Data: grey of the samples"),
    ((0x0028, 0x1221), "Segmented Red Palette Color Lookup Table Data: grey of the samples"),
    ((0x0028, 0x1222), "Segmented Green Palette Color Lookup Table Data: grey of the samples"),
    ((0x0028, 0x1223), "Segmented Blue Palette Color Lookup Table Data: grey of the samples"),
    ((0x7fe0, 0x0001), "Extended Offset Table: where the frames are"),
    ((0x7fe0, 0x0002), "Extended Offset Table Lengths: where the frames are"),
    (PIXEL_DATA,       "Pixel Data: the frames"),
];

/// What is read of a file.
pub(super) struct Header {
    pub(super) syntax: Syntax,
    pub(super) coding: Coding,
    /// Where the frames are.
    pub(super) pixels: Option<Element>,
    values: BTreeMap<Tag, Value>,
}

/// The value of one element.
struct Value {
    kind: [u8; 2],
    bytes: Vec<u8>,
}

impl Header {
    /// Reads the data set that begins at `start`, up to its pixel data.
    pub(super) fn read(syntax: Syntax, data_set: &Input, start: u64) -> Result<Self, DecodeError> {
        let mut walk = Elements::new(data_set.from(start)?, start, data_set.len(), syntax.coding());
        // Some writers announce kinds of values and leave them out.
        let kinds = walk.ahead(6)?.get(4..).is_none_or(|kind| kind.iter().all(u8::is_ascii_uppercase));
        let coding = Coding { explicit: syntax.coding().explicit && kinds, ..syntax.coding() };
        walk = walk.coded(coding);
        let mut values = BTreeMap::new();
        while let Some(element) = walk.step()? {
            if element.tag == PIXEL_DATA {
                return Ok(Self { syntax, coding, pixels: Some(element), values });
            }
            if READ.iter().any(|(tag, _)| *tag == element.tag) {
                values.insert(element.tag, Value { kind: element.kind, bytes: walk.value(&element.value)? });
            }
        }
        Ok(Self { syntax, coding, pixels: None, values })
    }

    fn value(&self, tag: Tag) -> Option<&Value> {
        debug_assert!(READ.iter().any(|(read, _)| *read == tag), "only what is listed is read");
        self.values.get(&tag).filter(|value| !value.bytes.is_empty())
    }

    /// The value of an element of the list that is there and not empty.
    pub(super) fn get(&self, tag: Tag) -> Option<&[u8]> {
        self.value(tag).map(|value| &value.bytes[..])
    }

    /// A short unsigned number.
    pub(super) fn short(&self, tag: Tag) -> Option<u16> {
        short(self.get(tag)?, self.coding)
    }

    /// The numbers of a text such as `1.5\2`; `None` where the element is missing or one of them is no finite number.
    pub(super) fn numbers(&self, tag: Tag) -> Option<Vec<f64>> {
        let numbers: Option<Vec<f64>> = text(self.get(tag)?)?
            .split('\\')
            .map(|number| number.trim().parse().ok().filter(|number: &f64| number.is_finite()))
            .collect();
        numbers
    }

    /// The first of the numbers.
    pub(super) fn number(&self, tag: Tag) -> Option<f64> {
        self.numbers(tag)?.first().copied()
    }

    /// A defined term in capitals.
    pub(super) fn term(&self, tag: Tag) -> Option<&str> {
        text(self.get(tag)?)
    }

    /// The data sets of a sequence.
    pub(super) fn items(&self, tag: Tag) -> Result<Vec<Elements<'_>>, DecodeError> {
        self.value(tag).map_or(Ok(Vec::new()), |sequence| items(sequence.kind, &sequence.bytes, self.coding))
    }

    /// The number of frames; 1 where the file does not tell.
    pub(super) fn frames(&self) -> Result<usize, DecodeError> {
        let Some(value) = self.get((0x0028, 0x0008)) else { return Ok(1) };
        text(value)
            .and_then(|text| text.parse().ok())
            .filter(|frames| *frames > 0)
            .ok_or_else(|| unsupported("its number of frames is no positive whole number"))
    }
}

pub(super) fn short(value: &[u8], coding: Coding) -> Option<u16> {
    value.first_chunk().map(|bytes| coding.u16(*bytes))
}

/// A value of plain letters without its padding.
fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().map(|text| text.trim_matches([' ', '\0']))
}
