//! What happened. The scheduler and its jobs say it here; progress bars, plain lines and JSON show it.

use std::path::PathBuf;

use serde::Serialize;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins.
    Planned {
        /// Number of tasks.
        tasks: usize,
    },
    /// A task was done before.
    Cached {
        /// Its address.
        task: String,
    },
    /// A task begins.
    Started {
        /// Its address.
        task: String,
    },
    /// A task got on.
    Progress {
        /// Its address.
        task: String,
        /// Steps done.
        done: u64,
        /// Steps in all.
        total: u64,
        /// What a step is, such as `clips`.
        unit: &'static str,
        /// How it goes, such as a loss.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Something a user should know that does not stop the task.
    Warning {
        /// Its address.
        task: String,
        /// What.
        message: String,
    },
    /// A task is done.
    Done {
        /// Its address.
        task: String,
        /// How long it took.
        seconds: f64,
        /// Items made.
        items_executed: u64,
        /// Items found in the store.
        items_cached: u64,
    },
    /// A task failed.
    Failed {
        /// Its address.
        task: String,
        /// Why.
        message: String,
    },
    /// A task can't run, for something it reads failed or the run was stopped.
    Skipped {
        /// Its address.
        task: String,
        /// The address of what failed; nothing where the run was stopped.
        because: Option<String>,
    },
    /// A report was written or restored.
    Written {
        /// Its address.
        task: String,
        /// Where to look.
        path: PathBuf,
        /// Files that had to be written.
        files: usize,
    },
    /// The run is over.
    Finished(Summary),
}

/// The sum of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Tasks that ran.
    pub executed: usize,
    /// Tasks that were done before.
    pub cached: usize,
    /// Tasks that failed.
    pub failed: usize,
    /// Tasks that could not run.
    pub skipped: usize,
    /// Items made.
    pub items_executed: u64,
    /// Items found in the store.
    pub items_cached: u64,
    /// Whether a failure was the user's file's or command's fault.
    #[serde(skip)]
    pub user_error: bool,
}
