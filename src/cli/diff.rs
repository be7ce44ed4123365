//! `crowdline diff`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{DIFFERENT, Ended, FAILED, WRONG, machine::Machine, shown};
use crate::{
    lock::{Difference, Lock, Locked, differences},
    recipe::diff,
    schedule::explain::readable,
    spec::Source,
    store::Store,
};

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// An experiment (what it made last here) or a lock.
    first: PathBuf,
    /// What it is compared with.
    second: PathBuf,
    /// Where results are kept [default: cache].
    #[arg(long, value_name = "FOLDER", env = "CROWDLINE_CACHE")]
    cache: Option<PathBuf>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    /// End with code 3 where they differ.
    #[arg(long)]
    exit_code: bool,
}

impl Diff {
    pub(super) fn run(self) -> Result<(), Ended> {
        let machine = Machine::read().map_err(|message| Ended::with(WRONG, message))?;
        let root = machine.cache(self.cache.as_deref());
        let store = Store::open(&root).map_err(|error| Ended::with(FAILED, error))?;
        let (first, second) = (side(&self.first, &store)?, side(&self.second, &store)?);
        let found = differences(&first, &second);
        for difference in &found {
            let fields = fields(difference, &first, &second, &store);
            if self.json {
                say!("{}", json(difference, &fields));
            } else {
                say!("{}", told(difference));
                fields.iter().for_each(|field| say!("    {field}"));
            }
        }
        if !self.json {
            let count = found.len();
            say!("{}", if count == 0 { "no difference".to_owned() } else { format!("{count} differences") });
        }
        if self.exit_code && !found.is_empty() { Err(Ended(DIFFERENT)) } else { Ok(()) }
    }
}

/// What a lock says, or what an experiment made last.
fn side(path: &Path, store: &Store) -> Result<Lock, Ended> {
    let wrong = |error: &dyn std::fmt::Display| Ended::with(WRONG, error);
    let bytes = std::fs::read(path).map_err(|error| wrong(&format!("can't read {}: {error}", shown(path))))?;
    if Lock::is_lock(&bytes) {
        return Lock::parse(&String::from_utf8_lossy(&bytes), path).map_err(|error| wrong(&error));
    }
    let source = Source::read(path, &[]).map_err(|error| wrong(&error))?;
    let trace = store.trace(&source.name());
    if trace.is_empty() {
        return Err(wrong(&format!("{} never ran here; `crowdline run {}` does it", shown(path), shown(path))));
    }
    let task = trace.iter().filter_map(|(address, step)| {
        let recipe = store.recipe(&step.key)?;
        let folder = store.folder(&step.output).ok()?;
        let numbers = crate::stage::find(&recipe.kind).map(|stage| stage.numbers(&folder)).unwrap_or_default();
        let environment = store.recorded(&step.key).map(|record| record.environment).unwrap_or_default();
        let locked = Locked { kind: recipe.kind, key: step.key, output: step.output, environment, numbers };
        Some((address.clone(), locked))
    });
    Ok(Lock { version: 1, task: task.collect() })
}

/// The fields in which two recipes differ, where both are in the store.
fn fields(difference: &Difference, first: &Lock, second: &Lock, store: &Store) -> Vec<String> {
    let Difference::Recipe(address) = difference else { return Vec::new() };
    let recipe = |lock: &Lock| lock.task.get(address).and_then(|locked| store.recipe(&locked.key));
    let (Some(old), Some(new)) = (recipe(first), recipe(second)) else { return Vec::new() };
    diff(&old, &new)
        .into_iter()
        .map(|change| {
            format!("{}  {} → {}", change.field, readable(change.old.as_ref()), readable(change.new.as_ref()))
        })
        .collect()
}

/// A difference as a person reads it.
pub(super) fn told(difference: &Difference) -> String {
    match difference {
        Difference::OnlyFirst(address) => format!("only in the first   {address}"),
        Difference::OnlySecond(address) => format!("only in the second  {address}"),
        Difference::Recipe(address) => format!("other recipe        {address}"),
        Difference::Output(address) => format!("other output        {address}"),
        Difference::Number(address, name, then, now) => {
            format!("other number        {address}  {name}  {} → {}", number(*then), number(*now))
        }
    }
}

/// A number as it is locked, or that there is none.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn json(difference: &Difference, fields: &[String]) -> serde_json::Value {
    use serde_json::json;
    match difference {
        Difference::OnlyFirst(task) => json!({"difference": "only-first", "task": task}),
        Difference::OnlySecond(task) => json!({"difference": "only-second", "task": task}),
        Difference::Recipe(task) => json!({"difference": "recipe", "task": task, "fields": fields}),
        Difference::Output(task) => json!({"difference": "output", "task": task}),
        Difference::Number(task, name, then, now) => {
            json!({"difference": "number", "task": task, "number": name, "first": then, "second": now})
        }
    }
}
