//! Dawid & Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM algorithm", Journal of the
//! Royal Statistical Society C 28(1), 20–28.
//!
//! Each clip has a latent true class drawn from a prior; each annotator has a confusion matrix, and opinions are
//! independent given the true class. Expectation–maximisation starts from the shares of the votes.
//!
//! What is climbed, and what convergence is judged by, is the log-posterior of the parameters: smoothing makes the
//! maximisation step a maximum a posteriori one, under which the bare log-likelihood may fall. Convergence is to a local
//! maximum or a plateau: with few opinions an annotator the fit can rest for a hundred iterations near a saddle and go
//! on to a better one under a smaller tolerance, whose labels need not be better.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::check::{not_negative, signed};
use super::iterate::Until;
use super::latent::Latent;
use super::votes::Grouped;
use super::{Aggregate, Consensus, CrowdError, Objective, Opinions, Ties};

/// One confusion matrix an annotator, fitted together with the labels. Every opinion needs an annotator; an opinion of
/// *n* votes counts as *n* opinions of that annotator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DawidSkene {
    /// The most iterations (an expectation and a maximisation step each); at least 1.
    pub max_iterations: u32,
    /// The fit has converged when [`Fit::history`](super::Fit::history), divided by the number of opinions, changes by less than
    /// this from one iteration to the next. With 0 all iterations are done.
    pub tolerance: f64,
    /// Added to each count of a confusion matrix before its rows are normalised (a symmetric Dirichlet prior of
    /// `1 + smoothing`); the class prior is not smoothed.
    pub smoothing: f64,
    /// Which class wins where posterior probabilities tie.
    pub ties: Ties,
}

impl Default for DawidSkene {
    fn default() -> Self {
        Self { max_iterations: 1000, tolerance: 1e-7, smoothing: 0.01, ties: Ties::default() }
    }
}

impl Aggregate for DawidSkene {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        signed("dawid-skene", &opinions)?;
        not_negative(&[("smoothing", self.smoothing)])?;
        let until = Until { max_iterations: self.max_iterations, tolerance: self.tolerance, cancel };
        until.check()?;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;

        let mut latent = Latent::new(by_clip, by_annotator, opinions.classes, None);
        let course = until.climb(latent.opinions, || step(&mut latent, self.smoothing))?;
        let (labels, annotators) = (latent.labels(self.ties), latent.annotators());
        Ok(Consensus { labels, annotators, fit: Some(course.fit(Objective::LogLikelihood, latent.prior)) })
    }
}

/// A maximisation step and an expectation step. Returns the log-likelihood with the log-density of the prior.
pub(super) fn step(latent: &mut Latent<'_>, smoothing: f64) -> f64 {
    latent.estimate_prior();
    latent.maximise(|_, mut annotator| {
        annotator.confusion.fill(smoothing);
        annotator.count();
        annotator.normalise();
        0.0
    });
    // An annotator without opinions has a matrix of smoothing alone; what that adds never changes.
    let penalty: f64 = latent.log_confusion.iter().sum();
    latent.expect() + if smoothing > 0.0 { smoothing * penalty } else { 0.0 }
}
