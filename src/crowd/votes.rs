//! Opinions grouped by clip or by annotator: a compressed sparse row layout, flat arrays and their offsets.

use super::Opinions;
use crate::label::Opinion;

/// One opinion as a row sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vote {
    /// The other side: the annotator in a clip's row ([`ANONYMOUS`] if unknown), the clip in an annotator's row.
    pub other: u32,
    /// The class given.
    pub class: u16,
    /// How many opinions it stands for.
    pub votes: f64,
}

/// Stands for the annotator of an anonymous opinion. Never a true index: there are at most `u32::MAX` annotators.
pub(super) const ANONYMOUS: u32 = u32::MAX;

/// Votes in rows; inside a row they keep the order of the table. Six bytes an opinion, where each stands for one.
#[derive(Debug)]
pub(super) struct Votes {
    offsets: Vec<usize>,
    others: Vec<u32>,
    classes: Vec<u16>,
    /// `None` where every opinion stands for one.
    votes: Option<Vec<f64>>,
}

/// The votes of one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    others: &'a [u32],
    classes: &'a [u16],
    votes: Option<&'a [f64]>,
}

impl Votes {
    /// One row a clip. Opinions of 0 votes are left out.
    pub fn by_clip(opinions: &[Opinion], clips: usize) -> Self {
        Self::group(opinions, clips, |opinion| Some((opinion.clip, opinion.annotator.unwrap_or(ANONYMOUS))))
    }

    /// One row an annotator. Anonymous opinions and those of 0 votes are left out.
    pub fn by_annotator(opinions: &[Opinion], annotators: usize) -> Self {
        Self::group(opinions, annotators, |opinion| opinion.annotator.map(|annotator| (annotator, opinion.clip)))
    }

    /// By clip and by annotator, at the same time.
    pub fn both(opinions: &Opinions<'_>) -> (Self, Self) {
        rayon::join(
            || Self::by_clip(opinions.opinions, opinions.clips),
            || Self::by_annotator(opinions.opinions, opinions.annotators),
        )
    }

    /// A stable counting sort on the row; `place` gives the row and the other side.
    fn group(opinions: &[Opinion], rows: usize, place: impl Fn(&Opinion) -> Option<(u32, u32)>) -> Self {
        let placed = || {
            let counted = opinions.iter().filter(|opinion| opinion.votes > 0.0);
            counted.filter_map(|opinion| place(opinion).map(|(row, other)| (row as usize, other, opinion)))
        };

        let mut offsets = vec![0; rows + 1];
        let mut singly = true;
        for (row, _, opinion) in placed() {
            offsets[row + 1] += 1;
            singly &= opinion.votes == 1.0;
        }
        for row in 0..rows {
            offsets[row + 1] += offsets[row];
        }

        let mut next = offsets.clone();
        let mut others = vec![0; offsets[rows]];
        let mut classes = vec![0; offsets[rows]];
        let mut votes = (!singly).then(|| vec![0.0; offsets[rows]]);
        for (row, other, opinion) in placed() {
            others[next[row]] = other;
            classes[next[row]] = opinion.class;
            if let Some(votes) = &mut votes {
                votes[next[row]] = opinion.votes;
            }
            next[row] += 1;
        }
        Self { offsets, others, classes, votes }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The votes of one row.
    pub fn row(&self, row: usize) -> Row<'_> {
        let range = self.offsets[row]..self.offsets[row + 1];
        let votes = self.votes.as_ref().map(|votes| &votes[range.clone()]);
        Row { others: &self.others[range.clone()], classes: &self.classes[range], votes }
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|row| self.row(row))
    }
}

impl<'a> Row<'a> {
    /// Whether there is no vote.
    pub fn is_empty(self) -> bool {
        self.classes.is_empty()
    }

    /// The votes in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Vote> + Clone + 'a {
        (0..self.classes.len()).map(move |at| Vote {
            other: self.others[at],
            class: self.classes[at],
            votes: self.votes.map_or(1.0, |votes| votes[at]),
        })
    }

    /// How many opinions the row holds, votes counted.
    pub fn total(self) -> f64 {
        self.votes.map_or(self.classes.len() as f64, |votes| votes.iter().sum())
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
