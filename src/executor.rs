//! Who runs jobs.

use std::collections::BTreeMap;

use crate::{event::Event, job::Job, plan::TaskId, recipe::Digest, stage::StageError};

pub mod local;

/// Runs jobs somewhere and reports each one's end.
pub trait Executor {
    /// Takes a job.
    fn submit(&mut self, task: TaskId, job: Job);
    /// Is told that the scheduler has taken note of a job's end.
    fn ended(&mut self, task: TaskId);
    /// Starts what there is room for. Called when everything that can be submitted was.
    fn start(&mut self);
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
    /// How long it took.
    pub seconds: f64,
    /// Where it ran.
    pub environment: BTreeMap<String, String>,
    /// Items made and items found.
    pub items: (u64, u64),
}
