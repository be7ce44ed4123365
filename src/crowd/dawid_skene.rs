//! Dawid AP, Skene AM. Maximum likelihood estimation of observer error-rates using the EM algorithm. Applied Statistics
//! 1979;28:20–28.
//!
//! Every annotator has a confusion matrix; clips' classes are latent. Started from the shares of votes; each iteration first
//! estimates confusion matrices and class shares from the posteriors (M), then the posteriors from them (E). `smoothing` is
//! added to every count of a confusion matrix, so that a class an annotator never met costs no logarithm of zero.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::{AnnotatorSummary, Consensus, CrowdError, Fit, Opinions, Ties, labels, shares, votes};

/// Dawid–Skene by expectation–maximisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DawidSkene {
    /// Iterations at most.
    pub max_iterations: u32,
    /// Converged when the log-likelihood per opinion changes by less.
    pub tolerance: f64,
    /// Added to every count of a confusion matrix.
    pub smoothing: f64,
    /// The rule for ties of posteriors.
    pub ties: Ties,
}

impl Default for DawidSkene {
    fn default() -> Self {
        Self { max_iterations: 1000, tolerance: 1e-8, smoothing: 0.01, ties: Ties::default() }
    }
}

impl DawidSkene {
    pub(super) const VERSION: u32 = 1;

    pub(super) fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        self.check(opinions)?;
        let votes = votes(opinions);
        let mut posterior = shares(&votes, opinions.classes);
        let judged: Vec<bool> = votes.chunks(opinions.classes).map(|votes| votes.iter().any(|n| *n > 0.0)).collect();
        let total: f64 = votes.iter().sum();
        let mut fit = Fit { iterations: 0, converged: false, log_likelihood: Vec::new(), prior: Vec::new() };
        let mut errors = Vec::new();
        while fit.iterations < self.max_iterations && !fit.converged {
            if cancel.load(Ordering::Relaxed) {
                return Err(CrowdError::Cancelled);
            }
            (fit.prior, errors) = self.maximise(opinions, &posterior, &judged);
            let now = expect(opinions, &fit.prior, &errors, &judged, &mut posterior);
            fit.iterations += 1;
            fit.converged =
                fit.log_likelihood.last().is_some_and(|before| (now - before).abs() / total < self.tolerance);
            fit.log_likelihood.push(now);
        }
        let labels = labels(opinions, &votes, &posterior, self.ties);
        let annotators = summaries(opinions, &fit.prior, &errors);
        Ok(Consensus { labels, annotators, fit: Some(fit) })
    }

    fn check(&self, opinions: Opinions<'_>) -> Result<(), CrowdError> {
        let anonymous = opinions.opinions.iter().filter(|opinion| opinion.annotator.is_none()).count();
        if anonymous > 0 {
            return Err(CrowdError::Anonymous(anonymous));
        }
        if self.max_iterations == 0 {
            let remedy = "give at least 1";
            return Err(CrowdError::Setting { field: "max_iterations", value: 0.0, remedy });
        }
        if !(self.smoothing >= 0.0 && self.smoothing.is_finite()) {
            let remedy = "give a number from 0, such as 0.01";
            return Err(CrowdError::Setting { field: "smoothing", value: self.smoothing, remedy });
        }
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            let remedy = "give a positive number, such as 1e-8";
            return Err(CrowdError::Setting { field: "tolerance", value: self.tolerance, remedy });
        }
        Ok(())
    }

    /// Class shares, and confusion matrices as `[annotator][true][given]` in one vector.
    fn maximise(&self, opinions: Opinions<'_>, posterior: &[f64], judged: &[bool]) -> (Vec<f64>, Vec<f64>) {
        let classes = opinions.classes;
        let mut prior = vec![0.0; classes];
        for (of, _) in posterior.chunks(classes).zip(judged).filter(|(_, judged)| **judged) {
            prior.iter_mut().zip(of).for_each(|(sum, p)| *sum += p);
        }
        let clips = judged.iter().filter(|judged| **judged).count() as f64;
        prior.iter_mut().for_each(|share| *share /= clips);
        let mut errors = vec![self.smoothing; opinions.annotators * classes * classes];
        for opinion in opinions.opinions {
            let of = &posterior[opinion.clip as usize * classes..][..classes];
            let matrix = &mut errors[at(opinion) * classes * classes..][..classes * classes];
            for (truth, p) in of.iter().enumerate() {
                matrix[truth * classes + usize::from(opinion.class)] += p * opinion.votes;
            }
        }
        for row in errors.chunks_mut(classes) {
            let sum: f64 = row.iter().sum();
            // Without smoothing a class may never have met this annotator: then nothing is known of the row.
            row.iter_mut().for_each(|cell| *cell = if sum > 0.0 { *cell / sum } else { 1.0 / classes as f64 });
        }
        (prior, errors)
    }
}

fn at(opinion: &crate::label::Opinion) -> usize {
    opinion.annotator.map_or(0, |annotator| annotator as usize)
}

/// Posteriors of every judged clip; returns the log-likelihood.
fn expect(opinions: Opinions<'_>, prior: &[f64], errors: &[f64], judged: &[bool], posterior: &mut [f64]) -> f64 {
    let classes = opinions.classes;
    let logarithms: Vec<f64> = errors.iter().map(|p| libm::log(*p)).collect();
    let log_prior: Vec<f64> = prior.iter().map(|p| libm::log(*p)).collect();
    let mut joint: Vec<f64> = judged.iter().flat_map(|_| log_prior.iter().copied()).collect();
    for opinion in opinions.opinions {
        let matrix = &logarithms[at(opinion) * classes * classes..][..classes * classes];
        let of = &mut joint[opinion.clip as usize * classes..][..classes];
        for (truth, log) in of.iter_mut().enumerate() {
            *log += opinion.votes * matrix[truth * classes + usize::from(opinion.class)];
        }
    }
    let mut sum = 0.0;
    for ((of, posterior), _) in
        joint.chunks(classes).zip(posterior.chunks_mut(classes)).zip(judged).filter(|(_, judged)| **judged)
    {
        let highest = of.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = of.iter().map(|log| libm::exp(log - highest)).sum();
        posterior.iter_mut().zip(of).for_each(|(p, log)| *p = libm::exp(log - highest) / total);
        sum += highest + libm::log(total);
    }
    sum
}

fn summaries(opinions: Opinions<'_>, prior: &[f64], errors: &[f64]) -> Vec<AnnotatorSummary> {
    let classes = opinions.classes;
    let mut given = vec![0.0; opinions.annotators];
    opinions.opinions.iter().for_each(|opinion| given[at(opinion)] += opinion.votes);
    errors
        .chunks(classes * classes)
        .zip(given)
        .map(|(matrix, opinions)| AnnotatorSummary {
            opinions,
            skill: Some((0..classes).map(|class| prior[class] * matrix[class * classes + class]).sum()),
            confusion: Some(matrix.chunks(classes).map(<[f64]>::to_vec).collect()),
        })
        .collect()
}
