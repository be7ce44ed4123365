//! What `[train.NAME]` says, and what is wrong with it before anything runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    artifact::maps::Wide,
    model::{Architecture, Augment, Loss, ModelError, Optimiser, Schedule},
    plan::Problem,
};

/// Parameters of `[train.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The architecture and its sizes.
    #[serde(default)]
    pub(super) model: Architecture,
    /// Optimiser steps: equal work for every arm.
    pub(super) updates: Option<u64>,
    /// Passes over the training clips, instead of `updates`.
    pub(super) epochs: Option<u64>,
    /// The fold that is held out. Without it, only the test part is.
    pub(super) fold: Option<u32>,
    /// What the model is told of a clip.
    #[serde(default)]
    pub(super) learn: Learn,
    /// With `learn = "opinions"`: how much the mean diagonal of the annotators' confusion matrices counts in the loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) confusion_trace: Option<f64>,
    /// The group the annotators' ids of `opinions` are unique in; the same id in two groups is two people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) rater_group: String,
    /// Whether labels are dealt out anew among the training clips: a control that can learn nothing.
    #[serde(default)]
    pub(super) shuffle: bool,
    /// Share of the training patients set aside for the validation curve.
    #[serde(default = "validation")]
    pub(super) validation: f64,
    /// Points of the validation curve without a better loss after which training stops; the best weights are kept.
    pub(super) patience: Option<u32>,
    /// Updates from one point of the training curve to the next.
    pub(super) evaluate_every: Option<u64>,
    /// Clips in a step.
    #[serde(default = "batch")]
    pub(super) batch: usize,
    /// How a batch is put together.
    #[serde(default)]
    pub(super) sampling: ByClass,
    /// At its highest.
    #[serde(default = "learning_rate")]
    pub(super) learning_rate: f64,
    /// Shrinks parameters.
    #[serde(default = "weight_decay")]
    pub(super) weight_decay: f64,
    /// What an update does with a gradient.
    #[serde(default)]
    pub(super) optimiser: Optimiser,
    /// How the learning rate changes.
    #[serde(default)]
    pub(super) schedule: Schedule,
    /// Updates over which the learning rate rises at the beginning.
    #[serde(default)]
    pub(super) warmup: u64,
    /// The greatest length of a gradient.
    pub(super) clip_norm: Option<f64>,
    /// Of frames: what of the lines is learned.
    pub(super) target: Option<Target>,
    /// What is made small.
    #[serde(default)]
    pub(super) loss: Loss,
    /// How much each class counts in the loss.
    #[serde(default)]
    pub(super) class_weights: ByClass,
    /// Of frames: how much empty ones and those with something drawn on them count in the loss.
    #[serde(default)]
    pub(super) frame_weights: ByClass,
    /// How training clips are changed at each step.
    #[serde(default)]
    pub(super) augment: Augment,
}

/// What a model is told of a clip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Learn {
    /// Its label.
    #[default]
    Labels,
    /// The probability of each class (Peterson et al. 2019).
    Posteriors,
    /// A class drawn from these each time it is seen: with vote shares, one opinion (Sheng et al. 2008).
    Sampled,
    /// What annotators said of it, through a confusion matrix for each (Rodrigues & Pereira 2018; Tanno et al. 2019).
    Opinions,
}

/// What of drawings is learned, as pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Target {
    /// The pixels of masks.
    Mask,
    /// Lines, so wide.
    Line(Width),
    /// Discs around the origins of lines, or around points.
    Origin(Diameter),
}

/// How wide lines are made; one of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Width {
    width_mm: Option<f64>,
    width_px: Option<f64>,
    width_percent: Option<f64>,
}

/// How wide discs are; one of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Diameter {
    diameter_mm: Option<f64>,
    diameter_px: Option<f64>,
    diameter_percent: Option<f64>,
}

