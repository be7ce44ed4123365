//! Opinions grouped by clip or by annotator: a compressed sparse row layout, one flat array and its offsets.

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

/// Votes in rows; inside a row they keep the order of the table.
#[derive(Debug)]
pub(super) struct Votes {
    offsets: Vec<usize>,
    votes: Vec<Vote>,
}

impl Votes {
    /// One row a clip. Opinions of 0 votes are left out.
    pub fn by_clip(opinions: &[Opinion], clips: usize) -> Self {
        Self::group(opinions, clips, |opinion| {
            let other = opinion.annotator.unwrap_or(ANONYMOUS);
            Some((opinion.clip, Vote { other, class: opinion.class, votes: opinion.votes }))
        })
    }

    /// One row an annotator. Anonymous opinions and those of 0 votes are left out.
    pub fn by_annotator(opinions: &[Opinion], annotators: usize) -> Self {
        Self::group(opinions, annotators, |opinion| {
            let vote = Vote { other: opinion.clip, class: opinion.class, votes: opinion.votes };
            opinion.annotator.map(|annotator| (annotator, vote))
        })
    }

    /// A stable counting sort on the row.
    fn group(opinions: &[Opinion], rows: usize, place: impl Fn(&Opinion) -> Option<(u32, Vote)>) -> Self {
        let placed = || opinions.iter().filter(|opinion| opinion.votes > 0.0).filter_map(&place);

        let mut offsets = vec![0; rows + 1];
        placed().for_each(|(row, _)| offsets[row as usize + 1] += 1);
        for row in 0..rows {
            offsets[row + 1] += offsets[row];
        }

        let mut next = offsets.clone();
        let mut votes = vec![Vote { other: 0, class: 0, votes: 0.0 }; offsets[rows]];
        for (row, vote) in placed() {
            votes[next[row as usize]] = vote;
            next[row as usize] += 1;
        }
        Self { offsets, votes }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The votes of one row.
    pub fn row(&self, row: usize) -> &[Vote] {
        &self.votes[self.offsets[row]..self.offsets[row + 1]]
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[Vote]> {
        (0..self.len()).map(|row| self.row(row))
    }
}

/// How many opinions a row holds, votes counted.
pub(super) fn total(row: &[Vote]) -> f64 {
    row.iter().map(|vote| vote.votes).sum()
}

/// The share of each class among the votes of a row, written to `shares`; zeros where the row is empty.
pub(super) fn shares_into(row: &[Vote], shares: &mut [f64]) {
    shares.fill(0.0);
    for vote in row {
        shares[usize::from(vote.class)] += vote.votes;
    }
    let total = total(row);
    if total > 0.0 {
        shares.iter_mut().for_each(|share| *share /= total);
    }
}
