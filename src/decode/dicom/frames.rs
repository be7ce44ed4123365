//! Where each frame lies in the file (PS3.5, annex A.4): the frames themselves are read when they are wanted.

use std::{borrow::Cow, ops::Range};

use super::{
    broken,
    elements::{Coding, Element, ITEM, PIXEL_DATA, SEQUENCE_END},
    header::Header,
    samples::Layout,
    syntax::Syntax,
};
use crate::decode::DecodeError;

/// The bytes of each frame, as ranges of the file.
#[derive(Debug)]
pub(super) enum Frames {
    /// One after the other, all of one length.
    Even { start: usize, length: usize, count: usize, swapped: bool },
    /// In fragments, of which each frame has one or more.
    Fragments { fragments: Vec<Range<usize>>, frames: Vec<Range<usize>> },
}

impl Frames {
    /// Finds the frames of `file`.
    pub(super) fn find(file: &[u8], header: &Header<'_>, layout: &Layout) -> Result<Self, DecodeError> {
        let pixels = header.get(PIXEL_DATA).ok_or_else(|| broken("it has no pixel data"))?;
        let count = header.frames()?;
        let start = pixels.value.as_ptr().addr() - file.as_ptr().addr();
        if let Syntax::Native(_) = header.syntax {
            let length = layout.frame_len();
            // 8-bit samples in big-endian words: the second comes first.
            let swapped = layout.big_endian && layout.bytes == 1 && pixels.kind == *b"OW";
            let fits = |all: usize| if swapped { all.next_multiple_of(2) } else { all } <= pixels.value.len();
            if pixels.undefined || !count.checked_mul(length).is_some_and(fits) {
                return Err(broken(&format!("its pixel data end before the last of {count} frames")));
            }
            return Ok(Self::Even { start, length, count, swapped });
        }
        if !pixels.undefined {
            return Err(broken("its compressed frames are not in fragments"));
        }
        let mut fragments = fragments(file, start)?.into_iter();
        let table = fragments.next().ok_or_else(|| broken("it has no frames"))?;
        let fragments: Vec<_> = fragments.collect();
        if let Some(ranges) = extended(header, &fragments, count) {
            let frames = (0..count).map(|at| at..at + 1).collect();
            return Ok(Self::Fragments { fragments: ranges, frames });
        }
        let frames = by_table(&file[table], &fragments, count)
            .or_else(|| by_content(file, &fragments, count, header.syntax))
            .ok_or_else(|| broken(&format!("its {} fragments cannot be told into {count} frames", fragments.len())))?;
        Ok(Self::Fragments { fragments, frames })
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Self::Even { count, .. } => *count,
            Self::Fragments { frames, .. } => frames.len(),
        }
    }

    /// The bytes of frame `number`.
    pub(super) fn bytes<'a>(&self, file: &'a [u8], number: usize) -> Cow<'a, [u8]> {
        match self {
            Self::Even { start, length, swapped, .. } => {
                let within = number * length..(number + 1) * length;
                if *swapped {
                    return within.map(|at| file[start + (at ^ 1)]).collect();
                }
                Cow::Borrowed(&file[start + within.start..start + within.end])
            }
            Self::Fragments { fragments, frames } => match &fragments[frames[number].clone()] {
                [only] => Cow::Borrowed(&file[only.clone()]),
                several => several.iter().flat_map(|range| &file[range.clone()]).copied().collect(),
            },
        }
    }
}

/// The items from `start` on, the offset table first. The end of the file stands for a missing delimiter.
fn fragments(file: &[u8], start: usize) -> Result<Vec<Range<usize>>, DecodeError> {
    let coding = Coding::EXPLICIT;
    let mut found = Vec::new();
    let mut at = start;
    while let Some([a, b, c, d, length @ ..]) = file[at..].first_chunk::<8>() {
        let tag = (coding.u16([*a, *b]), coding.u16([*c, *d]));
        if tag == SEQUENCE_END {
            break;
        }
        if tag != ITEM {
            return Err(broken("its pixel data hold something that is no fragment"));
        }
        let value = at + 8;
        let end = value + coding.u32(*length) as usize;
        if end > file.len() {
            return Err(broken("it ends within a fragment of its pixel data"));
        }
        found.push(value..end);
        at = end;
    }
    Ok(found)
}

