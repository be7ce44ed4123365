//! The majority vote: every opinion counts the same.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::ties::tied_share;
use super::votes::{Vote, Votes, shares_into, total};
use super::{AnnotatorSummary, ClipLabel, Consensus, CrowdError, Opinions, Ties};

pub(super) const VERSION: u32 = 1;

/// The class most opinions name (the plurality vote); annotators may be anonymous.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Majority {
    /// Which class wins a tie.
    pub ties: Ties,
}

impl Majority {
    pub(super) fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        let by_clip = Votes::by_clip(opinions.opinions, opinions.clips);
        let by_annotator = Votes::by_annotator(opinions.opinions, opinions.annotators);
        if cancel.load(Ordering::Relaxed) {
            return Err(CrowdError::Cancelled);
        }

        let labels: Vec<ClipLabel> = by_clip.rows().map(|votes| self.label(votes, opinions.classes)).collect();
        let annotators = by_annotator.rows().map(|votes| summarise(votes, &labels, opinions.classes)).collect();
        Ok(Consensus { labels, annotators, fit: None })
    }

    /// The label of one clip.
    fn label(&self, votes: &[Vote], classes: usize) -> ClipLabel {
        if votes.is_empty() {
            return ClipLabel::without_opinions(classes);
        }
        let mut shares = vec![0.0; classes];
        shares_into(votes, &mut shares);
        let label = self.ties.choose(&shares, votes.iter().map(|vote| usize::from(vote.class)));
        let agreement = label.map_or_else(|| tied_share(&shares, &shares), |label| shares[label]);
        ClipLabel { label, probabilities: shares, opinions: total(votes), agreement }
    }
}

/// How one annotator's opinions compare with the labels.
fn summarise(votes: &[Vote], labels: &[ClipLabel], classes: usize) -> AnnotatorSummary {
    let mut confusion = vec![vec![0.0; classes]; classes];
    let mut agreeing = 0.0;
    let mut judged = 0.0;
    for vote in votes {
        // A clip without a label says nothing about who judged it.
        let Some(label) = labels[vote.other as usize].label else { continue };
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
    AnnotatorSummary {
        opinions: total(votes),
        skill: known.then(|| agreeing / judged),
        confusion: known.then_some(confusion),
    }
}
