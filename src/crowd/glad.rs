//! GLAD: Whitehill, Ruvolo, Wu, Bergsma & Movellan (2009), "Whose vote should count more: optimal integration of labels
//! from labelers of unknown expertise", NIPS 22, 2035–2043, with its section on more than two classes.
//!
//! An annotator of ability α is right about a clip of easiness exp(β) with probability σ(α exp β), and gives each other
//! class alike when wrong; a negative ability is an adversary's. Classes are equally probable beforehand; α and β have
//! normal priors, by default the paper's: mean 1 and deviation 1. The difficulty of a clip is the paper's, exp(−β): 0 where
//! everybody is right, and the larger the less an annotator's ability tells.
//!
//! The paper's maximisation step climbs along a conjugate gradient in all α and β at once. Here every α, given all β,
//! is one number to find, and then every β, given all α: each takes one Newton step that is shortened until it climbs
//! (an expectation–conditional maximisation: Meng & Rubin 1993, Biometrika 80, 267–278). What is climbed is the same
//! log-posterior and so are the places where it comes to rest, but no step depends on a line search over millions of
//! numbers.

use std::sync::atomic::AtomicBool;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::check::{finite, positive, signed};
use super::iterate::Until;
use super::latent::{CLIPS_AT_ONCE, softmax};
use super::outcome::label_each;
use super::votes::{Grouped, Row, Votes};
use super::{Aggregate, AnnotatorSummary, ClipLabel, Consensus, CrowdError, Objective, Opinions, Ties};

/// Annotators of differing ability and clips of differing difficulty, with the labels. Every opinion needs an
/// annotator; an opinion of *n* votes counts as *n* opinions.
///
/// The skill is the estimated probability of being right about a clip of mean β. [`Fit::prior`](super::Fit::prior) is
/// uniform, and no part of the fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Glad {
    /// The prior on an annotator's ability α.
    pub ability: Normal,
    /// The prior on the logarithm β of a clip's easiness.
    pub easiness: Normal,
    /// The most iterations; at least 1.
    pub max_iterations: u32,
    /// The fit has converged when [`Fit::history`](super::Fit::history), divided by the number of opinions, changes by
    /// less than this from one iteration to the next. With 0 all iterations are done.
    pub tolerance: f64,
    /// Which class wins where posterior probabilities tie.
    pub ties: Ties,
}

impl Default for Glad {
    fn default() -> Self {
        let (ability, easiness) = (Normal::default(), Normal::default());
        Self { ability, easiness, max_iterations: 1000, tolerance: 1e-7, ties: Ties::default() }
    }
}

/// A normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Normal {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation; above 0.
    pub deviation: f64,
}

impl Default for Normal {
    fn default() -> Self {
        Self { mean: 1.0, deviation: 1.0 }
    }
}

impl Normal {
    /// The logarithm of its density, up to a constant.
    fn log_density(self, at: f64) -> f64 {
        let standard = (at - self.mean) / self.deviation;
        -0.5 * standard * standard
    }
}

impl Aggregate for Glad {
    fn version(&self) -> u32 {
        2
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        signed("glad", &opinions)?;
        let until = Until { max_iterations: self.max_iterations, tolerance: self.tolerance, cancel };
        until.check()?;
        let Normal { mean: ability, deviation: of_ability } = self.ability;
        let Normal { mean: easiness, deviation: of_easiness } = self.easiness;
        finite(&[("ability.mean", ability), ("easiness.mean", easiness)])?;
        positive(&[("ability.deviation", of_ability), ("easiness.deviation", of_easiness)])?;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;

        let k = opinions.classes;
        let mut model = Model::new(self, by_clip, by_annotator, k);
        model.expect();
        let count: f64 = by_clip.rows().map(Row::total).sum();
        let course = until.climb(count, || {
            model.maximise();
            model.expect()
        })?;

        let labels = label_each(by_clip, |clip, votes| {
            if votes.is_empty() {
                return ClipLabel::without_opinions(k);
            }
            let label = ClipLabel::most_probable(votes, model.posterior[clip * k..][..k].to_vec(), self.ties);
            ClipLabel { difficulty: Some(libm::exp(-model.beta[clip])), ..label }
        });
        let judged = by_clip.rows().filter(|votes| !votes.is_empty()).count();
        let betas = by_clip.rows().zip(&model.beta).filter(|(votes, _)| !votes.is_empty()).map(|(_, beta)| beta);
        let easiness = libm::exp(betas.sum::<f64>() / judged.max(1) as f64);
        let annotators = by_annotator.rows().zip(&model.ability);
        let annotators = annotators.map(|(votes, ability)| summarise(votes, logistic(ability * easiness), k)).collect();
        let prior = vec![1.0 / k as f64; k];
        Ok(Consensus { labels, annotators, fit: Some(course.fit(Objective::LogLikelihood, prior)) })
    }
}

