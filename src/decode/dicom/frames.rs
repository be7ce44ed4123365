//! Where each frame lies in the file (PS3.5, annex A.4): the frames themselves are read when they are wanted.

use std::{borrow::Cow, ops::Range};

use super::{
    broken,
    elements::{Coding, ITEM, SEQUENCE_END},
    header::Header,
    input::{Input, chunk},
    samples::Layout,
    syntax::Syntax,
    unsupported,
};
use crate::decode::DecodeError;

/// The bytes of each frame, as ranges of the file.
#[derive(Debug)]
pub(super) enum Frames {
    /// One after the other, all of one length.
    Even(Even),
    /// In fragments, of which each frame has one or more.
    Fragments { fragments: Vec<Range<u64>>, frames: Vec<Range<usize>> },
}

/// Uncompressed frames.
#[derive(Debug)]
pub(super) struct Even {
    start: u64,
    count: usize,
    /// Samples or bytes of one frame: bits where `packed`.
    length: u64,
    /// Eight samples a byte, the first in its lowest bit, and no gap between frames (PS3.5, section 8.1.1).
    packed: bool,
    /// Two bytes a word, the second first.
    swapped: bool,
}

/// The most fragments there may be, and so frames that are compressed: some hours of video. Without a bound, empty ones
/// would take more memory than the file is long.
const MOST_FRAGMENTS: usize = 1 << 20;

impl Frames {
    /// Finds the frames of what `header` was read from.
    pub(super) fn find(file: &Input, header: &Header, layout: &Layout) -> Result<Self, DecodeError> {
        let pixels = header.pixels.as_ref().ok_or_else(|| broken("it has no pixel data"))?;
        let count = header.frames()?;
        if let Syntax::Native(_) = header.syntax {
            let even = Even {
                start: pixels.value.start,
                count,
                length: layout.frame_len() as u64,
                packed: layout.packed,
                swapped: layout.big_endian && layout.bytes == 1 && pixels.kind == *b"OW",
            };
            let end = even.range(0..count as u64).map_or(u64::MAX, |range| range.end);
            if pixels.undefined || end > pixels.value.end {
                return Err(broken(&format!("its pixel data end before the last of {count} frames")));
            }
            return Ok(Self::Even(even));
        }
        if !pixels.undefined {
            return Err(broken("its compressed frames are not in fragments"));
        }
        let mut fragments = fragments(file, pixels.value.start)?.into_iter();
        let table = fragments.next().ok_or_else(|| broken("it has no frames"))?;
        let fragments: Vec<_> = fragments.collect();
        let untold = || broken(&format!("its {} fragments cannot be told into {count} frames", fragments.len()));
        if count > fragments.len() {
            return Err(untold());
        }
        if let Some(ranges) = extended(header, &fragments, count) {
            let frames = (0..count).map(|at| at..at + 1).collect();
            return Ok(Self::Fragments { fragments: ranges, frames });
        }
        // Of another length, it is no table of these frames.
        let table = if table.end - table.start == 4 * count as u64 { file.read(table)? } else { Cow::default() };
        let frames = match by_table(&table, &fragments, count) {
            Some(frames) => frames,
            None => by_content(file, &fragments, count, &Start::new(header.syntax, layout))?.ok_or_else(untold)?,
        };
        Ok(Self::Fragments { fragments, frames })
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Self::Even(even) => even.count,
            Self::Fragments { frames, .. } => frames.len(),
        }
    }

    /// The bytes of frame `number`; of packed samples, one byte each.
    pub(super) fn bytes<'a>(&self, file: &'a Input, number: usize) -> Result<Cow<'a, [u8]>, DecodeError> {
        match self {
            Self::Even(even) => even.bytes(file, number as u64),
            Self::Fragments { fragments, frames } => match &fragments[frames[number].clone()] {
                [only] => file.read(only.clone()),
                several => {
                    let mut joined = Vec::new();
                    for range in several {
                        joined.extend_from_slice(&file.read(range.clone())?);
                    }
                    Ok(Cow::Owned(joined))
                }
            },
        }
    }
}

impl Even {
    /// Where these frames are, to whole bytes and words; `None` where no file is as long.
    fn range(&self, frames: Range<u64>) -> Option<Range<u64>> {
        let ends = [frames.start.checked_mul(self.length)?, frames.end.checked_mul(self.length)?];
        let [mut first, mut end] = if self.packed { [ends[0] / 8, ends[1].div_ceil(8)] } else { ends };
        if self.swapped {
            (first, end) = (first - first % 2, end.next_multiple_of(2));
        }
        Some(self.start.checked_add(first)?..self.start.checked_add(end)?)
    }

    fn bytes<'a>(&self, file: &'a Input, number: u64) -> Result<Cow<'a, [u8]>, DecodeError> {
        let range = self.range(number..number + 1).ok_or_else(|| broken("its pixel data are too long"))?;
        if !self.packed && !self.swapped {
            return file.read(range);
        }
        let first = range.start - self.start;
        let mut bytes = file.read(range)?.into_owned();
        if self.swapped {
            bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.reverse());
        }
        let from = number * self.length;
        let sample = |at: u64| match self.packed {
            true => bytes[(at / 8 - first) as usize] >> (at % 8) & 1,
            false => bytes[(at - first) as usize],
        };
        Ok((from..from + self.length).map(sample).collect())
    }
}

