//! What a running task sees of the world: its job, the store, a thread budget, and somebody to tell how it goes.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde::de::DeserializeOwned;

use crate::{
    artifact::{ArtifactError, Tree},
    decode::Ffmpeg,
    job::{Job, Located, TableInput},
    model::Place,
    recipe::{Digest, ItemRecipe},
    store::{Record, Store, StoreError, Stored, intake},
    table::{Table, TableError},
};

/// Programs a task may call, and where models compute.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    /// Where models compute; of several accelerators, the first.
    pub place: Place,
    /// The `ffmpeg` program.
    pub ffmpeg: PathBuf,
    /// Its version, once somebody asked.
    version: std::sync::OnceLock<Option<String>>,
}

impl Tools {
    /// With a program of that name or path.
    pub fn new(ffmpeg: PathBuf, place: Place) -> Self {
        Self { place, ffmpeg, version: std::sync::OnceLock::new() }
    }

    /// The version of the `ffmpeg` program, or nothing where there is none.
    pub fn ffmpeg_version(&self) -> Option<String> {
        self.version.get_or_init(|| Ffmpeg { program: self.ffmpeg.clone() }.version()).clone()
    }
}

/// Why a task did not finish.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The user's input is wrong.
    #[error("{0}")]
    Input(String),
    /// Something else went wrong.
    #[error("{0}")]
    Failed(String),
    /// Something it reads is damaged and was set aside; it can be made again.
    #[error("{0}")]
    Damaged(String),
    /// The run was stopped.
    #[error("stopped")]
    Cancelled,
}

impl From<ArtifactError> for StageError {
    fn from(error: ArtifactError) -> Self {
        match error {
            ArtifactError::Damaged { .. } => Self::Damaged(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}

impl From<StoreError> for StageError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<TableError> for StageError {
    fn from(error: TableError) -> Self {
        Self::Input(error.to_string())
    }
}

impl From<intake::IntakeError> for StageError {
    fn from(error: intake::IntakeError) -> Self {
        match error {
            intake::IntakeError::Artifact(error) => error.into(),
            error => Self::Input(error.to_string()),
        }
    }
}

/// What a task says while it runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// Steps done, of how many, of what, and how it goes.
    Progress {
        /// Steps done.
        done: u64,
        /// Of how many.
        total: u64,
        /// Of what.
        unit: &'static str,
        /// Such as a loss.
        note: Option<String>,
    },
    /// Something a user should know.
    Warning(String),
    /// Items made and items found.
    Items(u64, u64),
    /// A line for the task's log.
    Line(String),
}

/// What a task made.
#[derive(Debug, Default)]
pub struct Output {
    /// Its files.
    pub tree: Tree,
    /// Small facts for its record, of which the output does not depend.
    pub note: Option<serde_json::Value>,
}

/// What a running task sees.
pub struct Context<'a> {
    /// The job.
    pub job: &'a Job,
    /// The store.
    pub store: &'a Store,
    /// Set when the run is to stop.
    pub cancel: &'a AtomicBool,
    /// How many threads it may use.
    pub threads: usize,
    /// The slots of accelerators that are its own while it runs.
    pub gpus: &'a [usize],
    /// Programs it may call, and where models compute.
    pub tools: &'a Tools,
    /// How often a long task keeps what it has.
    pub checkpoint_every: Duration,
    /// Told how it goes.
    pub observe: &'a (dyn Fn(Notice) + Sync),
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("job", &self.job.address).finish_non_exhaustive()
    }
}

impl<'a> Context<'a> {
    /// The parameters.
    ///
    /// # Errors
    /// A recipe of another version of the program.
    pub fn parameters<P: DeserializeOwned>(&self) -> Result<P, StageError> {
        crate::plan::kind::parameters(&self.job.recipe.parameters)
            .map_err(|error| StageError::Failed(format!("the recipe can't be read: {error}")))
    }

