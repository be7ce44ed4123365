//! `simulate`: a phantom cohort with annotators, or opinions on given labels.

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use rayon::prelude::*;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{EnumAccess as _, MapAccess, VariantAccess as _, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use super::{Context, Needs, Output, Stage, StageError, declare};
use crate::{
    artifact::{
        Entry, Type,
        rows::{self, Writer},
    },
    job::Job,
    phantom::{self, Annotator, Cohort, Noise, OpinionRow, SimulatedClip},
    plan::{Port, Problem, Surroundings, kind},
    table::Wanted,
};

/// Parameters of `[simulate.NAME]`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parameters {
    /// What is simulated.
    method: Method,
}

/// What is simulated.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Method {
    /// Clips of patients with known lungs, a crowd and experts.
    Phantom(Cohort),
    /// Opinions on the labels of a table, drawn from a confusion matrix.
    Opinions(Noise),
}

impl Default for Method {
    fn default() -> Self {
        Self::Phantom(Cohort::default())
    }
}

const NAMES: &[&str] = &["phantom", "opinions"];

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(variant_identifier, rename_all = "kebab-case")]
        enum Name {
            Phantom,
            Opinions,
        }

        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Method;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"phantom\", or a table such as { phantom = { patients = 36 } }")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Method, E> {
                match name {
                    "phantom" => Ok(Method::Phantom(Cohort::default())),
                    "opinions" => Err(E::custom(
                        "`opinions` needs a confusion matrix: method.opinions = { confusion = [[0.9, 0.1], [0.2, 0.8]] }",
                    )),
                    _ => Err(E::unknown_variant(name, NAMES)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Method, A::Error> {
                let (name, content) = MapAccessDeserializer::new(map).variant::<Name>()?;
                match name {
                    Name::Phantom => content.newtype_variant().map(Method::Phantom),
                    Name::Opinions => content.newtype_variant().map(Method::Opinions),
                }
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// The kind.
#[derive(Debug)]
pub(super) struct Simulate;

declare! {
    Simulate, "simulate", version 1, Parameters,
    "make a phantom cohort with annotators, or opinions on given labels",
    ports [Port::table("labels").optional()],
    makes Type::Files,
    {
        fn members(&self, _parameters: &Value) -> Vec<(String, String)> {
            [
                ("clips", "clips.csv"),
                ("crowd", "crowd.csv"),
                ("experts", "experts.csv"),
                ("truth", "truth.csv"),
                ("crowd_lines", "crowd_lines.csv"),
                ("crowd_views", "crowd_views.csv"),
                ("expert_lines", "expert_lines.csv"),
                ("expert_views", "expert_views.csv"),
            ]
            .map(|(name, path)| (name.to_owned(), path.to_owned()))
            .to_vec()
        }

        fn uses_seed(&self) -> bool {
            true
        }

        fn uses_classes(&self, _connected: &[&str]) -> bool {
            true
        }

        fn methods(&self, parameters: &Value) -> BTreeMap<String, u32> {
            match kind::parameters::<Parameters>(parameters).map(|p| p.method) {
                Ok(Method::Phantom(_)) => BTreeMap::from([("phantom".to_owned(), phantom::VERSION)]),
                Ok(Method::Opinions(_)) => BTreeMap::from([("opinions".to_owned(), phantom::VERSION)]),
                Err(_) => BTreeMap::new(),
            }
        }

        fn columns(&self, _port: &str, _parameters: &Value) -> Vec<Wanted> {
            vec![Wanted::required("clip"), Wanted::required("label")]
        }

        fn check(&self, parameters: &Value, around: &Surroundings<'_>) -> Vec<Problem> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            let labels = around.connected.contains(&"labels");
            let classes = around.classes.len();
            match parameters.method {
                Method::Phantom(_) if labels => vec![Problem::new(
                    "labels",
                    "a phantom cohort has its own labels",
                    "use `method.opinions` to draw opinions on a table's labels",
                )],
                Method::Phantom(_) if classes != phantom::CLASSES => vec![Problem::new(
                    "method",
                    format!("a phantom cohort has {} severities, the experiment names {classes} classes", phantom::CLASSES),
                    "set `classes = [\"none\", \"discrete\", \"confluent\"]`",
                )],
                Method::Phantom(cohort) => cohort
                    .check()
                    .err()
                    .map(|error| Problem { field: "method".into(), message: error.to_string(), help: None })
                    .into_iter()
                    .collect(),
                Method::Opinions(_) if !labels => vec![Problem::new(
                    "method",
                    "opinions are drawn on labels, and none are given",
                    "add `labels = \"…\"`, a table with the columns clip and label",
                )],
                Method::Opinions(noise) => noise
                    .check(classes)
                    .err()
                    .map(|error| Problem { field: "method".into(), message: error.to_string(), help: None })
                    .into_iter()
                    .collect(),
            }
        }
    }
}

impl Stage for Simulate {
    fn nouns(&self) -> [&'static str; 2] {
        ["simulation", "simulations"]
    }

    fn needs(&self, _job: &Job, budget: usize) -> Needs {
        Needs::threads(budget)
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        match context.parameters::<Parameters>()?.method {
            Method::Phantom(cohort) => cohort_files(context, &cohort),
            Method::Opinions(noise) => drawn_opinions(context, &noise),
        }
    }
}

fn cohort_files(context: &Context<'_>, cohort: &Cohort) -> Result<Output, StageError> {
    let (seed, classes) = (context.seed(), context.classes());
    let done = AtomicU64::new(0);
    let total = cohort.clips() as u64;
    let pool = context.pool()?;
    let made: Result<Vec<(SimulatedClip, Entry)>, StageError> = pool.install(|| {
        (0..cohort.clips())
            .into_par_iter()
            .map(|index| {
                context.check_cancelled()?;
                let clip = cohort.render(seed, index);
                let gif = phantom::encode_gif(&clip).map_err(|error| StageError::Failed(error.to_string()))?;
                context.progress(done.fetch_add(1, Ordering::Relaxed) + 1, total, "clips");
                Ok((clip, context.store.put(&gif)?))
            })
            .collect()
    });
    let made = made?;
    let mut output = Output::default();
    let mut clips = Writer::new(["clip", "patient", "path"]);
    let mut truth = Writer::new(["clip", "label"]);
    for (clip, entry) in &made {
        let path = format!("clips/{}.gif", clip.id);
        clips.row([&clip.id, &clip.patient, &path]);
        truth.row([&clip.id, &classes[clip.class]]);
        output.tree.files.insert(path, *entry);
    }
    output.add(context.store, "clips.csv", &clips.finish())?;
    output.add(context.store, "truth.csv", &truth.finish())?;
    let clips: Vec<SimulatedClip> = made.into_iter().map(|(clip, _)| clip).collect();
    let truths: Vec<usize> = clips.iter().map(|clip| clip.class).collect();
    let id = |clip: usize| clips[clip].id.as_str();
    for (panel, prefix, opinions, lines, views) in [
        (&cohort.crowd, "crowd-", "crowd.csv", "crowd_lines.csv", "crowd_views.csv"),
        (&cohort.experts, "e", "experts.csv", "expert_lines.csv", "expert_views.csv"),
    ] {
        let (annotators, given) = phantom::opinions(panel, prefix, &truths, classes.len(), seed);
        output.add(context.store, opinions, &opinion_rows(&given, &annotators, classes, id))?;
        let (drawn, viewed) = phantom::drawings(panel, &clips, cohort.frames_drawn, seed, prefix);
        let mut writer = Writer::new(["clip", "frame", "annotator", "geometry"]);
        for d in &drawn {
            let [x1, y1, x2, y2] = d.line.map(|percent| format!("{percent:.2}"));
            let geometry = format!("LINESTRING ({x1} {y1}, {x2} {y2})");
            writer.row([id(d.clip), &d.frame.to_string(), &annotators[d.annotator].id, &geometry]);
        }
        output.add(context.store, lines, &writer.finish())?;
        let mut writer = Writer::new(["clip", "frame", "annotator"]);
        for (clip, frame, annotator) in viewed {
            writer.row([id(clip), &frame.to_string(), &annotators[annotator].id]);
        }
        output.add(context.store, views, &writer.finish())?;
        output.add(context.store, skill_file(opinions), &skills(&annotators, classes))?;
    }
    Ok(output)
}

fn skill_file(opinions: &str) -> String {
    opinions.replace(".csv", "_annotators.csv")
}

/// The confusion matrices annotators were given: what an aggregation may be checked against.
fn skills(annotators: &[Annotator], classes: &[String]) -> Vec<u8> {
    let cells = classes.iter().flat_map(|truth| classes.iter().map(move |given| format!("{truth}_called_{given}")));
    let mut writer = Writer::new(std::iter::once("annotator".to_owned()).chain(cells));
    for annotator in annotators {
        let cells = annotator.confusion.iter().flatten().map(|p| rows::number(*p));
        writer.row(std::iter::once(annotator.id.clone()).chain(cells));
    }
    writer.finish()
}

fn opinion_rows<'c>(
    opinions: &[OpinionRow],
    annotators: &[Annotator],
    classes: &[String],
    clip: impl Fn(usize) -> &'c str,
) -> Vec<u8> {
    let mut writer = Writer::new(["clip", "annotator", "label"]);
    for opinion in opinions {
        writer.row([clip(opinion.clip), &annotators[opinion.annotator].id, &classes[opinion.class]]);
    }
    writer.finish()
}

fn drawn_opinions(context: &Context<'_>, noise: &Noise) -> Result<Output, StageError> {
    let classes = context.classes();
    let (table, _) = context.required_table("labels")?;
    let mut labelled: Vec<(&str, usize)> = Vec::new();
    for row in 0..table.len() {
        let label = table.required("label").get(row);
        let Some(class) = classes.iter().position(|class| class == label) else {
            let seen = crate::name::quoted(table.required("label").symbols().iter());
            let remedy = format!("the values seen are {seen}; map them with `values`");
            return Err(table.error(row, format!("`{label}` is not a class"), remedy).into());
        };
        labelled.push((table.required("clip").get(row), class));
    }
    labelled.sort_unstable();
    let truths: Vec<usize> = labelled.iter().map(|(_, class)| *class).collect();
    let given = phantom::noisy_opinions(noise, &truths, context.seed());
    let annotators: Vec<Annotator> = (0..noise.annotators)
        .map(|at| Annotator { id: format!("simulated-{:02}", at + 1), confusion: noise.confusion.clone() })
        .collect();
    let mut truth = Writer::new(["clip", "label"]);
    for (clip, class) in &labelled {
        truth.row([*clip, &classes[*class]]);
    }
    let mut output = Output::default();
    output.add(context.store, "crowd.csv", &opinion_rows(&given, &annotators, classes, |clip| labelled[clip].0))?;
    output.add(context.store, "truth.csv", &truth.finish())?;
    Ok(output)
}
