//! The training loop.

use super::architecture::{Architecture, Built};
use super::augment::{Augment, Change};
use super::checkpoint::{Checkpoint, Keeper, Standing};
use super::composed::placed;
use super::crowd_layer::{self, CrowdLayer};
use super::examine::examine;
use super::learner::{Aim, Learner, Update};
use super::lessons::{Lessons, Target, append_classes};
use super::loss::{Loss, Targets};
use super::network::{State, initial_state, parameters};
use super::optimiser::Optimiser;
use super::place::Place;
use super::sampling::{Batches, Normalisation};
use super::schedule::Schedule;
use super::weights::{About, load, save};
use super::workers::Workers;
use super::{ModelError, frames_of};
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub model: Architecture,
    /// Steps of the optimiser.
    pub updates: u64,
    /// Clips or frames in a step. With fewer to train on, all of them.
    pub batch: usize,
    /// At its highest; see `schedule`.
    pub learning_rate: f64,
    pub weight_decay: f64,
    pub optimiser: Optimiser,
    pub schedule: Schedule,
    /// Updates over which the learning rate rises at the beginning.
    pub warmup: u64,
    /// The greatest length of a gradient.
    pub clip_norm: Option<f64>,
    pub loss: Loss,
    /// How much each class counts in the loss; of frames one number, for pixels that belong. Empty: all the same.
    pub class_weights: Vec<f32>,
    /// The share of every batch that each [`super::Example::group`] has. `None`: all are drawn from alike.
    pub sampling: Option<Vec<f64>>,
    /// How opinions are learned, where training examples are such.
    pub crowd: Option<CrowdLayer>,
    /// Whether each time a clip is seen its class is drawn from its distribution.
    pub draw_targets: bool,
    /// Points of the history without a better validation loss after which training stops; the best weights are kept.
    pub patience: Option<u32>,
    pub augment: Augment,
    pub seed: u64,
    /// 0 for as many as the machine has. Results do not depend on it.
    pub threads: usize,
    /// Where it is computed.
    pub place: Place,
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
            optimiser: Optimiser::default(),
            schedule: Schedule::default(),
            warmup: 0,
            clip_norm: None,
            loss: Loss::default(),
            class_weights: Vec::new(),
            sampling: None,
            crowd: None,
            draw_targets: false,
            patience: None,
            augment: Augment::default(),
            seed: 0,
            threads: 1,
            place: Place::Cpu,
            evaluate_every: 100,
        }
    }
}

/// A point of the training curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Updates done.
    pub update: u64,
    /// Passes over the training examples, as many as updates make.
    pub epoch: f64,
    /// Of the last update; of the baseline how much of a step of Newton's was taken.
    pub learning_rate: f64,
    /// Mean loss of the batches since the point before.
    pub train_loss: f64,
    /// Mean loss of the validation examples, unweighted; `None` without any.
    pub validation_loss: Option<f64>,
    /// Of clips the share whose most probable class is the target's; of frames the Dice coefficient over all of them.
    pub validation_score: Option<f64>,
}

/// What an observer is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
    /// The training goes on after so many updates.
    Resumed { update: u64 },
    /// Update number `update` (from 1) is done.
    Update { update: u64, loss: f64 },
    /// The history has a new point.
    Point(&'a Point),
}

/// The outcome of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// A safetensors file: parameters and running statistics under PyTorch's names, and as metadata (key `crowdline`,
    /// JSON) the architecture, the number of classes, the inputs' shape and their normalisation.
    pub weights: Vec<u8>,
    pub history: Vec<Point>,
    /// Updates done.
    pub updates: u64,
    /// The update after which the weights were taken.
    pub taken: u64,
    /// With [`Settings::crowd`], each annotator's confusion matrix: `[annotator][shown][said]`.
    pub confusions: Vec<Vec<Vec<f64>>>,
}

