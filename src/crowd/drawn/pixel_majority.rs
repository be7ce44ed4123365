//! Pixel majority: pixels that enough viewers drew on.
//!
//! Lee, Das Sarma & Parameswaran 2018, Aggregating crowdsourced image segmentations, CEUR 2173.

use serde::{Deserialize, Serialize};

use super::method::{Combine, check_share};
use super::panel::Sheet;
use super::patterns::Patterns;
use super::{Consensus, DrawnError, Frame, Length, MaskFit, Ruler};

/// Whether a pixel with exactly the threshold's share belongs to the mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PixelTies {
    /// It belongs to it: half of the viewers suffice.
    #[default]
    Inside,
    /// It does not: it takes more than half.
    Outside,
}

/// The parameters of pixel majority.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PixelMajority {
    /// The share of viewers it takes, 0 to 1.
    pub threshold: f64,
    /// What becomes of pixels with exactly that share.
    pub ties: PixelTies,
    /// How wide lines and points are made, in mm; 2 where no unit is given.
    pub width_mm: Option<f64>,
    /// The same in pixels of the source.
    pub width_px: Option<f64>,
    /// The same in percent of the frame's diagonal.
    pub width_percent: Option<f64>,
}

impl Default for PixelMajority {
    fn default() -> Self {
        Self { threshold: 0.5, ties: PixelTies::default(), width_mm: None, width_px: None, width_percent: None }
    }
}

impl Combine for PixelMajority {
    fn version(&self) -> u32 {
        1
    }

    fn check(&self) -> Result<Length, DrawnError> {
        check_share("threshold", self.threshold)?;
        Length::given("width", [self.width_mm, self.width_px, self.width_percent], 2.0)
    }

    fn combine(&self, frame: &Frame, sheets: &[Sheet], width: &Ruler) -> Consensus {
        Consensus::of_masks(frame, sheets, width, |patterns| self.fit(patterns))
    }
}

impl PixelMajority {
    /// Shares as probabilities. A pixel nobody drew on never belongs to the mask.
    fn fit(&self, patterns: &Patterns) -> MaskFit {
        let votes = |pattern| patterns.votes(pattern) as f64;
        let needed = self.threshold * patterns.viewers as f64;
        let inside = |votes: f64| match self.ties {
            PixelTies::Inside => votes >= needed - 1e-9,
            PixelTies::Outside => votes > needed + 1e-9,
        };
        let votes: Vec<f64> = (0..patterns.len()).map(votes).collect();
        MaskFit {
            inside: votes.iter().map(|votes| *votes > 0.0 && inside(*votes)).collect(),
            probability: votes.iter().map(|votes| votes / patterns.viewers.max(1) as f64).collect(),
            skills: Vec::new(),
            iterations: 0,
            converged: true,
        }
    }
}
