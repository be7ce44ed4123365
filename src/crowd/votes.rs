//! Opinions grouped by clip or by annotator: a compressed sparse row layout, flat arrays and their offsets.

use std::borrow::Cow;

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};

use super::Opinions;
use crate::{label::OpinionColumns, narrow::Narrow};

/// One opinion as a row sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vote {
    /// The other side: the annotator in a clip's row (the greatest number if unknown), the clip in an annotator's row.
    pub other: u32,
    /// The class given.
    pub class: u16,
    /// How many opinions it stands for.
    pub votes: f64,
}

/// Votes in rows; inside a row they keep the order of the table. Four bytes an opinion, where each stands for one vote and there
/// are fewer than 2²⁴ others and no more than 2⁸ classes.
#[derive(Debug, Clone)]
pub(super) struct Votes {
    offsets: Vec<usize>,
    /// The number of the other and the class, in one of the two: what is looked at together lies together.
    small: Vec<u32>,
    large: Vec<u64>,
    /// What is to be taken from the number of another, for its index.
    shift: u32,
    /// `None` where every opinion stands for one.
    votes: Option<Vec<f64>>,
}

/// The votes of one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    small: &'a [u32],
    large: &'a [u64],
    shift: u32,
    votes: Option<&'a [f64]>,
}

/// Opinions that are grouped in one go.
const AT_ONCE: usize = 1 << 10;

/// Annotators a thread looks at in one go, since it needs a place for each clip.
const ANNOTATORS_AT_ONCE: usize = 1 << 10;

/// A class beside another's number, in as few bits as there are.
const SMALL: u32 = 8;
const LARGE: u32 = 16;

/// Opinions by clip and by annotator: what every method begins with.
#[derive(Debug, Clone)]
pub struct Grouped {
    pub(super) by_clip: Votes,
    pub(super) by_annotator: Votes,
}

impl Grouped {
    /// Groups opinions on so many clips by so many annotators.
    ///
    /// # Panics
    /// Panics where an opinion is of another.
    pub fn new(opinions: &OpinionColumns, clips: usize, annotators: usize) -> Self {
        let (by_clip, by_annotator) =
            rayon::join(|| Votes::by_clip(opinions, clips), || Votes::by_annotator(opinions, annotators));
        Self { by_clip, by_annotator }
    }

    /// Whether somebody judged a clip more than once, opinions of 0 votes aside.
    pub fn repeats(&self) -> bool {
        let clips = self.by_clip.len();
        let parts = (0..self.by_annotator.len()).into_par_iter().with_min_len(ANNOTATORS_AT_ONCE);
        let judged = || vec![u32::MAX; clips];
        parts
            .map_init(judged, |last, annotator| self.by_annotator.row(annotator).repeats(annotator as u32, last))
            .any(|any| any)
    }
}

impl Opinions<'_> {
    /// The opinions by clip and by annotator.
    pub(super) fn grouped(&self) -> Cow<'_, Grouped> {
        match self.grouped {
            Some(grouped) => Cow::Borrowed(grouped),
            None => Cow::Owned(Grouped::new(self.opinions, self.clips, self.annotators)),
        }
    }
}

impl Votes {
    /// One row a clip. Opinions of 0 votes are left out.
    pub fn by_clip(opinions: &OpinionColumns, clips: usize) -> Self {
        Self::group(opinions, clips, [opinions.clips(), opinions.annotators_from_1()], [0, 1])
    }

    /// One row an annotator. Anonymous opinions and those of 0 votes are left out.
    pub fn by_annotator(opinions: &OpinionColumns, annotators: usize) -> Self {
        Self::group(opinions, annotators, [opinions.annotators_from_1(), opinions.clips()], [1, 0])
    }

