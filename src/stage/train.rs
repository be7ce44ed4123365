//! `train`: frames, labels and a split to a model with its predictions for held-out clips.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Context, Output, Stage, StageError, Tools, declare, drawings::Drawn};
use crate::{
    artifact::{Folder, Type, distance, maps, split::Part},
    job::Job,
    model,
    plan::{Port, Problem, Surroundings, kind},
    table::Wanted,
};

mod classes;
mod clips;
mod frames;
mod keeper;
mod parameters;
mod said;
mod session;
mod sides;

use clips::StoredClips;
use parameters::Parameters;

/// The kind.
#[derive(Debug)]
pub(super) struct Train;

declare! {
    Train, "train", version 3, Parameters,
    "train a classifier of clips or a segmenter of frames, and predict what it was kept from",
    ports [
        Port::one("frames", &[Type::Frames]),
        Port::one("split", &[Type::Split]),
        Port::one("labels", &[Type::Labels, Type::Lines]),
        Port::table("opinions").optional(),
        Port::one("only", &[Type::Labels, Type::Lines]).optional(),
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

        fn columns(&self, _port: &str, _parameters: &Value) -> Vec<Wanted> {
            said::columns()
        }

        fn check(&self, parameters: &Value, around: &Surroundings<'_>) -> Vec<Problem> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            let mut problems = parameters::problems(&parameters, around.classes.names());
            problems.extend(said::problems(&parameters, around.connected.contains(&"opinions")));
            problems
        }
    }
}

impl Stage for Train {
    fn nouns(&self) -> [&'static str; 2] {
        ["training", "trainings"]
    }

    fn distance(&self, one: &dyn Folder, other: &dyn Folder) -> Option<f64> {
        distance_of_models(one, other)
    }

    fn summary(&self, output: &dyn Folder) -> Vec<String> {
        let weights = output.open("model.safetensors").ok();
        let Some(about) = weights.and_then(|bytes| model::describe(&bytes).ok()) else { return Vec::new() };
        let mut lines = vec![
            format!("{} {}", about.architecture, about.sizes),
            match about.of_frames {
                true => format!("pixels of {}", about.input),
                false => format!("{} classes of {}", about.classes, about.input),
            },
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

    fn computes_models(&self) -> bool {
        true
    }

    fn environment(&self, _job: &Job, tools: &Tools) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("device".to_owned(), tools.place.family().to_owned()),
            ("processor".to_owned(), std::env::consts::ARCH.to_owned()),
        ])
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let parameters: Parameters = context.parameters()?;
        let drawn = Drawn::is(&context.artifact("labels")?);
        match (parameters.model.of_frames(), drawn) {
            (true, true) => frames::run(context, &parameters),
            (false, false) => classes::run(context, &parameters),
            (true, false) => Err(StageError::Input(format!(
                "`{}` finds pixels of frames, and `labels` are classes of clips: give it an aggregation of drawings, or another model",
                parameters.model.name()
            ))),
            (false, true) => Err(StageError::Input(format!(
                "`{}` tells classes of clips apart, and `labels` are drawings on frames: take `model = \"unet\"`, or labels of clips",
                parameters.model.name()
            ))),
        }
    }
}

/// How far two models are apart: by what they predict, and where that is maps by their training curves.
pub(super) fn distance_of_models(one: &dyn Folder, other: &dyn Folder) -> Option<f64> {
    let table = if one.tree().files.contains_key(maps::MAPS) { "history.csv" } else { "predictions.csv" };
    distance::of_tables(one, other, table)
}

/// The part a clip was held out on, for [`Sides`].
fn is_held_out(part: Part, fold: Option<u32>) -> bool {
    part == Part::Test || fold.is_some_and(|fold| part == Part::Fold(fold))
}

/// Names of clips.
type Names = BTreeSet<String>;