    /// The class names.
    pub fn classes(&self) -> &'a [String] {
        self.job.recipe.classes.as_deref().unwrap_or_default()
    }

    /// Where its model computes: on the accelerator whose slot is its own, where it is to compute on one.
    pub fn place(&self) -> Place {
        match (self.tools.place, self.gpus.first()) {
            (Place::Cuda(_), Some(slot)) => Place::Cuda(*slot),
            (place, _) => place,
        }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.job.recipe.seed.unwrap_or_default()
    }

    /// Threads of its own.
    ///
    /// # Errors
    /// A system that starts no more.
    pub fn pool(&self) -> Result<rayon::ThreadPool, StageError> {
        pool(self.threads)
    }

    /// Whether the run is to stop.
    ///
    /// # Errors
    /// [`StageError::Cancelled`] when it is.
    pub fn check_cancelled(&self) -> Result<(), StageError> {
        if self.cancel.load(Ordering::Relaxed) { Err(StageError::Cancelled) } else { Ok(()) }
    }

    /// Everything connected to a port.
    pub fn located(&self, port: &str) -> &'a [Located] {
        self.job.inputs.get(port).map_or(&[], Vec::as_slice)
    }

    /// The artifacts at a port, with the stage and coordinates each comes from.
    ///
    /// # Errors
    /// A damaged artifact.
    #[expect(clippy::type_complexity, reason = "read at once by every caller")]
    pub fn artifacts(&self, port: &str) -> Result<Vec<(Stored<'a>, &'a str, &'a [(String, String)])>, StageError> {
        self.located(port)
            .iter()
            .filter_map(|located| match located {
                Located::Tree { digest, stage, coordinates } => Some((digest, stage, coordinates)),
                Located::Table(_) | Located::Handed(_) => None,
            })
            .map(|(digest, stage, coordinates)| {
                Ok((self.store.folder(digest)?, stage.as_str(), coordinates.as_slice()))
            })
            .collect()
    }

    /// The artifact at a port that takes one or none.
    ///
    /// # Errors
    /// A damaged artifact.
    pub fn optional(&self, port: &str) -> Result<Option<Stored<'a>>, StageError> {
        Ok(self.artifacts(port)?.into_iter().next().map(|(folder, _, _)| folder))
    }

    /// The artifact at a port that takes one.
    ///
    /// # Errors
    /// A damaged artifact.
    pub fn artifact(&self, port: &str) -> Result<Stored<'a>, StageError> {
        self.optional(port)?.ok_or_else(|| StageError::Failed(format!("nothing is connected to `{port}`")))
    }

    /// The table at a port, where one is connected.
    ///
    /// # Errors
    /// A table that can't be read or changed while the experiment was running.
    pub fn table(&self, port: &str) -> Result<Option<(Table, &'a TableInput)>, StageError> {
        match self.located(port).first() {
            Some(Located::Table(input)) => Ok(Some((intake::open(self.store, input)?, input))),
            _ => Ok(None),
        }
    }

    /// The table at a port that must have one.
    ///
    /// # Errors
    /// As [`Context::table`].
    pub fn required_table(&self, port: &str) -> Result<(Table, &'a TableInput), StageError> {
        self.table(port)?.ok_or_else(|| StageError::Failed(format!("nothing is connected to `{port}`")))
    }

    /// Tells how far the task is.
    pub fn progress(&self, done: u64, total: u64, unit: &'static str) {
        (self.observe)(Notice::Progress { done, total, unit, note: None });
    }

    /// Tells how far the task is, and how it goes.
    pub fn progress_with(&self, done: u64, total: u64, unit: &'static str, note: String) {
        (self.observe)(Notice::Progress { done, total, unit, note: Some(note) });
    }

    /// Writes a line to the task's log.
    pub fn log(&self, line: impl Into<String>) {
        (self.observe)(Notice::Line(line.into()));
    }

    /// Tells something a user should know.
    pub fn warn(&self, message: impl Into<String>) {
        (self.observe)(Notice::Warning(message.into()));
    }

    /// An item made before, whose object is there.
    pub fn item(&self, recipe: &ItemRecipe) -> Option<Record> {
        self.store.record(&recipe.key()).filter(|record| self.store.has(&record.output))
    }
}

/// So many threads.
///
/// # Errors
/// A system that starts no more.
pub(super) fn pool(threads: usize) -> Result<rayon::ThreadPool, StageError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| StageError::Failed(format!("can't start {threads} threads: {error}")))
}

impl Output {
    /// Adds a file.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn add(&mut self, store: &Store, path: impl Into<String>, bytes: &[u8]) -> Result<Digest, StageError> {
        let entry = store.put(bytes)?;
        self.tree.files.insert(path.into(), entry);
        Ok(entry.digest)
    }
}
