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

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::ties::tied_share;
use super::votes::{Votes, shares_into, total};
use super::{AnnotatorSummary, ClipLabel, Consensus, CrowdError, Fit, Opinions, Ties};

pub(super) const VERSION: u32 = 1;

/// One confusion matrix an annotator, fitted together with the labels. Every opinion needs an annotator; an opinion of
/// *n* votes counts as *n* opinions of that annotator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DawidSkene {
    /// The most iterations (an expectation and a maximisation step each); at least 1.
    pub max_iterations: u32,
    /// The fit has converged when [`Fit::log_likelihood`], divided by the number of opinions, changes by less than
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

/// Clips a thread takes at once: enough work to be worth the hand-over.
const CLIPS_AT_ONCE: usize = 512;

impl DawidSkene {
    pub(super) fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        self.check(&opinions)?;
        let by_clip = Votes::by_clip(opinions.opinions, opinions.clips);
        let by_annotator = Votes::by_annotator(opinions.opinions, opinions.annotators);

        let mut model = Model::new(&by_clip, &by_annotator, opinions.classes, self.smoothing);
        let mut trajectory: Vec<f64> = Vec::new();
        let mut converged = false;
        while !converged && trajectory.len() < self.max_iterations as usize {
            if cancel.load(Ordering::Relaxed) {
                return Err(CrowdError::Cancelled);
            }
            model.maximise();
            let reached = model.expect();
            let change =
                trajectory.last().map(|before| (reached - before).abs() / model.opinions.max(f64::MIN_POSITIVE));
            converged = change.is_some_and(|change| change < self.tolerance);
            trajectory.push(reached);
        }

        let labels = (0..by_clip.len()).map(|clip| self.label(&model, clip)).collect();
        let annotators = (0..by_annotator.len()).map(|annotator| model.summarise(annotator)).collect();
        let iterations = trajectory.len() as u32;
        let fit = Fit { iterations, converged, log_likelihood: trajectory, prior: model.prior };
        Ok(Consensus { labels, annotators, fit: Some(fit) })
    }

    fn check(&self, opinions: &Opinions<'_>) -> Result<(), CrowdError> {
        let anonymous = opinions.opinions.iter().filter(|opinion| opinion.annotator.is_none()).count();
        if anonymous > 0 {
            return Err(CrowdError::Anonymous { method: "dawid-skene", anonymous, opinions: opinions.opinions.len() });
        }
        let allowed = "a finite number that is not negative";
        for (parameter, value) in [("smoothing", self.smoothing), ("tolerance", self.tolerance)] {
            if !value.is_finite() || value < 0.0 {
                return Err(CrowdError::Parameter { parameter, value, allowed });
            }
        }
        if self.max_iterations == 0 {
            return Err(CrowdError::Parameter { parameter: "max_iterations", value: 0.0, allowed: "1 or more" });
        }
        Ok(())
    }

    fn label(&self, model: &Model<'_>, clip: usize) -> ClipLabel {
        let votes = model.by_clip.row(clip);
        if votes.is_empty() {
            return ClipLabel::without_opinions(model.classes);
        }
        let probabilities = model.posterior[clip * model.classes..][..model.classes].to_vec();
        let mut shares = vec![0.0; model.classes];
        shares_into(votes, &mut shares);
        let label = self.ties.choose(&probabilities, votes.iter().map(|vote| usize::from(vote.class)));
        let agreement = label.map_or_else(|| tied_share(&probabilities, &shares), |label| shares[label]);
        ClipLabel { label, probabilities, opinions: total(votes), agreement }
    }
}

/// The state of the fit. Matrices are flat; `k` is the number of classes.
struct Model<'a> {
    by_clip: &'a Votes,
    by_annotator: &'a Votes,
    classes: usize,
    smoothing: f64,
    /// All opinions, votes counted.
    opinions: f64,
    /// Clips with at least one opinion; the others carry no information and stay out of the prior.
    judged: f64,
    /// `[clip][true class]`; zeros for clips without opinions.
    posterior: Vec<f64>,
    /// `[true class]`.
    prior: Vec<f64>,
    /// `[annotator][given class][true class]`: the inner loops of both steps run over the true class.
    confusion: Vec<f64>,
    /// The natural logarithm of `confusion`.
    log_confusion: Vec<f64>,
    /// `[clip]`, scratch of the expectation step.
    log_evidence: Vec<f64>,
}

impl<'a> Model<'a> {
    /// The model before its first step: the posterior is the shares of the votes.
    fn new(by_clip: &'a Votes, by_annotator: &'a Votes, classes: usize, smoothing: f64) -> Self {
        let mut posterior = vec![0.0; by_clip.len() * classes];
        for (clip, votes) in by_clip.rows().enumerate() {
            shares_into(votes, &mut posterior[clip * classes..][..classes]);
        }
        let cells = by_annotator.len() * classes * classes;
        Self {
            by_clip,
            by_annotator,
            classes,
            smoothing,
            opinions: by_clip.rows().map(total).sum(),
            judged: by_clip.rows().filter(|votes| !votes.is_empty()).count() as f64,
            posterior,
            prior: vec![0.0; classes],
            confusion: vec![0.0; cells],
            log_confusion: vec![0.0; cells],
            log_evidence: vec![0.0; by_clip.len()],
        }
    }

