//! STAPLE: masks and each annotator's sensitivity and specificity, fitted together, frame by frame.
//!
//! Warfield, Zou & Wells 2004, Simultaneous truth and performance level estimation, IEEE Trans. Med. Imaging
//! 23:903–921, in its binary form without spatial prior. Start, prior and stopping rule are those of ITK's
//! `STAPLEImageFilter`, so that figures can be compared: the first estimate is the share of annotators, and the prior
//! is the mean share over the frame.
//!
//! The prior knows the whole frame: in a large frame with a small object it is tiny, specificities are near 1, and what
//! a single sensitive annotator drew alone can enter the mask. That is the method's, not this program's.

use serde::{Deserialize, Serialize};

use super::method::{Combine, check_iteration, check_positive, check_share};
use super::panel::Sheet;
use super::patterns::Patterns;
use super::{Consensus, DrawnError, Frame, Length, MaskFit, Ruler, Skill};

/// The parameters of STAPLE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Staple {
    /// Iterations at most.
    pub max_iterations: u32,
    /// The fit stops when no sensitivity or specificity changes by more than this.
    pub tolerance: f64,
    /// The prior is the mean share of annotators over the frame times this (ITK's `ConfidenceWeight`).
    pub confidence_weight: f64,
    /// The probability from which on a pixel belongs to the mask.
    pub threshold: f64,
    /// How wide lines and points are made, in mm; 2 where no unit is given.
    pub width_mm: Option<f64>,
    /// The same in pixels of the source.
    pub width_px: Option<f64>,
    /// The same in percent of the frame's diagonal.
    pub width_percent: Option<f64>,
}

impl Default for Staple {
    fn default() -> Self {
        Self {
            max_iterations: 1000,
            tolerance: 1e-7,
            confidence_weight: 1.0,
            threshold: 0.5,
            width_mm: None,
            width_px: None,
            width_percent: None,
        }
    }
}

impl Combine for Staple {
    fn version(&self) -> u32 {
        1
    }

    fn check(&self) -> Result<Length, DrawnError> {
        check_iteration(self.max_iterations, self.tolerance)?;
        check_share("threshold", self.threshold)?;
        check_positive("confidence_weight", self.confidence_weight)?;
        Length::given("width", [self.width_mm, self.width_px, self.width_percent], 2.0)
    }

    fn combine(&self, frame: &Frame, sheets: &[Sheet], width: &Ruler) -> Consensus {
        Consensus::of_masks(frame, sheets, width, |patterns| self.fit(patterns))
    }
}

impl Staple {
    /// Where nobody drew, nothing belongs to the mask, and there is no sensitivity. A sensitivity or specificity whose
    /// denominator is 0 is NaN, and takes no part in the fit.
    fn fit(&self, patterns: &Patterns) -> MaskFit {
        let viewers = patterns.viewers;
        let total = patterns.sum(|_| 1.0);
        let mut truth: Vec<f64> =
            (0..patterns.len()).map(|pattern| patterns.votes(pattern) as f64 / viewers.max(1) as f64).collect();
        let prior = (self.confidence_weight * patterns.sum(|pattern| truth[pattern]) / total).min(1.0);
        let (mut skills, mut iterations, mut converged) = (Vec::<Skill>::new(), 0, false);
        while iterations < self.max_iterations && !converged {
            iterations += 1;
            let inside = patterns.sum(|pattern| truth[pattern]);
            let outside = patterns.sum(|pattern| 1.0 - truth[pattern]);
            let of = |viewer: usize| {
                let hit = patterns.sum(|pattern| f64::from(patterns.of(pattern)[viewer]) * truth[pattern]);
                let left = patterns.sum(|pattern| f64::from(!patterns.of(pattern)[viewer]) * (1.0 - truth[pattern]));
                Skill { hit, inside, left, outside }
            };
            let next: Vec<Skill> = (0..viewers).map(of).collect();
            for (pattern, truth) in truth.iter_mut().enumerate() {
                let (mut present, mut absent) = (prior, 1.0 - prior);
                for (drawn, skill) in patterns.of(pattern).iter().zip(&next) {
                    let (sensitivity, specificity) = (skill.sensitivity(), skill.specificity());
                    if !sensitivity.is_nan() && !specificity.is_nan() {
                        present *= if *drawn { sensitivity } else { 1.0 - sensitivity };
                        absent *= if *drawn { 1.0 - specificity } else { specificity };
                    }
                }
                // Where both vanish, by rounding or by many annotators, the last estimate stands.
                if present + absent > 0.0 {
                    *truth = present / (present + absent);
                }
            }
            let still = |a: f64, b: f64| (a - b).abs() <= self.tolerance || a.is_nan() && b.is_nan();
            converged = !skills.is_empty()
                && skills.iter().zip(&next).all(|(last, next)| {
                    still(last.sensitivity(), next.sensitivity()) && still(last.specificity(), next.specificity())
                });
            skills = next;
        }
        let inside = (0..patterns.len()).map(|p| truth[p] > 0.0 && truth[p] >= self.threshold).collect();
        MaskFit { inside, probability: truth, skills, iterations, converged }
    }
}
