//! Losses: a weighted sum of terms, computed in f64 with its gradient, as one operation on the tape.

use super::ModelError;
use super::device::{Traced, apply, values};
use serde::{Deserialize, Serialize};

mod terms;

/// How much each term counts. All zero: cross-entropy for clips, `bce` and `dice` alike for frames.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Loss {
    /// Of classes against a distribution over them.
    pub cross_entropy: f64,
    /// Cross-entropy that counts what is already learned less (Lin et al. 2017).
    pub focal: f64,
    /// How much less, in `focal`.
    pub gamma: f64,
    /// Binary cross-entropy of pixels.
    pub bce: f64,
    /// One minus the soft Dice coefficient of each frame (Milletari et al. 2016).
    pub dice: f64,
}

impl Default for Loss {
    fn default() -> Self {
        Loss { cross_entropy: 0.0, focal: 0.0, gamma: 2.0, bce: 0.0, dice: 0.0 }
    }
}

/// What rows of logits mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A row for each clip, over classes.
    Classes,
    /// A row of one number for each pixel, so many in a frame.
    Pixels(usize),
}

/// What a batch should have been.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Targets {
    pub meaning: Meaning,
    /// As many as logits, from 0 to 1.
    pub values: Vec<f32>,
    /// One for each clip or frame.
    pub weights: Vec<f32>,
    /// One for each class; of pixels one, for those that belong.
    pub class_weights: Vec<f32>,
}

impl Loss {
    /// Whether its numbers make sense for what is learned.
    ///
    /// # Errors
    /// Says which does not.
    pub(super) fn check(&self, of_pixels: bool) -> Result<(), ModelError> {
        let terms = [
            ("loss.cross_entropy", self.cross_entropy, !of_pixels),
            ("loss.focal", self.focal, true),
            ("loss.gamma", self.gamma, true),
            ("loss.bce", self.bce, of_pixels),
            ("loss.dice", self.dice, of_pixels),
        ];
        for (field, value, fits) in terms {
            let remedy = if !(value >= 0.0 && value.is_finite()) {
                "take 0 or a positive number"
            } else if value > 0.0 && !fits {
                if of_pixels {
                    "frames take `bce`, `dice` and `focal`"
                } else {
                    "clips take `cross_entropy` and `focal`"
                }
            } else {
                continue;
            };
            return Err(ModelError::Setting { field, value: value.to_string(), remedy });
        }
        Ok(())
    }

    /// The same with the usual terms where none is asked for.
    pub(super) fn or_usual(self, of_pixels: bool) -> Loss {
        match (self.cross_entropy + self.focal + self.bce + self.dice > 0.0, of_pixels) {
            (true, _) => self,
            (false, false) => Loss { cross_entropy: 1.0, ..self },
            (false, true) => Loss { bce: 1.0, dice: 1.0, ..self },
        }
    }

    /// The loss of a batch of logits, and its gradient.
    pub(super) fn measure(&self, logits: &[f32], targets: &Targets) -> (f64, Vec<f64>) {
        let mut gradient = vec![0.0; logits.len()];
        let mut sum = 0.0;
        // Focal loss without focus is cross-entropy.
        for (share, gamma) in [(self.cross_entropy + self.bce, 0.0), (self.focal, self.gamma)] {
            if share > 0.0 {
                sum += match targets.meaning {
                    Meaning::Classes => terms::classes(logits, targets, share, gamma, &mut gradient),
                    Meaning::Pixels(_) => terms::pixels(logits, targets, share, gamma, &mut gradient),
                };
            }
        }
        if let (true, Meaning::Pixels(area)) = (self.dice > 0.0, targets.meaning) {
            sum += terms::dice(logits, targets, area, self.dice, &mut gradient);
        }
        (sum, gradient)
    }

    /// The loss on the tape, and its value.
    pub(super) fn trace(&self, logits: Traced<(usize, usize)>, targets: &Targets) -> (f64, Traced<()>) {
        let (value, found) = self.measure(&values(&logits), targets);
        let loss = apply(logits, vec![value as f32], (), move |told, gradient| {
            let factor = f64::from(told[0]);
            gradient.iter_mut().zip(&found).for_each(|(sum, value)| *sum += (factor * value) as f32);
        });
        (value, loss)
    }
}

#[cfg(test)]
mod tests;
