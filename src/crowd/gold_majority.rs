//! The majority vote weighed by accuracy on known answers ("gold" questions): Oleson et al. (2011), "Programmatic gold:
//! targeted and scalable quality assurance in crowdsourcing", AAAI Workshop on Human Computation, for the known
//! answers; as a method of aggregation in Ustalov, Pavlichenko & Tseitlin (2024), "Learning from crowds with Crowd-Kit",
//! Journal of Open Source Software 9(96), 6227.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::check::{not_cancelled, signed};
use super::outcome::{classes_of, hold_against, label_each, weigh};
use super::votes::Grouped;
use super::{Aggregate, Consensus, CrowdError, Opinions, Ties};

/// A majority vote in which an annotator weighs as much as the share of their opinions on clips with a known answer
/// that are right. Every opinion needs an annotator, and some opinions must be on clips with a known answer.
///
/// An annotator who judged no such clip weighs as much as all annotators' opinions on them together are right. Known
/// answers weigh annotators and do nothing else: clips that have one are labelled by the votes like all others.
/// Probabilities are shares of the weights; the skill is the accuracy on known answers, and `None` where there is none;
/// the confusion compares with the labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoldMajority {
    /// Which class wins a tie.
    pub ties: Ties,
}

impl Aggregate for GoldMajority {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        signed("gold-majority", &opinions)?;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;
        not_cancelled(cancel)?;

        let known = opinions.known.unwrap_or_default();
        let (mut right, mut asked) = (0.0, 0.0);
        let mut skills = Vec::with_capacity(by_annotator.len());
        for votes in by_annotator.rows() {
            let (mut own_right, mut own_asked) = (0.0, 0.0);
            for vote in votes.iter() {
                let Some(answer) = known.get(vote.other as usize).copied().flatten() else { continue };
                own_asked += vote.votes;
                own_right += if vote.class == answer { vote.votes } else { 0.0 };
            }
            right += own_right;
            asked += own_asked;
            skills.push((own_asked > 0.0).then(|| own_right / own_asked));
        }
        if asked == 0.0 {
            return Err(CrowdError::NoAnswers);
        }
        let weights: Vec<f64> = skills.iter().map(|skill| skill.unwrap_or(right / asked)).collect();
        let labels = label_each(by_clip, |_, votes| weigh(votes, &weights, opinions.classes, self.ties));
        let mut annotators = hold_against(by_annotator, &classes_of(&labels), opinions.classes);
        annotators.iter_mut().zip(skills).for_each(|(annotator, skill)| annotator.skill = skill);
        Ok(Consensus { labels, annotators, fit: None })
    }
}
