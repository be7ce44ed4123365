//! `evaluate`: labels or models against a reference, on the same clips, with intervals over patients.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, Output, Stage, StageError, clips, declare, drawings::Drawn};
use crate::{
    artifact::{Folder, Type, distance, labels},
    crowd::drawn::Length,
    metric::{FrameToClip, Metric, inference::Method},
    name::quoted,
    plan::{Port, Problem, Surroundings, kind},
    table::Wanted,
};

mod candidates;
mod cohort;
mod detect;
mod frames;
mod known;
mod paired;
mod people;
mod published;
mod raters;
mod score;
mod subgroups;
mod write;

/// Parameters of `[evaluate.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parameters {
    /// Which predictions of models are scored.
    on: Option<On>,
    /// The classes that are positive where a metric needs two sides.
    positive: Option<Vec<String>>,
    /// The metrics.
    metrics: Option<Vec<Metric>>,
    /// Whether a candidate may share annotators with its reference.
    allow_shared_raters: bool,
    /// Bootstrap draws.
    replicates: usize,
    /// Level of the two-sided intervals.
    level: f64,
    /// How intervals are read off the draws.
    interval: Method,
    /// Of frames: how near a line or an origin must come to match.
    #[serde(rename = "match")]
    matching: Option<Match>,
    /// Of models of frames: the probability from which on a pixel belongs.
    threshold: f64,
    /// Of frames: how the number of lines on frames makes that of their clip.
    frame_to_clip: FrameToClip,
    /// Columns of the clip table: what has one value there is scored by itself too.
    subgroups: Vec<String>,
}

/// How near a line or an origin must come to match; one of the lengths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Match {
    rule: Rule,
    mm: Option<f64>,
    px: Option<f64>,
    percent: Option<f64>,
}

/// What matches what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Rule {
    /// As many as possible, each with one other at most.
    #[default]
    OneToOne,
    /// What is there matches when anything found lies near it; several found on one count once.
    ManyToOne,
}

impl Parameters {
    /// How near a line must come, where that is told.
    fn tolerance(&self) -> Option<Length> {
        let Match { mm, px, percent, .. } = self.matching?;
        mm.map(Length::Mm).or(px.map(Length::Px)).or(percent.map(Length::Percent))
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            on: None,
            positive: None,
            metrics: None,
            allow_shared_raters: false,
            replicates: 2000,
            level: 0.95,
            interval: Method::default(),
            matching: None,
            threshold: 0.5,
            frame_to_clip: FrameToClip::default(),
            subgroups: Vec::new(),
        }
    }
}

/// Which predictions of models are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum On {
    /// Each clip by the model that was kept from its fold.
    OutOfFold,
    /// The test part, by the mean over the folds' models.
    Test,
}

impl On {
    fn name(self) -> &'static str {
        match self {
            Self::OutOfFold => "out-of-fold",
            Self::Test => "test",
        }
    }
}

/// The kind.
#[derive(Debug)]
pub(super) struct Evaluate;

declare! {
    Evaluate, "evaluate", version 6, Parameters,
    "score labels or models against a reference, with intervals over patients",
    ports [
        Port::table("clips"),
        Port::one("candidate", &[Type::Labels, Type::Lines]).any(),
        Port::one("models", &[Type::Model]).any(),
        Port::one("reference", &[Type::Labels, Type::Lines]).named(),
    ],
    makes Type::Scores,
    {
        fn uses_seed(&self) -> bool {
            true
        }

        fn uses_classes(&self, _connected: &[&str]) -> bool {
            true
        }

        fn methods(&self, parameters: &Value) -> BTreeMap<String, u32> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return BTreeMap::new() };
            let usual = || Metric::USUAL.into_iter().chain(Metric::USUAL_OF_FRAMES).collect();
            parameters.metrics.unwrap_or_else(usual).into_iter().map(|metric| (metric.name().to_owned(), metric.version())).collect()
        }

        fn columns(&self, _port: &str, parameters: &Value) -> Vec<Wanted> {
            let mut wanted = clips::columns("patient");
            if let Ok(parameters) = kind::parameters::<Parameters>(parameters) {
                wanted.extend(subgroups::columns(&parameters, &wanted));
            }
            wanted
        }

        fn check(&self, parameters: &Value, around: &Surroundings<'_>) -> Vec<Problem> {
            match kind::parameters::<Parameters>(parameters) {
                Ok(parameters) => check(&parameters, around),
                Err(_) => Vec::new(),
            }
        }
    }
}