/// Bytes that a training needs at least: parameters with gradient and optimiser, and what a step works in.
///
/// # Errors
/// Sizes that don't fit.
pub fn memory(settings: &Settings, classes: usize, shape: super::ClipShape) -> Result<u64, ModelError> {
    settings.model.check(shape)?;
    let network = settings.model.network(classes, shape);
    Ok(16 * parameters(&*network) as u64 + network.workspace(settings.batch))
}

/// Trains on `lessons.training`, watching `lessons.validation`.
///
/// Examples pass in a new order each epoch; a batch may run over the end of one into the next. Grey values are
/// normalised by mean and standard deviation of the training examples. Whatever a training draws depends on seed and
/// update alone, so that one which goes on from `keeper`'s last checkpoint ends with the same bytes.
///
/// # Errors
/// Settings or targets that make no sense, inputs that can't be read, a loss that is no longer finite, and
/// [`ModelError::Cancelled`] soon after `cancel` is set (a checkpoint is kept then).
pub fn train(
    settings: &Settings,
    lessons: &Lessons<'_>,
    keeper: &dyn Keeper,
    observe: &dyn Fn(Progress<'_>),
    cancel: &AtomicBool,
) -> Result<Trained, ModelError> {
    check(settings, lessons)?;
    let Lessons { clips, training, validation, .. } = *lessons;
    let shape = clips.shape();
    let mut about = About {
        architecture: settings.model.clone(),
        version: settings.model.version(),
        classes: lessons.classes,
        frames: shape.frames,
        height: shape.height,
        width: shape.width,
        normalisation: Normalisation::measure(clips, training.iter().map(|example| example.clip))?,
    };
    let workers = Rc::new(Workers::new(settings.threads)?);
    let network = match placed(&settings.model, settings.model.built(lessons.classes, shape), settings.place)? {
        Built::Trainable(network) => network,
        Built::Solved(logistic) => {
            return solve::solve(&logistic, &about, settings, lessons, observe, &workers, cancel);
        }
    };
    let mut first = match lessons.start {
        None => initial_state(&*network, settings.seed),
        Some(bytes) => start(bytes, &mut about)?,
    };
    // The last part of all, after the network's.
    first.parameters.extend(settings.crowd.map(|layer| crowd_layer::initial(&layer, lessons.classes)));
    let groups: Vec<usize> = training.iter().map(|example| example.group).collect();
    let mut batches = Batches::new(settings.seed, settings.batch, &groups, settings.sampling.as_deref())?;
    let loss = settings.loss.or_usual(lessons.of_pixels());

    let mut standing = Standing::default();
    let mut best = None;
    let mut learner = Learner::new(network.clone(), workers.clone(), first.clone(), settings.seed)?;
    if let Some(checkpoint) = keeper.last().and_then(|bytes| Checkpoint::load(&bytes, first).ok()) {
        learner = Learner::new(network.clone(), workers.clone(), checkpoint.state, settings.seed)?;
        learner.remember(&checkpoint.memories);
        (standing, best) = (checkpoint.standing, checkpoint.best);
        observe(Progress::Resumed { update: standing.update });
    }
    let keep = |standing: &Standing, best: &Option<State>, learner: &Learner| -> Result<(), ModelError> {
        let (standing, best) = (standing.clone(), best.clone());
        keeper.keep(Checkpoint { standing, state: learner.state(), memories: learner.memories(), best }.save()?);
        Ok(())
    };

    while standing.update < settings.updates && !is_over(settings, &standing) {
        if cancel.load(Ordering::Relaxed) {
            keep(&standing, &best, &learner)?;
            return Err(ModelError::Cancelled);
        }
        let update = standing.update;
        let batch = batches.at(update);
        let (source, targets) = assemble(settings, lessons, &about.normalisation, &batch, update)?;
        let opinions = settings.crowd.map(|layer| (layer, lessons.opinions(&batch)));
        let aim = match &opinions {
            None => Aim::Targets(&targets),
            Some((layer, opinions)) => Aim::Opinions { layer, classes: lessons.classes, opinions },
        };
        let factor = settings.schedule.factor(update, settings.updates, settings.warmup, standing.rests);
        let step = Update {
            loss,
            rule: settings.optimiser.rule(),
            learning_rate: settings.learning_rate * factor,
            weight_decay: settings.weight_decay,
            clip_norm: settings.clip_norm,
        };
        let measured = learner.step(source, aim, &step)?;
        standing.update += 1;
        if !measured.is_finite() {
            return Err(diverged(settings, standing.update, measured, lessons, &batch));
        }
        standing.sum += measured;
        standing.since += 1;
        observe(Progress::Update { update: standing.update, loss: measured });
        let every = settings.evaluate_every;
        if standing.update == settings.updates || (every > 0 && standing.update.is_multiple_of(every)) {
            let seen = match validation {
                [] => None,
                _ => Some(examine(&*network, &learner.state(), &about.normalisation, lessons, &loss, &workers)?),
            };
            let point = Point {
                update: standing.update,
                epoch: (standing.update * batches.size() as u64) as f64 / training.len() as f64,
                learning_rate: step.learning_rate,
                train_loss: standing.sum / f64::from(standing.since),
                validation_loss: seen.map(|(loss, _)| loss),
                validation_score: seen.map(|(_, score)| score),
            };
            observe(Progress::Point(&point));
            if judge(settings, &mut standing, point) {
                best = settings.patience.map(|_| learner.state());
            }
        }
        if keeper.is_due(standing.update) {
            keep(&standing, &best, &learner)?;
        }
    }
    let updates = standing.update;
    let behind = u64::from(standing.waited);
    let taken = match &best {
        Some(_) => standing.history.iter().rev().nth(behind as usize).map_or(updates, |point| point.update),
        None => updates,
    };
    let mut state = best.unwrap_or_else(|| learner.state());
    if !state.is_finite() {
        // The last update's outcome has passed through no loss.
        return Err(diverged(settings, updates, f64::NAN, lessons, &[]));
    }
    let crowd = settings.crowd.and_then(|_| state.parameters.pop());
    let confusions = crowd_layer::matrices(&crowd.unwrap_or_default(), lessons.classes);
    Ok(Trained { weights: save(&about, state)?, history: standing.history, updates, taken, confusions })
}

/// Takes a point into the history; whether its validation loss is the least so far.
fn judge(settings: &Settings, standing: &mut Standing, point: Point) -> bool {
    let better = match (point.validation_loss, standing.best) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(found), Some(best)) => found < best,
    };
    if better {
        standing.best = point.validation_loss;
        (standing.waited, standing.idle) = (0, 0);
    } else {
        standing.waited += 1;
        standing.idle += 1;
    }
    if settings.schedule.patience().is_some_and(|patience| standing.idle >= patience) {
        standing.rests += 1;
        standing.idle = 0;
    }
    standing.history.push(point);
    (standing.sum, standing.since) = (0.0, 0);
    better
}