    /// A stable counting sort on the row each opinion belongs to; those of no row are left out. Numbers of rows and of others
    /// are shifted by `shifts`.
    fn group(opinions: &OpinionColumns, rows: usize, [row_of, other_of]: [&Narrow; 2], shifts: [u32; 2]) -> Self {
        let given = opinions.votes();
        let (row_of, other_of, class_of) = (row_of.all(), other_of.all(), opinions.classes().all());
        // Those of a few thousand opinions at a time, as wide as they are counted in.
        let mut room = [[0; AT_ONCE]; 3];
        let parts = || (0..opinions.len()).step_by(AT_ONCE).map(|at| at..opinions.len().min(at + AT_ONCE));
        let counts = |at: usize| given.is_none_or(|given| given[at] > 0.0);

        let mut offsets = vec![0; rows + 1];
        for part in parts() {
            let rows = row_of.range(part.clone()).widened(&mut room[0]);
            for (at, row) in part.zip(rows) {
                if counts(at) && *row >= shifts[0] {
                    offsets[(row - shifts[0]) as usize + 1] += 1;
                }
            }
        }
        for row in 0..rows {
            offsets[row + 1] += offsets[row];
        }

        let count = offsets[rows];
        let is_small = other_of.most() < 1 << (32 - SMALL) && class_of.most() < 1 << SMALL;
        let of = |is_wanted: bool| if is_wanted { count } else { 0 };
        let (mut small, mut large) = (vec![0; of(is_small)], vec![0; of(!is_small)]);
        let mut votes = given.map(|_| vec![0.0; count]);
        let mut next = offsets.clone();
        for part in parts() {
            let [rows, others, classes] = &mut room;
            let rows = row_of.range(part.clone()).widened(rows);
            let others = other_of.range(part.clone()).widened(others);
            let classes = class_of.range(part.clone()).widened(classes);
            for (at, (row, (other, class))) in part.zip(rows.iter().zip(others.iter().zip(classes))) {
                if !counts(at) || *row < shifts[0] {
                    continue;
                }
                let next = &mut next[(row - shifts[0]) as usize];
                if is_small {
                    small[*next] = other << SMALL | class;
                } else {
                    large[*next] = u64::from(*other) << LARGE | u64::from(*class);
                }
                if let (Some(votes), Some(given)) = (&mut votes, given) {
                    votes[*next] = given[at];
                }
                *next += 1;
            }
        }
        Self { offsets, small, large, shift: shifts[1], votes }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The votes of one row.
    pub fn row(&self, row: usize) -> Row<'_> {
        let range = self.offsets[row]..self.offsets[row + 1];
        let votes = self.votes.as_ref().map(|votes| &votes[range.clone()]);
        let small = if self.small.is_empty() { &[][..] } else { &self.small[range.clone()] };
        let large = if self.large.is_empty() { &[][..] } else { &self.large[range] };
        Row { small, large, shift: self.shift, votes }
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|row| self.row(row))
    }
}

