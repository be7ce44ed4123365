//! What the methods with a latent true class share: each clip has one, drawn from a prior, and an annotator gives a
//! class with a probability that depends on the true one alone. They differ in how prior and confusion are estimated.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::outcome::label_each;
use super::votes::{Row, Votes};
use super::{AnnotatorSummary, ClipLabel, Ties};

/// Clips a thread takes at once: enough work to be worth the hand-over.
pub(super) const CLIPS_AT_ONCE: usize = 512;

/// The state of a fit. Matrices are flat; `k` is the number of classes.
#[derive(Debug, Clone)]
pub(super) struct Latent<'a> {
    by_clip: &'a Votes,
    by_annotator: &'a Votes,
    pub classes: usize,
    /// Where set, there are two classes: those below this one, and those from it on.
    cut: Option<u16>,
    /// All opinions, votes counted.
    pub opinions: f64,
    /// Clips with at least one opinion; the others carry no information and stay out of the prior.
    pub judged: f64,
    /// `[clip][true class]`; zeros for clips without opinions.
    pub posterior: Vec<f64>,
    /// `[true class]`.
    pub prior: Vec<f64>,
    /// `[true class]`, what a clip's evidence starts from.
    pub log_prior: Vec<f64>,
    /// `[annotator][given class][true class]`: the inner loops of both steps run over the true class.
    pub confusion: Vec<f64>,
    /// What one opinion adds to a clip's evidence: the natural logarithm of `confusion`, or its expectation.
    pub log_confusion: Vec<f64>,
    /// `[clip]`, scratch of the expectation step.
    log_evidence: Vec<f64>,
}

/// One annotator as the maximisation step sees them.
#[derive(Debug)]
pub(super) struct Annotator<'m> {
    votes: Row<'m>,
    posterior: &'m [f64],
    k: usize,
    cut: Option<u16>,
    /// `[given class][true class]`, to be written.
    pub confusion: &'m mut [f64],
    /// The same, to be written.
    pub log_confusion: &'m mut [f64],
}

impl<'a> Latent<'a> {
    /// The state before its first step: the posterior is the shares of the votes, and the prior uniform.
    pub fn new(by_clip: &'a Votes, by_annotator: &'a Votes, classes: usize, cut: Option<u16>) -> Self {
        let mut latent = Self {
            by_clip,
            by_annotator,
            classes,
            cut,
            opinions: by_clip.rows().map(Row::total).sum(),
            judged: by_clip.rows().filter(|votes| !votes.is_empty()).count() as f64,
            posterior: vec![0.0; by_clip.len() * classes],
            prior: vec![1.0 / classes as f64; classes],
            log_prior: vec![-libm::log(classes as f64); classes],
            confusion: vec![0.0; by_annotator.len() * classes * classes],
            log_confusion: vec![0.0; by_annotator.len() * classes * classes],
            log_evidence: vec![0.0; by_clip.len()],
        };
        for (votes, shares) in by_clip.rows().zip(latent.posterior.chunks_exact_mut(classes.max(1))) {
            for vote in votes.iter() {
                shares[seen_as(cut, vote.class)] += vote.votes;
            }
            let total = votes.total();
            if total > 0.0 {
                shares.iter_mut().for_each(|share| *share /= total);
            }
        }
        latent
    }

    /// The expected number of clips of each class.
    pub fn class_totals(&self) -> Vec<f64> {
        let mut totals = vec![0.0; self.classes];
        for clip in self.posterior.chunks_exact(self.classes.max(1)) {
            totals.iter_mut().zip(clip).for_each(|(sum, probability)| *sum += probability);
        }
        totals
    }

    /// The maximum likelihood prior: the share of each class.
    pub fn estimate_prior(&mut self) {
        let (judged, classes) = (self.judged, self.classes as f64);
        self.prior = self.class_totals();
        self.prior.iter_mut().for_each(|sum| *sum = if judged > 0.0 { *sum / judged } else { 1.0 / classes });
        self.log_prior = self.prior.iter().map(|&probability| ln(probability)).collect();
    }

