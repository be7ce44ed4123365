//! Pixel-wise expectation maximisation with one coin an annotator, frame by frame.
//!
//! Lee, Das Sarma & Parameswaran 2018, Aggregating crowdsourced image segmentations, CEUR 2173, in the form of
//! crowd-kit's `SegmentationEM`: an annotator's one parameter is the probability of being right about a pixel that
//! anybody drew on, a pixel's prior is its last posterior, and the fit stops when the evidence bound grows by less than
//! the tolerance.

use serde::{Deserialize, Serialize};

use super::method::{Combine, check_iteration};
use super::panel::Sheet;
use super::patterns::Patterns;
use super::{Consensus, DrawnError, Frame, Length, MaskFit, Ruler};

/// Posteriors below this are 0.
const VANISHING: f64 = 1e-15;

/// The parameters of the fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Em {
    /// Iterations at most.
    pub max_iterations: u32,
    /// The fit stops when the evidence bound, a pixel and annotator, grows by less than this.
    pub tolerance: f64,
    /// How wide lines and points are made, in mm; 2 where no unit is given.
    pub width_mm: Option<f64>,
    /// The same in pixels of the source.
    pub width_px: Option<f64>,
    /// The same in percent of the frame's diagonal.
    pub width_percent: Option<f64>,
}

impl Default for Em {
    fn default() -> Self {
        Self { max_iterations: 10, tolerance: 1e-5, width_mm: None, width_px: None, width_percent: None }
    }
}

/// The logarithms of a probability and of what it leaves to 1.
#[derive(Clone, Copy)]
struct Logs([f64; 2]);

impl Logs {
    fn of(probability: f64) -> Self {
        Self([libm::log(probability), libm::log(1.0 - probability)])
    }

    /// The other way round, where `swap`.
    fn swapped(self, swap: bool) -> [f64; 2] {
        let [log, log_rest] = self.0;
        if swap { [log_rest, log] } else { [log, log_rest] }
    }
}

/// `weight · log`, where nothing weighs nothing and a logarithm of 0 is a very large number, not infinite.
fn weighted(weight: f64, log: f64) -> f64 {
    let product = weight * log;
    if product.is_nan() { 0.0 } else { product.max(f64::MIN) }
}

impl Combine for Em {
    fn version(&self) -> u32 {
        1
    }

    fn check(&self) -> Result<Length, DrawnError> {
        check_iteration(self.max_iterations, self.tolerance)?;
        Length::given("width", [self.width_mm, self.width_px, self.width_percent], 2.0)
    }

    fn combine(&self, frame: &Frame, sheets: &[Sheet], width: &Ruler) -> Consensus {
        Consensus::of_masks(frame, sheets, width, |patterns| self.fit(patterns))
    }
}

impl Em {
    /// Pixels with a posterior above ½.
    fn fit(&self, patterns: &Patterns) -> MaskFit {
        let (viewers, total) = (patterns.viewers, patterns.sum(|_| 1.0));
        let votes: Vec<usize> = (0..patterns.len()).map(|pattern| patterns.votes(pattern)).collect();
        let mut prior: Vec<f64> = votes.iter().map(|votes| *votes as f64 / viewers.max(1) as f64).collect();
        let region = patterns.sum(|pattern| f64::from(votes[pattern] > 0));
        if region == 0.0 {
            return MaskFit::nothing(patterns.len());
        }
        let sizes: Vec<f64> =
            (0..viewers).map(|viewer| patterns.sum(|pattern| f64::from(patterns.of(pattern)[viewer]))).collect();
        // The probability of being right about a pixel of the region.
        let rightness = |truth: &[f64]| -> Vec<f64> {
            let area = patterns.sum(|pattern| truth[pattern]);
            let hit = |viewer: usize| patterns.sum(|p| f64::from(patterns.of(p)[viewer]) * truth[p]);
            (0..viewers).map(|viewer| 1.0 - (sizes[viewer] + area - 2.0 * hit(viewer)) / region).collect()
        };
        // Half of an even number of votes starts outside.
        let mut right = rightness(&votes.iter().map(|votes| f64::from(2 * votes > viewers)).collect::<Vec<_>>());
        let (mut bound, mut iterations, mut converged) = (f64::NEG_INFINITY, 0, false);
        while iterations < self.max_iterations && !converged {
            iterations += 1;
            let said: Vec<Logs> = right.iter().copied().map(Logs::of).collect();
            let before: Vec<Logs> = prior.iter().copied().map(Logs::of).collect();
            let posterior: Vec<f64> =
                (0..patterns.len()).map(|p| posterior(patterns.of(p), &said, before[p])).collect();
            right = rightness(&posterior);
            let says: Vec<Logs> = right.iter().copied().map(Logs::of).collect();
            let evidence = patterns.sum(|p| evidence(patterns.of(p), &says, before[p], posterior[p]));
            let next = evidence / (viewers as f64 * total);
            converged = next - bound < self.tolerance;
            (prior, bound) = (posterior, next);
        }
        let inside = prior.iter().map(|probability| *probability > 0.5).collect();
        MaskFit { inside, probability: prior, skills: Vec::new(), iterations, converged }
    }
}

/// The posterior of a pixel by who drew on it.
fn posterior(drawn: &[bool], right: &[Logs], prior: Logs) -> f64 {
    let [mut present, mut absent] = prior.0;
    for (drawn, right) in drawn.iter().zip(right) {
        let [says, denies] = right.swapped(!drawn);
        present += says;
        absent += denies;
    }
    let posterior = if present == f64::NEG_INFINITY { 0.0 } else { 1.0 / (1.0 + libm::exp(absent - present)) };
    if posterior < VANISHING || posterior.is_nan() { 0.0 } else { posterior }
}

/// A pixel's part in the evidence bound.
fn evidence(drawn: &[bool], right: &[Logs], prior: Logs, posterior: f64) -> f64 {
    let mut sum = -weighted(posterior, libm::log(posterior));
    for (drawn, right) in drawn.iter().zip(right) {
        let [says, denies] = right.swapped(!drawn);
        // The prior counts once an annotator, as in the implementation this follows; it decides when the fit stops.
        sum += weighted(posterior, says + prior.0[0]) + weighted(1.0 - posterior, denies + prior.0[1]);
    }
    sum
}
