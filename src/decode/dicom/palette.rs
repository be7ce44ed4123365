//! Palettes (PS3.3, section C.7.6.3.1.5 and C.7.6.3.1.6): the grey of each index.

use super::{broken, elements::Tag, header::Header, unsupported};
use crate::decode::{DecodeError, grey::luma};

/// One colour of a palette.
struct Channel {
    entries: Vec<u8>,
    /// The index of the first entry. Those before it have its colour, those after the last the last one's.
    first: usize,
}

/// The grey of each of the 2^`stored` indices.
pub(super) fn levels(header: &Header<'_>, stored: u16) -> Result<Vec<u8>, DecodeError> {
    let red = Channel::read(header, (0x0028, 0x1101), (0x0028, 0x1201))?;
    let green = Channel::read(header, (0x0028, 0x1102), (0x0028, 0x1202))?;
    let blue = Channel::read(header, (0x0028, 0x1103), (0x0028, 0x1203))?;
    Ok((0..1 << stored).map(|index| luma([red.of(index), green.of(index), blue.of(index)])).collect())
}

impl Channel {
    fn read(header: &Header<'_>, descriptor: Tag, data: Tag) -> Result<Self, DecodeError> {
        let lacking = || unsupported("its palette is lacking or segmented");
        let coding = header.coding;
        let descriptor = header.get(descriptor).ok_or_else(lacking)?.value;
        let (numbers, _) = descriptor.as_chunks::<2>();
        let [count, first, bits] = *numbers else { return Err(broken("its palette is not told in three numbers")) };
        // 0 stands for 65536, which 16 bits cannot hold.
        let count = match coding.u16(count) {
            0 => 1 << 16,
            count => usize::from(count),
        };
        let data = header.get(data).ok_or_else(lacking)?.value;
        let (words, _) = data.as_chunks::<2>();
        let words = words.iter().map(|word| coding.u16(*word));
        let entries: Vec<u8> = match coding.u16(bits) {
            // 8-bit entries come packed in words, or one a word.
            8 if data.len() < 2 * count => words.flat_map(u16::to_le_bytes).take(count).collect(),
            8 => words.map(|word| word as u8).take(count).collect(),
            // The high byte: both ways of widening 8 bits to 16 in use, v * 256 and v * 257, give v back.
            16 => words.map(|word| (word >> 8) as u8).take(count).collect(),
            _ => return Err(broken("its palette has neither 8 nor 16 bits")),
        };
        if entries.len() < count {
            return Err(broken("its palette ends early"));
        }
        Ok(Self { entries, first: usize::from(coding.u16(first)) })
    }

    fn of(&self, index: usize) -> u8 {
        self.entries[index.saturating_sub(self.first).min(self.entries.len() - 1)]
    }
}
