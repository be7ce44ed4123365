//! `crowdline run`.

use std::{
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use clap::Args;

use super::{Common, Ended, FAILED, INTERRUPTED, WRONG, watched};
use crate::{
    event::Event,
    executor::local::{Local, Shared},
    progress::{Bars, Json, Plain, Progress},
    schedule::{self, Options},
};

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    common: Common,
    /// Only these stages or tasks and what they read, such as `classifier` or `classifier[fold=0]`.
    tasks: Vec<String>,
    /// Where reports are written [default: reports].
    #[arg(long, value_name = "FOLDER", env = "CROWDLINE_REPORTS")]
    reports: Option<PathBuf>,
    /// How many threads all tasks together may use [default: all cores].
    #[arg(long, value_name = "N", env = "CROWDLINE_THREADS")]
    threads: Option<usize>,
    /// Start nothing more after the first failure.
    #[arg(long)]
    fail_fast: bool,
    /// Run every task, whether or not it is cached.
    #[arg(long)]
    force: bool,
    /// Also list cached tasks.
    #[arg(long, short)]
    verbose: bool,
}

impl Run {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let targets = opened.find(&self.tasks)?;
        let store = self.common.store(&opened.machine)?;
        let tools = self.common.tools(&opened.machine);
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let budget = self.threads.or(opened.machine.threads).unwrap_or_else(cores).max(1);
        let options = Options {
            experiment: opened.source.name(),
            reports: self
                .reports
                .or_else(|| opened.machine.reports.clone())
                .unwrap_or_else(|| PathBuf::from("reports")),
            targets,
            force: self.force,
            fail_fast: self.fail_fast,
        };
        static CANCEL: AtomicBool = AtomicBool::new(false);
        // A first Ctrl-C lets running tasks stop at their next step; a second ends the program where it stands.
        let handled = ctrlc::set_handler(|| {
            if CANCEL.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(INTERRUPTED));
            }
            tell!("stopping; what is finished is kept (press again to stop at once)");
        });
        handled.map_err(|error| Ended::with(FAILED, format!("can't handle Ctrl-C: {error}")))?;
        let mut progress: Box<dyn Progress> = match (self.common.json, watched()) {
            (true, _) => Box::new(Json),
            (false, true) => Box::new(Bars::new(self.verbose)),
            (false, false) => Box::new(Plain { verbose: self.verbose }),
        };
        let shared = Shared { store: &store, cancel: &CANCEL, tools: &tools, budget };
        let (sender, reports) = mpsc::channel();
        let summary = std::thread::scope(|scope| {
            let mut executor = Local::new(scope, &shared, sender);
            let mut observe = |event: &Event| progress.show(event);
            schedule::run(&opened.plan, &store, &mut executor, &reports, &options, &CANCEL, &mut observe)
        });
        match summary {
            _ if CANCEL.load(Ordering::SeqCst) => Err(Ended(INTERRUPTED)),
            sum if sum.user_error => Err(Ended(WRONG)),
            sum if sum.failed > 0 => Err(Ended(FAILED)),
            _ => Ok(()),
        }
    }
}
