//! `crowdline run`.

use std::{
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use clap::Args;

use super::{Common, DIFFERENT, Ended, FAILED, INTERRUPTED, Opened, WRONG, machine::Machine, watched};
use crate::{
    event::Event,
    executor::{
        Budget,
        local::{Local, Shared},
    },
    lock::{Lock, differences},
    progress::{Bars, Json, Plain, Progress},
    recipe::Digest,
    schedule::{self, Options, Outcome, settled, timings::Phase},
    spec::Source,
    stage::Place,
    store::Store,
};

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    common: Common,
    /// Only these stages or tasks and what they read, such as `classifier` or `classifier[fold=0]`.
    tasks: Vec<String>,
    #[command(flatten)]
    resources: Resources,
    /// Start nothing more after the first failure [default: go on with what does not depend on it].
    #[arg(long)]
    fail_fast: bool,
    /// Run every task, whether or not it is cached.
    #[arg(long)]
    force: bool,
    /// Refuse results from another environment (program version, processor, ffmpeg), and make them again.
    #[arg(long)]
    strict_environment: bool,
    /// Do not write the lock; end with code 3 where the results are not those of the lock.
    #[arg(long)]
    locked: bool,
    /// Also list cached tasks.
    #[arg(long, short)]
    verbose: bool,
    /// Print how long parsing, keys and look-ups took.
    #[arg(long)]
    timings: bool,
}

/// What a run may take of the machine, and where it writes.
#[derive(Debug, Args)]
pub(super) struct Resources {
    /// Where reports are written [default: reports].
    #[arg(long, value_name = "FOLDER", env = "CROWDLINE_REPORTS")]
    reports: Option<PathBuf>,
    /// How many threads all tasks together may use [default: all cores].
    #[arg(long, value_name = "N", env = "CROWDLINE_THREADS")]
    threads: Option<usize>,
    /// How much memory the tasks that say what they need may use together, in megabytes.
    #[arg(long, value_name = "MB", env = "CROWDLINE_MEMORY")]
    memory: Option<u64>,
    /// How many accelerators tasks may use; each has those it uses to itself [default: none, with --device cuda:N one].
    #[arg(long, value_name = "N", env = "CROWDLINE_GPUS")]
    gpus: Option<usize>,
    /// How often a training keeps what it has, in seconds, so that it can go on after a crash. 0: after every update.
    #[arg(long, value_name = "SECONDS", env = "CROWDLINE_CHECKPOINT_EVERY", default_value_t = 30)]
    checkpoint_every: u64,
}

impl Resources {
    pub(super) fn budget(&self, machine: &Machine, place: Place) -> Budget {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        Budget {
            threads: self.threads.or(machine.threads).unwrap_or_else(cores).max(1),
            memory: self.memory.or(machine.memory_mb).map(|mb| mb.saturating_mul(1_000_000)),
            gpus: self.gpus.or(machine.gpus).unwrap_or(usize::from(place != Place::Cpu)),
            place,
            kinds: machine.kind.clone(),
            checkpoint_every: Duration::from_secs(self.checkpoint_every),
        }
    }

    pub(super) fn reports(&self, machine: &Machine) -> PathBuf {
        let reports = self.reports.clone().or_else(|| machine.reports.clone());
        reports.unwrap_or_else(|| PathBuf::from("reports"))
    }
}

/// Set by Ctrl-C.
pub(super) static CANCEL: AtomicBool = AtomicBool::new(false);

impl Run {
    pub(super) fn run(self) -> Result<(), Ended> {
        let (machine, source) = self.common.read()?;
        let reports = self.resources.reports(&machine);
        let mut progress: Box<dyn Progress> = match (self.common.json, watched()) {
            (true, _) => Box::new(Json),
            (false, true) => Box::new(Bars::new(self.verbose)),
            (false, false) => Box::new(Plain { verbose: self.verbose }),
        };
        let asked = (!self.force && !self.strict_environment).then(|| self.asked(&source, &reports));
        let root = machine.cache(self.common.cache.as_deref());
        let short = asked.filter(|_| !self.timings && !self.locked);
        if short.is_some_and(|asked| settled(&root, &asked, &mut |event| progress.show(event)).is_some()) {
            return Ok(());
        }
        let opened = self.common.plan(machine, source)?;
        let targets = opened.find(&self.tasks)?;
        let begun = Instant::now();
        let store = self.common.store(&opened.machine)?;
        let open = begun.elapsed();
        let options = Options {
            experiment: opened.source.name(),
            reports,
            targets,
            force: self.force,
            fail_fast: self.fail_fast,
            strict_environment: self.strict_environment,
            asked,
        };
        let budget = self.resources.budget(&opened.machine, self.common.tools(&opened.machine).place);
        let mut outcome = execute(&self.common, &opened, &store, budget, &options, progress.as_mut())?;
        if self.timings {
            outcome.timings.add_time(Phase::Parse, opened.parse);
            outcome.timings.add_time(Phase::Expand, opened.expand);
            outcome.timings.add_time(Phase::Open, open);
            outcome.timings.add_time(Phase::Stat, store.stat.spent());
            for (name, milliseconds) in outcome.timings.lines() {
                tell!("{name:<12} {milliseconds:>9.1} ms");
            }
        }
        ended(&outcome)?;
        self.lock(&opened, &store, &outcome)
    }