fn summarise(votes: Row<'_>, skill: f64, k: usize) -> AnnotatorSummary {
    if votes.is_empty() {
        return AnnotatorSummary::unknown(0.0);
    }
    // With one class nobody can be wrong.
    let skill = if k > 1 { skill } else { 1.0 };
    let other = (1.0 - skill) / k.saturating_sub(1).max(1) as f64;
    let row = |truth: usize| (0..k).map(|given| if given == truth { skill } else { other }).collect();
    AnnotatorSummary { opinions: votes.total(), skill: Some(skill), confusion: Some((0..k).map(row).collect()) }
}

/// The state of the fit.
struct Model<'a> {
    priors: &'a Glad,
    by_clip: &'a Votes,
    by_annotator: &'a Votes,
    classes: usize,
    /// `[annotator]`, α.
    ability: Vec<f64>,
    /// `[clip]`, β.
    beta: Vec<f64>,
    /// `[clip][class]`; zeros for clips without opinions.
    posterior: Vec<f64>,
    /// `[clip]`, scratch of the expectation step.
    log_evidence: Vec<f64>,
}

impl<'a> Model<'a> {
    fn new(priors: &'a Glad, by_clip: &'a Votes, by_annotator: &'a Votes, classes: usize) -> Self {
        Self {
            priors,
            by_clip,
            by_annotator,
            classes,
            ability: vec![priors.ability.mean; by_annotator.len()],
            beta: vec![priors.easiness.mean; by_clip.len()],
            posterior: vec![0.0; by_clip.len() * classes],
            log_evidence: vec![0.0; by_clip.len()],
        }
    }

    /// The expectation step. Returns the log-likelihood with the log-density of the priors, up to a constant.
    fn expect(&mut self) -> f64 {
        let k = self.classes;
        let (by_clip, ability, beta) = (self.by_clip, &self.ability, &self.beta);
        let log_prior = -libm::log(k as f64);
        let log_others = libm::log(k.saturating_sub(1).max(1) as f64);
        let posterior = self.posterior.par_chunks_mut(k.max(1)).with_min_len(CLIPS_AT_ONCE);
        posterior.zip(self.log_evidence.par_iter_mut()).enumerate().for_each(|(clip, (joint, evidence))| {
            let votes = by_clip.row(clip);
            if votes.is_empty() {
                return;
            }
            let easiness = libm::exp(beta[clip]);
            joint.fill(log_prior);
            for vote in votes.iter() {
                let logit = ability[vote.other as usize] * easiness;
                let [right, wrong] = log_logistic(logit);
                for (class, sum) in joint.iter_mut().enumerate() {
                    *sum += vote.votes * if class == usize::from(vote.class) { right } else { wrong - log_others };
                }
            }
            *evidence = softmax(joint);
        });
        let log_density = |prior: Normal, values: &[f64]| values.iter().map(|at| prior.log_density(*at)).sum::<f64>();
        let Glad { ability, easiness, .. } = *self.priors;
        self.log_evidence.iter().sum::<f64>() + log_density(ability, &self.ability) + log_density(easiness, &self.beta)
    }