impl Target {
    /// The length that is given, or what is wrong.
    pub(super) fn wide(self) -> Result<Option<Wide>, String> {
        let (name, given) = match self {
            Target::Mask => return Ok(None),
            Target::Line(w) => ("width", [w.width_mm, w.width_px, w.width_percent]),
            Target::Origin(d) => ("diameter", [d.diameter_mm, d.diameter_px, d.diameter_percent]),
        };
        let [mm, px, percent] = given;
        let all = [mm.map(Wide::Mm), px.map(Wide::Px), percent.map(Wide::Percent)];
        let all: Vec<Wide> = all.into_iter().flatten().collect();
        match all[..] {
            [one @ (Wide::Mm(value) | Wide::Px(value) | Wide::Percent(value))] if value > 0.0 && value.is_finite() => {
                Ok(Some(one))
            }
            [_] => Err(format!("`{name}` is no length above 0")),
            _ => Err(format!("give one of `{name}_mm`, `{name}_px` and `{name}_percent`")),
        }
    }
}

/// Groups of frames, as classes are of clips: nothing drawn on them, or something.
pub(super) const ON_FRAMES: [&str; 2] = ["empty", "drawn"];

/// A number for each class.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ByClass {
    /// As often as they come, and all alike.
    #[default]
    AsTheyCome,
    /// All classes alike, however rare.
    Balanced,
    /// These.
    Given(BTreeMap<String, f64>),
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

