//! `report`: evaluations to a page that answers the experiment's question.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, Output, Stage, StageError, declare};
use crate::{
    artifact::{
        Folder, Type, model,
        scores::{self, Evaluation},
    },
    metric::{Goal, Metric, inference::Method},
    name::nearest,
    plan::{Port, Problem, Surroundings, address, kind},
    report::{
        self,
        content::{Content, Curve, CurvePoint, Flow, FlowStep, Format, Training},
    },
};

mod chains;
mod clips;
mod contrasts;
mod cost;
mod evaluations;
mod labels;
mod methods;
mod provenance;
mod published;
mod viewer;

use contrasts::Contrasts;

/// Parameters of `[report.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parameters {
    /// One-sided error probability of every contrast.
    alpha: f64,
    /// What the baseline must reach for a verdict.
    floor: Option<Floor>,
    /// A group that can have learned nothing.
    control: Option<Control>,
    /// Declared comparisons; `primary` is the primary one, the others are tested after it in order.
    compare: Contrasts,
    /// The price of an opinion, by label source.
    prices: BTreeMap<String, f64>,
    /// The currency of the prices.
    currency: String,
    /// How the limits of a comparison are read off the draws.
    interval: Method,
    /// What is written beside the page.
    formats: Vec<Format>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            alpha: 0.025,
            floor: None,
            control: None,
            compare: Contrasts::default(),
            prices: BTreeMap::new(),
            currency: String::new(),
            interval: Method::default(),
            formats: vec![Format::Html],
        }
    }
}

/// Two bad models are not inferior to each other: below this, a comparison is inconclusive.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Floor {
    along: String,
    at: String,
    metric: Metric,
    value: f64,
}

/// Its interval must hold the value of chance; otherwise a comparison is inconclusive.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    along: String,
    at: String,
    metric: Metric,
}

impl Control {
    /// The control, where its metric has a value of chance: one without is refused beforehand.
    fn with_chance(&self) -> Option<(&Self, f64)> {
        self.metric.chance().map(|chance| (self, chance))
    }
}

/// The kind.
#[derive(Debug)]
pub(super) struct Report;

declare! {
    Report, "report", version 4, Parameters,
    "write the page that answers the question",
    ports [
        Port::one("evaluations", &[Type::Scores]).any(),
        // Told with their agreement whether or not anything was scored with them.
        Port::one("labels", &[Type::Labels, Type::Lines]).any(),
        Port::one("models", &[Type::Model]).any(),
        Port::one("frames", &[Type::Frames]).optional(),
    ],
    makes Type::Report,
    {
        fn tells_history(&self) -> bool {
            true
        }

        fn methods(&self, parameters: &Value) -> BTreeMap<String, u32> {
            let typeset = kind::parameters::<Parameters>(parameters)
                .is_ok_and(|parameters| parameters.formats.contains(&Format::Pdf));
            let pdf = typeset.then(|| ("pdf".to_owned(), report::pdf::version()));
            [("page".to_owned(), report::version())].into_iter().chain(pdf).collect()
        }

        fn check(&self, parameters: &Value, around: &Surroundings<'_>) -> Vec<Problem> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            let mut problems = Vec::new();
            if !around.connected.iter().any(|port| ["evaluations", "labels"].contains(port)) {
                let remedy = "give `evaluations`, such as [\"@models\"], or `labels`, such as [\"@crowd\"]";
                problems.push(Problem::new("evaluations", "the report is given nothing to tell of", remedy));
            }
            if !(parameters.alpha > 0.0 && parameters.alpha < 0.5) {
                let message = format!("`alpha` is {}, which is no error probability", parameters.alpha);
                problems.push(Problem::new("alpha", message, "give a number between 0 and 0.5; 0.025 is usual"));
            }
            if parameters.formats.contains(&Format::Pdf) && !report::pdf::AVAILABLE {
                problems.push(Problem::new("formats", "this build of crowdline writes no PDF", report::pdf::REMEDY));
            }
            let names: Vec<&str> = parameters.compare.0.iter().map(|(name, _)| name.as_str()).collect();
            if !names.is_empty() && !names.contains(&"primary") {
                problems.push(Problem::new(
                    "compare",
                    "no comparison is the primary one",
                    "name one of them `compare.primary`: one contrast is declared before the data are seen",
                ));
            }
            for (name, compare) in &parameters.compare.0 {
                if !(compare.margin >= 0.0 && compare.margin.is_finite()) {
                    let field = format!("compare.{name}.margin");
                    let message = format!("the margin is {}", compare.margin);
                    problems.push(Problem::new(&field, message, "give a number from 0, such as 0.05"));
                }
                if compare.goal == Goal::Equivalence && compare.margin == 0.0 {
                    let message = "no two arms are equivalent within a margin of 0";
                    let field = format!("compare.{name}.margin");
                    problems.push(Problem::new(&field, message, "give a number above 0, such as 0.05"));
                }
            }
            let compared = parameters.compare.0.iter().map(|(name, asked)| (format!("compare.{name}"), asked.metric));
            let floor = parameters.floor.iter().map(|floor| ("floor".to_owned(), floor.metric));
            for (what, metric) in compared.chain(floor) {
                let why = match metric.target() {
                    Some(target) => format!("is best at {target}: neither more nor less of it is better"),
                    None if metric.smaller_is_better() => "is an error: less of it is better".to_owned(),
                    None => continue,
                };
                let message = format!("`{}` {why}", metric.name());
                let remedy = "name a metric of which more is better, such as `auroc`, or `line-f1` of frames";
                problems.push(Problem::new(&format!("{what}.metric"), message, remedy));
            }
            for (source, price) in parameters.prices.iter().filter(|(_, price)| !(**price >= 0.0 && price.is_finite())) {
                let message = format!("the price of an opinion of `{source}` is {price}");
                problems.push(Problem::new(&format!("prices.{source}"), message, "give a number from 0, such as 0.05"));
            }
            if parameters.control.as_ref().is_some_and(|control| control.metric.chance().is_none()) {
                let message = "the control's metric has no value of chance";
                problems.push(Problem::new("control.metric", message, "use `auroc`, `auroc-ovr` or `auroc-ovo`, whose chance is 0.5"));
            }
            problems
        }
    }
}

