//! The training loop.

use super::architecture::Architecture;
use super::augment::{Augment, Change};
use super::learner::Learner;
use super::predict::log_probabilities;
use super::sampling::{Normalisation, Passes, initial_state};
use super::weights::{About, save};
use super::workers::Workers;
use super::{Clips, ModelError, frames_of};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub model: Architecture,
    /// Steps of the optimiser.
    pub updates: u64,
    /// Clips in a step. With fewer clips to train on, all of them.
    pub batch: usize,
    /// Of Adam.
    pub learning_rate: f64,
    /// Decoupled: parameters shrink by `learning_rate · weight_decay` at each step.
    pub weight_decay: f64,
    pub augment: Augment,
    pub seed: u64,
    /// 0 for as many as the machine has. Results do not depend on it.
    pub threads: usize,
    /// A point of the history after every so many updates, and one after the last. 0: only that one.
    pub evaluate_every: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            model: Architecture::default(),
            updates: 1000,
            batch: 8,
            learning_rate: 1e-3,
            weight_decay: 1e-4,
            augment: Augment::default(),
            seed: 0,
            threads: 1,
            evaluate_every: 100,
        }
    }
}

/// A clip and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Index in [`Clips`].
    pub clip: usize,
    /// A distribution over classes, hard or soft.
    pub target: Vec<f32>,
}

/// A point of the training curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Updates done.
    pub update: u64,
    /// Mean cross-entropy (nats) of the batches since the point before.
    pub train_loss: f64,
    /// Mean cross-entropy (nats) of the validation clips; `None` without any.
    pub validation_loss: Option<f64>,
    /// The share of validation clips whose most probable class is the target's.
    pub validation_accuracy: Option<f64>,
}

/// What an observer is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
    /// Update number `update` (from 1) is done.
    Update { update: u64, loss: f64 },
    /// The history has a new point.
    Point(&'a Point),
}

/// The outcome of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// A safetensors file: parameters and running statistics under PyTorch's names, and as metadata (key `crowdline`,
    /// JSON) the architecture, the number of classes, the clips' shape and their normalisation.
    pub weights: Vec<u8>,
    pub history: Vec<Point>,
    pub updates: u64,
}

