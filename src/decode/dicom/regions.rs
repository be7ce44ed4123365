//! Regions of an ultrasound picture (PS3.3, section C.8.5.5) and the scale of any other.

use super::{
    elements::{Coding, Tag},
    header::{Header, short},
};
use crate::decode::{DecodeError, Region};

/// Centimetres, in the list of units (PS3.3, section C.8.5.5.1.15).
const CENTIMETRES: u16 = 3;

/// What is read of an item: its format, data, bounds, units and deltas.
#[rustfmt::skip]
const READ: [Tag; 10] = [
    (0x0018, 0x6012), (0x0018, 0x6014), (0x0018, 0x6018), (0x0018, 0x601a), (0x0018, 0x601c),
    (0x0018, 0x601e), (0x0018, 0x6024), (0x0018, 0x6026), (0x0018, 0x602c), (0x0018, 0x602e),
];

/// The regions the file tells of. One without bounds is left out.
pub(super) fn regions(header: &Header) -> Result<Vec<Region>, DecodeError> {
    let mut regions = Vec::new();
    for mut item in header.items((0x0018, 0x6011))? {
        let mut parts = Parts::default();
        while let Some(element) = item.step()? {
            if READ.contains(&element.tag) {
                let value = item.value(&element.value)?;
                parts.add(element.tag, &value, header.coding);
            }
        }
        regions.extend(parts.region());
    }
    Ok(regions)
}

/// Millimetres a pixel along x and y by the Pixel Spacing, which tells rows first. The Imager Pixel Spacing is no
/// substitute: it is measured at the detector of a radiograph (PS3.3, section C.8.11.1), which ultrasound has none of.
pub(super) fn spacing(header: &Header) -> Option<[f64; 2]> {
    match header.numbers((0x0028, 0x0030))?[..] {
        [rows, columns] if rows > 0.0 && columns > 0.0 => Some([columns, rows]),
        _ => None,
    }
}

/// What one item tells. Its other elements are stepped over.
#[derive(Default)]
struct Parts {
    format: Option<u16>,
    data: Option<u16>,
    bounds: [Option<u32>; 4],
    units: [Option<u16>; 2],
    deltas: [Option<f64>; 2],
}

impl Parts {
    fn add(&mut self, tag: Tag, value: &[u8], coding: Coding) {
        let short = || short(value, coding);
        let long = || value.first_chunk().map(|bytes| coding.u32(*bytes));
        let double = || value.first_chunk().map(|bytes| f64::from_bits(coding.u64(*bytes)));
        match tag {
            (0x0018, 0x6012) => self.format = short(),
            (0x0018, 0x6014) => self.data = short(),
            (0x0018, 0x6018) => self.bounds[0] = long(),
            (0x0018, 0x601a) => self.bounds[1] = long(),
            (0x0018, 0x601c) => self.bounds[2] = long(),
            (0x0018, 0x601e) => self.bounds[3] = long(),
            (0x0018, 0x6024) => self.units[0] = short(),
            (0x0018, 0x6026) => self.units[1] = short(),
            (0x0018, 0x602c) => self.deltas[0] = double(),
            (0x0018, 0x602e) => self.deltas[1] = double(),
            _ => {}
        }
    }

    fn region(&self) -> Option<Region> {
        let [left, top, right, bottom] = self.bounds;
        // Deltas along y are negative where y points up.
        let scale = |axis: usize| {
            let delta = self.deltas[axis].filter(|_| self.units[axis] == Some(CENTIMETRES))?;
            Some(10.0 * delta.abs()).filter(|scale| scale.is_finite() && *scale > 0.0)
        };
        Some(Region {
            left: left?,
            top: top?,
            right: right?,
            bottom: bottom?,
            mm_per_pixel: scale(0).zip(scale(1)).map(|(x, y)| [x, y]),
            // 2D, tissue (PS3.3, sections C.8.5.5.1.1 and C.8.5.5.1.2).
            tissue: self.format == Some(1) && self.data == Some(1),
        })
    }
}