    /// One step of each α, then of each β.
    fn maximise(&mut self) {
        let k = self.classes;
        // With one class an opinion says nothing about anybody.
        if k < 2 {
            return;
        }
        let (by_clip, by_annotator, posterior) = (self.by_clip, self.by_annotator, &self.posterior);
        let right = |clip: usize, class: u16| posterior[clip * k + usize::from(class)];
        let easiness: Vec<f64> = self.beta.par_iter().map(|&beta| libm::exp(beta)).collect();
        let Glad { ability: prior_ability, easiness: prior_easiness, .. } = *self.priors;
        self.ability.par_iter_mut().enumerate().for_each(|(annotator, ability)| {
            let votes = by_annotator.row(annotator);
            *ability = climb(*ability, |ability| {
                let mut slope = Slope::of(prior_ability, ability);
                for vote in votes.iter() {
                    let clip = vote.other as usize;
                    slope.add(vote.votes, right(clip, vote.class), ability * easiness[clip], easiness[clip], 0.0);
                }
                slope
            });
        });
        let ability = &self.ability;
        self.beta.par_iter_mut().with_min_len(CLIPS_AT_ONCE).enumerate().for_each(|(clip, beta)| {
            let votes = by_clip.row(clip);
            *beta = climb(*beta, |beta| {
                let mut slope = Slope::of(prior_easiness, beta);
                let easiness = libm::exp(beta);
                for vote in votes.iter() {
                    let logit = ability[vote.other as usize] * easiness;
                    slope.add(vote.votes, right(clip, vote.class), logit, logit, logit);
                }
                slope
            });
        });
    }
}

/// What is climbed, as a function of one number: its value, and its first and second derivative.
#[derive(Debug, Clone, Copy)]
struct Slope {
    value: f64,
    first: f64,
    second: f64,
}

impl Slope {
    fn of(prior: Normal, at: f64) -> Self {
        let variance = prior.deviation * prior.deviation;
        Self { value: prior.log_density(at), first: (prior.mean - at) / variance, second: -1.0 / variance }
    }

    /// Adds `votes` opinions, right with probability `right`, whose logit has these two derivatives.
    fn add(&mut self, votes: f64, right: f64, logit: f64, first: f64, second: f64) {
        // Both logarithms, σ and 1 − σ of one exponential, which can't overflow.
        let tail = libm::exp(-logit.abs());
        let (near, far) = (1.0 / (1.0 + tail), tail / (1.0 + tail));
        let sigma = if logit >= 0.0 { near } else { far };
        let [log_right, log_wrong] = logarithms(logit, tail);
        self.value += votes * (right * log_right + (1.0 - right) * log_wrong);
        self.first += votes * (right - sigma) * first;
        self.second += votes * ((right - sigma) * second - near * far * first * first);
    }
}

/// One Newton step uphill from `at`, of 1 at most, halved until it climbs; where it never does, `at` itself.
fn climb(at: f64, slope: impl Fn(f64) -> Slope) -> f64 {
    let here = slope(at);
    // Where the ground curves up, Newton would walk down.
    let step = if here.second < 0.0 { -here.first / here.second } else { here.first };
    let mut step = step.clamp(-1.0, 1.0);
    for _ in 0..30 {
        if slope(at + step).value >= here.value {
            return at + step;
        }
        step *= 0.5;
    }
    at
}

/// ln σ(x) and ln (1 − σ(x)).
fn log_logistic(x: f64) -> [f64; 2] {
    logarithms(x, libm::exp(-x.abs()))
}

/// The same, where `tail` is exp(−|x|).
fn logarithms(x: f64, tail: f64) -> [f64; 2] {
    let near = -libm::log1p(tail);
    if x >= 0.0 { [near, near - x] } else { [near + x, near] }
}

fn logistic(x: f64) -> f64 {
    libm::exp(log_logistic(x)[0])
}
