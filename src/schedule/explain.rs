//! What would run, and why: the same decisions as a run, without running.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::resolve;
use crate::{
    job::{Job, Past},
    plan::{Plan, TaskId},
    recipe::{Change, Digest, Recipe, diff},
    stage::{self, Tools},
    store::{
        Record, Store,
        trace::{Step, Trace},
    },
};

/// What a run would do with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outlook {
    /// Its output is there.
    Cached,
    /// It would run.
    Run,
    /// Something it reads would run; whether it runs depends on what comes out.
    WaitsOnContent,
}

/// Why a task would run. There are no other causes.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// Nothing is known of this address.
    NeverRan,
    /// Fields of the recipe differ from the last one at this address.
    Changed(Vec<(Reason, Change)>),
    /// The recipe is the last one's, but its output is gone or damaged.
    DamagedOutput,
    /// The output is there, but was made in another environment, and that is refused: name, then and now.
    OtherEnvironment(Vec<(String, String, String)>),
    /// It was asked for.
    Forced,
    /// These tasks upstream run first.
    Upstream(Vec<String>),
    /// The inputs can't be read.
    Unreadable(String),
}

/// Why a field of a recipe differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A parameter, or what the experiment says of itself.
    Parameter,
    /// The content of a file.
    InputContent,
    /// The output of another stage.
    UpstreamOutput,
    /// The version of a kind or method.
    MethodVersion,
    /// The seed.
    Seed,
    /// The classes.
    Classes,
}

impl Reason {
    /// The words for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Parameter => "parameter",
            Self::InputContent => "input content",
            Self::UpstreamOutput => "upstream output",
            Self::MethodVersion => "method version",
            Self::Seed => "seed",
            Self::Classes => "classes",
        }
    }

    fn of(plan: &Plan, task: TaskId, field: &str) -> Self {
        match field.split('.').next().unwrap_or_default() {
            "version" | "methods" | "kind" => Self::MethodVersion,
            "seed" => Self::Seed,
            "classes" => Self::Classes,
            "upstream" => Self::UpstreamOutput,
            "inputs" => {
                let (port, key) = field["inputs.".len()..]
                    .split_once('.')
                    .map_or((&field["inputs.".len()..], None), |(port, key)| (port, Some(key)));
                let inputs = plan.tasks[task].inputs.get(port).into_iter().flatten();
                let mut inputs = inputs.filter(|input| key.is_none() || input.key.as_deref() == key);
                let made = inputs.any(|input| matches!(input.from, crate::plan::Origin::Task { .. }));
                if made { Self::UpstreamOutput } else { Self::InputContent }
            }
            _ => Self::Parameter,
        }
    }
}

/// What is known of a task before a run.
#[derive(Debug, Clone)]
pub struct Prospect {
    /// The task.
    pub task: TaskId,
    /// What would happen.
    pub outlook: Outlook,
    /// Why, unless it is cached.
    pub cause: Option<Cause>,
    /// The recipe, where it is known.
    pub recipe: Option<Recipe>,
    /// The key, where it is known.
    pub key: Option<Digest>,
    /// How long it took last time at this address, in seconds.
    pub seconds: Option<f64>,
    /// Digest of its output, where it is there.
    pub output: Option<Digest>,
    /// What differs between where its output was made and here: name, then and now.
    pub environment: Vec<(String, String, String)>,
    /// Of a task that works clip by clip: items that are to be made, and all.
    pub items: Option<stage::Items>,
}

/// How to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Looking {
    /// As a run with `--force` would.
    pub force: bool,
    /// As a run with `--strict-environment` would.
    pub strict_environment: bool,
}

/// Looks at every task, in the plan's order.
pub fn explain(plan: &Plan, store: &Store, tools: &Tools, experiment: &str, looking: Looking) -> Vec<Prospect> {
    let trace = store.trace(experiment);
    let mut past: Vec<Option<Past>> = vec![None; plan.tasks.len()];
    let looker = Looker { plan, store, tools, looking, trace };
    let prospects = plan.order.iter().map(|&task| looker.prospect(task, &mut past)).collect();
    store.stat.save();
    prospects
}

struct Looker<'a> {
    plan: &'a Plan,
    store: &'a Store,
    tools: &'a Tools,
    looking: Looking,
    trace: Trace,
}

