//! What every method ends with: the label of a clip, and how annotators compare with labels.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::ties::tied_share;
use super::votes::{Row, Votes};
use super::{AnnotatorSummary, ClipLabel, Ties};

impl ClipLabel {
    /// The label of a clip nobody judged.
    pub(super) fn without_opinions(classes: usize) -> Self {
        Self {
            label: None,
            probabilities: vec![f64::NAN; classes],
            opinions: 0.0,
            agreement: f64::NAN,
            difficulty: None,
        }
    }

    /// The most probable class of a clip with these votes.
    pub(super) fn most_probable(votes: Row<'_>, probabilities: Vec<f64>, ties: Ties) -> Self {
        let label = ties.choose(&probabilities, votes.iter().map(|vote| usize::from(vote.class)));
        let agreement = match label {
            Some(label) => votes.share(label),
            None => {
                let mut shares = vec![0.0; probabilities.len()];
                votes.shares_into(&mut shares);
                tied_share(&probabilities, &shares)
            }
        };
        Self { label, probabilities, opinions: votes.total(), agreement, difficulty: None }
    }
}

impl AnnotatorSummary {
    /// Of an annotator without opinions to go by.
    pub(super) fn unknown(opinions: f64) -> Self {
        Self { opinions, skill: None, confusion: None }
    }

    /// How an annotator's opinions compare with the labels: the skill is the share that equals them.
    pub(super) fn against(votes: Row<'_>, labels: &[Option<usize>], classes: usize) -> Self {
        let mut confusion = vec![vec![0.0; classes]; classes];
        let mut agreeing = 0.0;
        let mut judged = 0.0;
        for vote in votes.iter() {
            // A clip without a label says nothing about who judged it.
            let Some(label) = labels[vote.other as usize] else { continue };
            confusion[label][usize::from(vote.class)] += vote.votes;
            judged += vote.votes;
            if label == usize::from(vote.class) {
                agreeing += vote.votes;
            }
        }
        for row in &mut confusion {
            // 0 / 0 is the documented NaN of a label this annotator never met.
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|cell| *cell /= sum);
        }
        let known = judged > 0.0;
        Self { opinions: votes.total(), skill: known.then(|| agreeing / judged), confusion: known.then_some(confusion) }
    }
}

/// What each clip's votes alone make of it, such as its label, in parallel.
pub(super) fn label_each<T: Send>(by_clip: &Votes, label: impl Fn(usize, Row<'_>) -> T + Sync) -> Vec<T> {
    (0..by_clip.len()).into_par_iter().map(|clip| label(clip, by_clip.row(clip))).collect()
}

/// The label of a clip whose votes have the weights of those who gave them, as shares that sum to 1. Where all weights are 0,
/// each vote counts the same.
pub(super) fn weigh(votes: Row<'_>, weights: &[f64], classes: usize, ties: Ties) -> ClipLabel {
    if votes.is_empty() {
        return ClipLabel::without_opinions(classes);
    }
    let mut shares = vec![0.0; classes];
    let mut sum = 0.0;
    for vote in votes.iter() {
        let weight = vote.votes * weights[vote.other as usize];
        shares[usize::from(vote.class)] += weight;
        sum += weight;
    }
    if sum > 0.0 {
        shares.iter_mut().for_each(|share| *share /= sum);
    } else {
        votes.shares_into(&mut shares);
    }
    ClipLabel::most_probable(votes, shares, ties)
}

/// The class of each label.
pub(super) fn classes_of(labels: &[ClipLabel]) -> Vec<Option<usize>> {
    labels.iter().map(|clip| clip.label).collect()
}

/// Each annotator held against the class of each clip, in parallel.
pub(super) fn hold_against(by_annotator: &Votes, labels: &[Option<usize>], classes: usize) -> Vec<AnnotatorSummary> {
    let annotators = (0..by_annotator.len()).into_par_iter();
    annotators.map(|annotator| AnnotatorSummary::against(by_annotator.row(annotator), labels, classes)).collect()
}