fn is_over(settings: &Settings, standing: &Standing) -> bool {
    settings.patience.is_some_and(|patience| standing.waited >= patience)
}

/// The batch before update `update + 1`.
fn assemble(
    settings: &Settings,
    lessons: &Lessons<'_>,
    normalisation: &Normalisation,
    batch: &[usize],
    update: u64,
) -> Result<(Vec<f32>, Targets), ModelError> {
    let shape = lessons.clips.shape();
    let (mean, deviation) = (normalisation.mean as f32, normalisation.deviation as f32);
    let mut source = Vec::with_capacity(batch.len() * shape.bytes());
    let mut targets = lessons.targets(&settings.class_weights);
    for (&example, slot) in batch.iter().zip(0..) {
        let example = &lessons.training[example];
        let change = Change::draw(&settings.augment, shape, settings.seed, update, slot);
        change.append(&frames_of(lessons.clips, example.clip)?, shape, mean, deviation, &mut source);
        match &example.target {
            Target::Classes(shares) => {
                let drawn = settings.draw_targets.then_some((settings.seed, update, slot));
                append_classes(shares, drawn, &mut targets);
            }
            Target::Opinions(_) => {}
            Target::Map(map) => {
                change.append_map(&lessons.maps.map(*map)?, shape.height, shape.width, &mut targets.values);
            }
        }
        targets.weights.push(example.weight);
    }
    Ok((source, targets))
}

