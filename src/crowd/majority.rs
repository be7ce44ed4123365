//! The majority vote: every opinion counts the same.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::check::not_cancelled;
use super::outcome::{classes_of, hold_against, label_each};
use super::votes::{Grouped, Row};
use super::{Aggregate, ClipLabel, Consensus, CrowdError, Opinions, Ties};

/// The class most opinions name (the plurality vote); annotators may be anonymous.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Majority {
    /// Which class wins a tie.
    pub ties: Ties,
}

impl Aggregate for Majority {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;
        not_cancelled(cancel)?;

        let labels = label_each(by_clip, |_, votes| self.label(votes, opinions.classes));
        let annotators = hold_against(by_annotator, &classes_of(&labels), opinions.classes);
        Ok(Consensus { labels, annotators, fit: None })
    }
}

impl Majority {
    /// The label of one clip.
    pub(super) fn label(&self, votes: Row<'_>, classes: usize) -> ClipLabel {
        if votes.is_empty() {
            return ClipLabel::without_opinions(classes);
        }
        let mut shares = vec![0.0; classes];
        votes.shares_into(&mut shares);
        ClipLabel::most_probable(votes, shares, self.ties)
    }
}
