//! Zero-based skill, the iterated form of the weighted majority vote of Ustalov, Pavlichenko & Tseitlin (2024),
//! "Learning from crowds with Crowd-Kit", Journal of Open Source Software 9(96), 6227.
//!
//! All annotators start alike; then labels come of weighted votes, and each weight moves towards the share of the
//! annotator's opinions that equal the label, by less and less.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::check::{one_or_more, positive, signed};
use super::iterate::Until;
use super::outcome::{classes_of, hold_against, label_each, weigh};
use super::votes::Grouped;
use super::{Aggregate, Consensus, CrowdError, Objective, Opinions, Ties};

/// A majority vote whose weights are fitted to the labels it gives, over and over. Every opinion needs an annotator.
///
/// Probabilities are shares of the weights, the skill is the weight, and the confusion compares with the labels.
/// Nothing is climbed: [`Fit::history`](super::Fit::history) holds the largest change of a weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZeroBasedSkill {
    /// The most iterations; at least 1.
    pub max_iterations: u32,
    /// The weights have settled when none changes by this much. Labels that flip to and fro settle only as the steps
    /// become small.
    pub tolerance: f64,
    /// How far a weight moves towards the agreement at first: 1 is all the way.
    pub step: f64,
    /// After this many iterations, and again after as many, the step is halved; at least 1.
    pub halve_every: u32,
    /// Which class wins a tie.
    pub ties: Ties,
}

impl Default for ZeroBasedSkill {
    fn default() -> Self {
        Self { max_iterations: 100, tolerance: 1e-9, step: 1.0, halve_every: 20, ties: Ties::default() }
    }
}

impl Aggregate for ZeroBasedSkill {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        signed("zero-based-skill", &opinions)?;
        positive(&[("step", self.step)])?;
        if self.step > 1.0 {
            return Err(CrowdError::Parameter { parameter: "step", value: self.step, allowed: "at most 1" });
        }
        one_or_more("halve_every", self.halve_every)?;
        let until = Until { max_iterations: self.max_iterations, tolerance: self.tolerance, cancel };
        until.check()?;
        let classes = opinions.classes;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;

        // A guess at random is right once in so many times.
        let mut weights = vec![1.0 / classes.max(1) as f64; by_annotator.len()];
        let (mut step, mut iteration) = (self.step, 0_u32);
        let course = until.settle(|| {
            iteration += 1;
            if iteration.is_multiple_of(self.halve_every) {
                step *= 0.5;
            }
            let labels = label_each(by_clip, |_, votes| weigh(votes, &weights, classes, self.ties).label);
            let mut largest: f64 = 0.0;
            for (weight, annotator) in weights.iter_mut().zip(hold_against(by_annotator, &labels, classes)) {
                // Nothing to go by leaves the weight as it is.
                let change = annotator.skill.map_or(0.0, |agreement| step * (agreement - *weight));
                *weight += change;
                largest = largest.max(change.abs());
            }
            largest
        })?;

        let labels = label_each(by_clip, |_, votes| weigh(votes, &weights, classes, self.ties));
        let mut annotators = hold_against(by_annotator, &classes_of(&labels), classes);
        for (annotator, weight) in annotators.iter_mut().zip(weights) {
            annotator.skill = (annotator.opinions > 0.0).then_some(weight);
        }
        Ok(Consensus { labels, annotators, fit: Some(course.fit(Objective::Change, Vec::new())) })
    }
}
