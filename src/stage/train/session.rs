//! A training under way: settings once it is known on what, checkpoints, what it says, and the files all models have.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, HashMap},
};

use serde_json::json;

use super::{
    clips::StoredClips,
    keeper::Scratch,
    parameters::{ByClass, Learn, Parameters},
    sides::{Parts, Sides},
};
use crate::{
    artifact::{Folder as _, model as files},
    model::{self, Clips as _, Example, Lessons},
    stage::{Context, Output, StageError, clips::some},
};

/// Points of the training curve.
const POINTS: u64 = 20;

/// What a training is about.
pub(super) struct Session<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) parameters: &'a Parameters,
    pub(super) clips: &'a StoredClips<'a>,
    /// Of the examples' groups: classes, or whether something is on a frame.
    pub(super) names: &'a [String],
    /// What is learned from.
    pub(super) noun: &'static str,
}

impl Session<'_> {
    /// How much each class counts, where that is not the same.
    pub(super) fn class_weights(&self, lessons: &Lessons<'_>) -> Vec<f32> {
        weights(&self.parameters.class_weights, self.names, lessons.training).unwrap_or_default()
    }

    /// How to train, but for class weights.
    pub(super) fn settings(&self, lessons: &Lessons<'_>) -> model::Settings {
        let Parameters { batch, learning_rate, weight_decay, warmup, clip_norm, loss, patience, augment, .. } =
            *self.parameters;
        let examples = lessons.training.len();
        let passes =
            self.parameters.epochs.unwrap_or(1) * (examples as u64).div_ceil(batch.min(examples).max(1) as u64);
        let updates = self.parameters.updates.unwrap_or(passes).max(1);
        let counts = counts(self.names, lessons.training);
        let seen = counts.iter().filter(|count| **count > 0).count() as f64;
        let share = |count: &usize| if *count > 0 { 1.0 / seen } else { 0.0 };
        model::Settings {
            model: self.parameters.model.clone(),
            updates,
            batch,
            learning_rate,
            weight_decay,
            optimiser: self.parameters.optimiser.clone(),
            schedule: self.parameters.schedule.clone(),
            warmup,
            clip_norm,
            loss,
            class_weights: Vec::new(),
            sampling: self.parameters.sampling.numbers(self.names, || counts.iter().map(share).collect(), 0.0),
            crowd: None,
            draw_targets: self.parameters.learn == Learn::Sampled,
            patience,
            augment,
            seed: self.context.seed(),
            threads: self.context.threads,
            place: self.context.place(),
            evaluate_every: self.parameters.evaluate_every.unwrap_or(updates.div_ceil(POINTS)),
        }
    }

    /// Trains, telling how it goes; what all models have is in the output.
    pub(super) fn train(
        &self,
        settings: &model::Settings,
        lessons: &Lessons<'_>,
    ) -> Result<(model::Trained, Output), StageError> {
        let context = self.context;
        let shape = self.clips.shape();
        let memory = model::memory(settings, lessons.classes, shape).map_err(|error| self.told(error))?;
        context.log(format!(
            "{} on {} {} of {shape}, at least {} MB",
            settings.model.name(),
            lessons.training.len(),
            self.noun,
            memory / 1_000_000
        ));
        self.check_memory(memory, settings.batch)?;
        let scratch = Scratch::new(context);
        let resumed = Cell::new(None);
        let validation = RefCell::new(String::new());
        let observe = |progress: model::Progress<'_>| match progress {
            model::Progress::Resumed { update } => {
                context.log(format!("goes on after update {update}"));
                resumed.set(Some(update));
            }
            model::Progress::Update { update, loss } => {
                let note = format!("loss {loss:.3}{}", validation.borrow());
                context.progress_with(update, settings.updates, "updates", note);
            }
            model::Progress::Point(point) => {
                if let (Some(loss), Some(score)) = (point.validation_loss, point.validation_score) {
                    let score = match settings.model.of_frames() {
                        true => format!("Dice {score:.2}"),
                        false => format!("{score:.2} right"),
                    };
                    *validation.borrow_mut() = format!(", validation {loss:.3}, {score}");
                }
                let told = validation.borrow();
                let (update, epoch, loss) = (point.update, point.epoch, point.train_loss);
                context.log(format!("update {update} epoch {epoch:.1} loss {loss:.4}{told}"));
            }
        };
        let trained = model::train(settings, lessons, &scratch, &observe, context.cancel);
        let trained = trained.map_err(|error| self.told(error))?;
        if settings.model.is_solved() {
            context.log(format!("at its optimum after {} steps of Newton's", trained.updates));
        } else if trained.taken < settings.updates {
            let (done, taken) = (trained.updates, trained.taken);
            context.log(format!("stopped after update {done}; weights are those after {taken}"));
        }
        scratch.clear();
        let note = resumed.get().map(|update| json!({ "resumed_after": update }));
        let mut output = Output { note, ..Output::default() };
        let point = |point: &model::Point| files::Point {
            update: point.update,
            epoch: point.epoch,
            learning_rate: point.learning_rate,
            train_loss: point.train_loss,
            validation_loss: point.validation_loss,
            validation_score: point.validation_score,
            taken: point.update == trained.taken,
        };
        let history: Vec<files::Point> = trained.history.iter().map(point).collect();
        output.add(context.store, "model.safetensors", &trained.weights)?;
        output.add(context.store, "history.csv", &files::write_history(&history, settings.model.of_frames()))?;
        Ok((trained, output))
    }

    /// Before the first step, not in the middle of the night.
    fn check_memory(&self, needed: u64, batch: usize) -> Result<(), StageError> {
        let there = rustix::system::sysinfo();
        let there = there.totalram as u64 * u64::from(there.mem_unit.max(1));
        if needed <= there {
            return Ok(());
        }
        Err(StageError::Input(format!(
            "the training needs at least {} MB, and this machine has {}: take less than `batch = {batch}`, or decode to smaller frames",
            needed / 1_000_000,
            there / 1_000_000
        )))
    }

    /// What a model says, in terms of clips' names; what the user can mend is the user's.
    pub(super) fn told(&self, error: model::ModelError) -> StageError {
        let named = |window: usize| self.clips.of_window(window).map_or("?", |row| row.clip.as_str());
        match error {
            model::ModelError::Cancelled => StageError::Cancelled,
            model::ModelError::Clip { clip, source } => {
                StageError::Failed(format!("clip `{}` can't be read: {source}", named(clip)))
            }
            model::ModelError::Device { .. } | model::ModelError::Threads { .. } => {
                StageError::Failed(error.to_string())
            }
            model::ModelError::Diverged { ref clips, .. } if !clips.is_empty() => {
                let names: Vec<&str> = clips.iter().map(|window| named(*window)).collect();
                StageError::Failed(format!("{error}; the batch was {}", names.join(", ")))
            }
            error @ (model::ModelError::Shape { .. } | model::ModelError::Diverged { .. }) => {
                StageError::Failed(error.to_string())
            }
            error => StageError::Input(error.to_string()),
        }
    }
}