/// One range a frame, of the Extended Offset Table.
fn extended(header: &Header<'_>, fragments: &[Range<usize>], count: usize) -> Option<Vec<Range<usize>>> {
    let numbers = |element: &Element<'_>| -> Vec<u64> {
        element.value.as_chunks::<8>().0.iter().map(|bytes| header.coding.u64(*bytes)).collect()
    };
    let offsets = numbers(header.get((0x7fe0, 0x0001))?);
    let lengths = numbers(header.get((0x7fe0, 0x0002))?);
    if offsets.len() != count || lengths.len() != count {
        return None;
    }
    let base = fragments.first()?.start;
    let frames = offsets.iter().zip(&lengths).map(|(offset, length)| {
        let start = base.checked_add(usize::try_from(*offset).ok()?)?;
        let at = fragments.binary_search_by_key(&start, |fragment| fragment.start).ok()?;
        // The length leaves out the byte that makes a fragment even.
        let end = start.checked_add(usize::try_from(*length).ok()?)?;
        (end <= fragments[at].end).then_some(start..end)
    });
    frames.collect()
}

/// The fragments of each frame by the Basic Offset Table; `None` where it is empty or fits neither frames nor fragments.
fn by_table(table: &[u8], fragments: &[Range<usize>], count: usize) -> Option<Vec<Range<usize>>> {
    let base = fragments.first()?.start;
    let (offsets, _) = table.as_chunks::<4>();
    if offsets.len() != count {
        return None;
    }
    let firsts: Vec<usize> = offsets
        .iter()
        .map(|offset| {
            let start = base.checked_add(u32::from_le_bytes(*offset) as usize)?;
            fragments.binary_search_by_key(&start, |fragment| fragment.start).ok()
        })
        .collect::<Option<_>>()?;
    (firsts[0] == 0).then_some(())?;
    ranges(&firsts, fragments.len())
}

/// The fragments of each frame without a table: a single frame has them all, else each frame has one, else a frame
/// begins where a compressed picture does.
fn by_content(file: &[u8], fragments: &[Range<usize>], count: usize, syntax: Syntax) -> Option<Vec<Range<usize>>> {
    if fragments.len() == count || syntax == Syntax::Rle {
        return (fragments.len() >= count).then(|| (0..count).map(|at| at..at + 1).collect());
    }
    if count == 1 {
        return (!fragments.is_empty()).then(|| std::iter::once(0..fragments.len()).collect());
    }
    // Start of image of JPEG and JPEG-LS, start of codestream of JPEG 2000, the signature of its boxes.
    let magic: &[&[u8]] = match syntax {
        Syntax::Jpeg2000 => &[b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "],
        _ => &[b"\xff\xd8\xff"],
    };
    let begins = |fragment: &Range<usize>| magic.iter().any(|magic| file[fragment.clone()].starts_with(magic));
    let firsts: Vec<usize> = (0..fragments.len()).filter(|at| begins(&fragments[*at])).collect();
    (firsts.len() == count && firsts.first() == Some(&0)).then_some(())?;
    ranges(&firsts, fragments.len())
}

/// From the first fragments of each frame to the ranges of fragments; `None` unless they ascend.
fn ranges(firsts: &[usize], end: usize) -> Option<Vec<Range<usize>>> {
    let ends = firsts.iter().skip(1).copied().chain([end]);
    firsts.iter().zip(ends).map(|(first, end)| (*first < end).then_some(*first..end)).collect()
}
