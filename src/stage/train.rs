//! `train`: frames, labels and a split to a model with its predictions for held-out clips.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap},
};

use serde_json::{Value, json};

use super::{Context, Output, Stage, StageError, Tools, clips::some, declare};
use crate::{
    artifact::{
        Folder, Type, distance, frames, labels,
        model::{self as files, Prediction},
        split::{self, Part},
    },
    job::Job,
    model::{self, Example, Lessons, NoMaps, Target},
    plan::{Port, Problem, Surroundings, kind},
};

mod clips;
mod keeper;
mod parameters;
mod sides;

use clips::StoredClips;
use keeper::Scratch;
use parameters::{Learn, Parameters};
use sides::{Labelled, Parts, Sides};

/// Points of the training curve.
const POINTS: u64 = 20;

/// The kind.
#[derive(Debug)]
pub(super) struct Train;

declare! {
    Train, "train", version 2, Parameters,
    "train a clip classifier and predict the clips it was kept from",
    ports [
        Port::one("frames", &[Type::Frames]),
        Port::one("split", &[Type::Split]),
        Port::one("labels", &[Type::Labels]),
        Port::one("only", &[Type::Labels]).optional(),
        Port::one("init", &[Type::Model]).optional(),
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

        fn check(&self, parameters: &Value, around: &Surroundings<'_>) -> Vec<Problem> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            parameters::problems(&parameters, around.classes.names())
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

    fn summary(&self, output: &dyn Folder) -> Vec<String> {
        let weights = output.open("model.safetensors").ok();
        let Some(about) = weights.and_then(|bytes| model::describe(&bytes).ok()) else { return Vec::new() };
        let mut lines = vec![
            format!("{} {}", about.architecture, about.sizes),
            format!("{} classes of {}", about.classes, about.input),
            format!(
                "{} parameters, {:.1} million multiplications and additions a look",
                about.parameters,
                about.operations as f64 / 1e6
            ),
        ];
        let sizes = |shape: &[usize]| shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×");
        lines.extend(about.tensors.iter().map(|(name, shape)| format!("  {name:<28} {}", sizes(shape))));
        lines
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
        let mut parts = sides.divide(parameters.validation, context.seed())?;
        sides.check_classes(&parts, classes, &|message| context.warn(message))?;
        if parameters.shuffle {
            sides::shuffle(&mut parts, context.seed());
        }
        let start = start(context, &sides, &parts)?;
        let examples = |part: &[Labelled]| examples(&clips, part, classes.len(), parameters.learn);
        let (training, watched) = (examples(&parts.training), examples(&parts.validation));
        let settings = settings(context, &parameters, &training);
        context.log(format!(
            "{} on {} clips of {}, at least {} MB",
            settings.model.name(),
            parts.training.len(),
            model::Clips::shape(&clips),
            model::memory(&settings, classes.len(), model::Clips::shape(&clips)).map_or(0, |bytes| bytes / 1_000_000)
        ));
        let lessons = Lessons {
            classes: classes.len(),
            clips: &clips,
            maps: &NoMaps,
            training: &training,
            validation: &watched,
            start: start.as_deref(),
        };
        let (trained, resumed) = train(context, &settings, &lessons).map_err(|error| told(error, &clips))?;
        let fail = |error: model::ModelError| told(error, &clips);
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
                epoch: point.epoch,
                learning_rate: point.learning_rate,
                train_loss: point.train_loss,
                validation_loss: point.validation_loss,
                validation_score: point.validation_score,
            })
            .collect();
        let learned = parts.training.iter().map(|l| (l, false)).chain(parts.validation.iter().map(|l| (l, true)));
        let learned =
            learned.map(|(l, watched)| (clips.rows[l.clip].clip.as_str(), classes[l.label].as_str(), watched));
        let mut output = Output { note: resumed.map(|update| json!({ "resumed_after": update })), ..Output::default() };
        let store = context.store;
        output.add(store, "model.safetensors", &trained.weights)?;
        output.add(store, "history.csv", &files::write_history(&history, false))?;
        output.add(store, "training.csv", &files::write_training(learned))?;
        output.add(store, "annotators.csv", &all_labels.open("annotators.csv")?)?;
        if all_labels.tree().files.contains_key(labels::KNOWN) {
            output.add(store, labels::KNOWN, &all_labels.open(labels::KNOWN)?)?;
        }
        output.add(store, "predictions.csv", &files::write_predictions(&predictions, classes))?;
        Ok(output)
    }
}

