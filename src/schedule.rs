//! One state machine over the plan: decide what is out of date, run it, tell what happened.
//!
//! ```text
//! Waiting ──▶ Known                       (its key is recorded and its output is there)
//!    │  └───▶ Queued ──▶ Running ──▶ Known ──▶ kept (recorded, with others in a group)
//!    │          │           └─────▶ Lost  (it failed)
//!    │          └───▶ Elsewhere ──▶ Known  (another process runs it)
//!    └──────▶ Lost                         (something it reads failed, or the run was stopped)
//! ```
//!
//! A task's key is known when everything it reads is known, so a task that ran and made the same bytes as before leaves
//! everything below it cached.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Instant,
};

use crate::{
    event::{Event, Summary},
    executor::{Executor, Report},
    job::{Job, Past},
    plan::{Plan, TaskId},
    recipe::Digest,
    stage::{self, StageError, Tools},
    store::{
        Record, Reservation, Reserved, Store,
        trace::{Step, Trace},
    },
};

pub mod anew;
mod begin;
pub mod explain;
mod keep;
mod ready;
mod resolve;
mod settled;
pub mod timings;

use keep::Unkept;
use ready::Ready;
pub use resolve::ResolveError;
pub use settled::settled;
use timings::{Phase, Timings};

/// How often a task may ask for what it reads to be made again.
const REBUILDS: usize = 3;

/// How to run.
#[derive(Debug)]
pub struct Options {
    /// The experiment's name: of its trace and its folder of reports.
    pub experiment: String,
    /// Where reports are written.
    pub reports: PathBuf,
    /// The tasks that are wanted; everything they read runs too. Empty: all.
    pub targets: Vec<TaskId>,
    /// Whether tasks run that are cached.
    pub force: bool,
    /// Whether nothing more is started after the first failure.
    pub fail_fast: bool,
    /// Whether results from another environment are refused.
    pub strict_environment: bool,
    /// Digest of everything that decides how the run ends when nothing has changed: the experiment's text, this program,
    /// targets and folders. Nothing where every task is to run or to be compared.
    pub asked: Option<Digest>,
}

/// The state of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Something it reads is not known yet, or it was not looked at.
    Waiting,
    /// It is to run, here or elsewhere.
    Running,
    /// Its output is known: it was done before, or it ran.
    Known,
    /// It failed, or can't run.
    Lost,
    /// Nobody asked for it.
    Unwanted,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The counts.
    pub summary: Summary,
    /// What is known of each task at the end.
    pub past: Vec<Option<Past>>,
    /// Where the time went that was not spent in tasks.
    pub timings: Timings,
}