fn check(parameters: &Parameters, around: &Surroundings<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let connected = |port| around.connected.contains(&port);
    match (connected("candidate"), connected("models")) {
        (false, false) => problems.push(Problem::new(
            "reference",
            "nothing is scored against the reference",
            "add `candidate = \"@…\"` (labels) or `models = \"@…\"`",
        )),
        (true, true) => problems.push(Problem::new(
            "models",
            "labels and models are scored in evaluations of their own",
            "make two `evaluate` stages; the report takes both",
        )),
        (false, true) if parameters.on.is_none() => problems.push(Problem::new(
            "models",
            "`evaluate` is not told which predictions to score",
            "add `on = \"out-of-fold\"` or `on = \"test\"`",
        )),
        _ => {}
    }
    if let Some(positive) = &parameters.positive {
        for class in positive.iter().filter(|class| around.classes.index(class).is_none()) {
            let near = crate::name::nearest(class, around.classes.names().iter().map(String::as_str));
            let help = near.map_or_else(
                || format!("the classes are {}", quoted(around.classes.names())),
                |near| format!("did you mean `{near}`?"),
            );
            problems.push(Problem::new("positive", format!("`{class}` is not a class"), help));
        }
        if positive.is_empty() || positive.len() >= around.classes.len() {
            let message = "`positive` must leave something on either side";
            problems.push(Problem::new("positive", message, "name some of the classes, not none and not all"));
        }
    }
    let asked = parameters.metrics.as_deref().unwrap_or_default();
    if parameters.positive.is_none() && around.classes.len() > 2 {
        for metric in asked.iter().filter(|metric| metric.needs_positive()) {
            problems.push(Problem::new(
                "metrics",
                format!("`{}` is not defined for {} classes", metric.name(), around.classes.len()),
                "declare `positive = [\"discrete\", \"confluent\"]`",
            ));
        }
    }
    if parameters.replicates < 100 {
        let message = format!("{} bootstrap draws give no interval", parameters.replicates);
        problems.push(Problem::new("replicates", message, "give at least 100; 2000 is usual"));
    }
    if let Some(Match { mm, px, percent, .. }) = parameters.matching {
        let given: Vec<f64> = [mm, px, percent].into_iter().flatten().collect();
        if given.len() != 1 || !(given[0] > 0.0 && given[0].is_finite()) {
            let message = "`match` needs one length above 0";
            problems.push(Problem::new("match", message, "give `match = { mm = 5 }`, or `px`, or `percent`"));
        }
    }
    if !(parameters.threshold > 0.0 && parameters.threshold <= 1.0) {
        let message = format!("`threshold` is {}, which is no probability to reach", parameters.threshold);
        problems.push(Problem::new("threshold", message, "give a number above 0 and up to 1, such as 0.5"));
    }
    problems.extend(subgroups::check(parameters));
    if !(0.5..1.0).contains(&parameters.level) {
        let message = format!("`level` is {}, which is no level of an interval", parameters.level);
        problems.push(Problem::new("level", message, "give a number such as 0.95"));
    }
    problems
}

impl Stage for Evaluate {
    fn nouns(&self) -> [&'static str; 2] {
        ["evaluation", "evaluations"]
    }

    fn distance(&self, one: &dyn Folder, other: &dyn Folder) -> Option<f64> {
        distance::of_tables(one, other, "scores.csv")
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let parameters: Parameters = context.parameters()?;
        let classes = context.classes();
        let (table, _) = context.required_table("clips")?;
        let rows = clips::read(&table, "patient")?;
        let (reference_folder, reference_name, _) = context
            .artifacts("reference")?
            .into_iter()
            .next()
            .ok_or_else(|| StageError::Failed("nothing is connected to `reference`".to_owned()))?;
        if Drawn::is(&reference_folder) {
            return frames::run(context, &parameters, (&rows, &table), (reference_folder, reference_name));
        }
        let reference = labels::read_labels(&reference_folder, classes)?;
        let judges = labels::read_raters(&reference_folder)?;
        let candidates = match parameters.on {
            Some(on) if !context.located("models").is_empty() => candidates::models(context, on, &rows)?,
            _ => candidates::labels(context)?,
        };
        for candidate in &candidates {
            let (name, allowed) = (candidate.label(), parameters.allow_shared_raters);
            raters::refuse_shared(&name, &candidate.raters, &judges, reference_name, allowed)?;
        }
        let positive = positive(&parameters, classes);
        let cohort = cohort::Cohort::new(&rows, &reference, &candidates, &table)?;
        let parts = subgroups::parts(&parameters, &table, &cohort.places())?;
        let problem =
            score::Question { classes, positive: positive.as_deref(), parameters: &parameters, parts: &parts };
        let patients = rows.iter().map(|row| (row.clip.as_str(), row.patient.as_str())).collect();
        let scored = cohort.patients.iter().map(String::as_str).collect();
        for candidate in &candidates {
            known::refuse(&candidate.label(), &candidate.known, &scored, &patients)?;
        }
        context.check_cancelled()?;
        let mut scored = score::score(&problem, &cohort, &candidates, context.seed(), context.threads)?;
        for (group, candidate) in scored.evaluation.groups.iter_mut().zip(&candidates) {
            group.shared_raters = raters::shared(&candidate.raters, &judges);
            group.raters_known = raters::known(&candidate.raters);
        }
        scored.evaluation.reference = reference_name.to_owned();
        scored.evaluation.reference_raters_known = raters::known(&judges);
        scored.evaluation.on = parameters.on.filter(|_| candidates[0].is_model).map(|on| on.name().to_owned());
        write::write(context.store, &scored, &candidates, &cohort, parameters.interval)
    }
}

/// The positive classes: as declared, or the more severe of two.
fn positive(parameters: &Parameters, classes: &[String]) -> Option<Vec<bool>> {
    match &parameters.positive {
        Some(positive) => Some(classes.iter().map(|class| positive.contains(class)).collect()),
        None if classes.len() == 2 => Some(vec![false, true]),
        None => None,
    }
}
