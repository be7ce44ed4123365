//! Jobs on threads of this process, within a budget of threads.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::Sender,
    },
    thread::Scope,
    time::{Duration, Instant},
};

use super::{Budget, Done, Executor, Report, budget::Taken, log::Log};
use crate::{
    event::Event,
    job::Job,
    plan::TaskId,
    stage::{self, Context, Notice, StageError, Tools},
    store::Store,
};

/// How often a task tells how far it is.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// What jobs share.
#[derive(Debug)]
pub struct Shared<'env> {
    /// The store.
    pub store: &'env Store,
    /// Set when the run is to stop.
    pub cancel: &'env AtomicBool,
    /// Programs a job may call.
    pub tools: &'env Tools,
    /// What all jobs together may take of the machine.
    pub budget: Budget,
    /// Where the tasks' logs lie.
    pub logs: PathBuf,
}

/// Runs jobs on scoped threads.
pub struct Local<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    shared: &'env Shared<'env>,
    reports: Sender<Report>,
    taken: Taken,
}

impl std::fmt::Debug for Local<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl<'scope, 'env> Local<'scope, 'env> {
    /// An executor whose threads live in `scope`.
    pub fn new(scope: &'scope Scope<'scope, 'env>, shared: &'env Shared<'env>, reports: Sender<Report>) -> Self {
        Self { scope, shared, reports, taken: Taken::default() }
    }
}

/// What a job has of the machine.
struct Share {
    threads: usize,
    gpus: Vec<usize>,
}

impl Executor for Local<'_, '_> {
    fn fits(&self, job: &Job) -> bool {
        self.taken.fits(&self.shared.budget, job)
    }

    fn start(&mut self, task: TaskId, job: Job, last: bool) {
        let shared = self.shared;
        // A job that is alone may have what nobody else wants, where its output doesn't depend on the number of threads.
        let may = stage::find(&job.recipe.kind).is_some_and(|stage| stage.takes_idle_threads());
        let alone = may && last && self.taken.is_empty();
        let (needs, gpus) = self.taken.take(&shared.budget, task, &job);
        let threads = if alone { shared.budget.threads.max(1) } else { needs.threads };
        let share = Share { threads, gpus };
        let reports = self.reports.clone();
        if needs.gpus > shared.budget.gpus {
            let message = format!(
                "it needs {} GPU(s), and this machine has {}: say how many with `--gpus` or in crowdline.toml",
                needs.gpus, shared.budget.gpus
            );
            let _ = reports.send(Report::Ended { task, result: Err(StageError::Input(message)) });
            return;
        }
        self.scope.spawn(move || {
            let _ = reports.send(Report::Event(Event::Started { task: job.address.clone() }));
            let result = catch_unwind(AssertUnwindSafe(|| run(&job, shared, &share, &reports)))
                .unwrap_or_else(|panic| Err(StageError::Failed(format!("internal error: {}", told(&*panic)))));
            let _ = reports.send(Report::Ended { task, result });
        });
    }

    fn ended(&mut self, task: TaskId) {
        self.taken.give_back(task);
    }
}

fn told(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_else(|| "unknown".to_owned())
}

/// Runs one job.
fn run(job: &Job, shared: &Shared<'_>, share: &Share, reports: &Sender<Report>) -> Result<Done, StageError> {
    let stage = stage::find(&job.recipe.kind)
        .ok_or_else(|| StageError::Failed(format!("this version has no kind `{}`", job.recipe.kind)))?;
    if shared.cancel.load(Ordering::Relaxed) {
        return Err(StageError::Cancelled);
    }
    let (made, found) = (AtomicU64::new(0), AtomicU64::new(0));
    let told = Mutex::new((reports.clone(), None::<Instant>));
    let log = Mutex::new(Log::new(&shared.logs, &job.address, &job.key));
    let write = |line: &str| log.lock().unwrap_or_else(PoisonError::into_inner).line(line);
    let observe = |notice: Notice| {
        let task = job.address.clone();
        let (reports, last) = &mut *told.lock().unwrap_or_else(PoisonError::into_inner);
        let event = match notice {
            Notice::Progress { done, total, unit, note } => {
                // A training of a million steps is not worth a million lines.
                if done < total && last.is_some_and(|last| last.elapsed() < TELL_EVERY) {
                    return;
                }
                *last = Some(Instant::now());
                Event::Progress { task, done, total, unit, note }
            }
            Notice::Warning(message) => {
                write(&format!("warning: {message}"));
                Event::Warning { task, message }
            }
            Notice::Items(executed, cached) => {
                made.fetch_add(executed, Ordering::Relaxed);
                found.fetch_add(cached, Ordering::Relaxed);
                return;
            }
            Notice::Line(line) => return write(&line),
        };
        let _ = reports.send(Report::Event(event));
    };
    let begun = Instant::now();
    let Shared { store, cancel, tools, .. } = *shared;
    let checkpoint_every = shared.budget.checkpoint_every;
    let Share { threads, gpus } = share;
    let context = Context { job, store, cancel, threads: *threads, gpus, tools, checkpoint_every, observe: &observe };
    let output = stage.run(&context).inspect_err(|error| write(&format!("failed: {error}")))?;
    let note = output.note;
    let tree = Arc::new(output.tree);
    let output = store.put_tree(&tree)?;
    let environment = stage::environment(job, tools);
    let items = (made.load(Ordering::Relaxed), found.load(Ordering::Relaxed));
    Ok(Done { output, tree, seconds: begun.elapsed().as_secs_f64(), environment, items, note })
}