/// An evaluation with its draws.
struct Read {
    name: String,
    address: String,
    evaluation: Evaluation,
    replicates: Vec<Vec<f64>>,
    jackknife: Vec<Vec<f64>>,
}

impl Stage for Report {
    fn nouns(&self) -> [&'static str; 2] {
        ["report", "reports"]
    }

    fn numbers(&self, output: &dyn Folder) -> BTreeMap<String, f64> {
        #[derive(serde::Deserialize)]
        struct Number {
            name: String,
            value: Option<f64>,
            low: Option<f64>,
            high: Option<f64>,
        }
        let numbers: Vec<Number> =
            output.text("numbers.json").ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let of = |Number { name, value, low, high }: Number| {
            [(name.clone(), value), (format!("{name}/low"), low), (format!("{name}/high"), high)]
        };
        numbers.into_iter().flat_map(of).filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn is_shown(&self) -> bool {
        true
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let parameters: Parameters = context.parameters()?;
        let read: Vec<Read> = context
            .artifacts("evaluations")?
            .into_iter()
            .map(|(folder, stage, coordinates)| {
                Ok(Read {
                    name: named(stage, coordinates),
                    address: address(stage, coordinates),
                    evaluation: scores::read(&folder)?,
                    replicates: scores::read_rows(&folder, scores::REPLICATES)?,
                    jackknife: scores::read_rows(&folder, scores::JACKKNIFE)?,
                })
            })
            .collect::<Result<_, StageError>>()?;
        let told = context.job.recipe.experiment.clone().unwrap_or_default();
        let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
        let (primary, secondary) = contrasts::judge(&parameters, &read)?;
        let clips = clips::read(context)?;
        let history = &context.job.history;
        let sources = labels::read(context, history)?;
        let mut evaluations: Vec<_> = read.iter().map(|read| evaluations::told(read, &sources)).collect();
        cost::add(&mut evaluations, context, &read, &parameters)?;
        let chains = chains::told(context, &read, &parameters, &sources, clips.counted.is_some())?;
        let content = Content {
            title: if text("title").is_empty() { context.job.address.clone() } else { text("title") },
            data: text("data"),
            caveats: serde_json::from_value(told["caveats"].clone()).unwrap_or_default(),
            formats: parameters.formats.clone(),
            primary,
            secondary,
            evaluations,
            flows: read.iter().map(|read| flow(read, clips.counted)).collect(),
            labels: sources.sets,
            annotators: sources.annotators,
            agreement: sources.agreement,
            training: training(context)?,
            excluded: clips.excluded,
            decoding: clips.decoding,
            viewer: viewer::read(context, &read, &parameters)?,
            methods: methods::sentences(history, &read, &parameters),
            citations: methods::citations(history, &read, &parameters),
            provenance: provenance::told(history),
            chains,
        };
        let rendered = report::render(&content).map_err(|error| StageError::Failed(error.to_string()))?;
        let mut output = Output::default();
        for (path, bytes) in rendered.files {
            output.add(context.store, path, &bytes)?;
        }
        Ok(output)
    }
}

/// Stage and coordinates, for people.
fn named(stage: &str, coordinates: &[(String, String)]) -> String {
    if coordinates.is_empty() {
        return stage.to_owned();
    }
    let pairs: Vec<String> = coordinates.iter().map(|(key, value)| format!("{key} {value}")).collect();
    format!("{stage}, {}", pairs.join(", "))
}

fn flow(read: &Read, decoded: Option<(u64, u64)>) -> Flow {
    let mut steps: Vec<FlowStep> = read
        .evaluation
        .flow
        .iter()
        .map(|step| FlowStep {
            title: step.title.clone(),
            patients: Some(step.patients as u64),
            clips: step.clips as u64,
            excluded: step
                .excluded
                .iter()
                .map(|(reason, clips, patients)| report::content::Exclusion {
                    reason: reason.clone(),
                    clips: *clips as u64,
                    patients: Some(*patients as u64),
                })
                .collect(),
        })
        .collect();
    if let (Some((clips, patients)), "models", Some(first)) = (decoded, read.evaluation.subject.as_str(), steps.first())
        && first.clips < clips
    {
        let title = "Decoded".to_owned();
        steps.insert(0, FlowStep { title, patients: Some(patients), clips, excluded: Vec::new() });
    }
    Flow { title: read.name.clone(), steps }
}

fn training(context: &Context<'_>) -> Result<Training, StageError> {
    let mut curves = Vec::new();
    for (folder, stage, coordinates) in context.artifacts("models")? {
        let points = model::read_history(&folder)?
            .into_iter()
            .map(|point| CurvePoint {
                update: point.update,
                train_loss: point.train_loss,
                validation_loss: point.validation_loss,
            })
            .collect();
        curves.push(Curve { label: named(stage, coordinates), coordinates: coordinates.to_vec(), points });
    }
    let along = curves
        .first()
        .and_then(|curve| curve.coordinates.iter().find(|(key, _)| key != "fold" && key != "seed"))
        .map(|(key, _)| key.clone());
    Ok(Training { along, curves })
}

/// The groups of an evaluation that have a value of a coordinate. `candidate` stands for the stage itself.
fn groups_at<'e>(evaluation: &'e Evaluation, along: &str, at: &str) -> Vec<(usize, &'e scores::Group)> {
    let value = |group: &'e scores::Group| match along {
        "candidate" => Some(group.source.as_str()),
        key => group.coordinate(key),
    };
    evaluation.groups.iter().enumerate().filter(|(_, group)| value(group) == Some(at)).collect()
}