    /// Writes the lock of a complete run, or holds the run against it.
    fn lock(&self, opened: &Opened, store: &Store, outcome: &Outcome) -> Result<(), Ended> {
        let complete = outcome.past.iter().all(Option::is_some) && self.common.set.is_empty();
        if !complete && !self.locked {
            return Ok(());
        }
        let path = Lock::path(&opened.source.path);
        let earlier = Lock::read(&path).map_err(|error| Ended::with(WRONG, error))?;
        let lock = Lock::of(&outcome.past, store);
        if !self.locked {
            let lock = earlier.iter().fold(lock, |lock, earlier| lock.keeping_environments_of(earlier));
            // A lock nobody can write is no reason to lose what was made.
            if let Err(error) = lock.write(&path) {
                tell!("warning: {error}");
            }
            return Ok(());
        }
        let Some(mut earlier) = earlier else {
            let remedy = format!("`crowdline run {}` without `--locked` writes it", super::shown(&opened.source.path));
            return Err(Ended::with(WRONG, format!("there is no lock {}: {remedy}", path.display())));
        };
        if outcome.past.iter().any(Option::is_none) {
            earlier.task.retain(|address, _| lock.task.contains_key(address));
        }
        let found = differences(&earlier, &lock);
        for difference in &found {
            tell!("{}", super::diff::told(difference));
        }
        if found.is_empty() {
            Ok(())
        } else {
            Err(Ended::with(DIFFERENT, format!("this is not what {} says", path.display())))
        }
    }

    /// Digest of everything that decides how the run ends when nothing has changed.
    fn asked(&self, source: &Source, reports: &Path) -> Digest {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let program = std::env::current_exe().and_then(std::fs::metadata);
        let program = program.ok().map(|file| (file.len(), file.modified().ok()));
        // A lock that is gone or was edited is to be written again.
        let lock = std::fs::metadata(Lock::path(&source.path)).ok().map(|file| (file.len(), file.modified().ok()));
        let named = (absolute(&source.path), absolute(reports), &self.tasks, program, lock);
        Digest::of(format!("{named:?}\n{}\n{}", source.overrides_at, source.text).as_bytes())
    }
}

/// Runs a plan with everything a run needs around it.
pub(super) fn execute(
    common: &Common,
    opened: &Opened,
    store: &Store,
    budget: Budget,
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Outcome, Ended> {
    let tools = common.tools(&opened.machine);
    stop_on_signal()?;
    // Held to the end, so that nobody collects what this run relies on.
    let _shared = store.share();
    let logs = super::logs(store, &options.experiment);
    let shared = Shared { store, cancel: &CANCEL, tools: &tools, budget, logs };
    let (sender, reports) = mpsc::channel();
    Ok(std::thread::scope(|scope| {
        let mut executor = Local::new(scope, &shared, sender);
        let mut observe = |event: &Event| progress.show(event);
        schedule::run(&opened.plan, store, &tools, &mut executor, &reports, options, &CANCEL, &mut observe)
    }))
}

/// A first Ctrl-C lets what runs stop at its next step; a second ends the program where it stands.
pub(super) fn stop_on_signal() -> Result<(), Ended> {
    let handled = ctrlc::set_handler(|| {
        if CANCEL.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(INTERRUPTED));
        }
        tell!("stopping; what is finished is kept (press again to stop at once)");
    });
    match handled {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(Ended::with(FAILED, format!("can't handle Ctrl-C: {error}"))),
    }
}

/// What a run ends with.
pub(super) fn ended(outcome: &Outcome) -> Result<(), Ended> {
    match outcome.summary {
        _ if CANCEL.load(Ordering::SeqCst) => Err(Ended(INTERRUPTED)),
        sum if sum.user_error => Err(Ended(WRONG)),
        sum if sum.failed > 0 => Err(Ended(FAILED)),
        _ => Ok(()),
    }
}
