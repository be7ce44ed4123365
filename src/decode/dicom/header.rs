//! What is read of a DICOM file: the elements of one list, and no other.

use std::collections::BTreeMap;

use super::{
    broken,
    elements::{Coding, Element, Elements, PIXEL_DATA, Tag, items},
    syntax::Syntax,
    unsupported,
};
use crate::decode::DecodeError;

/// Every element read of a data set. Whatever else a file holds is stepped over: names, numbers and dates of patients and
/// staff, institutions, devices, free texts, private elements.
#[rustfmt::skip]
const READ: [(Tag, &str); 29] = [
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
    ((0x7fe0, 0x0001), "Extended Offset Table: where the frames are"),
    ((0x7fe0, 0x0002), "Extended Offset Table Lengths: where the frames are"),
    (PIXEL_DATA,       "Pixel Data: the frames"),
];

/// The elements read, by tag.
pub(super) struct Header<'a> {
    pub(super) syntax: Syntax,
    pub(super) coding: Coding,
    elements: BTreeMap<Tag, Element<'a>>,
}

impl<'a> Header<'a> {
    /// Reads `file` up to its pixel data.
    pub(super) fn read(file: &'a [u8]) -> Result<Self, DecodeError> {
        let after_preamble = file.get(132..).ok_or_else(|| broken("the file ends within its first bytes"))?;
        let (syntax, data_set) = Syntax::read(after_preamble)?;
        // Some writers announce kinds of values and leave them out.
        let kinds = data_set.get(4..6).is_none_or(|kind| kind.iter().all(u8::is_ascii_uppercase));
        let coding = Coding { explicit: syntax.coding().explicit && kinds, ..syntax.coding() };
        let mut elements = BTreeMap::new();
        let mut walk = Elements::new(data_set, coding);
        while let Some(element) = walk.step()? {
            if READ.iter().any(|(tag, _)| *tag == element.tag) {
                elements.insert(element.tag, element);
            }
            if element.tag == PIXEL_DATA {
                break;
            }
        }
        Ok(Self { syntax, coding, elements })
    }

    /// An element of the list that is there and not empty.
    pub(super) fn get(&self, tag: Tag) -> Option<&Element<'a>> {
        debug_assert!(READ.iter().any(|(read, _)| *read == tag), "only what is listed is read");
        self.elements.get(&tag).filter(|element| !element.value.is_empty())
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
    pub(super) fn term(&self, tag: Tag) -> Option<&'a str> {
        text(self.get(tag)?)
    }

    /// The data sets of a sequence.
    pub(super) fn items(&self, tag: Tag) -> Result<Vec<Elements<'a>>, DecodeError> {
        self.get(tag).map_or(Ok(Vec::new()), |sequence| items(sequence, self.coding))
    }

    /// The number of frames; 1 where the file does not tell.
    pub(super) fn frames(&self) -> Result<usize, DecodeError> {
        let Some(element) = self.get((0x0028, 0x0008)) else { return Ok(1) };
        text(element)
            .and_then(|text| text.parse().ok())
            .filter(|frames| *frames > 0)
            .ok_or_else(|| unsupported("its number of frames is no positive whole number"))
    }
}

pub(super) fn short(element: &Element<'_>, coding: Coding) -> Option<u16> {
    element.value.first_chunk().map(|bytes| coding.u16(*bytes))
}

/// A value of plain letters without its padding.
fn text<'a>(element: &Element<'a>) -> Option<&'a str> {
    std::str::from_utf8(element.value).ok().map(|text| text.trim_matches([' ', '\0']))
}