impl<'a> Row<'a> {
    /// Whether there is no vote.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    fn len(self) -> usize {
        self.small.len() + self.large.len()
    }

    /// Whether two are of the same other. `last` says of each in which row it was seen last; this one is `row`.
    fn repeats(self, row: u32, last: &mut [u32]) -> bool {
        self.iter().any(|vote| std::mem::replace(&mut last[vote.other as usize], row) == row)
    }

    /// The votes in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Vote> + Clone + 'a {
        let small = self.small.iter().map(|both| (both >> SMALL, (both & ((1 << SMALL) - 1)) as u16));
        let large = self.large.iter().map(|both| ((both >> LARGE) as u32, (both & ((1 << LARGE) - 1)) as u16));
        small.chain(large).enumerate().map(move |(at, (other, class))| Vote {
            // Nobody is 0, which becomes the greatest number. That is no index: of annotators there are fewer.
            other: other.wrapping_sub(self.shift),
            class,
            votes: self.votes.map_or(1.0, |votes| votes[at]),
        })
    }

    /// How many opinions the row holds, votes counted.
    pub fn total(self) -> f64 {
        self.votes.map_or(self.len() as f64, |votes| votes.iter().sum())
    }

    /// The share of one class among the votes; 0 where the row is empty.
    pub fn share(self, class: usize) -> f64 {
        let votes =
            self.iter().filter(|vote| usize::from(vote.class) == class).map(|vote| vote.votes).sum::<f64>() + 0.0;
        let total = self.total();
        if total > 0.0 { votes / total } else { votes }
    }

    /// The share of each class among the votes, written to `shares`; zeros where the row is empty.
    pub fn shares_into(self, shares: &mut [f64]) {
        shares.fill(0.0);
        for vote in self.iter() {
            shares[usize::from(vote.class)] += vote.votes;
        }
        let total = self.total();
        if total > 0.0 {
            shares.iter_mut().for_each(|share| *share /= total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Opinion;

    /// Rows of clips and of annotators, as said one by one.
    fn told(opinions: &[Opinion], [clips, annotators]: [usize; 2]) {
        let grouped = Grouped::new(&opinions.iter().copied().collect(), clips, annotators);
        let counted = |opinion: &&Opinion| opinion.votes > 0.0;
        let seen = |row: Row<'_>| Vec::from_iter(row.iter().map(|vote| (vote.other, vote.class, vote.votes)));
        for clip in 0..clips {
            let expected = opinions.iter().filter(counted).filter(|one| one.clip as usize == clip);
            let expected = expected.map(|one| (one.annotator.unwrap_or(u32::MAX), one.class, one.votes));
            assert_eq!(seen(grouped.by_clip.row(clip)), Vec::from_iter(expected), "clip {clip}");
        }
        for annotator in 0..annotators as u32 {
            let expected = opinions.iter().filter(counted).filter(|one| one.annotator == Some(annotator));
            let expected = Vec::from_iter(expected.map(|one| (one.clip, one.class, one.votes)));
            let row = grouped.by_annotator.row(annotator as usize);
            assert_eq!(seen(row), expected, "annotator {annotator}");
            assert_eq!(row.total(), expected.iter().map(|(_, _, votes)| votes).sum::<f64>());
            let right = expected.iter().filter(|(_, class, _)| *class == 1).map(|(_, _, votes)| votes).sum::<f64>();
            assert!(row.is_empty() || row.share(1) == right / row.total());
        }
    }

    fn crowd(classes: u32, votes: impl Fn(u32) -> f64) -> Vec<Opinion> {
        let one = |at: u32| Opinion {
            clip: at * 7 % 31,
            annotator: (at % 5 != 3).then_some(at * 11 % 13),
            class: (at % classes) as u16,
            votes: votes(at),
        };
        (0..3000).map(one).collect()
    }

    #[test]
    fn rows_hold_what_was_said_of_them_in_order() {
        for classes in [3, 256, 300] {
            told(&crowd(classes, |_| 1.0), [32, 14]);
            told(&crowd(classes, |at| f64::from(at % 3)), [32, 14]);
        }
        told(&[], [2, 0]);
    }

    #[test]
    fn who_judged_a_clip_twice_is_seen() {
        let opinion = |clip, annotator, votes| Opinion { clip, annotator, class: 0, votes };
        let repeats = |opinions: &[Opinion]| Grouped::new(&opinions.iter().copied().collect(), 3, 3000).repeats();
        let once = [opinion(0, Some(1), 1.0), opinion(1, Some(1), 1.0), opinion(0, Some(0), 1.0)];
        let nobodys = [opinion(0, None, 1.0), opinion(0, None, 1.0)];
        assert!(!repeats(&once) && !repeats(&nobodys) && !repeats(&[]));
        assert!(repeats(&[&once[..], &[opinion(1, Some(1), 1.0)]].concat()));
        assert!(repeats(&[&nobodys[..], &[opinion(2, Some(2999), 1.0), opinion(2, Some(2999), 2.0)]].concat()));
    }
}
