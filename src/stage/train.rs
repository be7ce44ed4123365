//! `train`: frames, labels and a split to a model with its predictions for held-out clips.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, Output, Stage, StageError, Tools, declare};
use crate::{
    artifact::{
        Folder, Type, distance, frames, labels,
        model::{self as files, Prediction},
        split::{self, Part},
    },
    job::Job,
    model::{self, Architecture, Augment, Example},
    plan::{Port, Problem, Surroundings, kind},
};

mod clips;
mod sides;

use clips::StoredClips;
use sides::Sides;

/// Parameters of `[train.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The architecture and its sizes.
    #[serde(default)]
    model: Architecture,
    /// Optimiser steps: equal work for every arm.
    updates: Option<u64>,
    /// Passes over the training clips, instead of `updates`.
    epochs: Option<u64>,
    /// The fold that is held out. Without it, only the test part is.
    fold: Option<u32>,
    /// Whether the model learns the labels' probabilities instead of the labels.
    #[serde(default)]
    soft: bool,
    /// Whether labels are dealt out anew among the training clips: a control that can learn nothing.
    #[serde(default)]
    shuffle: bool,
    /// Share of the training patients set aside for the validation curve.
    #[serde(default = "validation")]
    validation: f64,
    /// Clips in a step.
    #[serde(default = "batch")]
    batch: usize,
    /// Of Adam.
    #[serde(default = "learning_rate")]
    learning_rate: f64,
    /// Decoupled weight decay.
    #[serde(default = "weight_decay")]
    weight_decay: f64,
    /// How training clips are changed at each step.
    #[serde(default)]
    augment: Augment,
}

fn validation() -> f64 {
    0.15
}

fn batch() -> usize {
    8
}

fn learning_rate() -> f64 {
    1e-3
}

fn weight_decay() -> f64 {
    1e-4
}

/// Points of the training curve.
const POINTS: u64 = 20;

/// The kind.
#[derive(Debug)]
pub(super) struct Train;

declare! {
    Train, "train", version 1, Parameters,
    "train a clip classifier and predict the clips it was kept from",
    ports [
        Port::one("frames", &[Type::Frames]),
        Port::one("split", &[Type::Split]),
        Port::one("labels", &[Type::Labels]),
        Port::one("only", &[Type::Labels]).optional(),
    ],
    makes Type::Model,
    {
        fn uses_seed(&self) -> bool {
            true
        }

        fn uses_classes(&self, _connected: &[&str]) -> bool {
            true
        }

        fn methods(&self, parameters: &Value) -> BTreeMap<String, u32> {
            let read = kind::parameters::<Parameters>(parameters);
            read.map_or(BTreeMap::new(), |p| BTreeMap::from([(p.model.name().to_owned(), p.model.version())]))
        }

        fn check(&self, parameters: &Value, _around: &Surroundings<'_>) -> Vec<Problem> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            let mut problems = Vec::new();
            match (parameters.updates, parameters.epochs) {
                (None, None) => problems.push(Problem::new(
                    "updates",
                    "`train` is not told for how long",
                    "add `updates = 2000` (equal work for every arm) or `epochs = 20`",
                )),
                (Some(_), Some(_)) => {
                    problems.push(Problem::new("epochs", "both `updates` and `epochs` are given", "keep one of them"));
                }
                (Some(0), _) | (_, Some(0)) => {
                    let field = if parameters.updates.is_some() { "updates" } else { "epochs" };
                    problems.push(Problem::new(field, format!("`{field}` is 0"), "a model learns nothing in no time"));
                }
                _ => {}
            }
            if !(0.0..0.9).contains(&parameters.validation) {
                let message = format!("`validation` is {}, which is no share to set aside", parameters.validation);
                problems.push(Problem::new("validation", message, "give a number from 0 to below 0.9, such as 0.15"));
            }
            if parameters.batch == 0 {
                problems.push(Problem::new("batch", "`batch` is 0", "give the number of clips in a step, such as 8"));
            }
            if !(parameters.learning_rate > 0.0 && parameters.learning_rate.is_finite()) {
                let message = format!("`learning_rate` is {}", parameters.learning_rate);
                problems.push(Problem::new("learning_rate", message, "give a positive number, such as 0.001"));
            }
            problems
        }
    }
}

impl Stage for Train {
    fn nouns(&self) -> [&'static str; 2] {
        ["training", "trainings"]
    }

    fn distance(&self, one: &dyn Folder, other: &dyn Folder) -> Option<f64> {
        distance::of_tables(one, other, "predictions.csv")
    }

