//! `aggregate`: many opinions to one label a clip.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, Output, Stage, StageError, declare};
use crate::{
    artifact::{
        Folder, Type, distance,
        labels::{self, Aggregation, Label, Rater},
        split::{self, Part},
    },
    crowd::{self, Method},
    name::quoted,
    plan::{Port, Problem, Surroundings, kind},
    table::Wanted,
};

mod opinions;

use opinions::Taken;

/// Parameters of `[aggregate.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// How opinions become a label.
    method: Method,
    /// Only the opinions of these annotators.
    annotators: Option<Vec<String>>,
    /// Who made a table that doesn't say.
    #[serde(default)]
    raters: Vec<String>,
    /// The group the annotators' ids are unique in; the same id in two groups is two people.
    #[serde(default)]
    rater_group: String,
    /// The fold whose clips are kept out; needs `split`.
    fold: Option<u32>,
    /// What to do with opinions on clips that `clips` doesn't have.
    #[serde(default)]
    unknown_clips: UnknownClips,
    /// What to do when an annotator judged a clip more than once.
    #[serde(default)]
    repeated: Repeated,
}

/// What to do with opinions on clips that the clip table doesn't have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum UnknownClips {
    /// Stop.
    #[default]
    Error,
    /// Leave them out, and count them.
    Drop,
}

/// What to do when an annotator judged a clip more than once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Repeated {
    /// The first opinion counts.
    #[default]
    First,
    /// The last opinion counts.
    Last,
    /// Each counts.
    All,
    /// Stop.
    Error,
}

/// The kind.
#[derive(Debug)]
pub(super) struct Aggregate;

declare! {
    Aggregate, "aggregate", version 1, Parameters,
    "make one label a clip of many opinions",
    ports [
        Port::table("opinions"),
        Port::table("clips").optional(),
        Port::one("split", &[Type::Split]).optional(),
    ],
    makes Type::Labels,
    {
        fn uses_classes(&self) -> bool {
            true
        }

        fn methods(&self, parameters: &Value) -> BTreeMap<String, u32> {
            let read = kind::parameters::<Parameters>(parameters);
            read.map_or(BTreeMap::new(), |p| BTreeMap::from([(p.method.name().to_owned(), p.method.version())]))
        }

        fn columns(&self, port: &str, _parameters: &Value) -> Vec<Wanted> {
            let mut columns = vec![Wanted::required("clip")];
            if port == "opinions" {
                columns.extend([Wanted::optional("annotator"), Wanted::required("label"), Wanted::optional("votes")]);
            }
            columns
        }

        fn check(&self, parameters: &Value, around: &Surroundings<'_>) -> Vec<Problem> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            let mut problems = Vec::new();
            if parameters.fold.is_some() && !around.connected.contains(&"split") {
                let help = "add `split = \"@…\"`, the stage that says which clips are in the fold";
                problems.push(Problem::new("fold", "`fold` means nothing without a split", help));
            }
            if parameters.annotators.as_ref().is_some_and(Vec::is_empty) {
                let message = "`annotators` is an empty list, which leaves no opinion";
                problems.push(Problem::new("annotators", message, "name annotators, or leave the field out for all"));
            }
            problems
        }
    }
}

impl Stage for Aggregate {
    fn nouns(&self) -> [&'static str; 2] {
        ["aggregation", "aggregations"]
    }

