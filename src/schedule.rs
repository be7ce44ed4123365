//! One state machine over the plan: decide what is out of date, run it, tell what happened.
//!
//! ```text
//! Waiting ──▶ Cached                      (its key is recorded and its output is there)
//!    │  └───▶ Running ──▶ Done
//!    │            └─────▶ Failed
//!    └──────▶ Skipped                     (something it reads failed, or the run was stopped)
//! ```
//!
//! A task's key is known when everything it reads is known, so a task that ran and made the same bytes as before leaves
//! everything below it cached.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use crate::{
    event::{Event, Summary},
    executor::{Executor, Report},
    job::{Job, Past},
    plan::{Plan, TaskId},
    recipe::Digest,
    stage,
    store::{
        Kept, Record, Store,
        trace::{Step, Trace},
    },
};

pub mod explain;
mod resolve;

pub use resolve::ResolveError;

/// How to run.
#[derive(Debug)]
pub struct Options {
    /// The experiment's name: of its trace and its folder of reports.
    pub experiment: String,
    /// Where reports are written.
    pub reports: PathBuf,
    /// The tasks that are wanted; everything they read runs too. Empty: all.
    pub targets: Vec<TaskId>,
    /// Tasks that run whether or not they are cached.
    pub force: bool,
    /// Whether nothing more is started after the first failure.
    pub fail_fast: bool,
}

/// The state of a task.
#[derive(Debug, Clone, PartialEq)]
enum State {
    /// Something it reads is not known yet.
    Waiting,
    /// It was handed to the executor.
    Running,
    /// Its output is known: it was done before, or it ran.
    Known(Digest),
    /// It failed, or can't run.
    Lost,
    /// Nobody asked for it.
    Unwanted,
}

/// Runs a plan to its end.
///
/// Every event goes to `observe`; the sum is returned and is also the last event.
pub fn run(
    plan: &Plan,
    store: &Store,
    executor: &mut dyn Executor,
    reports: &mpsc::Receiver<Report>,
    options: &Options,
    cancel: &AtomicBool,
    observe: &mut dyn FnMut(&Event),
) -> Summary {
    let mut run = Run {
        plan,
        store,
        options,
        states: wanted(plan, &options.targets),
        past: vec![None; plan.tasks.len()],
        running: BTreeMap::new(),
        trace: store.trace(&options.experiment),
        summary: Summary::default(),
        observe,
        stopped: false,
    };
    let tasks = run.states.iter().filter(|state| **state != State::Unwanted).count();
    (run.observe)(&Event::Planned { tasks });
    let mut next = 0;
    loop {
        // In the plan's order a task stands behind what it reads, so one pass decides all that can be decided.
        next = run.advance(next, executor, cancel);
        executor.start();
        if run.running.is_empty() {
            break;
        }
        match reports.recv() {
            Ok(report) => run.take(report, executor),
            Err(mpsc::RecvError) => break,
        }
        run.stopped |= cancel.load(Ordering::Relaxed) || (options.fail_fast && run.summary.failed > 0);
    }
    store.stat.save();
    if let Err(error) = store.keep_trace(&options.experiment, &run.trace) {
        (run.observe)(&Event::Warning { task: options.experiment.clone(), message: error.to_string() });
    }
    (run.observe)(&Event::Finished(run.summary));
    run.summary
}

fn wanted(plan: &Plan, targets: &[TaskId]) -> Vec<State> {
    if targets.is_empty() {
        return vec![State::Waiting; plan.tasks.len()];
    }
    let mut states = vec![State::Unwanted; plan.tasks.len()];
    let mut open = targets.to_vec();
    while let Some(task) = open.pop() {
        if states[task] == State::Unwanted {
            states[task] = State::Waiting;
            open.extend(plan.upstream(task));
        }
    }
    states
}

struct Run<'a> {
    plan: &'a Plan,
    store: &'a Store,
    options: &'a Options,
    states: Vec<State>,
    past: Vec<Option<Past>>,
    running: BTreeMap<TaskId, Job>,
    trace: Trace,
    summary: Summary,
    observe: &'a mut dyn FnMut(&Event),
    stopped: bool,
}