/// Weights to begin with, and the normalisation they were trained with.
fn start(bytes: &[u8], about: &mut About) -> Result<State, ModelError> {
    let (theirs, state) = load(bytes)?;
    let (ours, other) = (&about.architecture, &theirs.architecture);
    if ours != other || about.classes != theirs.classes || about.shape() != theirs.shape() {
        let say =
            |about: &About| format!("{} of {} classes on {}", about.architecture.name(), about.classes, about.shape());
        return Err(ModelError::OtherStart { trained: say(&theirs), wanted: say(about) });
    }
    about.normalisation = theirs.normalisation;
    Ok(state)
}

fn diverged(settings: &Settings, update: u64, loss: f64, lessons: &Lessons<'_>, batch: &[usize]) -> ModelError {
    ModelError::Diverged {
        update,
        loss,
        learning_rate: settings.learning_rate,
        suggestion: settings.learning_rate / 10.0,
        clips: batch.iter().map(|&example| lessons.training[example].clip).collect(),
    }
}

fn check(settings: &Settings, lessons: &Lessons<'_>) -> Result<(), ModelError> {
    let setting = |field, value: String, remedy| Err(ModelError::Setting { field, value, remedy });
    lessons.check(settings.crowd.map_or(0, |layer| layer.annotators))?;
    settings.model.check(lessons.clips.shape())?;
    if settings.batch == 0 {
        return setting("batch", "0".into(), "take at least one clip");
    }
    if settings.updates == 0 || settings.updates > i32::MAX as u64 {
        return setting("updates", settings.updates.to_string(), "take a number from 1 to 2147483647");
    }
    if settings.warmup >= settings.updates {
        return setting("warmup", settings.warmup.to_string(), "take fewer than all updates");
    }
    if !(settings.learning_rate > 0.0 && settings.learning_rate.is_finite()) {
        return setting("learning_rate", settings.learning_rate.to_string(), "take a positive number such as 0.001");
    }
    if !(settings.weight_decay >= 0.0 && settings.weight_decay.is_finite()) {
        return setting("weight_decay", settings.weight_decay.to_string(), "take 0 or a small positive number");
    }
    if let Some(longest) = settings.clip_norm.filter(|longest| longest.is_nan() || *longest <= 0.0) {
        return setting("clip_norm", longest.to_string(), "take a positive number such as 1");
    }
    if let Some(weight) = settings.class_weights.iter().find(|weight| !(**weight >= 0.0 && weight.is_finite())) {
        return setting("class_weights", weight.to_string(), "take 0 or positive numbers");
    }
    if let Some(layer) = settings.crowd.filter(|layer| !(layer.trace >= 0.0 && layer.trace.is_finite())) {
        return setting("confusion_trace", layer.trace.to_string(), "take 0 or a small positive number such as 0.01");
    }
    if settings.patience == Some(0) {
        return setting("patience", "0".into(), "take a number of points of the history, such as 5");
    }
    let watches = settings.patience.is_some() || settings.schedule.patience().is_some();
    if watches && lessons.validation.is_empty() {
        return setting(
            "validation",
            "0".into(),
            "set patients aside, for stopping and plateaus need a validation loss",
        );
    }
    settings.optimiser.check()?;
    settings.schedule.check()?;
    settings.loss.check(lessons.of_pixels())?;
    settings.augment.check()
}

mod solve;
#[cfg(test)]
mod tests;
