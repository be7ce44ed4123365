//! What a model learns from.

use super::loss::{Meaning, Targets};
use super::sampling::draw_class;
use super::{ClipShape, Clips, ModelError};
use std::borrow::Cow;

/// A clip, or a frame where frames are learned, and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Index in [`Clips`].
    pub clip: usize,
    pub target: Target,
    /// Among those with the same number it is drawn from; see [`super::Settings::sampling`].
    pub group: usize,
    /// How much it counts in the loss.
    pub weight: f32,
}

/// What an example should be taken for.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A distribution over classes, hard or soft.
    Classes(Vec<f32>),
    /// Index in [`Maps`].
    Map(usize),
    /// What annotators said of it; at least one.
    Opinions(Vec<Opinion>),
}

/// What an annotator said of a clip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opinion {
    /// Index of the annotator.
    pub annotator: u32,
    /// Index of the class.
    pub class: u16,
    /// How often.
    pub votes: f32,
}

/// What belongs in frames, pixel by pixel.
pub trait Maps: Sync {
    /// Map `index`, `[row][column]`, from 0 (no) to 255 (yes), as large as the frames.
    ///
    /// # Errors
    /// [`ModelError::Clip`] where the map can't be read.
    fn map(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError>;
}

/// Nothing but clips.
#[derive(Debug, Clone, Copy)]
pub struct NoMaps;

impl Maps for NoMaps {
    fn map(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError> {
        Err(ModelError::UnknownMap { map: index })
    }
}

/// All there is to learn from.
#[derive(Clone, Copy)]
pub struct Lessons<'a> {
    /// How many classes there are; of frames 1.
    pub classes: usize,
    pub clips: &'a dyn Clips,
    pub maps: &'a dyn Maps,
    pub training: &'a [Example],
    /// Never influences the weights, unless a schedule or [`super::Settings::patience`] asks how it goes.
    pub validation: &'a [Example],
    /// Weights to begin with, as [`super::Trained::weights`].
    pub start: Option<&'a [u8]>,
}

impl std::fmt::Debug for Lessons<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lessons").field("classes", &self.classes).finish_non_exhaustive()
    }
}

impl Lessons<'_> {
    /// Whether frames are learned.
    pub(super) fn of_pixels(&self) -> bool {
        matches!(self.training.first(), Some(Example { target: Target::Map(_), .. }))
    }

    pub(super) fn meaning(&self) -> Meaning {
        let ClipShape { height, width, .. } = self.clips.shape();
        if self.of_pixels() { Meaning::Pixels(height * width) } else { Meaning::Classes }
    }

    /// Whether every target can be learned, opinions of so many annotators.
    ///
    /// # Errors
    /// Names the first that can't.
    pub(super) fn check(&self, annotators: usize) -> Result<(), ModelError> {
        if self.training.is_empty() {
            return Err(ModelError::NoTraining);
        }
        let of_pixels = self.of_pixels();
        if self.classes < 2 && !of_pixels {
            return Err(ModelError::Classes { classes: self.classes });
        }
        let learned = self.training.iter().map(|example| (example, true));
        for (Example { clip, target, .. }, learned) in learned.chain(self.validation.iter().map(|e| (e, false))) {
            match target {
                Target::Opinions(opinions) if annotators > 0 && learned => {
                    let known = |opinion: &Opinion| {
                        (opinion.annotator as usize) < annotators
                            && usize::from(opinion.class) < self.classes
                            && opinion.votes > 0.0
                            && opinion.votes.is_finite()
                    };
                    if opinions.is_empty() || !opinions.iter().all(known) {
                        return Err(ModelError::Opinions { clip: *clip });
                    }
                }
                Target::Map(_) if of_pixels => {}
                Target::Classes(shares) if !of_pixels => {
                    let total: f32 = shares.iter().sum();
                    let fits = shares.len() == self.classes && shares.iter().all(|&p| p >= 0.0);
                    if !fits || (total - 1.0).abs() >= 1e-3 {
                        return Err(ModelError::Target { clip: *clip, classes: self.classes, target: shares.clone() });
                    }
                }
                _ => return Err(ModelError::Target { clip: *clip, classes: self.classes, target: Vec::new() }),
            }
        }
        Ok(())
    }

    /// What was said of each clip of a batch of training examples.
    pub(super) fn opinions(&self, batch: &[usize]) -> Vec<&[Opinion]> {
        let of = |example: &usize| match &self.training[*example].target {
            Target::Opinions(opinions) => opinions.as_slice(),
            Target::Classes(_) | Target::Map(_) => &[],
        };
        batch.iter().map(of).collect()
    }

    /// Targets with nothing in them yet.
    pub(super) fn targets(&self, class_weights: &[f32]) -> Targets {
        let class_weights = if class_weights.is_empty() { vec![1.0; self.classes] } else { class_weights.to_vec() };
        Targets { meaning: self.meaning(), values: Vec::new(), weights: Vec::new(), class_weights }
    }
}

/// A class of its own drawn for place `place` of the batch before update `update + 1`, where `drawn`, else the shares.
pub(super) fn append_classes(shares: &[f32], drawn: Option<(u64, u64, u64)>, targets: &mut Targets) {
    match drawn {
        None => targets.values.extend_from_slice(shares),
        Some((seed, update, place)) => {
            let class = draw_class(shares, seed, update, place);
            targets.values.extend((0..shares.len()).map(|at| f32::from(u8::from(at == class))));
        }
    }
}
