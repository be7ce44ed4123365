//! Jobs on threads of this process, within a budget of threads.

use std::{
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::Sender,
    },
    thread::Scope,
    time::{Duration, Instant},
};

use super::{Done, Executor, Report};
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
    /// How many threads all jobs together may use.
    pub budget: usize,
}

/// Runs jobs on scoped threads.
pub struct Local<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    shared: &'env Shared<'env>,
    reports: Sender<Report>,
    queue: VecDeque<(TaskId, Job)>,
    running: BTreeMap<TaskId, usize>,
}

impl std::fmt::Debug for Local<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("queue", &self.queue.len()).field("running", &self.running).finish()
    }
}

impl<'scope, 'env> Local<'scope, 'env> {
    /// An executor whose threads live in `scope`.
    pub fn new(scope: &'scope Scope<'scope, 'env>, shared: &'env Shared<'env>, reports: Sender<Report>) -> Self {
        Self { scope, shared, reports, queue: VecDeque::new(), running: BTreeMap::new() }
    }
}

impl Executor for Local<'_, '_> {
    fn submit(&mut self, task: TaskId, job: Job) {
        self.queue.push_back((task, job));
    }

    fn ended(&mut self, task: TaskId) {
        self.running.remove(&task);
    }

    /// Starts queued jobs in order while there is room. The first that doesn't fit waits, and all behind it, so that a job
    /// that wants every thread gets its turn.
    fn start(&mut self) {
        while let Some((_, job)) = self.queue.front() {
            let budget = self.shared.budget;
            let free = budget.saturating_sub(self.running.values().sum());
            let wants = stage::find(&job.recipe.kind).map_or(1, |stage| stage.threads(budget)).clamp(1, budget);
            if wants > free {
                return;
            }
            let Some((task, job)) = self.queue.pop_front() else { return };
            // A job that is alone may have what nobody else wants; outputs don't depend on the number of threads.
            let threads = if self.queue.is_empty() && self.running.is_empty() { budget } else { wants };
            self.running.insert(task, wants);
            let (shared, reports) = (self.shared, self.reports.clone());
            self.scope.spawn(move || {
                let _ = reports.send(Report::Event(Event::Started { task: job.address.clone() }));
                let result = catch_unwind(AssertUnwindSafe(|| run(&job, shared, threads, &reports)))
                    .unwrap_or_else(|panic| Err(StageError::Failed(format!("internal error: {}", told(&*panic)))));
                let _ = reports.send(Report::Ended { task, result });
            });
        }
    }
}

fn told(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_else(|| "unknown".to_owned())
}

/// Runs one job.
fn run(job: &Job, shared: &Shared<'_>, threads: usize, reports: &Sender<Report>) -> Result<Done, StageError> {
    let stage = stage::find(&job.recipe.kind)
        .ok_or_else(|| StageError::Failed(format!("this version has no kind `{}`", job.recipe.kind)))?;
    if shared.cancel.load(Ordering::Relaxed) {
        return Err(StageError::Cancelled);
    }
    let (made, found) = (AtomicU64::new(0), AtomicU64::new(0));
    let told = Mutex::new((reports.clone(), None::<Instant>));
    let observe = |notice: Notice| {
        let task = job.address.clone();
        let (reports, last) = &mut *told.lock().expect("no holder panics");
        let event = match notice {
            Notice::Progress(done, total, unit) => {
                // A training of a million steps is not worth a million lines.
                if done < total && last.is_some_and(|last| last.elapsed() < TELL_EVERY) {
                    return;
                }
                *last = Some(Instant::now());
                Event::Progress { task, done, total, unit }
            }
            Notice::Warning(message) => Event::Warning { task, message },
            Notice::Items(executed, cached) => {
                made.fetch_add(executed, Ordering::Relaxed);
                found.fetch_add(cached, Ordering::Relaxed);
                return;
            }
        };
        let _ = reports.send(Report::Event(event));
    };
    let begun = Instant::now();
    let Shared { store, cancel, tools, .. } = *shared;
    let context = Context { job, store, cancel, threads, tools, observe: &observe };
    let output = stage.run(&context)?;
    let output = store.put_tree(&output.tree)?;
    let mut environment = stage.environment(tools);
    environment.insert("crowdline".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let items = (made.load(Ordering::Relaxed), found.load(Ordering::Relaxed));
    Ok(Done { output, seconds: begun.elapsed().as_secs_f64(), environment, items })
}
