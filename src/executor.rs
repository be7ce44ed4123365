//! Who runs jobs.

use std::{collections::BTreeMap, sync::Arc};

use crate::{artifact::Tree, event::Event, job::Job, plan::TaskId, recipe::Digest, stage::StageError};

mod budget;
pub mod local;
mod log;

pub use budget::{Budget, Limits};
pub use log::log_path;

/// Runs jobs somewhere and reports each one's end.
pub trait Executor {
    /// Whether there is room for a job now.
    fn fits(&self, job: &Job) -> bool;
    /// Starts a job that fits. `last` says that no other is queued.
    fn start(&mut self, task: TaskId, job: Job, last: bool);
    /// Is told that the scheduler has taken note of a job's end.
    fn ended(&mut self, task: TaskId);
}

/// What an executor says of its jobs.
#[derive(Debug)]
pub enum Report {
    /// Something happened on the way.
    Event(Event),
    /// A job ended.
    Ended {
        /// The task.
        task: TaskId,
        /// What came of it.
        result: Result<Done, StageError>,
    },
}

/// A job that ran to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// Digest of its output.
    pub output: Digest,
    /// The files of its output.
    pub tree: Arc<Tree>,
    /// How long it took.
    pub seconds: f64,
    /// Where it ran.
    pub environment: BTreeMap<String, String>,
    /// Items made and items found.
    pub items: (u64, u64),
    /// Small facts for its record.
    pub note: Option<serde_json::Value>,
}