    fn distance(&self, one: &dyn Folder, other: &dyn Folder) -> Option<f64> {
        distance::of_tables(one, other, "labels.csv")
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let parameters: Parameters = context.parameters()?;
        let classes = context.classes();
        let (table, _) = context.required_table("opinions")?;
        let known = context.table("clips")?.map(|(table, _)| clip_set(&table));
        let kept_out = match context.optional("split")? {
            Some(split) => kept_out(&split::read(&split)?, parameters.fold),
            None => HashMap::new(),
        };
        let taken = opinions::take(&table, classes, &parameters, known.as_ref(), &kept_out)?;
        for (reason, count) in &taken.excluded {
            if !reason.contains("kept out") {
                context.warn(format!("{count} opinions left out: {reason}"));
            }
        }
        let opinions = crowd::Opinions {
            opinions: &taken.opinions,
            clips: taken.clips.len(),
            annotators: taken.annotators.len(),
            classes: classes.len(),
            known: None,
        };
        let consensus =
            crowd::aggregate(&parameters.method, opinions, context.cancel).map_err(|error| match error {
                crowd::CrowdError::Cancelled => StageError::Cancelled,
                error => StageError::Input(format!("{}: {error}", table.file)),
            })?;
        if let Some(fit) = consensus.fit.as_ref().filter(|fit| !fit.converged) {
            let message = format!("{} did not converge in {} iterations", parameters.method.name(), fit.iterations);
            context.warn(format!("{message}; raise `max_iterations`"));
        }
        let mut labels: Vec<Label> = taken
            .clips
            .iter()
            .zip(consensus.labels)
            .map(|(clip, label)| Label {
                clip: clip.clone(),
                label: label.label,
                probabilities: label.probabilities,
                opinions: label.opinions,
                agreement: label.agreement,
            })
            .collect();
        labels.sort_by(|a, b| a.clip.cmp(&b.clip));
        let raters = raters(&taken, consensus.annotators, &parameters);
        let aggregation = Aggregation {
            method: parameters.method.name().to_owned(),
            opinions: taken.opinions.iter().map(|opinion| opinion.votes).sum(),
            excluded: taken.excluded,
            without_fold: parameters.fold,
            iterations: consensus.fit.as_ref().map(|fit| fit.iterations),
            converged: consensus.fit.as_ref().map(|fit| fit.converged),
            log_likelihood: match consensus.fit {
                Some(fit) if fit.objective == crowd::Objective::LogLikelihood => fit.history,
                _ => Vec::new(),
            },
        };
        let mut output = Output::default();
        output.add(context.store, "labels.csv", &labels::write_labels(&labels, classes))?;
        output.add(context.store, "annotators.csv", &labels::write_raters(&raters, classes))?;
        let aggregation = serde_json::to_vec_pretty(&aggregation).map_err(|e| StageError::Failed(e.to_string()))?;
        output.add(context.store, "aggregation.json", &aggregation)?;
        Ok(output)
    }
}

fn clip_set(table: &crate::table::Table) -> BTreeSet<String> {
    table.required("clip").symbols().iter().cloned().collect()
}

/// Clips of the fold and of the test part: no aggregation that joins on a fold may see an opinion on them.
fn kept_out(split: &[split::Row], fold: Option<u32>) -> HashMap<String, bool> {
    let held = |part: Part| part == Part::Test || fold.is_some_and(|fold| part == Part::Fold(fold));
    split.iter().map(|row| (row.clip.clone(), held(row.part))).collect()
}

/// Who made the labels, sorted by id; opinions without an author are one row, unless `raters` says whose they are.
fn raters(taken: &Taken, summaries: Vec<crowd::AnnotatorSummary>, parameters: &Parameters) -> Vec<Rater> {
    let group = || parameters.rater_group.clone();
    let mut raters: Vec<Rater> = taken
        .annotators
        .iter()
        .zip(summaries)
        .map(|(id, summary)| Rater {
            annotator: Some(id.clone()),
            group: group(),
            opinions: summary.opinions,
            skill: summary.skill,
            confusion: summary.confusion,
        })
        .collect();
    raters.sort_by(|a, b| a.annotator.cmp(&b.annotator));
    let anonymous = taken.opinions.iter().filter(|o| o.annotator.is_none()).map(|o| o.votes).sum::<f64>();
    if anonymous > 0.0 {
        let one = |annotator: Option<String>| Rater {
            annotator,
            group: group(),
            opinions: anonymous,
            skill: None,
            confusion: None,
        };
        if parameters.raters.is_empty() {
            raters.push(one(None));
        } else {
            raters.extend(parameters.raters.iter().map(|id| one(Some(id.clone()))));
        }
    }
    raters
}

/// The remedy for a label outside the classes.
fn unknown_class(value: &str, seen: &BTreeSet<&str>, classes: &[String]) -> String {
    let remedy = if value.is_empty() {
        "give a label, or take the line out".to_owned()
    } else {
        let near = crate::name::nearest(value, classes.iter().map(String::as_str)).unwrap_or("…");
        format!("correct it, or map it: `values = {{ \"{value}\" = \"{near}\" }}`")
    };
    format!("the values seen are {}, the classes are {}; {remedy}", quoted(seen), quoted(classes))
}
