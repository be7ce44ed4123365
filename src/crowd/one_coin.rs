//! One-coin Dawid–Skene: Zhang, Chen, Zhou & Jordan (2016), "Spectral methods meet EM: a provably optimal algorithm for
//! crowdsourcing", Journal of Machine Learning Research 17(102), 1–44, section 2; the model is the homogeneous one of
//! Dawid & Skene (1979).
//!
//! As Dawid–Skene, but an annotator has one number: the probability of being right. What they say when wrong is any
//! other class alike. Far fewer numbers to learn from few opinions, and blind to systematic confusion.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::check::{not_negative, signed};
use super::iterate::Until;
use super::latent::{Latent, ln};
use super::votes::Grouped;
use super::{Aggregate, Consensus, CrowdError, Objective, Opinions, Ties};

/// One probability of being right an annotator, fitted together with the labels by expectation–maximisation from the
/// shares of the votes. Every opinion needs an annotator; an opinion of *n* votes counts as *n* opinions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OneCoin {
    /// The most iterations (an expectation and a maximisation step each); at least 1.
    pub max_iterations: u32,
    /// The fit has converged when [`Fit::history`](super::Fit::history), divided by the number of opinions, changes by
    /// less than this from one iteration to the next. With 0 all iterations are done.
    pub tolerance: f64,
    /// Added to an annotator's count of right opinions and to that of wrong ones (a Beta prior of `1 + smoothing`
    /// twice); the class prior is not smoothed.
    pub smoothing: f64,
    /// Which class wins where posterior probabilities tie.
    pub ties: Ties,
}

impl Default for OneCoin {
    fn default() -> Self {
        Self { max_iterations: 1000, tolerance: 1e-7, smoothing: 0.01, ties: Ties::default() }
    }
}

impl Aggregate for OneCoin {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        signed("one-coin", &opinions)?;
        not_negative(&[("smoothing", self.smoothing)])?;
        let until = Until { max_iterations: self.max_iterations, tolerance: self.tolerance, cancel };
        until.check()?;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;

        let smoothing = self.smoothing;
        let mut latent = Latent::new(by_clip, by_annotator, opinions.classes, None);
        let course = until.climb(latent.opinions, || {
            latent.estimate_prior();
            let penalty = latent.maximise(|_, mut annotator| {
                let (right, given) = (annotator.right(), annotator.opinions());
                let skill = match annotator.classes() {
                    0 | 1 => 1.0,
                    _ if given + smoothing > 0.0 => ((right + smoothing) / (given + 2.0 * smoothing)).min(1.0),
                    classes => 1.0 / classes as f64,
                };
                annotator.write_one_coin(skill);
                if smoothing > 0.0 { smoothing * (ln(skill) + ln(1.0 - skill)) } else { 0.0 }
            });
            latent.expect() + penalty
        })?;
        let (labels, annotators) = (latent.labels(self.ties), latent.annotators());
        Ok(Consensus { labels, annotators, fit: Some(course.fit(Objective::LogLikelihood, latent.prior)) })
    }
}
