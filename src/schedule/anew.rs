//! One task anew, from its recorded inputs, in a store that knows nothing else.

use std::sync::mpsc;

use super::resolve;
use crate::{
    event::Event,
    executor::{Done, Executor, Report},
    job::{Job, Located, Past, Place},
    plan::{Plan, TaskId},
    stage::StageError,
    store::{ImportError, Store},
};

/// Why a task could not be made anew.
#[derive(Debug, thiserror::Error)]
pub enum AnewError {
    /// What it reads can't be had.
    #[error(transparent)]
    Input(#[from] ImportError),
    /// It failed.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// Whoever ran it went away.
    #[error("it never ended")]
    Lost,
}

/// What is recorded of every task, in the plan's order: jobs with the inputs they had. Where something
/// upstream is not there, or the inputs can't be read, the reason.
pub fn recorded(plan: &Plan, store: &Store) -> Vec<(TaskId, Result<Job, String>)> {
    let mut past: Vec<Option<Past>> = vec![None; plan.tasks.len()];
    let mut found = Vec::with_capacity(plan.tasks.len());
    for &task in &plan.order {
        if let Some(open) = plan.upstream(task).into_iter().find(|from| past[*from].is_none()) {
            found.push((task, Err(format!("the output of `{}` is not here", plan.tasks[open].address))));
            continue;
        }
        let job = match resolve::job(plan, task, store, &past) {
            Ok(job) => job,
            Err(error) => {
                found.push((task, Err(error.to_string())));
                continue;
            }
        };
        past[task] = store.finished(&job.key).map(|record| job.clone().past(record.output, record.environment));
        found.push((task, Ok(job)));
    }
    found
}

/// Runs a job whose inputs lie in `from`, with `executor`, whose store is `scratch`.
///
/// # Errors
/// Inputs that are damaged, or a job that fails.
pub fn anew(
    task: TaskId,
    job: &Job,
    from: &Store,
    scratch: &Store,
    executor: &mut dyn Executor,
    reports: &mpsc::Receiver<Report>,
    observe: &mut dyn FnMut(&Event),
) -> Result<Done, AnewError> {
    for located in job.inputs.values().flatten() {
        let tree = match located {
            Located::Tree { digest, .. } => Some(digest),
            Located::Table(input) => in_artifact(&input.place),
            Located::Handed(handed) => in_artifact(&handed.place),
        };
        tree.map_or(Ok(()), |tree| scratch.import(from, tree))?;
    }
    // A report also looks at what made its inputs.
    for past in &job.history {
        scratch.import(from, &past.output)?;
    }
    executor.start(task, job.clone(), true);
    loop {
        match reports.recv().map_err(|_| AnewError::Lost)? {
            Report::Event(event) => observe(&event),
            Report::Ended { task, result } => {
                executor.ended(task);
                return Ok(result?);
            }
        }
    }
}

fn in_artifact(place: &Place) -> Option<&crate::recipe::Digest> {
    match place {
        Place::Artifact { tree, .. } => Some(tree),
        Place::File(_) => None,
    }
}