/// The items from `start` on, the offset table first. The end of the file stands for a missing delimiter.
fn fragments(file: &Input, start: u64) -> Result<Vec<Range<u64>>, DecodeError> {
    let coding = Coding::EXPLICIT;
    let mut bytes = file.from(start)?;
    let mut found = Vec::new();
    let mut at = start;
    while let Some([a, b, c, d, length @ ..]) = chunk::<8>(&mut *bytes)? {
        let tag = (coding.u16([a, b]), coding.u16([c, d]));
        if tag == SEQUENCE_END {
            break;
        }
        if tag != ITEM {
            return Err(broken("its pixel data hold something that is no fragment"));
        }
        let length = coding.u32(length);
        let value = at + 8;
        at = value + u64::from(length);
        if at > file.len() {
            return Err(broken("it ends within a fragment of its pixel data"));
        }
        if found.len() > MOST_FRAGMENTS {
            return Err(unsupported(&format!("its pixel data are in more than {MOST_FRAGMENTS} fragments")));
        }
        found.push(value..at);
        bytes.seek_relative(i64::from(length))?;
    }
    Ok(found)
}

/// One range a frame, of the Extended Offset Table.
fn extended(header: &Header, fragments: &[Range<u64>], count: usize) -> Option<Vec<Range<u64>>> {
    let numbers =
        |value: &[u8]| -> Vec<u64> { value.as_chunks::<8>().0.iter().map(|bytes| header.coding.u64(*bytes)).collect() };
    let offsets = numbers(header.get((0x7fe0, 0x0001))?);
    let lengths = numbers(header.get((0x7fe0, 0x0002))?);
    if offsets.len() != count || lengths.len() != count {
        return None;
    }
    let base = fragments.first()?.start;
    let frames = offsets.iter().zip(&lengths).map(|(offset, length)| {
        let start = base.checked_add(*offset)?;
        let at = fragments.binary_search_by_key(&start, |fragment| fragment.start).ok()?;
        // The length leaves out the byte that makes a fragment even.
        let end = start.checked_add(*length)?;
        (end <= fragments[at].end).then_some(start..end)
    });
    frames.collect()
}

/// The fragments of each frame by the Basic Offset Table; `None` where it is empty or fits neither frames nor fragments.
fn by_table(table: &[u8], fragments: &[Range<u64>], count: usize) -> Option<Vec<Range<usize>>> {
    let base = fragments.first()?.start;
    let (offsets, _) = table.as_chunks::<4>();
    if offsets.len() != count {
        return None;
    }
    let firsts: Vec<usize> = offsets
        .iter()
        .map(|offset| {
            let start = base.checked_add(u64::from(u32::from_le_bytes(*offset)))?;
            fragments.binary_search_by_key(&start, |fragment| fragment.start).ok()
        })
        .collect::<Option<_>>()?;
    (firsts[0] == 0).then_some(())?;
    ranges(&firsts, fragments.len())
}

/// What a compressed picture begins with.
struct Start(Vec<Vec<u8>>);

impl Start {
    fn new(syntax: Syntax, layout: &Layout) -> Self {
        Self(match syntax {
            // The number of segments, and where the first begins (PS3.5, annex G.5).
            Syntax::Rle => vec![[(layout.samples * layout.bytes) as u32, 64].map(u32::to_le_bytes).concat()],
            // Start of codestream, the signature of boxes around it.
            Syntax::Jpeg2000 => vec![b"\xff\x4f\xff\x51".to_vec(), b"\0\0\0\x0cjP  ".to_vec()],
            // Start of image of JPEG and JPEG-LS, then another marker.
            _ => vec![b"\xff\xd8\xff".to_vec()],
        })
    }

    fn begins(&self, file: &Input, fragment: &Range<u64>) -> Result<bool, DecodeError> {
        let head = file.read(fragment.start..fragment.end.min(fragment.start + 8))?;
        Ok(self.0.iter().any(|start| head.starts_with(start)))
    }
}

/// The fragments of each frame without a table: a single frame has them all, else each frame has one, else a frame
/// begins where a compressed picture does. `None` where that gives another number of frames.
fn by_content(
    file: &Input,
    fragments: &[Range<u64>],
    count: usize,
    start: &Start,
) -> Result<Option<Vec<Range<usize>>>, DecodeError> {
    if count == 1 {
        return Ok(Some(std::iter::once(0..fragments.len()).collect()));
    }
    if fragments.len() == count {
        return Ok(Some((0..count).map(|at| at..at + 1).collect()));
    }
    let mut firsts = Vec::new();
    for (at, fragment) in fragments.iter().enumerate() {
        if start.begins(file, fragment)? {
            firsts.push(at);
        }
    }
    let fits = firsts.len() == count && firsts.first() == Some(&0);
    Ok(if fits { ranges(&firsts, fragments.len()) } else { None })
}

/// From the first fragments of each frame to the ranges of fragments; `None` unless they ascend.
fn ranges(firsts: &[usize], end: usize) -> Option<Vec<Range<usize>>> {
    let ends = firsts.iter().skip(1).copied().chain([end]);
    firsts.iter().zip(ends).map(|(first, end)| (*first < end).then_some(*first..end)).collect()
}