/// What a clip's windows are examples of: each has the clip's label.
fn examples(clips: &StoredClips<'_>, part: &[Labelled], classes: usize, learn: Learn) -> Vec<Example> {
    let mut examples = Vec::new();
    for labelled in part {
        let target: Vec<f32> = match learn {
            Learn::Labels => (0..classes).map(|class| f32::from(u8::from(class == labelled.label))).collect(),
            Learn::Posteriors | Learn::Sampled => labelled.probabilities.iter().map(|p| *p as f32).collect(),
        };
        examples.extend(clips.windows(labelled.clip).map(|clip| Example {
            clip,
            target: Target::Classes(target.clone()),
            group: labelled.label,
            weight: 1.0,
        }));
    }
    examples
}

/// How to train, once it is known on what.
fn settings(context: &Context<'_>, parameters: &Parameters, training: &[Example]) -> model::Settings {
    let classes = context.classes();
    let batch = parameters.batch.min(training.len()).max(1) as u64;
    let passes = parameters.epochs.unwrap_or(1) * (training.len() as u64).div_ceil(batch);
    let updates = parameters.updates.unwrap_or(passes).max(1);
    let counts: Vec<usize> =
        (0..classes.len()).map(|class| training.iter().filter(|example| example.group == class).count()).collect();
    let seen = counts.iter().filter(|count| **count > 0).count() as f64;
    let total = training.len() as f64;
    let weight = |count: &usize| if *count > 0 { total / (seen * *count as f64) } else { 0.0 };
    let share = |count: &usize| if *count > 0 { 1.0 / seen } else { 0.0 };
    let weights = parameters.class_weights.numbers(classes, || counts.iter().map(weight).collect(), 1.0);
    model::Settings {
        model: parameters.model.clone(),
        updates,
        batch: parameters.batch,
        learning_rate: parameters.learning_rate,
        weight_decay: parameters.weight_decay,
        optimiser: parameters.optimiser.clone(),
        schedule: parameters.schedule.clone(),
        warmup: parameters.warmup,
        clip_norm: parameters.clip_norm,
        loss: parameters.loss,
        class_weights: weights.unwrap_or_default().into_iter().map(|weight| weight as f32).collect(),
        sampling: parameters.sampling.numbers(classes, || counts.iter().map(share).collect(), 0.0),
        draw_targets: parameters.learn == Learn::Sampled,
        patience: parameters.patience,
        augment: parameters.augment,
        seed: context.seed(),
        threads: context.threads,
        evaluate_every: parameters.evaluate_every.unwrap_or(updates.div_ceil(POINTS)),
    }
}

/// Trains, telling how it goes; after which update it went on, where it did.
fn train(
    context: &Context<'_>,
    settings: &model::Settings,
    lessons: &Lessons<'_>,
) -> Result<(model::Trained, Option<u64>), model::ModelError> {
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
                *validation.borrow_mut() = format!(", validation {loss:.3}, {score:.2} right");
            }
            context.log(format!(
                "update {} epoch {:.1} loss {:.4}{}",
                point.update,
                point.epoch,
                point.train_loss,
                validation.borrow()
            ));
        }
    };
    let trained = model::train(settings, lessons, &scratch, &observe, context.cancel)?;
    if trained.taken < settings.updates {
        context.log(format!("stopped after update {}; weights are those after {}", trained.updates, trained.taken));
    }
    scratch.clear();
    Ok((trained, resumed.get()))
}

/// Weights of an earlier training to begin with. It must not have seen a patient this one is scored on.
fn start(context: &Context<'_>, sides: &Sides<'_>, parts: &Parts) -> Result<Option<Vec<u8>>, StageError> {
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

/// What a model says, in terms of clips' names; what the user can mend is the user's.
fn told(error: model::ModelError, clips: &StoredClips<'_>) -> StageError {
    let named = |window: usize| clips.of_window(window).map_or("?", |row| row.clip.as_str());
    match error {
        model::ModelError::Cancelled => StageError::Cancelled,
        model::ModelError::Clip { clip, source } => {
            StageError::Failed(format!("clip `{}` can't be read: {source}", named(clip)))
        }
        model::ModelError::Device { .. } | model::ModelError::Threads { .. } => StageError::Failed(error.to_string()),
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