/// How many examples are in each group.
fn counts(names: &[String], examples: &[Example]) -> Vec<usize> {
    let count = |group| examples.iter().filter(|example| example.group == group).count();
    (0..names.len()).map(count).collect()
}

/// How much an example of each group counts, where that is not the same; in balance all groups together count alike.
pub(super) fn weights(by: &ByClass, names: &[String], examples: &[Example]) -> Option<Vec<f32>> {
    let (counts, total) = (counts(names, examples), examples.len() as f64);
    let seen = counts.iter().filter(|count| **count > 0).count() as f64;
    let weight = |count: &usize| if *count > 0 { total / (seen * *count as f64) } else { 0.0 };
    let weights = by.numbers(names, || counts.iter().map(weight).collect(), 1.0)?;
    Some(weights.into_iter().map(|weight| weight as f32).collect())
}

/// Weights of an earlier training to begin with. It must not have seen a patient this one is scored on.
pub(super) fn start(context: &Context<'_>, sides: &Sides<'_>, parts: &Parts) -> Result<Option<Vec<u8>>, StageError> {
    let Some(folder) = context.optional("init")? else { return Ok(None) };
    let patients: HashMap<&str, &str> =
        sides.split.iter().map(|row| (row.clip.as_str(), row.patient.as_str())).collect();
    let held: BTreeSet<&str> = parts.held_out.iter().filter_map(|(clip, _)| sides.patient(*clip, &patients)).collect();
    let seen = files::read_training(&folder)?;
    let unknown: Vec<&str> =
        seen.iter().map(|(clip, ..)| clip.as_str()).filter(|clip| !patients.contains_key(clip)).collect();
    if !unknown.is_empty() {
        return Err(StageError::Input(format!(
            "the model of `init` learned from {} clips that are not in the split: {}; whose they are is not known, so it can't be told \
             whether a scored patient is among them",
            unknown.len(),
            some(unknown.iter().copied())
        )));
    }
    let leaked: BTreeSet<&str> = seen
        .iter()
        .filter_map(|(clip, ..)| patients.get(clip.as_str()).copied())
        .filter(|p| held.contains(p))
        .collect();
    if !leaked.is_empty() {
        return Err(StageError::Input(format!(
            "the model of `init` learned from {} patients that this one is scored on: {}; begin with one that was trained on other folds \
             (coordinates of the same name join: give both `matrix.fold`)",
            leaked.len(),
            some(leaked.iter().copied())
        )));
    }
    Ok(Some(folder.open("model.safetensors")?.to_vec()))
}
