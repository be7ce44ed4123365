//! Run-length encoding (PS3.5, annex G).

use super::broken;
use crate::decode::DecodeError;

/// Undoes a frame of `samples` samples of `bytes` bytes for each of `pixels` pixels: plane after plane, little-endian.
pub(super) fn decode(frame: &[u8], pixels: usize, samples: usize, bytes: usize) -> Result<Vec<u8>, DecodeError> {
    // 64 bytes: the number of segments and up to 15 offsets.
    let (header, _) = frame.get(..64).unwrap_or_default().as_chunks::<4>();
    let numbers: Vec<usize> = header.iter().map(|bytes| u32::from_le_bytes(*bytes) as usize).collect();
    let segments = samples * bytes;
    if numbers.first() != Some(&segments) {
        return Err(broken("a frame has another number of RLE segments than its samples need"));
    }
    let mut decoded = vec![0; pixels * segments];
    for segment in 0..segments {
        let start = numbers[1 + segment];
        let end = if segment + 1 < segments { numbers[2 + segment] } else { frame.len() };
        let data = frame.get(start..end).ok_or_else(|| broken("an RLE segment lies outside its frame"))?;
        // The most significant bytes come first.
        let (sample, place) = (segment / bytes, bytes - 1 - segment % bytes);
        let mut plane = decoded[sample * pixels * bytes..][..pixels * bytes].iter_mut().skip(place).step_by(bytes);
        unpack(data, &mut plane).ok_or_else(|| broken("an RLE segment ends early"))?;
    }
    Ok(decoded)
}

/// Fills `plane`; `None` if the runs do not reach its end. What is left over is padding.
fn unpack<'a>(mut data: &[u8], plane: &mut impl ExactSizeIterator<Item = &'a mut u8>) -> Option<()> {
    while plane.len() > 0 {
        let (control, rest) = data.split_first()?;
        let length = usize::from(*control);
        data = match *control {
            0..=127 => {
                let (literal, rest) = rest.split_at_checked(length + 1)?;
                literal.iter().zip(&mut *plane).for_each(|(from, to)| *to = *from);
                rest
            }
            128 => rest,
            129..=255 => {
                let (value, rest) = rest.split_first()?;
                plane.take(257 - length).for_each(|to| *to = *value);
                rest
            }
        };
    }
    Some(())
}