    /// The maximisation step: prior and confusion matrices from the posterior.
    fn maximise(&mut self) {
        let k = self.classes;
        self.prior.fill(0.0);
        for clip in self.posterior.chunks_exact(k.max(1)) {
            self.prior.iter_mut().zip(clip).for_each(|(sum, probability)| *sum += probability);
        }
        let judged = self.judged;
        self.prior.iter_mut().for_each(|sum| *sum = if judged > 0.0 { *sum / judged } else { 1.0 / k as f64 });

        let (by_annotator, posterior, smoothing) = (self.by_annotator, &self.posterior, self.smoothing);
        let matrices = self.confusion.par_chunks_mut((k * k).max(1));
        let logarithms = self.log_confusion.par_chunks_mut((k * k).max(1));
        matrices.zip(logarithms).enumerate().for_each(|(annotator, (matrix, logarithm))| {
            matrix.fill(smoothing);
            for vote in by_annotator.row(annotator) {
                let row = &mut matrix[usize::from(vote.class) * k..][..k];
                let clip = &posterior[vote.other as usize * k..][..k];
                row.iter_mut().zip(clip).for_each(|(count, probability)| *count += vote.votes * probability);
            }
            normalise(matrix, k);
            logarithm.iter_mut().zip(matrix.iter()).for_each(|(log, &probability)| *log = ln(probability));
        });
    }

    /// The expectation step: the posterior from prior and confusion matrices. Returns what [`Fit::log_likelihood`]
    /// keeps. Sums across clips run in their order, so threads change no bit.
    fn expect(&mut self) -> f64 {
        let k = self.classes;
        let (by_clip, log_confusion) = (self.by_clip, &self.log_confusion);
        let log_prior: Vec<f64> = self.prior.iter().map(|&probability| ln(probability)).collect();

        let posterior = self.posterior.par_chunks_mut(k.max(1)).with_min_len(CLIPS_AT_ONCE);
        posterior.zip(self.log_evidence.par_iter_mut()).enumerate().for_each(|(clip, (joint, evidence))| {
            let votes = by_clip.row(clip);
            if votes.is_empty() {
                return;
            }
            joint.copy_from_slice(&log_prior);
            for vote in votes {
                let row = &log_confusion[(vote.other as usize * k + usize::from(vote.class)) * k..][..k];
                joint.iter_mut().zip(row).for_each(|(sum, log)| *sum += vote.votes * log);
            }
            *evidence = softmax(joint);
        });

        // An annotator without opinions has a matrix of smoothing alone; what that adds never changes.
        let penalty: f64 = self.log_confusion.iter().sum();
        let log_likelihood: f64 = self.log_evidence.iter().sum();
        log_likelihood + if self.smoothing > 0.0 { self.smoothing * penalty } else { 0.0 }
    }

    fn summarise(&self, annotator: usize) -> AnnotatorSummary {
        let k = self.classes;
        let votes = self.by_annotator.row(annotator);
        if votes.is_empty() {
            return AnnotatorSummary { opinions: 0.0, skill: None, confusion: None };
        }
        let matrix = &self.confusion[annotator * k * k..][..k * k];
        let confusion: Vec<Vec<f64>> =
            (0..k).map(|truth| (0..k).map(|given| matrix[given * k + truth]).collect()).collect();
        let skill = (0..k).map(|class| self.prior[class] * confusion[class][class]).sum();
        AnnotatorSummary { opinions: total(votes), skill: Some(skill), confusion: Some(confusion) }
    }
}

/// Scales a `[given][true]` matrix of counts so that what was given sums to 1 for each true class; a true class that
/// was never seen gets the uniform distribution.
fn normalise(matrix: &mut [f64], k: usize) {
    for truth in 0..k {
        let sum: f64 = (0..k).map(|given| matrix[given * k + truth]).sum();
        for given in 0..k {
            let cell = &mut matrix[given * k + truth];
            *cell = if sum > 0.0 { *cell / sum } else { 1.0 / k as f64 };
        }
    }
}

/// The natural logarithm, held finite at 0: without smoothing an impossible opinion must outweigh everything possible,
/// and yet leave a clip with only impossible classes a posterior.
fn ln(probability: f64) -> f64 {
    libm::log(probability.max(f64::MIN_POSITIVE))
}

/// Turns joint log-probabilities into a distribution, in place; returns the logarithm of their sum (log-sum-exp).
fn softmax(joint: &mut [f64]) -> f64 {
    let largest = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in joint.iter_mut() {
        *value = libm::exp(*value - largest);
        sum += *value;
    }
    joint.iter_mut().for_each(|value| *value /= sum);
    largest + libm::log(sum)
}