/// Runs a plan to its end.
///
/// Every event goes to `observe`; the sum is returned and is also the last event.
#[expect(clippy::too_many_arguments, reason = "what a run needs of its surroundings, each once")]
pub fn run(
    plan: &Plan,
    store: &Store,
    tools: &Tools,
    executor: &mut dyn Executor,
    reports: &mpsc::Receiver<Report>,
    options: &Options,
    cancel: &AtomicBool,
    observe: &mut dyn FnMut(&Event),
) -> Outcome {
    let wanted = wanted(plan, &options.targets);
    let mut run = Run {
        plan,
        store,
        tools,
        options,
        ready: Ready::new(plan, &wanted),
        states: wanted.iter().map(|wanted| if *wanted { State::Waiting } else { State::Unwanted }).collect(),
        past: vec![None; plan.tasks.len()],
        queue: VecDeque::new(),
        elsewhere: Vec::new(),
        running: BTreeMap::new(),
        unkept: Unkept::default(),
        rebuilds: vec![0; plan.tasks.len()],
        trace: store.trace(&options.experiment),
        summary: Summary::default(),
        timings: Timings::default(),
        observe,
        stopped: false,
    };
    let tasks = wanted.iter().filter(|wanted| **wanted).count();
    (run.observe)(&Event::Planned { tasks });
    loop {
        run.stopped |= cancel.load(Ordering::Relaxed) || (options.fail_fast && run.summary.failed > 0);
        run.decide_all();
        run.start(executor);
        if run.running.is_empty() && run.queue.is_empty() && run.elsewhere.is_empty() {
            // What was made since the last group; keeping it may tell of more to do.
            run.keep_all();
            if run.ready.is_empty() {
                break;
            }
            continue;
        }
        match reports.recv_timeout(run.patience()) {
            Ok(report) => {
                run.take(report, executor);
                while let Ok(report) = reports.try_recv() {
                    run.take(report, executor);
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        if run.unkept.is_due() || run.running.is_empty() {
            run.keep_all();
        }
        run.look_elsewhere();
    }
    run.end()
}

fn report_folder(options: &Options, address: &str) -> PathBuf {
    options.reports.join(&options.experiment).join(address.replace('/', "_"))
}

/// Reports also lie as ordinary files where people look for them; missing or edited ones are rewritten.
fn write_out(store: &Store, options: &Options, address: &str, output: Digest) -> Event {
    let folder = report_folder(options, address);
    match store.write_out(&output, &folder) {
        Ok(files) => Event::Written { task: address.to_owned(), path: folder.join("index.html"), files },
        Err(error) => Event::Warning { task: address.to_owned(), message: error.to_string() },
    }
}

fn wanted(plan: &Plan, targets: &[TaskId]) -> Vec<bool> {
    if targets.is_empty() {
        return vec![true; plan.tasks.len()];
    }
    let mut wanted = vec![false; plan.tasks.len()];
    let mut open = targets.to_vec();
    while let Some(task) = open.pop() {
        if !wanted[task] {
            wanted[task] = true;
            open.extend(plan.upstream(task));
        }
    }
    wanted
}

struct Run<'a> {
    plan: &'a Plan,
    store: &'a Store,
    tools: &'a Tools,
    options: &'a Options,
    ready: Ready,
    states: Vec<State>,
    past: Vec<Option<Past>>,
    /// Tasks that are to run here, in order.
    queue: VecDeque<(TaskId, Job)>,
    /// Tasks another process runs.
    elsewhere: Vec<(TaskId, Job)>,
    running: BTreeMap<TaskId, (Job, Reservation)>,
    unkept: Unkept,
    rebuilds: Vec<usize>,
    trace: Trace,
    summary: Summary,
    timings: Timings,
    observe: &'a mut dyn FnMut(&Event),
    stopped: bool,
}

impl Run<'_> {
    /// Decides every task that can be decided.
    fn decide_all(&mut self) {
        while let Some(task) = self.ready.pop() {
            if self.states[task] != State::Waiting {
                continue;
            }
            let lost = self.plan.upstream(task).into_iter().find(|id| self.states[*id] == State::Lost);
            if let Some(lost) = lost {
                self.skip(task, Some(self.plan.tasks[lost].address.clone()));
            } else if self.stopped {
                self.skip(task, None);
            } else if !self.waits_again(task) {
                self.decide(task);
            }
        }
    }

    /// Whether something a task reads is no longer known, since it was found damaged after the task could be decided.
    fn waits_again(&mut self, task: TaskId) -> bool {
        let mut open = self.plan.upstream(task);
        open.retain(|id| matches!(self.states[*id], State::Waiting | State::Running));
        open.iter().for_each(|from| self.ready.wait_again(task, *from));
        !open.is_empty()
    }

    /// Makes the key of a task whose inputs are known, and queues it where its record is missing.
    fn decide(&mut self, task: TaskId) {
        let begun = Instant::now();
        let job = resolve::job(self.plan, task, self.store, &self.past);
        self.timings.add(Phase::Key, begun);
        let job = match job {
            Ok(job) => job,
            Err(error) => match error.damaged() {
                true => return self.make_again(task, error.to_string()),
                false => return self.fail(task, error.to_string(), true),
            },
        };
        let begun = Instant::now();
        let record = if self.options.force { None } else { self.found(&job) };
        self.timings.add(Phase::LookUp, begun);
        match record {
            Some(record) => self.cached(task, job, record),
            None => {
                self.states[task] = State::Running;
                self.queue.push_back((task, job));
            }
        }
    }

    /// The record of a job, unless it comes from another environment and that is refused.
    fn found(&self, job: &Job) -> Option<Record> {
        let record = self.store.finished(&job.key)?;
        if !self.options.strict_environment {
            return Some(record);
        }
        self.store.finished_in(&job.key, &stage::environment(job, self.tools))
    }

    fn cached(&mut self, task: TaskId, job: Job, record: Record) {
        self.summary.cached += 1;
        (self.observe)(&Event::Cached { task: job.address.clone() });
        self.know(task, job, record.output, record.environment);
    }

    fn skip(&mut self, task: TaskId, because: Option<String>) {
        self.states[task] = State::Lost;
        self.summary.skipped += 1;
        (self.observe)(&Event::Skipped { task: self.plan.tasks[task].address.clone(), because });
        self.ready.settled(task);
    }

    fn fail(&mut self, task: TaskId, message: String, user_error: bool) {
        self.states[task] = State::Lost;
        self.summary.failed += 1;
        self.summary.user_error |= user_error;
        (self.observe)(&Event::Failed { task: self.plan.tasks[task].address.clone(), message });
        self.ready.settled(task);
    }

    fn take(&mut self, report: Report, executor: &mut dyn Executor) {
        match report {
            Report::Event(event) => (self.observe)(&event),
            Report::Ended { task, result } => {
                executor.ended(task);
                let Some((job, reservation)) = self.running.remove(&task) else { return };
                match result {
                    Ok(done) => self.done(task, job, reservation, done),
                    Err(StageError::Cancelled) => self.skip(task, None),
                    Err(StageError::Damaged(message)) => {
                        self.states[task] = State::Waiting;
                        self.make_again(task, message);
                    }
                    Err(error) => {
                        let user_error = matches!(error, StageError::Input(_));
                        self.fail(task, error.to_string(), user_error);
                    }
                }
            }
        }
    }

    /// Something a task reads was found damaged and set aside: what made it runs again, and then the task.
    fn make_again(&mut self, task: TaskId, message: String) {
        let lost = |run: &Self, id: &TaskId| {
            run.past[*id].as_ref().is_some_and(|past| run.store.finished(&past.key).is_none())
        };
        let mut upstream = self.plan.upstream(task);
        upstream.sort_unstable();
        upstream.dedup();
        self.rebuilds[task] += 1;
        if self.rebuilds[task] > REBUILDS {
            return self.fail(task, message, false);
        }
        // Where one object is damaged others may be: all are looked at now, and not one more at each attempt.
        for past in upstream.iter().filter_map(|id| self.past[*id].as_ref()) {
            self.store.check_all(&past.output);
        }
        upstream.retain(|id| self.states[*id] == State::Known && lost(self, id));
        let address = self.plan.tasks[task].address.clone();
        (self.observe)(&Event::Warning { task: address, message: format!("{message}; it is made again") });
        for from in upstream {
            self.states[from] = State::Waiting;
            self.past[from] = None;
            self.ready.push(from);
        }
        // When it is looked at again it waits for whatever is on its way by then.
        self.ready.push(task);
    }

    fn know(&mut self, task: TaskId, job: Job, output: Digest, environment: BTreeMap<String, String>) {
        self.states[task] = State::Known;
        let step = Step { key: job.key, output };
        match self.trace.get_mut(&job.address) {
            Some(known) => *known = step,
            None => drop(self.trace.insert(job.address.clone(), step)),
        }
        if stage::find(&job.recipe.kind).is_some_and(|stage| stage.is_shown()) {
            (self.observe)(&write_out(self.store, self.options, &job.address, output));
        }
        self.past[task] = Some(job.past(output, environment));
        self.ready.settled(task);
    }

    fn end(mut self) -> Outcome {
        let begun = Instant::now();
        self.store.stat.save();
        if let Err(error) = self.store.keep_trace(&self.options.experiment, &self.trace) {
            (self.observe)(&Event::Warning { task: self.options.experiment.clone(), message: error.to_string() });
        }
        self.settle();
        self.timings.add(Phase::Save, begun);
        (self.observe)(&Event::Finished(self.summary));
        Outcome { summary: self.summary, past: self.past, timings: self.timings }
    }
}