/// Trains on `training`, watching `validation` (which never influences the weights).
///
/// Examples pass in a new order each epoch; a batch may run over the end of one into the next. Grey values are
/// normalised by mean and standard deviation of the training clips. The loss is the cross-entropy against the targets.
///
/// # Errors
/// Settings or targets that make no sense, clips that can't be read, a loss that is no longer finite, and
/// [`ModelError::Cancelled`] soon after `cancel` is set.
pub fn train(
    settings: &Settings,
    classes: usize,
    clips: &dyn Clips,
    training: &[Example],
    validation: &[Example],
    observe: &dyn Fn(Progress<'_>),
    cancel: &AtomicBool,
) -> Result<Trained, ModelError> {
    check(settings, classes, clips, training, validation)?;
    let shape = clips.shape();
    let about = About {
        architecture: settings.model.clone(),
        version: settings.model.version(),
        classes,
        frames: shape.frames,
        height: shape.height,
        width: shape.width,
        normalisation: Normalisation::measure(clips, training.iter().map(|example| example.clip))?,
    };
    let network = Rc::new(about.network());
    let workers = Rc::new(Workers::new(settings.threads)?);
    let mut learner = Learner::new(network.clone(), workers.clone(), initial_state(&network, settings.seed))?;
    let mut passes = Passes::new(settings.seed, training.len());
    let batch = settings.batch.min(training.len());
    let (mean, deviation) = (about.normalisation.mean as f32, about.normalisation.deviation as f32);

    let diverged = |update, loss| ModelError::Diverged {
        update,
        loss,
        learning_rate: settings.learning_rate,
        suggestion: settings.learning_rate / 10.0,
    };
    let mut history = Vec::new();
    let (mut sum, mut since) = (0.0, 0);
    for update in 0..settings.updates {
        if cancel.load(Ordering::Relaxed) {
            return Err(ModelError::Cancelled);
        }
        let mut source = Vec::with_capacity(batch * shape.bytes());
        let mut targets = Vec::with_capacity(batch * classes);
        for slot in 0..batch as u64 {
            let example = &training[passes.at(update * batch as u64 + slot)];
            let change = Change::draw(&settings.augment, shape, settings.seed, update, slot);
            change.append(&frames_of(clips, example.clip)?, shape, mean, deviation, &mut source);
            targets.extend_from_slice(&example.target);
        }
        let loss = learner.step(source, targets, settings.learning_rate, settings.weight_decay)?;
        if !loss.is_finite() {
            return Err(diverged(update + 1, loss));
        }
        sum += loss;
        since += 1;
        let done = update + 1;
        observe(Progress::Update { update: done, loss });
        if done == settings.updates || (settings.evaluate_every > 0 && done % settings.evaluate_every == 0) {
            let measured = match validation {
                [] => None,
                _ => {
                    let which: Vec<usize> = validation.iter().map(|example| example.clip).collect();
                    let state = learner.state();
                    let found = log_probabilities(&network, &state, &about.normalisation, clips, &which, &workers)?;
                    Some(agreement(&found, validation))
                }
            };
            let point = Point {
                update: done,
                train_loss: sum / f64::from(since),
                validation_loss: measured.map(|(loss, _)| loss),
                validation_accuracy: measured.map(|(_, accuracy)| accuracy),
            };
            observe(Progress::Point(&point));
            history.push(point);
            (sum, since) = (0.0, 0);
        }
    }
    let state = learner.state();
    if !state.is_finite() {
        // The last update's outcome has passed through no loss.
        return Err(diverged(settings.updates, f64::NAN));
    }
    Ok(Trained { weights: save(&about, state)?, history, updates: settings.updates })
}

fn check(
    settings: &Settings,
    classes: usize,
    clips: &dyn Clips,
    training: &[Example],
    validation: &[Example],
) -> Result<(), ModelError> {
    let setting = |field, value: String, remedy| Err(ModelError::Setting { field, value, remedy });
    if classes < 2 {
        return Err(ModelError::Classes { classes });
    }
    settings.model.check(clips.shape())?;
    if training.is_empty() {
        return Err(ModelError::NoTraining);
    }
    if settings.batch == 0 {
        return setting("batch", "0".into(), "take at least one clip");
    }
    if settings.updates == 0 || settings.updates > i32::MAX as u64 {
        return setting("updates", settings.updates.to_string(), "take a number from 1 to 2147483647");
    }
    if !(settings.learning_rate > 0.0 && settings.learning_rate.is_finite()) {
        return setting("learning_rate", settings.learning_rate.to_string(), "take a positive number such as 0.001");
    }
    if !(settings.weight_decay >= 0.0 && settings.weight_decay.is_finite()) {
        return setting("weight_decay", settings.weight_decay.to_string(), "take 0 or a small positive number");
    }
    for (field, value) in
        [("augment.shift", settings.augment.shift), ("augment.brightness", settings.augment.brightness)]
    {
        if !(0.0..=1.0).contains(&value) {
            return setting(field, value.to_string(), "take a fraction from 0 to 1");
        }
    }
    for Example { clip, target } in training.iter().chain(validation) {
        let total: f32 = target.iter().sum();
        let fits = target.len() == classes && target.iter().all(|&p| p >= 0.0) && (total - 1.0).abs() < 1e-3;
        if !fits {
            return Err(ModelError::Target { clip: *clip, classes, target: target.clone() });
        }
    }
    Ok(())
}

/// Mean cross-entropy and accuracy. The first of equally probable classes counts.
fn agreement(found: &[Vec<f64>], examples: &[Example]) -> (f64, f64) {
    let (mut loss, mut right) = (0.0, 0);
    for (found, example) in found.iter().zip(examples) {
        for (logarithm, &target) in found.iter().zip(&example.target) {
            if target > 0.0 {
                loss -= f64::from(target) * logarithm;
            }
        }
        let target: Vec<f64> = example.target.iter().map(|&p| f64::from(p)).collect();
        right += usize::from(largest(found) == largest(&target));
    }
    (loss / examples.len() as f64, right as f64 / examples.len() as f64)
}

fn largest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best })
}

#[cfg(test)]
mod tests;
