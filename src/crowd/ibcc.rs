//! Independent Bayesian classifier combination: Kim & Ghahramani (2012), "Bayesian classifier combination", AISTATS,
//! PMLR 22, 619–627; by variational inference as in Simpson, Roberts, Psorakis & Smith (2013), "Dynamic Bayesian
//! combination of multiple imperfect classifiers", Decision Making and Imperfection, Studies in Computational
//! Intelligence 474, 1–35.
//!
//! The model of Dawid & Skene with Dirichlet priors on the class proportions and on each row of each confusion matrix.
//! A distribution over the matrices is kept in place of one best matrix, so an annotator with few opinions counts for
//! little. What is climbed is the evidence lower bound.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::check::{positive, signed};
use super::dirichlet::{divergence, expected_logarithms};
use super::iterate::Until;
use super::latent::{Annotator, Latent};
use super::votes::Grouped;
use super::{Aggregate, Consensus, CrowdError, Objective, Opinions, Ties};

/// Confusion matrices with a prior, by variational inference from the shares of the votes. Every opinion needs an
/// annotator; an opinion of *n* votes counts as *n* opinions.
///
/// The prior and the confusion that are reported are posterior means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ibcc {
    /// The most iterations; at least 1.
    pub max_iterations: u32,
    /// The fit has converged when [`Fit::history`](super::Fit::history), divided by the number of opinions, changes by
    /// less than this from one iteration to the next. With 0 all iterations are done.
    pub tolerance: f64,
    /// The Dirichlet parameter of each class in the prior on the class proportions, ν₀: as if so many clips of each
    /// class had been seen. Above 0.
    pub class: f64,
    /// The Dirichlet parameter of the right class in each row of the prior on a confusion matrix, the diagonal of α₀:
    /// as if so many right opinions had been seen. Above 0; larger than `wrong` where annotators are better than chance.
    pub right: f64,
    /// The Dirichlet parameter of each wrong class in the same rows. Above 0.
    pub wrong: f64,
    /// Which class wins where posterior probabilities tie.
    pub ties: Ties,
}

impl Default for Ibcc {
    fn default() -> Self {
        Self { max_iterations: 1000, tolerance: 1e-7, class: 1.0, right: 2.0, wrong: 1.0, ties: Ties::default() }
    }
}

impl Aggregate for Ibcc {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        signed("ibcc", &opinions)?;
        positive(&[("class", self.class), ("right", self.right), ("wrong", self.wrong)])?;
        let until = Until { max_iterations: self.max_iterations, tolerance: self.tolerance, cancel };
        until.check()?;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;

        let mut latent = Latent::new(by_clip, by_annotator, opinions.classes, None);
        let course = until.climb(latent.opinions, || {
            let mut proportions = latent.class_totals();
            proportions.iter_mut().for_each(|total| *total += self.class);
            let sum: f64 = proportions.iter().sum();
            latent.prior = proportions.iter().map(|parameter| parameter / sum).collect();
            expected_logarithms(&proportions, &mut latent.log_prior);
            let of_classes = divergence(&proportions, &vec![self.class; proportions.len()]);
            let of_annotators = latent.maximise(|_, annotator| self.estimate(annotator));
            latent.expect() - of_classes - of_annotators
        })?;
        let (labels, annotators) = (latent.labels(self.ties), latent.annotators());
        Ok(Consensus { labels, annotators, fit: Some(course.fit(Objective::LowerBound, latent.prior)) })
    }
}

impl Ibcc {
    /// The posterior of one annotator's matrix: its mean, and the expected logarithms. Returns its divergence from the
    /// prior.
    fn estimate(&self, mut annotator: Annotator<'_>) -> f64 {
        let k = annotator.classes();
        annotator.confusion.fill(0.0);
        annotator.count();
        let (mut parameters, mut prior, mut logarithms) = (vec![0.0; k], vec![0.0; k], vec![0.0; k]);
        let mut sum_of_divergences = 0.0;
        for truth in 0..k {
            for given in 0..k {
                prior[given] = if given == truth { self.right } else { self.wrong };
                parameters[given] = annotator.confusion[given * k + truth] + prior[given];
            }
            expected_logarithms(&parameters, &mut logarithms);
            sum_of_divergences += divergence(&parameters, &prior);
            let sum: f64 = parameters.iter().sum();
            for given in 0..k {
                annotator.confusion[given * k + truth] = parameters[given] / sum;
                annotator.log_confusion[given * k + truth] = logarithms[given];
            }
        }
        sum_of_divergences
    }
}
