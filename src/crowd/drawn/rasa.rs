//! RASA: a weighted majority whose weights follow each annotator's overlap with it, frame by frame.
//!
//! Li & Fukumoto 2019, A dataset of crowdsourced word sequences, AnnoNLP, 24–28, doi 10.18653/v1/D19-5904, carried over
//! to masks as in crowd-kit's `SegmentationRASA`: distance is 1 − IoU, weight is `log(1 / (distance + 1e-5) + 1)`.
//!
//! One thing differs. Where exactly half of the weight drew, a pixel is inside, whatever rounding makes of the sum.
//! crowd-kit compares the rounded sum, which depends on the number of annotators: three sixths come to ½ and are inside,
//! ten twentieths come to 0.49999999999999994 and are outside.

use serde::{Deserialize, Serialize};

use super::method::{Combine, check_iteration};
use super::panel::Sheet;
use super::patterns::Patterns;
use super::{Consensus, DrawnError, Frame, Length, MaskFit, Ruler};

/// What keeps the weight of perfect agreement finite.
const SMALL: f64 = 1e-5;

/// The parameters of RASA.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rasa {
    /// Iterations at most.
    pub max_iterations: u32,
    /// It stops when the weighted votes change by less than this, as a share of their square.
    pub tolerance: f64,
    /// How wide lines and points are made, in mm; 2 where no unit is given.
    pub width_mm: Option<f64>,
    /// The same in pixels of the source.
    pub width_px: Option<f64>,
    /// The same in percent of the frame's diagonal.
    pub width_percent: Option<f64>,
}

impl Default for Rasa {
    fn default() -> Self {
        Self { max_iterations: 10, tolerance: 1e-5, width_mm: None, width_px: None, width_percent: None }
    }
}

impl Combine for Rasa {
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

impl Rasa {
    /// Weighted votes as probabilities; a sum that is ½ but for rounding counts as ½, which is inside. Two empty masks
    /// are equal.
    fn fit(&self, patterns: &Patterns) -> MaskFit {
        let viewers = patterns.viewers;
        if (0..patterns.len()).all(|pattern| patterns.votes(pattern) == 0) {
            return MaskFit::nothing(patterns.len());
        }
        let mut weights = vec![1.0 / viewers as f64; viewers];
        let mut last: Option<Vec<f64>> = None;
        let (mut iterations, mut converged, mut inside) = (0, false, vec![false; patterns.len()]);
        while iterations < self.max_iterations && !converged {
            iterations += 1;
            let weighted = |pattern: usize| -> f64 {
                patterns.of(pattern).iter().zip(&weights).filter(|(drawn, _)| **drawn).map(|(_, weight)| weight).sum()
            };
            let votes: Vec<f64> = (0..patterns.len()).map(weighted).collect();
            inside = votes.iter().map(|votes| *votes >= 0.5 - 1e-9).collect();
            let raw = |viewer: usize| {
                let count = |wanted: fn(bool, bool) -> bool| {
                    patterns.sum(|pattern| f64::from(wanted(patterns.of(pattern)[viewer], inside[pattern])))
                };
                let (both, either) = (count(|a, b| a && b), count(|a, b| a || b));
                let distance = if either > 0.0 { 1.0 - both / either } else { 0.0 };
                libm::log(1.0 / (distance + SMALL) + 1.0)
            };
            let raw: Vec<f64> = (0..viewers).map(raw).collect();
            let total: f64 = raw.iter().sum();
            weights = raw.iter().map(|weight| weight / total).collect();
            if let Some(last) = &last {
                let change = patterns.sum(|p| (votes[p] - last[p]) * (votes[p] - last[p]));
                converged = change / patterns.sum(|p| votes[p] * votes[p]) < self.tolerance;
            }
            last = Some(votes);
        }
        MaskFit { inside, probability: last.unwrap_or_default(), skills: Vec::new(), iterations, converged }
    }
}