    fn environment(&self, _job: &Job, _tools: &Tools) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("device".to_owned(), "cpu".to_owned()),
            ("processor".to_owned(), std::env::consts::ARCH.to_owned()),
        ])
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let parameters: Parameters = context.parameters()?;
        let classes = context.classes();
        let frames = context.artifact("frames")?;
        let clips = StoredClips::open(&frames)?;
        let all_labels = context.artifact("labels")?;
        let sides = Sides {
            clips: &clips,
            split: split::read(&context.artifact("split")?)?,
            labels: labels::read_labels(&all_labels, classes)?,
            only: context.optional("only")?.map(|only| labels::read_labels(&only, classes)).transpose()?,
            skipped: frames::read_skipped(&frames)?.into_iter().map(|skipped| skipped.clip).collect(),
            fold: parameters.fold,
        };
        let validation = parameters.validation;
        let mut parts = sides.divide(validation, context.seed())?;
        sides.check_classes(&parts, classes, &|message| context.warn(message))?;
        if parameters.shuffle {
            sides::shuffle(&mut parts, context.seed());
        }
        let target = |labelled: &sides::Labelled| -> Vec<f32> {
            if parameters.soft {
                labelled.probabilities.iter().map(|p| *p as f32).collect()
            } else {
                (0..classes.len()).map(|class| if class == labelled.label { 1.0 } else { 0.0 }).collect()
            }
        };
        // Every window of a clip has the clip's label.
        let examples = |labelled: &sides::Labelled| {
            let target = target(labelled);
            clips.windows(labelled.clip).map(|clip| Example { clip, target: target.clone() }).collect::<Vec<_>>()
        };
        let training: Vec<Example> = parts.training.iter().flat_map(examples).collect();
        let watched: Vec<Example> = parts.validation.iter().flat_map(examples).collect();
        let batch = parameters.batch.min(training.len()).max(1) as u64;
        let passes = parameters.epochs.unwrap_or(1) * (training.len() as u64).div_ceil(batch);
        let updates = parameters.updates.unwrap_or(passes).max(1);
        let settings = model::Settings {
            model: parameters.model,
            updates,
            batch: parameters.batch,
            learning_rate: parameters.learning_rate,
            weight_decay: parameters.weight_decay,
            augment: parameters.augment,
            seed: context.seed(),
            threads: context.threads,
            evaluate_every: updates.div_ceil(POINTS),
        };
        let fail = |error: model::ModelError| told(error, &clips);
        let observe = |progress: model::Progress<'_>| {
            if let model::Progress::Update { update, .. } = progress {
                context.progress(update, updates, "updates");
            }
        };
        let trained = model::train(&settings, classes.len(), &clips, &training, &watched, &observe, context.cancel)
            .map_err(fail)?;
        if context.cancel.load(Ordering::Relaxed) {
            return Err(StageError::Cancelled);
        }
        let held: Vec<usize> = parts.held_out.iter().flat_map(|(clip, _)| clips.windows(*clip)).collect();
        let probabilities = model::predict(&trained.weights, &clips, &held, context.threads).map_err(fail)?;
        let mut probabilities = probabilities.into_iter();
        let predictions: Vec<Prediction> = parts
            .held_out
            .iter()
            .map(|(clip, part)| Prediction {
                clip: clips.rows[*clip].clip.clone(),
                patient: clips.rows[*clip].patient.clone(),
                part: *part,
                probabilities: mean(probabilities.by_ref().take(clips.windows(*clip).len())),
            })
            .collect();
        let history: Vec<files::Point> = trained
            .history
            .iter()
            .map(|point| files::Point {
                update: point.update,
                train_loss: point.train_loss,
                validation_loss: point.validation_loss,
                validation_accuracy: point.validation_accuracy,
            })
            .collect();
        let learned = parts.training.iter().map(|l| (l, false)).chain(parts.validation.iter().map(|l| (l, true)));
        let learned =
            learned.map(|(l, watched)| (clips.rows[l.clip].clip.as_str(), classes[l.label].as_str(), watched));
        let mut output = Output::default();
        let store = context.store;
        output.add(store, "model.safetensors", &trained.weights)?;
        output.add(store, "history.csv", &files::write_history(&history))?;
        output.add(store, "training.csv", &files::write_training(learned))?;
        output.add(store, "annotators.csv", &all_labels.open("annotators.csv")?)?;
        if all_labels.tree().files.contains_key(labels::KNOWN) {
            output.add(store, labels::KNOWN, &all_labels.open(labels::KNOWN)?)?;
        }
        output.add(store, "predictions.csv", &files::write_predictions(&predictions, classes))?;
        Ok(output)
    }
}

/// What a model says, in terms of clips' names; what the user can mend is the user's.
fn told(error: model::ModelError, clips: &StoredClips<'_>) -> StageError {
    let named = |window: usize| clips.of_window(window).map_or("?", |row| row.clip.as_str());
    match error {
        model::ModelError::Cancelled => StageError::Cancelled,
        model::ModelError::Clip { clip, source } => {
            StageError::Failed(format!("clip `{}` can't be read: {source}", named(clip)))
        }
        model::ModelError::Device { .. } | model::ModelError::Threads { .. } => StageError::Failed(error.to_string()),
        error @ (model::ModelError::Shape { .. } | model::ModelError::Diverged { .. }) => {
            StageError::Failed(error.to_string())
        }
        error => StageError::Input(error.to_string()),
    }
}

/// The prediction for a clip: the mean over its windows.
fn mean(windows: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    let mut count = 0.0;
    let mut sum: Vec<f64> = Vec::new();
    for window in windows {
        count += 1.0;
        if sum.is_empty() {
            sum = window;
        } else {
            sum.iter_mut().zip(window).for_each(|(sum, value)| *sum += value);
        }
    }
    // With one window the prediction stays as it is, to the bit.
    if count > 1.0 {
        sum.iter_mut().for_each(|sum| *sum /= count);
    }
    sum
}

/// The part a clip was held out on, for [`Sides`].
fn is_held_out(part: Part, fold: Option<u32>) -> bool {
    part == Part::Test || fold.is_some_and(|fold| part == Part::Fold(fold))
}

/// Names of clips.
type Names = BTreeSet<String>;
