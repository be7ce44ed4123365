//! Stage kinds: glue from artifacts through a call of the domain to an artifact. One file a kind, one entry in [`STAGES`].

use std::collections::BTreeMap;

use crate::{artifact::Folder, job::Job, plan::Kind, store::Store};

mod aggregate;
mod clips;
mod command;
mod context;
mod declare;
mod decode;
mod drawings;
pub mod equipment;
mod estimates;
mod evaluate;
pub mod predict;
mod report;
mod select;
mod simulate;
mod split;
mod train;

pub use crate::model::Place;
use context::pool;
pub use context::{Context, Notice, Output, StageError, Tools};
use declare::declare;

/// What a task takes of the machine while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needs {
    /// Threads.
    pub threads: usize,
    /// Memory, in bytes; 0 where it is not known to be much.
    pub memory: u64,
    /// Slots of accelerators.
    pub gpus: usize,
}

/// What is left to do of a task that works item by item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Items {
    /// Items that are to be made.
    pub missing: usize,
    /// All items.
    pub total: usize,
    /// What an item is, such as `clips`.
    pub unit: &'static str,
    /// How long the missing ones will take, in seconds, from how long the others took.
    pub seconds: Option<f64>,
}

impl Needs {
    /// So many threads, and nothing else worth counting.
    pub fn threads(threads: usize) -> Self {
        Self { threads, memory: 0, gpus: 0 }
    }
}

/// A kind that can run.
pub trait Stage: Kind {
    /// Runs a task.
    ///
    /// # Errors
    /// What went wrong, and whether it is the user's input.
    fn run(&self, context: &Context<'_>) -> Result<Output, StageError>;

    /// What a task takes of a machine that has `budget` threads.
    fn needs(&self, _job: &Job, _budget: usize) -> Needs {
        Needs::threads(1)
    }

    /// Whether its tasks compute models: then each has an accelerator to itself where models compute on such.
    fn computes_models(&self) -> bool {
        false
    }

    /// Whether a task may have threads nobody else wants beside those it needs: only where its output does not depend on them.
    fn takes_idle_threads(&self) -> bool {
        true
    }

    /// What its tasks are called: one, and several.
    fn nouns(&self) -> [&'static str; 2];

    /// Of a task that works item by item: what is left to do.
    fn items(&self, _job: &Job, _store: &Store) -> Option<Items> {
        None
    }

    /// The numbers an output reports, by name.
    fn numbers(&self, _output: &dyn Folder) -> BTreeMap<String, f64> {
        BTreeMap::new()
    }

    /// What an output is, in lines for people; nothing where its files say it.
    fn summary(&self, _output: &dyn Folder) -> Vec<String> {
        Vec::new()
    }

    /// How far two outputs of the same recipe are apart, by the kind's own measure; nothing where it has none.
    fn distance(&self, _one: &dyn Folder, _other: &dyn Folder) -> Option<f64> {
        None
    }

    /// Whether the output is also written to the reports folder.
    fn is_shown(&self) -> bool {
        false
    }

    /// What of this machine may bear on the output, beside the program's version.
    fn environment(&self, _job: &Job, _tools: &Tools) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}

/// Every kind.
pub static STAGES: &[&dyn Stage] = &[
    &simulate::Simulate,
    &decode::Decode,
    &split::Split,
    &aggregate::Aggregate,
    &train::Train,
    &select::Select,
    &evaluate::Evaluate,
    &report::Report,
    &command::Command,
];

/// The kinds as the planner sees them.
pub fn kinds() -> Vec<&'static dyn Kind> {
    STAGES.iter().map(|stage| *stage as &dyn Kind).collect()
}

/// What of this machine may bear on the output of a job.
pub fn environment(job: &Job, tools: &Tools) -> BTreeMap<String, String> {
    let mut environment = find(&job.recipe.kind).map(|stage| stage.environment(job, tools)).unwrap_or_default();
    environment.insert("crowdline".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    environment
}

/// Whether what is made in an environment comes out to the last bit when it is made there again. What accelerators add up
/// in no fixed order comes out nearly so.
pub fn repeats(environment: &BTreeMap<String, String>) -> bool {
    environment.get("device").is_none_or(|device| device == Place::Cpu.family())
}

/// A kind by name.
pub fn find(name: &str) -> Option<&'static dyn Stage> {
    STAGES.iter().copied().find(|stage| stage.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_computed_on_an_accelerator_does_not_repeat_to_the_bit() {
        let on = |device: &str| repeats(&BTreeMap::from([("device".to_owned(), device.to_owned())]));
        assert!(on(Place::Cpu.family()) && repeats(&BTreeMap::new()));
        assert!(!on(Place::Cuda(2).family()));
    }
}