/// What is wrong with the parameters by themselves.
pub(super) fn problems(parameters: &Parameters, classes: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let of_frames = ON_FRAMES.map(str::to_owned);
    let classes = if parameters.model.of_frames() { &of_frames } else { classes };
    let mut wrong = |field: &str, message: String, remedy: &str| problems.push(Problem::new(field, message, remedy));
    match (parameters.updates, parameters.epochs) {
        (None, None) if parameters.model.is_solved() => {}
        (None, None) => wrong(
            "updates",
            "`train` is not told for how long".to_owned(),
            "add `updates = 2000` (equal work for every arm) or `epochs = 20`",
        ),
        (Some(_), Some(_)) => {
            wrong("epochs", "both `updates` and `epochs` are given".to_owned(), "keep one of them");
        }
        (Some(0), _) | (_, Some(0)) => {
            let field = if parameters.updates.is_some() { "updates" } else { "epochs" };
            wrong(field, format!("`{field}` is 0"), "a model learns nothing in no time");
        }
        _ => {}
    }
    if !(0.0..0.9).contains(&parameters.validation) {
        let message = format!("`validation` is {}, which is no share to set aside", parameters.validation);
        wrong("validation", message, "give a number from 0 to below 0.9, such as 0.15");
    }
    if parameters.batch == 0 {
        wrong("batch", "`batch` is 0".to_owned(), "give the number of clips in a step, such as 8");
    }
    let positive = |value: f64| value > 0.0 && value.is_finite();
    if !positive(parameters.learning_rate) {
        let message = format!("`learning_rate` is {}", parameters.learning_rate);
        wrong("learning_rate", message, "give a positive number, such as 0.001");
    }
    if !(parameters.weight_decay >= 0.0 && parameters.weight_decay.is_finite()) {
        let message = format!("`weight_decay` is {}", parameters.weight_decay);
        wrong("weight_decay", message, "give 0 or a small positive number");
    }
    if let Some(longest) = parameters.clip_norm.filter(|longest| !positive(*longest)) {
        wrong("clip_norm", format!("`clip_norm` is {longest}"), "give a positive number, such as 1");
    }
    if parameters.updates.is_some_and(|updates| updates > 0 && parameters.warmup >= updates) {
        let message = format!("`warmup` is {}, as long as the training", parameters.warmup);
        wrong("warmup", message, "give fewer updates than `updates`");
    }
    if parameters.patience == Some(0) || parameters.evaluate_every == Some(0) {
        let field = if parameters.patience == Some(0) { "patience" } else { "evaluate_every" };
        wrong(field, format!("`{field}` is 0"), "leave it out or give a positive number");
    }
    if parameters.validation == 0.0 && parameters.patience.is_some() {
        wrong("patience", "`patience` needs a validation curve".to_owned(), "set `validation` above 0");
    }
    if parameters.validation == 0.0 && matches!(parameters.schedule, Schedule::Plateau(_)) {
        wrong("schedule", "a plateau needs a validation curve".to_owned(), "set `validation` above 0");
    }
    match (parameters.model.of_frames(), parameters.target) {
        (true, None) => wrong(
            "target",
            format!("`{}` is not told what to find", parameters.model.name()),
            "add `target.line = { width_mm = 2 }`, `target.origin = { diameter_mm = 4 }` or `target = \"mask\"`",
        ),
        (false, Some(_)) => wrong(
            "target",
            format!("`{}` finds nothing on frames", parameters.model.name()),
            "take `target` out, or `model = \"unet\"`",
        ),
        (_, Some(target)) => {
            if let Err(message) = target.wide() {
                wrong("target", message, "such as `target.line = { width_mm = 2 }`");
            }
        }
        (false, None) => {}
    }
    if parameters.model.of_frames() && parameters.learn != Learn::Labels {
        wrong("learn", "drawings are learned as they are".to_owned(), "take `learn` out");
    }
    if !parameters.model.of_frames() && parameters.frame_weights != ByClass::AsTheyCome {
        let message = format!("`{}` learns clips, not frames", parameters.model.name());
        wrong("frame_weights", message, "take `frame_weights` out, or give `class_weights`");
    }
    if parameters.model.of_frames() && parameters.class_weights == ByClass::Balanced {
        let remedy = "say how much pixels that belong count: `class_weights.given = { drawn = 5 }`";
        wrong("class_weights", "of frames pixels are weighed, which can't be balanced".to_owned(), remedy);
    }
    let checks: [(&str, Result<(), ModelError>); 3] = [
        ("optimiser", parameters.optimiser.check()),
        ("schedule", parameters.schedule.check()),
        ("augment", parameters.augment.check()),
    ];
    for (field, check) in checks {
        if let Err(error) = check {
            wrong(field, error.to_string(), "see docs/experiment-file.md");
        }
    }
    let frame_weights = Some(&parameters.frame_weights).filter(|_| parameters.model.of_frames());
    let by_class = [("sampling", &parameters.sampling), ("class_weights", &parameters.class_weights)];
    for (field, given) in by_class.into_iter().chain(frame_weights.map(|weights| ("frame_weights", weights))) {
        let ByClass::Given(given) = given else { continue };
        for (class, value) in given {
            if !classes.contains(class) {
                let near = crate::name::nearest(class, classes.iter().map(String::as_str));
                let remedy = near.map_or_else(
                    || format!("the classes are {}", crate::name::quoted(classes)),
                    |near| format!("did you mean `{near}`?"),
                );
                wrong(field, format!("`{field}` has the class `{class}`, which is none"), &remedy);
            } else if !(*value >= 0.0 && value.is_finite()) {
                wrong(field, format!("`{field}.{class}` is {value}"), "give 0 or a positive number");
            }
        }
        let sum: f64 = given.values().sum();
        if field == "sampling" && (sum - 1.0).abs() > 1e-6 {
            wrong(field, format!("the shares of `sampling` sum to {sum}"), "give shares that sum to 1");
        }
    }
    problems
}

impl ByClass {
    /// A number for each class: those given (others `other`), or in balance such that rare classes weigh as much as
    /// frequent ones. `None` where classes are as they come.
    pub(super) fn numbers(&self, classes: &[String], balanced: impl Fn() -> Vec<f64>, other: f64) -> Option<Vec<f64>> {
        match self {
            ByClass::AsTheyCome => None,
            ByClass::Balanced => Some(balanced()),
            ByClass::Given(given) => {
                Some(classes.iter().map(|class| given.get(class).copied().unwrap_or(other)).collect())
            }
        }
    }
}