    /// The maximisation step for the annotators: `estimate` writes both matrices of one. Returns the sum of what it
    /// returns, in the order of the annotators.
    pub fn maximise(&mut self, estimate: impl Fn(usize, Annotator<'_>) -> f64 + Sync) -> f64 {
        let (k, cut) = (self.classes, self.cut);
        let (by_annotator, posterior) = (self.by_annotator, self.posterior.as_slice());
        let confusions = self.confusion.par_chunks_mut((k * k).max(1));
        let logarithms = self.log_confusion.par_chunks_mut((k * k).max(1));
        let terms = confusions.zip(logarithms).enumerate().map(|(annotator, (confusion, log_confusion))| {
            let votes = by_annotator.row(annotator);
            estimate(annotator, Annotator { votes, posterior, k, cut, confusion, log_confusion })
        });
        terms.collect::<Vec<f64>>().iter().sum()
    }

    /// The expectation step: the posterior from prior and confusion. Returns the logarithm of the evidence of all
    /// clips. Sums across clips run in their order, so threads change no bit.
    pub fn expect(&mut self) -> f64 {
        let (k, cut) = (self.classes, self.cut);
        let (by_clip, log_prior, log_confusion) = (self.by_clip, &self.log_prior, &self.log_confusion);
        let posterior = self.posterior.par_chunks_mut(k.max(1)).with_min_len(CLIPS_AT_ONCE);
        posterior.zip(self.log_evidence.par_iter_mut()).enumerate().for_each(|(clip, (joint, evidence))| {
            let votes = by_clip.row(clip);
            if votes.is_empty() {
                return;
            }
            joint.copy_from_slice(log_prior);
            for vote in votes.iter() {
                let row = &log_confusion[(vote.other as usize * k + seen_as(cut, vote.class)) * k..][..k];
                joint.iter_mut().zip(row).for_each(|(sum, log)| *sum += vote.votes * log);
            }
            *evidence = softmax(joint);
        });
        self.log_evidence.iter().sum()
    }

    /// The label of each clip.
    pub fn labels(&self, ties: Ties) -> Vec<ClipLabel> {
        label_each(self.by_clip, |clip, votes| {
            if votes.is_empty() {
                return ClipLabel::without_opinions(self.classes);
            }
            ClipLabel::most_probable(votes, self.posterior[clip * self.classes..][..self.classes].to_vec(), ties)
        })
    }

    /// Each annotator's confusion, and as skill the probability of being right about a clip drawn from the prior.
    pub fn annotators(&self) -> Vec<AnnotatorSummary> {
        (0..self.by_annotator.len()).map(|annotator| self.annotator(annotator)).collect()
    }

    fn annotator(&self, annotator: usize) -> AnnotatorSummary {
        let k = self.classes;
        let votes = self.by_annotator.row(annotator);
        if votes.is_empty() {
            return AnnotatorSummary::unknown(0.0);
        }
        let matrix = &self.confusion[annotator * k * k..][..k * k];
        let confusion: Vec<Vec<f64>> =
            (0..k).map(|truth| (0..k).map(|given| matrix[given * k + truth]).collect()).collect();
        let skill = (0..k).map(|class| self.prior[class] * confusion[class][class]).sum();
        AnnotatorSummary { opinions: votes.total(), skill: Some(skill), confusion: Some(confusion) }
    }
}

impl Annotator<'_> {
    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.k
    }

    /// How many opinions they gave, votes counted.
    pub fn opinions(&self) -> f64 {
        self.votes.total()
    }

    /// Each opinion as the class given, how many it stands for, and the probability of each true class.
    pub fn opinions_and_truth(&self) -> impl Iterator<Item = (usize, f64, &[f64])> {
        self.votes.iter().map(|vote| {
            let truth = &self.posterior[vote.other as usize * self.k..][..self.k];
            (seen_as(self.cut, vote.class), vote.votes, truth)
        })
    }

    /// The expected number of right opinions.
    pub fn right(&self) -> f64 {
        self.opinions_and_truth().map(|(given, votes, truth)| votes * truth[given]).sum()
    }

    /// Adds the expected counts of (given, true) to `confusion`.
    pub fn count(&mut self) {
        let k = self.k;
        for vote in self.votes.iter() {
            let row = &mut self.confusion[seen_as(self.cut, vote.class) * k..][..k];
            let clip = &self.posterior[vote.other as usize * k..][..k];
            row.iter_mut().zip(clip).for_each(|(count, probability)| *count += vote.votes * probability);
        }
    }

    /// Scales the counts in `confusion` so that what was given sums to 1 for each true class; a true class that was
    /// never seen gets the uniform distribution. Takes the logarithms.
    pub fn normalise(&mut self) {
        let k = self.k;
        for truth in 0..k {
            let sum: f64 = (0..k).map(|given| self.confusion[given * k + truth]).sum();
            for given in 0..k {
                let cell = &mut self.confusion[given * k + truth];
                *cell = if sum > 0.0 { *cell / sum } else { 1.0 / k as f64 };
            }
        }
        self.take_logarithms();
    }

    /// Fills `log_confusion` from `confusion`.
    pub fn take_logarithms(&mut self) {
        self.log_confusion.iter_mut().zip(self.confusion.iter()).for_each(|(log, &cell)| *log = ln(cell));
    }

    /// Right with probability `skill`, else each other class alike.
    pub fn write_one_coin(&mut self, skill: f64) {
        let k = self.k;
        // With one class there is no other to give.
        let other = if k > 1 { (1.0 - skill) / (k - 1) as f64 } else { 0.0 };
        for (cell, probability) in self.confusion.iter_mut().enumerate() {
            *probability = if cell / k == cell % k { skill } else { other };
        }
        self.take_logarithms();
    }
}

/// The class as the model sees it.
fn seen_as(cut: Option<u16>, class: u16) -> usize {
    cut.map_or(usize::from(class), |cut| usize::from(class >= cut))
}

/// The natural logarithm, held finite at 0: without smoothing an impossible opinion must outweigh everything possible,
/// and yet leave a clip with only impossible classes a posterior.
pub(super) fn ln(probability: f64) -> f64 {
    libm::log(probability.max(f64::MIN_POSITIVE))
}

/// Turns joint log-probabilities into a distribution, in place; returns the logarithm of their sum (log-sum-exp).
pub(super) fn softmax(joint: &mut [f64]) -> f64 {
    let largest = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in joint.iter_mut() {
        *value = libm::exp(*value - largest);
        sum += *value;
    }
    joint.iter_mut().for_each(|value| *value /= sum);
    largest + libm::log(sum)
}