impl Run<'_> {
    /// Decides every task that can be decided, from position `from` of the plan's order; returns where to begin next time.
    fn advance(&mut self, from: usize, executor: &mut dyn Executor, cancel: &AtomicBool) -> usize {
        self.stopped |= cancel.load(Ordering::Relaxed);
        let mut first_open = self.plan.order.len();
        for position in from..self.plan.order.len() {
            let task = self.plan.order[position];
            if self.states[task] != State::Waiting {
                continue;
            }
            let upstream = self.plan.upstream(task);
            if let Some(lost) = upstream.iter().find(|id| self.states[**id] == State::Lost) {
                self.skip(task, Some(self.plan.tasks[*lost].address.clone()));
            } else if self.stopped {
                self.skip(task, None);
            } else if upstream.iter().all(|id| matches!(self.states[*id], State::Known(_))) {
                self.decide(task, executor);
            } else {
                first_open = first_open.min(position);
            }
        }
        first_open
    }

    fn skip(&mut self, task: TaskId, because: Option<String>) {
        self.states[task] = State::Lost;
        self.summary.skipped += 1;
        (self.observe)(&Event::Skipped { task: self.plan.tasks[task].address.clone(), because });
    }

    fn fail(&mut self, task: TaskId, message: String, user_error: bool) {
        self.states[task] = State::Lost;
        self.summary.failed += 1;
        self.summary.user_error |= user_error;
        (self.observe)(&Event::Failed { task: self.plan.tasks[task].address.clone(), message });
    }

    /// Makes the key of a task whose inputs are known, and runs it where its record is missing.
    fn decide(&mut self, task: TaskId, executor: &mut dyn Executor) {
        let job = match resolve::job(self.plan, task, self.store, &self.past) {
            Ok(job) => job,
            Err(error) => return self.fail(task, error.to_string(), true),
        };
        match self.store.finished(&job.key) {
            Some(record) if !self.options.force => {
                self.summary.cached += 1;
                (self.observe)(&Event::Cached { task: job.address.clone() });
                self.know(task, job, record.output, record.environment);
            }
            _ => {
                self.states[task] = State::Running;
                executor.submit(task, job.clone());
                self.running.insert(task, job);
            }
        }
    }

    fn take(&mut self, report: Report, executor: &mut dyn Executor) {
        match report {
            Report::Event(event) => (self.observe)(&event),
            Report::Ended { task, result } => {
                executor.ended(task);
                let Some(job) = self.running.remove(&task) else { return };
                match result {
                    Ok(done) => {
                        self.summary.items_executed += done.items.0;
                        self.summary.items_cached += done.items.1;
                        self.keep(task, job, done);
                    }
                    Err(stage::StageError::Cancelled) => self.skip(task, None),
                    Err(error) => {
                        let user_error = matches!(error, stage::StageError::Input(_));
                        self.fail(task, error.to_string(), user_error);
                    }
                }
            }
        }
    }

    /// Records what a task made, recipe beside it.
    fn keep(&mut self, task: TaskId, job: Job, done: crate::executor::Done) {
        let record = Record {
            key: job.key,
            output: done.output,
            seconds: done.seconds,
            environment: done.environment.clone(),
            note: None,
        };
        let kept = self.store.put(&job.recipe.canonical()).and_then(|_| self.store.commit(vec![record]));
        let mut output = done.output;
        match kept.map(|kept| kept.into_iter().next()) {
            Err(error) => return self.fail(task, error.to_string(), false),
            Ok(Some(Kept::Differs(first))) => {
                let message = format!(
                    "the same recipe made another output before ({} then, {} now): it is not deterministic; the first is kept",
                    first.output.short(),
                    output.short()
                );
                (self.observe)(&Event::Warning { task: job.address.clone(), message });
                output = first.output;
            }
            Ok(_) => {}
        }
        self.summary.executed += 1;
        (self.observe)(&Event::Done {
            task: job.address.clone(),
            seconds: done.seconds,
            items_executed: done.items.0,
            items_cached: done.items.1,
        });
        self.know(task, job, output, done.environment);
    }

    fn know(&mut self, task: TaskId, job: Job, output: Digest, environment: BTreeMap<String, String>) {
        self.states[task] = State::Known(output);
        let step = Step { key: job.key, output, environment: environment.clone() };
        self.trace.insert(job.address.clone(), step);
        if stage::find(&job.recipe.kind).is_some_and(|stage| stage.is_shown()) {
            self.write_out(&job, output);
        }
        self.past[task] = Some(Past { address: job.address, recipe: job.recipe, key: job.key, output, environment });
    }

    /// Reports also lie as ordinary files where people look for them; missing or edited ones are rewritten.
    fn write_out(&mut self, job: &Job, output: Digest) {
        let folder = self.options.reports.join(&self.options.experiment).join(job.address.replace('/', "_"));
        let event = match self.store.write_out(&output, &folder) {
            Ok(files) => Event::Written { task: job.address.clone(), path: folder.join("index.html"), files },
            Err(error) => Event::Warning { task: job.address.clone(), message: error.to_string() },
        };
        (self.observe)(&event);
    }
}
