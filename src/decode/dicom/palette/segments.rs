//! Segmented palettes (PS3.3, section C.7.9.2).

/// The first `count` entries of segments of `units`, which are of `bytes` bytes each; `None` where the segments are
/// damaged or give fewer. Every segment gives an entry at least, so that the work is bounded by `count`.
pub(super) fn expand(units: &[u16], bytes: usize, count: usize) -> Option<Vec<u16>> {
    let mut walk = Walk { units, at: 0 };
    let mut entries = Vec::new();
    while entries.len() < count {
        let segment = walk.segment(bytes)?;
        match segment {
            Segment::Copied { segments, offset } => {
                let mut copied = Walk { units, at: offset };
                for _ in 0..segments {
                    copied.segment(bytes)?.append(&mut entries)?;
                    if entries.len() >= count {
                        break;
                    }
                }
            }
            segment => segment.append(&mut entries)?,
        }
    }
    entries.truncate(count);
    Some(entries)
}

/// A stretch of entries.
enum Segment<'a> {
    /// These.
    Discrete(&'a [u16]),
    /// On a line from the entry before to the one given.
    Linear { length: u16, end: u16 },
    /// So many segments, from a place on.
    Copied { segments: u16, offset: usize },
}

impl Segment<'_> {
    /// Adds the entries; `None` where the segment may not stand here, such as a copy within a copy.
    fn append(self, entries: &mut Vec<u16>) -> Option<()> {
        match self {
            Self::Discrete(given) => entries.extend(given),
            Self::Linear { length, end } => {
                let start = f64::from(*entries.last()?);
                let step = (f64::from(end) - start) / f64::from(length);
                entries.extend((1..=length).map(|at| (start + step * f64::from(at)).round_ties_even() as u16));
            }
            Self::Copied { .. } => return None,
        }
        Some(())
    }
}

/// The segments from one place on.
struct Walk<'a> {
    units: &'a [u16],
    at: usize,
}

impl<'a> Walk<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u16]> {
        let taken = self.units.get(self.at..)?.get(..length)?;
        self.at += length;
        Some(taken)
    }

    fn segment(&mut self, bytes: usize) -> Option<Segment<'a>> {
        let [kind, length] = *self.take(2)? else { return None };
        match kind {
            _ if length == 0 => None,
            0 => self.take(length.into()).map(Segment::Discrete),
            1 => Some(Segment::Linear { length, end: self.take(1)?[0] }),
            2 => {
                // In bytes, of 32 bits, the lowest unit first.
                let offset = self
                    .take(4 / bytes)?
                    .iter()
                    .rev()
                    .fold(0, |offset, unit| offset << (8 * bytes) | usize::from(*unit));
                Some(Segment::Copied { segments: length, offset: offset / bytes })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_on_lines_and_copied() {
        // Three entries, four on a line, then both again from the last entry of the line.
        let words = [0, 3, 5, 6, 10, 1, 4, 20, 2, 2, 0, 0];
        let once = [5, 6, 10, 12, 15, 18, 20];
        let expected = [once, once].concat();
        assert_eq!(expand(&words, 2, 14), Some(expected.clone()));
        assert_eq!(expand(&words, 2, 9).as_deref(), Some(&expected[..9]));
        // The same in bytes, whose offset takes four.
        assert_eq!(expand(&[&words[..], &[0, 0]].concat(), 1, 14), Some(expected));
        // A copy of the line alone, which goes on from the last entry; its place is told in bytes.
        let words = [0, 1, 8, 1, 2, 4, 2, 1, 6, 0];
        assert_eq!(expand(&words, 2, 5), Some(vec![8, 6, 4, 4, 4]));
    }

    #[test]
    fn damaged_segments_give_nothing() {
        let damaged: [&[u16]; 6] =
            [&[0, 3, 5, 6], &[1, 2, 9], &[3, 1, 0], &[0, 0, 0, 0], &[0, 1, 5, 2, 1, 6, 0], &[0, 1, 5, 2, 1, 0, 9]];
        for words in damaged {
            assert_eq!(expand(words, 2, 4), None, "{words:?}");
        }
    }
}
