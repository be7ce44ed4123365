//! MACE: Hovy, Berg-Kirkpatrick, Vaswani & Hovy (2013), "Learning whom to trust with MACE", NAACL-HLT, 1120–1130.
//!
//! For each opinion an annotator either knows, and gives the true class, or spams, and gives a class from a
//! distribution of their own that doesn't depend on the true one. Classes are equally probable beforehand. The fit runs
//! from several random starts, and the one that ends highest counts.

use std::sync::atomic::AtomicBool;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::check::{one_or_more, positive, signed};
use super::dirichlet::{divergence, expected_logarithms};
use super::iterate::{Course, Until};
use super::latent::{Annotator, Latent, ln};
use super::votes::Grouped;
use super::{Aggregate, Consensus, CrowdError, Objective, Opinions, Ties};
use crate::random::stream;

/// Annotators who know or spam, with the labels. Every opinion needs an annotator; an opinion of *n* votes counts as
/// *n* opinions.
///
/// The skill is the competence: the estimated probability of knowing. [`Fit`](super::Fit) is that of the best start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mace {
    /// How a model is fitted to a start.
    pub inference: Inference,
    /// For [`Inference::Variational`], the parameters of the Beta prior on knowing: of spamming, and of knowing.
    pub knowing: Beta,
    /// For [`Inference::Variational`], the Dirichlet parameter of each class a spammer may give.
    pub given: f64,
    /// For [`Inference::Em`], what is added to every count, divided by the number of classes.
    pub smoothing: f64,
    /// The number of random starts; at least 1.
    pub restarts: u32,
    /// The most iterations for each start; at least 1.
    pub max_iterations: u32,
    /// A fit has converged when [`Fit::history`](super::Fit::history), divided by the number of opinions, changes by
    /// less than this from one iteration to the next. With 0 all iterations are done.
    pub tolerance: f64,
    /// What the random starts are drawn from.
    pub seed: u64,
    /// Which class wins where posterior probabilities tie.
    pub ties: Ties,
}

/// How MACE is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inference {
    /// Variational Bayes, with a prior on knowing and on what a spammer gives. Climbs the evidence lower bound.
    #[default]
    Variational,
    /// Expectation–maximisation, every count smoothed. Climbs the log-likelihood.
    Em,
}

/// A Beta distribution over spamming and knowing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Beta {
    /// The parameter of spamming; above 0.
    pub no: f64,
    /// The parameter of knowing; above 0.
    pub yes: f64,
}

impl Default for Beta {
    fn default() -> Self {
        Self { no: 0.5, yes: 0.5 }
    }
}

impl Default for Mace {
    fn default() -> Self {
        Self {
            inference: Inference::default(),
            knowing: Beta::default(),
            given: 10.0,
            smoothing: 0.01,
            restarts: 10,
            max_iterations: 200,
            tolerance: 1e-6,
            seed: 0,
            ties: Ties::default(),
        }
    }
}

/// Where a fit starts: the probabilities of spamming, and of each class when spamming, one row an annotator.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub spamming: Vec<f64>,
    pub given: Vec<f64>,
}

impl Aggregate for Mace {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        signed("mace", &opinions)?;
        one_or_more("restarts", self.restarts)?;
        positive(&[("knowing.no", self.knowing.no), ("knowing.yes", self.knowing.yes), ("given", self.given)])?;
        positive(&[("smoothing", self.smoothing)])?;
        let starts = (0..self.restarts).map(|restart| self.start(restart, opinions.annotators, opinions.classes));
        self.best_of(starts, opinions, cancel)
    }
}

impl Mace {
    /// The best fit among those from these starts; of equal ones the first.
    pub(super) fn best_of(
        &self,
        starts: impl Iterator<Item = Start>,
        opinions: Opinions<'_>,
        cancel: &AtomicBool,
    ) -> Result<Consensus, CrowdError> {
        let until = Until { max_iterations: self.max_iterations, tolerance: self.tolerance, cancel };
        until.check()?;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;
        let mut latent = Latent::new(by_clip, by_annotator, opinions.classes, None);
        let mut best: Option<(Course, Latent<'_>)> = None;
        for start in starts {
            latent.maximise(|at, annotator| start.write(at, annotator));
            latent.expect();
            let course = until.climb(latent.opinions, || self.step(&mut latent))?;
            let end = |course: &Course| course.history.last().copied().unwrap_or(f64::NEG_INFINITY);
            if best.as_ref().is_none_or(|(best, _)| end(&course) > end(best)) {
                best = Some((course, latent.clone()));
            }
        }
        // There is at least one start; without any, nothing was fitted.
        let (course, latent) = best.unwrap_or_else(|| (Course { history: Vec::new(), converged: false }, latent));
        let labels = latent.labels(self.ties);
        let mut annotators = latent.annotators();
        for annotator in &mut annotators {
            annotator.skill = annotator.confusion.as_deref().map(competence);
        }
        let objective = match self.inference {
            Inference::Variational => Objective::LowerBound,
            Inference::Em => Objective::LogLikelihood,
        };
        Ok(Consensus { labels, annotators, fit: Some(course.fit(objective, latent.prior)) })
    }

    /// A random start, as in the authors' program: each number 1 with up to a half of noise, scaled to sum to 1.
    fn start(&self, restart: u32, annotators: usize, classes: usize) -> Start {
        let mut stream = stream(self.seed, "mace", &[u64::from(restart)]);
        let mut rows = |columns: usize| -> Vec<f64> {
            let mut cells: Vec<f64> = (0..annotators * columns).map(|_| 1.0 + 0.5 * stream.random::<f64>()).collect();
            for row in cells.chunks_exact_mut(columns.max(1)) {
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|cell| *cell /= sum);
            }
            cells
        };
        let spamming = rows(2).into_iter().step_by(2).collect();
        Start { spamming, given: rows(classes) }
    }

