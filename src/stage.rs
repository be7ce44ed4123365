//! Stage kinds: glue from artifacts through a call of the domain to an artifact. One file a kind, one entry in [`STAGES`].

use std::collections::BTreeMap;

use crate::plan::Kind;

mod aggregate;
mod clips;
mod context;
mod declare;
mod decode;
mod evaluate;
mod report;
mod simulate;
mod split;
mod train;

pub use context::{Context, Notice, Output, StageError, Tools};
use declare::declare;

/// A kind that can run.
pub trait Stage: Kind {
    /// Runs a task.
    ///
    /// # Errors
    /// What went wrong, and whether it is the user's input.
    fn run(&self, context: &Context<'_>) -> Result<Output, StageError>;

    /// How many threads a task is worth, of a budget.
    fn threads(&self, _budget: usize) -> usize {
        1
    }

    /// Whether the output is also written to the reports folder.
    fn is_shown(&self) -> bool {
        false
    }

    /// What of this machine may bear on the output, beside the program's version.
    fn environment(&self, _tools: &Tools) -> BTreeMap<String, String> {
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
    &evaluate::Evaluate,
    &report::Report,
];

/// The kinds as the planner sees them.
pub fn kinds() -> Vec<&'static dyn Kind> {
    STAGES.iter().map(|stage| *stage as &dyn Kind).collect()
}

/// A kind by name.
pub fn find(name: &str) -> Option<&'static dyn Stage> {
    STAGES.iter().copied().find(|stage| stage.name() == name)
}
