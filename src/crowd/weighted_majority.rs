//! The weighted majority vote by "worker agreement with aggregate" (Wawa): CrowdFlower's and Appen's measure of a worker
//! ("How to calculate worker agreement with aggregate (Wawa)", Appen success center), as a method of aggregation in
//! Ustalov, Pavlichenko & Tseitlin (2024), "Learning from crowds with Crowd-Kit", Journal of Open Source Software
//! 9(96), 6227.
//!
//! The votes are counted once, each annotator is weighed by the share of their opinions that equal the majority's label,
//! and the votes are counted again with these weights.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::check::{not_cancelled, signed};
use super::outcome::{classes_of, hold_against, label_each, weigh};
use super::votes::Grouped;
use super::{Aggregate, Consensus, CrowdError, Majority, Opinions, Ties};

/// A majority vote in which an annotator weighs as much as the share of their opinions that equal the plain majority.
/// Every opinion needs an annotator.
///
/// Probabilities are shares of the weights. The skill is that weight; where each clip an annotator judged was left open
/// by [`Ties::Abstain`], it is unknown and the weight 0. The confusion compares with the final labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeightedMajority {
    /// Which class wins a tie, of the plain vote and of the weighted one.
    pub ties: Ties,
}

impl Aggregate for WeightedMajority {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        signed("weighted-majority", &opinions)?;
        let classes = opinions.classes;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;
        not_cancelled(cancel)?;

        let majority = Majority { ties: self.ties };
        let plain = label_each(by_clip, |_, votes| majority.label(votes, classes).label);
        let skills: Vec<Option<f64>> =
            hold_against(by_annotator, &plain, classes).into_iter().map(|annotator| annotator.skill).collect();
        let weights: Vec<f64> = skills.iter().map(|skill| skill.unwrap_or(0.0)).collect();
        let labels = label_each(by_clip, |_, votes| weigh(votes, &weights, classes, self.ties));
        let mut annotators = hold_against(by_annotator, &classes_of(&labels), classes);
        annotators.iter_mut().zip(skills).for_each(|(annotator, skill)| annotator.skill = skill);
        Ok(Consensus { labels, annotators, fit: None })
    }
}