    /// A maximisation step and an expectation step. Returns what is climbed.
    fn step(&self, latent: &mut Latent<'_>) -> f64 {
        let term = latent.maximise(|_, annotator| self.estimate(annotator));
        latent.expect() + term
    }

    /// One annotator's share in what is climbed, beside the evidence; writes how they judge.
    fn estimate(&self, mut annotator: Annotator<'_>) -> f64 {
        let k = annotator.classes();
        let smoothing = self.smoothing / k as f64;
        // Expected counts: spamming and knowing, and the classes given when spamming.
        let (mut knows, mut given) = ([0.0; 2], vec![0.0; k]);
        // A right opinion may still be spam; the matrix of the last step says how often.
        let spam: Vec<f64> = (0..k).map(|class| spam_among_right(annotator.log_confusion, k, class)).collect();
        for (class, votes, truth) in annotator.opinions_and_truth() {
            let knowing = truth[class] * (1.0 - spam[class]) * votes;
            knows[1] += knowing;
            given[class] += votes - knowing;
        }
        knows[0] = given.iter().sum();
        match self.inference {
            Inference::Variational => {
                let prior = [self.knowing.no, self.knowing.yes];
                knows.iter_mut().zip(prior).for_each(|(count, prior)| *count += prior);
                given.iter_mut().for_each(|count| *count += self.given);
                let term = divergence(&knows, &prior) + divergence(&given, &vec![self.given; k]);
                let (mut log_knows, mut log_given) = ([0.0; 2], vec![0.0; k]);
                expected_logarithms(&knows, &mut log_knows);
                expected_logarithms(&given, &mut log_given);
                write(&mut annotator, &knows, &given, log_knows, &log_given);
                -term
            }
            Inference::Em => {
                knows.iter_mut().chain(&mut given).for_each(|count| *count += smoothing);
                let log_knows = logarithms(&knows);
                let log_given = logarithms(&given);
                let term = smoothing * (log_knows.iter().sum::<f64>() + log_given.iter().sum::<f64>());
                write(&mut annotator, &knows, &given, [log_knows[0], log_knows[1]], &log_given);
                term
            }
        }
    }
}

impl Start {
    fn write(&self, at: usize, mut annotator: Annotator<'_>) -> f64 {
        let k = annotator.classes();
        let (knows, given) = ([self.spamming[at], 1.0 - self.spamming[at]], &self.given[at * k..][..k]);
        let (log_knows, log_given) = (logarithms(&knows), logarithms(given));
        write(&mut annotator, &knows, given, [log_knows[0], log_knows[1]], &log_given);
        0.0
    }
}

/// The logarithm of the share each weight has.
fn logarithms(weights: &[f64]) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| ln(weight / sum)).collect()
}

/// Writes an annotator's confusion from the weights of spamming and knowing and of each class given when spamming, and
/// what an opinion adds to the evidence from their (expected) logarithms.
fn write(annotator: &mut Annotator<'_>, knows: &[f64; 2], given: &[f64], log_knows: [f64; 2], log_given: &[f64]) {
    let k = annotator.classes();
    let (of_knows, of_given): (f64, f64) = (knows.iter().sum(), given.iter().sum());
    for class in 0..k {
        let spam = knows[0] / of_knows * (given[class] / of_given);
        let log_spam = log_knows[0] + log_given[class];
        annotator.confusion[class * k..][..k].fill(spam);
        annotator.log_confusion[class * k..][..k].fill(log_spam);
        annotator.confusion[class * k + class] += knows[1] / of_knows;
        annotator.log_confusion[class * k + class] = ln(libm::exp(log_spam) + libm::exp(log_knows[1]));
    }
}

/// How probable spam is behind a right opinion of this class; with one class there is nothing to tell it by, and half is
/// as good as any.
fn spam_among_right(log_confusion: &[f64], k: usize, class: usize) -> f64 {
    if k < 2 {
        return 0.5;
    }
    let wrong = (class + 1) % k;
    libm::exp(log_confusion[class * k + wrong] - log_confusion[class * k + class])
}

/// The probability of knowing in a confusion matrix: its trace is 1 for spam and the number of classes for knowledge.
fn competence(confusion: &[Vec<f64>]) -> f64 {
    let k = confusion.len() as f64;
    let trace: f64 = confusion.iter().enumerate().map(|(class, row)| row[class]).sum();
    if k > 1.0 { ((trace - 1.0) / (k - 1.0)).clamp(0.0, 1.0) } else { 1.0 }
}
