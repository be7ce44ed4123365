//! What would run, and why: the same decisions as a run, without running.

use serde::Serialize;
use serde_json::Value;

use super::resolve;
use crate::{
    job::Past,
    plan::{Plan, TaskId},
    recipe::{Change, Recipe, diff},
    store::{Store, trace::Trace},
};

/// What a run would do with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outlook {
    /// Its output is there.
    Cached,
    /// It would run.
    Run,
    /// Something it reads would run; whether it runs depends on what comes out.
    WaitsOnContent,
}

/// Why a task would run.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// Nothing is known of this address.
    NeverRan,
    /// Fields of the recipe that differ from the last one at this address.
    Changed(Vec<Change>),
    /// The recipe is the last one's, but its output is gone or damaged.
    OutputGone,
    /// These tasks upstream run first.
    Upstream(Vec<String>),
    /// The inputs can't be read.
    Unreadable(String),
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
    /// How long it took last time at this address, in seconds.
    pub seconds: Option<f64>,
    /// Digest of its output, where it is there.
    pub output: Option<crate::recipe::Digest>,
}

/// Looks at every task, in the plan's order.
pub fn explain(plan: &Plan, store: &Store, experiment: &str) -> Vec<Prospect> {
    let trace = store.trace(experiment);
    let mut past: Vec<Option<Past>> = vec![None; plan.tasks.len()];
    let mut prospects = Vec::new();
    for &task in &plan.order {
        let prospect = prospect(plan, task, store, &trace, &mut past);
        prospects.push(prospect);
    }
    store.stat.save();
    prospects
}

fn prospect(plan: &Plan, id: TaskId, store: &Store, trace: &Trace, past: &mut [Option<Past>]) -> Prospect {
    let address = &plan.tasks[id].address;
    let last = trace.get(address);
    let seconds = last.and_then(|step| store.record(&step.key)).map(|record| record.seconds);
    let base = Prospect { task: id, outlook: Outlook::Run, cause: None, recipe: None, seconds, output: None };
    let mut open: Vec<String> = plan
        .upstream(id)
        .into_iter()
        .filter(|from| past[*from].is_none())
        .map(|from| plan.tasks[from].address.clone())
        .collect();
    open.dedup();
    if !open.is_empty() {
        return Prospect { outlook: Outlook::WaitsOnContent, cause: Some(Cause::Upstream(open)), ..base };
    }
    let job = match resolve::job(plan, id, store, past) {
        Ok(job) => job,
        Err(error) => return Prospect { cause: Some(Cause::Unreadable(error.to_string())), ..base },
    };
    if let Some(record) = store.finished(&job.key) {
        let output = Some(record.output);
        past[id] = Some(Past {
            address: job.address,
            recipe: job.recipe.clone(),
            key: job.key,
            output: record.output,
            environment: record.environment,
        });
        return Prospect { outlook: Outlook::Cached, recipe: Some(job.recipe), output, ..base };
    }
    let cause = match last {
        None => Cause::NeverRan,
        Some(step) if step.key == job.key => Cause::OutputGone,
        Some(step) => {
            match store.object(&step.key).ok().and_then(|blob| serde_json::from_slice::<Recipe>(&blob).ok()) {
                Some(old) => Cause::Changed(diff(&old, &job.recipe)),
                None => Cause::NeverRan,
            }
        }
    };
    Prospect { cause: Some(cause), recipe: Some(job.recipe), ..base }
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