impl Looker<'_> {
    fn prospect(&self, id: TaskId, past: &mut [Option<Past>]) -> Prospect {
        let (plan, store) = (self.plan, self.store);
        let address = &plan.tasks[id].address;
        let last = self.trace.get(address);
        let seconds = last.and_then(|step| store.recorded(&step.key)).map(|record| record.seconds);
        let base = Prospect {
            task: id,
            outlook: Outlook::Run,
            cause: None,
            recipe: None,
            key: None,
            seconds,
            output: None,
            environment: Vec::new(),
            items: None,
        };
        let open = plan.upstream(id).into_iter().filter(|from| past[*from].is_none());
        let mut open: Vec<String> = open.map(|from| plan.tasks[from].address.clone()).collect();
        open.dedup();
        if !open.is_empty() {
            return Prospect { outlook: Outlook::WaitsOnContent, cause: Some(Cause::Upstream(open)), ..base };
        }
        let job = match resolve::job(plan, id, store, past) {
            Ok(job) => job,
            Err(error) => return Prospect { cause: Some(Cause::Unreadable(error.to_string())), ..base },
        };
        let (recipe, key) = (Some(job.recipe.clone()), Some(job.key));
        let finished = store.finished(&job.key);
        let environment = finished.as_ref().map(|record| self.environment(&job, record)).unwrap_or_default();
        let refused = self.looking.strict_environment
            && !environment.is_empty()
            && store.finished_in(&job.key, &stage::environment(&job, self.tools)).is_none();
        let cause = match (&finished, last) {
            (Some(_), _) if self.looking.force => Cause::Forced,
            (Some(_), _) if refused => Cause::OtherEnvironment(environment.clone()),
            (Some(record), _) => {
                past[id] = Some(job.past(record.output, record.environment.clone()));
                let output = Some(record.output);
                return Prospect { outlook: Outlook::Cached, recipe, key, output, environment, ..base };
            }
            (None, None) => match store.recorded(&job.key) {
                Some(_) => Cause::DamagedOutput,
                None => Cause::NeverRan,
            },
            (None, Some(step)) => self.changed(id, &job, step),
        };
        let items = stage::find(&job.recipe.kind).and_then(|stage| stage.items(&job, store));
        Prospect { cause: Some(cause), recipe, key, environment, items, ..base }
    }

    fn changed(&self, id: TaskId, job: &Job, step: &Step) -> Cause {
        if step.key == job.key {
            return Cause::DamagedOutput;
        }
        match self.store.recipe(&step.key) {
            Some(old) => {
                let changes = diff(&old, &job.recipe).into_iter();
                Cause::Changed(changes.map(|change| (Reason::of(self.plan, id, &change.field), change)).collect())
            }
            None => Cause::NeverRan,
        }
    }

    /// What differs between where a record was made and here.
    fn environment(&self, job: &Job, record: &Record) -> Vec<(String, String, String)> {
        environment_difference(&record.environment, &stage::environment(job, self.tools))
    }
}

/// What differs between two environments: name, then and now.
pub fn environment_difference(
    then: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> Vec<(String, String, String)> {
    let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let value =
        |of: &BTreeMap<String, String>, name: &String| of.get(name).cloned().unwrap_or_else(|| "none".to_owned());
    let differs = names.into_iter().filter(|name| then.get(*name) != now.get(*name));
    differs.map(|name| (name.clone(), value(then, name), value(now, name))).collect()
}

/// The place in the experiment of a field of a recipe: the longest part of its name that is written there.
pub fn place<'p>(plan: &'p Plan, task: TaskId, field: &str) -> Option<&'p std::ops::Range<usize>> {
    let places = &plan.tasks[task].places;
    let field = field.strip_prefix("parameters.").or_else(|| field.strip_prefix("inputs.")).unwrap_or(field);
    let mut name = field;
    loop {
        if let Some(place) = places.get(name) {
            return Some(place);
        }
        name = name.rsplit_once('.')?.0;
    }
}

/// A value of a recipe as a person reads it: digests short, long lists shortened.
pub fn readable(value: Option<&Value>) -> String {
    match value {
        None => "(default)".to_owned(),
        Some(Value::String(text)) if text.len() == 64 => text[..12].to_owned(),
        Some(Value::String(text)) => format!("\"{text}\""),
        Some(Value::Array(items)) => {
            let digest = |item: &Value| item.get("digest").and_then(Value::as_str).map(|text| text[..12].to_owned());
            let shown: Vec<String> =
                items.iter().take(4).map(|item| digest(item).unwrap_or_else(|| readable(Some(item)))).collect();
            let more = if items.len() > 4 { format!(", … {} in all", items.len()) } else { String::new() };
            format!("[{}{more}]", shown.join(", "))
        }
        Some(other) => other.to_string(),
    }
}
