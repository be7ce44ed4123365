//! Palettes (PS3.3, section C.7.6.3.1.5 and C.7.6.3.1.6): the grey of each index.

mod segments;

use super::{broken, header::Header, unsupported};
use crate::decode::{DecodeError, grey::luma};

/// One colour of a palette.
struct Channel {
    entries: Vec<u8>,
    /// The index of the first entry. Those before it have its colour, those after the last the last one's.
    first: usize,
}

/// The grey of each of the 2^`stored` indices.
pub(super) fn levels(header: &Header, stored: u16) -> Result<Vec<u8>, DecodeError> {
    let red = Channel::read(header, 1)?;
    let green = Channel::read(header, 2)?;
    let blue = Channel::read(header, 3)?;
    Ok((0..1 << stored).map(|index| luma([red.of(index), green.of(index), blue.of(index)])).collect())
}

impl Channel {
    /// The colour of elements (0028,110c), and (0028,120c) or (0028,122c), where c is `colour`.
    fn read(header: &Header, colour: u16) -> Result<Self, DecodeError> {
        let lacking = || unsupported("a colour of its palette is lacking");
        let coding = header.coding;
        let descriptor = header.get((0x0028, 0x1100 + colour)).ok_or_else(lacking)?;
        let (numbers, _) = descriptor.as_chunks::<2>();
        let [count, first, bits] = *numbers else { return Err(broken("its palette is not told in three numbers")) };
        // 0 stands for 65536, which 16 bits cannot hold.
        let count = match coding.u16(count) {
            0 => 1 << 16,
            count => usize::from(count),
        };
        let bits = coding.u16(bits);
        if !matches!(bits, 8 | 16) {
            return Err(broken("its palette has neither 8 nor 16 bits"));
        }
        let words =
            |data: &[u8]| -> Vec<u16> { data.as_chunks::<2>().0.iter().map(|word| coding.u16(*word)).collect() };
        let values: Vec<u16> = match header.get((0x0028, 0x1200 + colour)) {
            // 8-bit entries come packed in words, or one a word.
            Some(data) if bits == 8 && data.len() < 2 * count => {
                words(data).into_iter().flat_map(u16::to_le_bytes).map(u16::from).collect()
            }
            Some(data) => words(data),
            None => {
                let data = header.get((0x0028, 0x1220 + colour)).ok_or_else(lacking)?;
                let (units, bytes) =
                    if bits == 8 { (data.iter().map(|byte| u16::from(*byte)).collect(), 1) } else { (words(data), 2) };
                segments::expand(&units, bytes, count)
                    .ok_or_else(|| broken("the segments of its palette are damaged"))?
            }
        };
        if values.len() < count {
            return Err(broken("its palette ends early"));
        }
        // The high byte of 16: both ways of widening 8 bits to 16 in use, v * 256 and v * 257, give v back.
        let entries = values[..count].iter().map(|value| (value >> (bits - 8)) as u8).collect();
        Ok(Self { entries, first: usize::from(coding.u16(first)) })
    }

    fn of(&self, index: usize) -> u8 {
        self.entries[index.saturating_sub(self.first).min(self.entries.len() - 1)]
    }
}