/// The one group of all evaluations that has a value of a coordinate and a metric, or what is wrong with asking for it.
fn find<'r>(
    read: &'r [Read],
    along: &str,
    at: &str,
    metric: Metric,
    what: &str,
) -> Result<(&'r Read, usize, usize), StageError> {
    let mut found = Vec::new();
    for one in read {
        let Some(m) = one.evaluation.metrics.iter().position(|name| name == metric.name()) else { continue };
        found.extend(groups_at(&one.evaluation, along, at).into_iter().map(|(group, _)| (one, group, m)));
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let groups = || read.iter().flat_map(|read| &read.evaluation.groups);
            let values: Vec<&str> = if along == "candidate" {
                groups().map(|group| group.source.as_str()).collect()
            } else {
                groups().filter_map(|group| group.coordinate(along)).collect()
            };
            let remedy = match nearest(at, values.iter().copied()) {
                Some(near) if near != at => format!("did you mean `{near}`?"),
                Some(_) => format!("no evaluation has the metric `{}` for it", metric.name()),
                None if values.is_empty() => format!("no evaluation has the coordinate `{along}`"),
                None => format!("`{along}` has the values {}", crate::name::quoted(&values)),
            };
            Err(StageError::Input(format!("`{what}`: nothing is scored at {along} = `{at}`; {remedy}")))
        }
        several => Err(StageError::Input(format!(
            "`{what}`: {} groups have {along} = `{at}`: {}; compare along a coordinate that tells them apart",
            several.len(),
            several.iter().map(|(read, group, _)| read.evaluation.groups[*group].name()).collect::<Vec<_>>().join(", ")
        ))),
    }
}
